/* SPDX-License-Identifier: Apache-2.0 */
/* What `explain` and `build --dry-run` say about a program and the image that it would get. */
#pragma once

#include "cmd/session.h"
#include "fmt/json.h"

struct explanation {
	const struct program *program;
	const struct derived *derived;
	const struct json *package; /* what its `.note.package` says, or NULL */
	struct weight weight;
	struct strings advice; /* what would be smaller or safer */
};

/* Resolves, weighs and prints, as a table or as JSON. */
int explain(struct command *c, struct session *s, struct err *e);
/* 1 to 4: of x86-64 that the program says it needs; 0 when it doesn't say. */
unsigned explain_x86_level(const struct program *p);
void explain_write_json(const struct explanation *x, struct buf *to);
