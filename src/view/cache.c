/* SPDX-License-Identifier: Apache-2.0 */
/* See cache.h. */
#include "view/cache.h"

#include "sys/fd.h"
#include "sys/files.h"
#include "view/private.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_BYTES = SHA256_HEX_CHARS + 16, USED_STEP_S = 24 * 3600 };

static void file_name(const struct sha256 *key, unsigned version, char ret[NAME_BYTES])
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(key, hex);
	snprintf(ret, NAME_BYTES, "%s.%u", hex, version);
}

/* So that gc knows what is in use; once a day is enough, and a cache of somebody else stays as it
 * is.
 */
static void mark_used(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && time(NULL) - st.st_mtime >= USED_STEP_S)
		(void)futimens(fd, NULL);
}

/* A plain tree changes under its name. */
static bool is_kept(const struct image_view *v)
{
	return v->own->options.cache_fd >= 0 && !v->is_rootfs;
}

int view_cache_open(const struct image_view *v, const char *folder, const struct sha256 *key,
		    unsigned version)
{
	char name[NAME_BYTES], path[NAME_BYTES + 32];
	int fd;

	if (!is_kept(v))
		return -1;
	file_name(key, version, name);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = openat(v->own->options.cache_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		mark_used(fd);
	return fd;
}

int view_cache_write(const struct image_view *v, const char *folder, const struct sha256 *key,
		     unsigned version, cache_write *write, void *ctx, int *ret_fd, struct err *e)
{
	auto_atomic_file f = ATOMIC_FILE_NONE;
	auto_fd dir_fd = -1, fd = -1;
	char name[NAME_BYTES];
	int rc;

	if (!is_kept(v))
		return fail(e, FAIL_NOT_FOUND, "nothing is kept");
	rc = dir_open_at(v->own->options.cache_fd, folder, 0755, &dir_fd, e);
	if (rc == 0)
		rc = atomic_file_open(&f, dir_fd, 0644, e);
	if (rc == 0)
		rc = write(ctx, f.fd, e);
	if (rc < 0)
		return rc;
	fd = fcntl(f.fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return fail_sys(e, "open an index in the cache");
	file_name(key, version, name);
	rc = atomic_file_commit(&f, name, ATOMIC_REPLACE_CACHED, e);
	if (rc == 0 && ret_fd)
		*ret_fd = fd_steal(&fd);
	return rc;
}
