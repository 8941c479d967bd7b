/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of sources are made of. */
#pragma once

#include "place/members.h"
#include "place/source.h"

struct place_source_ops {
	/* The blob's bytes, not checked by this. */
	int (*open)(struct place_source *s, const struct descriptor *d, struct source **ret,
		    struct err *e);
	void (*close)(struct place_source *s);
};

struct place_source {
	const struct place_source_ops *ops;
};

/* Takes the members, also on error. */
int docker_source_open(struct members *m, const char *ref, struct arena *a,
		       struct place_source **ret, struct descriptor *ret_root, struct err *e);

/* "'a', 'b', 'c' and 7 more" in words of an error; NULLs are left out. */
const char *list_names(const char *const *names, size_t n, struct arena *a);
