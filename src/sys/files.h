/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and folders: whole reads with a limit, and writes that appear under their name complete
 * or not at all (temporary file, fsync, rename, fsync of the folder). Paths are relative to a
 * folder's descriptor, AT_FDCWD for the current one. Modes are subject to the umask, as open(2)'s.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Opens for reading what must be a regular file: a pipe in its place would be waited for without
 * end. `flags` is 0 or O_NOFOLLOW. FAIL_FORMAT for anything else.
 */
int file_open_regular(int dir_fd, const char *path, int flags, int *ret_fd, struct err *e);
/*
 * Adds the file's bytes to `ret`; a file over `limit` bytes is FAIL_LIMIT and leaves `ret` as is.
 * Inside a folder only a regular file will do; a path from AT_FDCWD is somebody's word, and may be
 * a pipe.
 */
int file_read(int dir_fd, const char *path, uint64_t limit, struct buf *ret, struct err *e);
/* `name` is inside the folder `dir_fd` itself (no '/'), and replaced if it is there. */
int file_write_atomic(int dir_fd, const char *name, const void *bytes, size_t len, mode_t mode,
		      struct err *e);
/*
 * The same without waiting for the disk: after a loss of power the file may hold anything. For what
 * has a checksum and can be made again.
 */
int file_write_cached(int dir_fd, const char *name, const void *bytes, size_t len, mode_t mode,
		      struct err *e);
/*
 * Opens a folder. `create_mode` 0: it must be there; else it and its parents are made with that
 * mode (0700 for a user's own data, 0755 for results).
 */
int dir_open(const char *path, mode_t create_mode, int *ret_fd, struct err *e);
/* The same below a folder. */
int dir_open_at(int dir_fd, const char *path, mode_t create_mode, int *ret_fd, struct err *e);

/* A file without a name, gone with its last descriptor, in $TMPDIR or else /var/tmp: large files go
 * there. */
int temp_file_open(int *ret_fd, struct err *e);
/* After writing to such a file failed: says where it lies, and what to do about a full disk. */
int temp_file_failed(struct err *e);

/* write(2) until all is written; -1 with errno. */
int fd_write_all(int fd, const void *bytes, size_t len);

/* How temporary files' names begin; they lie in the folder that the finished file goes to. */
#define FILE_TEMP_PREFIX ".tmp-"

enum { FILE_TEMP_NAME_BYTES = 48 };

/* A file being written. Its writer holds a lock (flock) on it, so that others can tell when the
 * writer is gone. */
struct atomic_file {
	int dir_fd;			 /* borrowed */
	int fd;				 /* to write to; -1 when committed or done */
	char temp[FILE_TEMP_NAME_BYTES]; /* "": it has no name yet, and needs none */
};

#define ATOMIC_FILE_NONE     \
	{                    \
		-1, -1,      \
		{            \
			'\0' \
		}            \
	}

enum atomic_commit {
	ATOMIC_REPLACE,	       /* a file of that name gives way */
	ATOMIC_REPLACE_CACHED, /* the same, and the disk may have it later */
	ATOMIC_KEEP_EXISTING,  /* a file of that name stays and the new one is dropped: success */
};

/* The file has no name where the file system can do that (O_TMPFILE), else a temporary one. */
int atomic_file_open(struct atomic_file *f, int dir_fd, mode_t mode, struct err *e);
/* Makes it visible as `name` in `dir_fd`, on disk when this returns unless ATOMIC_REPLACE_CACHED.
 * Closes f->fd. */
int atomic_file_commit(struct atomic_file *f, const char *name, enum atomic_commit how,
		       struct err *e);
/* Removes what was not committed. Safe to call twice. */
void atomic_file_done(struct atomic_file *f);

/* auto_atomic_file f = ATOMIC_FILE_NONE; */
#define auto_atomic_file __attribute__((cleanup(atomic_file_done))) struct atomic_file

/* Removes temporary files whose writers are gone; *ret_n (may be NULL) is how many. */
int remove_stale_temps(int dir_fd, size_t *ret_n, struct err *e);
