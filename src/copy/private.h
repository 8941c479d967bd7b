/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of a copy share. */
#pragma once

#include "copy/copy.h"
#include "place/source.h"
#include "place/walk.h"
#include "sys/workers.h"

enum { COPY_MAX_TARGETS = 64 }; /* each has connections of its own */

/* A manifest, index or anything else whose bytes are at hand, children before parents. */
struct document {
	struct descriptor d;
	struct view bytes;
};

struct copy {
	const struct copy_options *o;
	struct arena *arena;
	struct place_source *source;
	struct descriptor root;

	struct document *documents; /* the last one is the root */
	size_t n_documents;
	struct workers *workers;  /* while layers are compressed */
	struct descriptor *blobs; /* configs and layers */
	size_t n_blobs;
	int64_t created_s; /* of the newest image */

	const struct place *from_place, *to_places; /* from_place NULL: a source was given */
	struct place_target **targets;
	size_t n_targets;

	/*
	 * A layout in the cache, for blobs that belong in none but must be sent from a file. It
	 * outlives a copy that is cut off, so that the next one goes on with it.
	 */
	const char *stage_path;
	struct place_target *stage;   /* NULL: there is no need for it */
	int stage_folder, stage_lock; /* its parent; -1 */
};

/* The one manifest that is wanted of an index, or the root itself. */
int copy_choose(struct copy *c, struct err *e);
/* Fills in documents and blobs. */
int copy_plan(struct copy *c, struct err *e);
/* For archives, whose members have a date: reads the configs. */
void copy_see_dates(struct copy *c);
/* New layers and manifests in the stage where the options ask for it; the plan follows. */
int copy_convert(struct copy *c, struct err *e);
/* All blobs into all targets. */
int copy_blobs(struct copy *c, struct copy_result *ret, struct err *e);

/* Waits for another process that copies the same image. */
int copy_open_stage(struct copy *c, struct err *e);
/* `done`: removes it; else it stays. */
void copy_close_stage(struct copy *c, bool done);
