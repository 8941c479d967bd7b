/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at the bytes of layers while they are decompressed, once: every regular file of every
 * layer passes, those too that a later layer overwrites or deletes. Layers are read at the same
 * time, and of a large one each scanner has a thread, so that a state belongs to one scanner and
 * layer: what it doesn't share with others needs no lock.
 */
#pragma once

#include "base/buf.h"
#include "crypto/digest.h"
#include "fmt/tar.h"
#include "view/layer_index.h"

struct view_scanner {
	void *ctx;
	/*
	 * Before the first file of layer `layer`; what it returns is passed on as `state`. This one
	 * and `end` are called in one thread for all scanners of the layer.
	 */
	void *(*begin)(void *ctx, size_t layer);
	/* A regular file, the layer's entry number `entry`. */
	void (*file)(void *state, size_t entry);
	/* The next bytes of that file, up to VIEW_CHUNK_BYTES at a time; none of an empty one. */
	void (*bytes)(void *state, const char *bytes, size_t size);
	/* Its end; `digest` is valid for this call. */
	void (*file_end)(void *state, const struct sha256 *digest);
	/* After the last file, or after an error (`failed`), which ends everything. */
	void (*end)(void *state, bool failed);
	/*
	 * What it found may be kept in the cache, by the layer's diff_id and `key`, which changes
	 * with what it looks for; NULL: it isn't. `save` comes before `end`, once the layer is seen
	 * to be what its image says, in the same thread as that. `load` comes instead of all
	 * others, for one layer at a time; false: these are no results of its own, and the layer
	 * passes.
	 */
	struct sha256 key;
	void (*save)(void *state, struct buf *to);
	bool (*load)(void *ctx, size_t layer, struct view kept);
};

enum { VIEW_MAX_SCANNERS = 4 }; /* at a time: each has a thread */
enum { VIEW_CHUNK_BYTES = 128 << 10 };

/*
 * Which files' bytes are kept at hand, for reading them in any order later (inode_open): told by
 * the entry and what it is, which a layer's index knows, too. Called in several threads at once.
 */
typedef bool view_want(void *ctx, const struct tar_entry *t, enum file_kind kind);
