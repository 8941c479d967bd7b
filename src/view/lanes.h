/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of files on their way to several scanners, each in a thread of its own: the reader fills
 * batches, every lane goes through all of them in order. Memory is a fixed number of batches.
 * Internal to view/.
 */
#pragma once

#include "view/scan.h"

#include <stdbool.h>
#include <stddef.h>

struct lanes;

/*
 * Begins the scanners for one layer; without `threads`, or where none can be had, they run in the
 * reader's. `scanners` is borrowed.
 */
struct lanes *lanes_new(const struct view_scanner *scanners, size_t n, size_t layer, bool threads)
	__attribute__((returns_nonnull));
/* Waits for what is under way; nothing may pass after that. */
void lanes_finish(struct lanes *l);
/* What scanner number `i` has to keep, after lanes_finish(). */
void lanes_save(const struct lanes *l, size_t i, struct buf *to);
/* Finishes, and ends the scanners. */
void lanes_free(struct lanes *l, bool failed);

/*
 * Where the reader may put the next bytes of a file: room for VIEW_HEAD_BYTES at least, for
 * VIEW_CHUNK_BYTES at most. What was put there stays until the next call.
 */
char *lanes_room(struct lanes *l, size_t *ret_size) __attribute__((returns_nonnull));

/* The layer's entry number `entry` begins. */
void lanes_file(struct lanes *l, size_t entry);
/* `size` bytes of it are at lanes_room(). */
void lanes_bytes(struct lanes *l, size_t size);
void lanes_file_end(struct lanes *l, const struct sha256 *digest);
