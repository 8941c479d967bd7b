/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of targets are made of. */
#pragma once

#include "place/target.h"

struct place_target_ops {
	int (*has)(struct place_target *t, const struct descriptor *d, bool *ret, struct err *e);
	int (*folder)(const struct place_target *t); /* NULL: -1 */
	int (*put)(struct place_target *t, const struct descriptor *d, const struct blob_file *from,
		   struct monitor *m, uint32_t task, struct err *e);
	int (*put_bytes)(struct place_target *t, const struct descriptor *d, struct view bytes,
			 struct err *e);
	int (*put_document)(struct place_target *t, const struct descriptor *d, struct view bytes,
			    struct err *e);
	int (*finish)(struct place_target *t, const struct descriptor *root, struct view bytes,
		      int64_t created_s, struct err *e);
	/* Whether finish() sent the blobs, which has() said are there; NULL: never. */
	bool (*sent)(const struct place_target *t);
	void (*close)(struct place_target *t);
};

struct place_target {
	const struct place_target_ops *ops;
};

int layout_target_open(const struct place *to, const struct target_options *o,
		       struct place_target **ret, struct err *e);
int daemon_target_open(const struct place *to, const struct target_options *o,
		       struct place_target **ret, struct err *e);
int registry_target_open(const struct place *to, const struct target_options *o,
			 struct place_target **ret, struct err *e);
