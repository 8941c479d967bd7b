/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registries.conf, version 2 (containers-registries.conf(5)): a small strict reader of the part of
 * TOML that such files are written in: tables, arrays of tables, strings, booleans and arrays of
 * strings. Pure.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>

enum {
	CONF_MAX_BYTES = 1 << 20,
	CONF_MAX_REGISTRIES = 4096,
	CONF_MAX_MIRRORS = 64, /* of one registry */
};

struct conf_mirror {
	const char *location;
	bool insecure;
};

struct conf_registry {
	const char *prefix;   /* HOST[/NAME], or *.HOST; NULL: the location */
	const char *location; /* NULL: the prefix */
	bool insecure, blocked;
	struct conf_mirror *mirrors;
	size_t n_mirrors, cap_mirrors;
};

struct conf_alias {
	const char *name, *target;
};

struct conf {
	struct conf_registry *registries;
	size_t n_registries, cap_registries;
	struct conf_alias *aliases;
	size_t n_aliases, cap_aliases;
};

/*
 * Adds to `ret`, whose arrays are the heap's; strings live in `a`. What pare has no use for is
 * skipped; FAIL_FORMAT names the line.
 */
int conf_read(struct view text, const char *name, struct arena *a, struct conf *ret, struct err *e);
void conf_done(struct conf *c);

/* The entry with the longest prefix of HOST/NAME; NULL: none. */
const struct conf_registry *conf_find(const struct conf *c, const char *host, const char *name);
/* HOST/NAME with the prefix replaced by `location`; in `a`. */
const char *conf_rewrite(const struct conf_registry *r, const char *location, const char *host,
			 const char *name, struct arena *a);
