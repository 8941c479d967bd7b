/* SPDX-License-Identifier: Apache-2.0 */
/* Results in files that users named; see result.h. */
#include "sys/result.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/view.h"
#include "sys/fd.h"

/* Nothing may be renamed over a device or a pipe, nor over what only leads to one. */
static bool is_written_directly(const char *path)
{
	struct view v = view_of(path);
	struct stat st;

	if (view_starts(v, "/dev/") || view_starts(v, "/proc/"))
		return true;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int open_beside(struct result_file *f, const char *path, mode_t mode, struct err *e)
{
	const char *slash = strrchr(path, '/');
	auto_free char *parent = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : NULL;
	struct stat st;
	int rc = dir_open(parent ? parent : ".", 0, &f->dir_fd, e);

	if (rc < 0)
		return rc;
	f->name = slash ? slash + 1 : path;
	if (*f->name == '\0' || (fstatat(f->dir_fd, f->name, &st, 0) == 0 && S_ISDIR(st.st_mode))) {
		errno = EISDIR;
		return fail_sys(e, "write '%s'", path);
	}
	rc = atomic_file_open(&f->file, f->dir_fd, mode, e);
	f->fd = f->file.fd;
	return rc < 0 ? err_context(e, "write '%s'", path) : 0;
}

int result_file_open(struct result_file *f, const char *path, mode_t mode, struct err *e)
{
	*f = (struct result_file)RESULT_FILE_NONE;
	if (!is_written_directly(path))
		return open_beside(f, path, mode, e);
	f->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return f->fd < 0 ? fail_sys(e, "open '%s'", path) : 0;
}

int result_file_commit(struct result_file *f, struct err *e)
{
	int rc = f->name ? atomic_file_commit(&f->file, f->name, ATOMIC_REPLACE, e) : 0;

	if (rc == 0)
		result_file_done(f);
	return rc;
}

void result_file_done(struct result_file *f)
{
	if (!f->name)
		fd_cleanup(&f->fd);
	f->fd = -1;
	atomic_file_done(&f->file);
	fd_cleanup(&f->dir_fd);
	f->dir_fd = -1;
}

int result_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e)
{
	auto_result_file f = RESULT_FILE_NONE;
	int rc = result_file_open(&f, path, mode, e);

	if (rc == 0 && fd_write_all(f.fd, bytes, len) < 0)
		rc = fail_sys(e, "write '%s'", path);
	return rc == 0 ? result_file_commit(&f, e) : rc;
}
