/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random access to a regular file's bytes, in pieces that are likely to be asked for again: what
 * lies next to each other is read once. For readers that jump, as of ELF files.
 */
#pragma once

#include "tree/tree.h"

enum { WINDOWS_COUNT = 3 };

struct window {
	uint64_t at;
	size_t len;
	char *bytes;
};

struct windows {
	const struct inode *inode;
	struct window at[WINDOWS_COUNT];
	size_t next; /* to be replaced */
	bool failed; /* reading itself, not what was read */
};

/* struct windows w = { .inode = i }; … windows_done(&w); `ctx` is the struct windows. All of the
 * `n` bytes, which must lie inside the file: fits elf_input.read. */
int windows_read(void *ctx, uint64_t offset, void *to, size_t n, struct err *e);
void windows_done(struct windows *w);
