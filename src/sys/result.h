/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that a user named for a result: written beside its name and moved there when whole, or
 * straight into what is no regular file (/dev/stdout, /dev/null, a pipe).
 */
#pragma once

#include "sys/files.h"

struct result_file {
	int fd; /* to write to; -1 when done */
	struct atomic_file file;
	int dir_fd;
	const char *name; /* inside of dir_fd; NULL: nothing will be moved */
};

#define RESULT_FILE_NONE                                         \
	{                                                        \
		.fd = -1, .file = ATOMIC_FILE_NONE, .dir_fd = -1 \
	}

/* `path` is borrowed; its folder must be there. */
int result_file_open(struct result_file *f, const char *path, mode_t mode, struct err *e);
/* On disk when this returns, where it is a file. */
int result_file_commit(struct result_file *f, struct err *e);
/* Drops what was not committed. Safe to call twice. */
void result_file_done(struct result_file *f);

#define auto_result_file __attribute__((cleanup(result_file_done))) struct result_file

/* All of it at once. */
int result_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct err *e);
