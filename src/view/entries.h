/* SPDX-License-Identifier: Apache-2.0 */
/* What a layer's entries come from: a tar, or a folder on disk. Internal to view/. */
#pragma once

#include "fmt/tar.h"
#include "io/stream.h"

struct entries;

struct entries_ops {
	/* 1 and the entry, 0 at the end; as tar_reader_next(). */
	int (*next)(struct entries *s, struct tar_entry *ret, struct err *e);
	/* The current file's next bytes; as tar_reader_read(). */
	int (*read)(struct entries *s, void *to, size_t size, size_t *ret_n, struct err *e);
	void (*close)(struct entries *s);
};

struct entries {
	const struct entries_ops *ops;
};

/* Of a tar, which is taken. `name` is borrowed. */
int tar_entries_new(struct source *tar, const char *name, struct entries **ret, struct err *e);
/* Everything below the folder `dir_fd` (borrowed), in the canonical order. `name` is borrowed. */
struct entries *dir_entries_new(int dir_fd, const char *name) __attribute__((returns_nonnull));
/* A file below the folder, found through no links, from its byte `offset` on. */
int dir_entries_open_file(int dir_fd, const char *path, uint64_t offset, struct source **ret,
			  struct err *e);
