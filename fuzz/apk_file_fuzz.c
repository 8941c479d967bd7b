/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an Alpine package, and as a signed index: what opens has only names inside. */
#include "fuzz.h"

#include "pkg/apk/package_file.h"
#include "pkg/apk/signed_index.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void try_package(const uint8_t *data, size_t size)
{
	int fd = memfd_create("apk", MFD_CLOEXEC), dir_fd = open("/tmp", O_DIRECTORY | O_CLOEXEC);
	struct pkg_contents *c;
	struct sha256 digest;
	char path[64];
	struct err e;

	assert(fd >= 0 && dir_fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	sha256_of(data, size, &digest);
	if (apk_package_open(path, &digest, dir_fd, &c, &e) == 0) {
		for (size_t i = 0; i < c->n_files; i++)
			assert(c->files[i].path[0] != '/' && !strstr(c->files[i].path, "../"));
		pkg_contents_free(c);
	}
	close(fd);
	close(dir_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf text = BUF_EMPTY;
	struct err e;

	try_package(data, size);
	if (apk_index_text(view_make((const char *)data, size), "index", &text, &e) < 0)
		assert(e.code && e.msg[0]);
	return 0;
}
