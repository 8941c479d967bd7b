/* SPDX-License-Identifier: Apache-2.0 */
/* What `explain` and `build --dry-run` say about a program and the image that it would get. */
#pragma once

#include "cmd/session.h"

struct explanation {
	const struct program *program;
	const struct derived *derived;
	struct weight weight;
	struct strings advice; /* what would be smaller or safer */
};

/* Resolves, weighs and prints, as a table or as JSON. */
int explain(struct command *c, struct session *s, struct err *e);
void explain_write_json(const struct explanation *x, struct buf *to);
