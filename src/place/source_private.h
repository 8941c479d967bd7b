/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of sources are made of. */
#pragma once

#include "place/kept.h"
#include "place/members.h"
#include "place/source.h"

struct place_source_ops {
	/* The blob's bytes, not checked by this. */
	int (*open)(struct place_source *s, const struct descriptor *d, struct source **ret,
		    struct err *e);
	/* Where the blob's bytes lie in a file; the descriptor is the caller's. NULL: in none. */
	int (*file)(struct place_source *s, const struct descriptor *d, struct blob_file *ret,
		    struct err *e);
	/* Into a folder, under `name`, checked, and going on with what was begun; NULL: by open().
	 */
	int (*fetch)(struct place_source *s, const struct descriptor *d, const char *what,
		     int dir_fd, const char *name, struct err *e);
	/* The repository that has the blob; NULL: none is read from. */
	const struct reference *(*origin)(struct place_source *s, const struct descriptor *d);
	/* Whether blobs come over a network; NULL: if there is a fetch(). */
	bool (*is_far)(const struct place_source *s);
	/* The layout that it reads from; NULL: none. */
	struct store *(*store)(struct place_source *s);
	/* Keeps what place_source_read() has read; NULL: reading it again is cheap. */
	struct kept *(*kept)(struct place_source *s);
	void (*close)(struct place_source *s);
};

struct place_source {
	const struct place_source_ops *ops;
};

/* By open() and place_source_open()'s check: what a source does that has no fetch(). */
int place_source_fetch_stream(struct place_source *s, const struct descriptor *d, int dir_fd,
			      const char *name, struct err *e);

/* Takes the members, also on error. */
int docker_source_open(struct members *m, const char *ref, struct monitor *monitor, struct arena *a,
		       struct place_source **ret, struct descriptor *ret_root, struct err *e);

int registry_source_open(const struct place *p, struct arena *a, struct place_source **ret,
			 struct descriptor *ret_root, struct err *e);

int daemon_source_open(const struct place *p, struct arena *a, struct place_source **ret,
		       struct descriptor *ret_root, struct err *e);

/* "'a', 'b', 'c' and 7 more" in words of an error; NULLs are left out. */
const char *list_names(const char *const *names, size_t n, struct arena *a);
