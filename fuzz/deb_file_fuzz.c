/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a package file: what opens has only names that stay inside, and gives the bytes of
 * all its files; its listing is one that reads.
 */
#include "fuzz.h"

#include "pkg/deb/package_file.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_READ_BYTES = 1 << 20 };

static void check_path(const char *path)
{
	assert(path[0] && path[0] != '/' && path[strlen(path) - 1] != '/');
	assert(strncmp(path, "../", 3) != 0 && strcmp(path, "..") != 0 && !strstr(path, "/../"));
}

static void check(const struct pkg_contents *c, const struct sha256 *digest)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf listing = BUF_EMPTY;
	struct pkg_contents *again = pkg_contents_new("package", digest, -1, NULL);
	struct view bytes;
	struct err e;

	for (size_t i = 0; i < c->n_files; i++) {
		const struct inode *inode = &c->files[i].inode;

		check_path(c->files[i].path);
		assert(inode->type <= NODE_SYMLINK);
		if (inode->type == NODE_FILE && inode->content.size <= MAX_READ_BYTES &&
		    inode->content.size) {
			assert(inode_read(inode, MAX_READ_BYTES, &a, &bytes, &e) == 0);
			assert(bytes.len == inode->content.size);
		}
	}
	pkg_listing_write(c, &listing);
	assert(pkg_listing_read(buf_view(&listing), again, &e) == 0);
	assert(again->n_files == c->n_files);
	pkg_contents_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("deb", MFD_CLOEXEC), dir_fd = open("/tmp", O_DIRECTORY | O_CLOEXEC);
	struct pkg_contents *c;
	struct sha256 digest;
	char path[64];
	struct err e;

	assert(fd >= 0 && dir_fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	sha256_of(data, size, &digest);
	if (deb_package_open(path, &digest, dir_fd, &c, &e) == 0) {
		check(c, &digest);
		pkg_contents_free(c);
	}
	close(fd);
	close(dir_fd);
	return 0;
}
