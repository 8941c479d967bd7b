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
	CONF_MAX_STRING_BYTES = 4095, /* locations and names are far shorter */
	CONF_MAX_REGISTRIES = 4096,
	CONF_MAX_MIRRORS = 64, /* of one registry */
	CONF_MAX_SEARCHED = 16,
};

/* Which references a mirror serves: a tag may be of another image there. */
enum conf_serves { CONF_SERVES_ALL, CONF_SERVES_DIGESTS, CONF_SERVES_TAGS };

struct conf_mirror {
	const char *location;
	bool insecure;
	enum conf_serves serves;
};

struct conf_registry {
	const char *prefix;   /* HOST[/NAME], or *.HOST; NULL: the location */
	const char *location; /* NULL: the prefix */
	bool insecure, blocked;
	bool mirror_by_digest_only; /* conf_read() has put it in `mirrors` */
	struct conf_mirror *mirrors;
	size_t n_mirrors, cap_mirrors;
};

struct conf_alias {
	const char *name, *target; /* "" as a target: there is none, whatever was said before */
};

enum conf_short_names { CONF_PERMISSIVE, CONF_ENFORCING, CONF_DISABLED };

struct conf {
	struct conf_registry *registries;
	size_t n_registries, cap_registries;
	struct conf_alias *aliases;
	size_t n_aliases, cap_aliases;
	const char *searched[CONF_MAX_SEARCHED]; /* unqualified-search-registries */
	size_t n_searched;
	const char *helpers[CONF_MAX_SEARCHED]; /* credential-helpers */
	size_t n_helpers;
	enum conf_short_names short_names;
};

/*
 * Adds to `ret`, whose arrays are the heap's; strings live in `a`. What was read before is
 * overridden, a registry as a whole by one of the same prefix. What pare has no use for is skipped;
 * FAIL_FORMAT names the line, and leaves `ret` good for conf_done() only.
 */
int conf_read(struct view text, const char *name, struct arena *a, struct conf *ret, struct err *e);
void conf_done(struct conf *c);

static inline const char *conf_prefix(const struct conf_registry *r)
{
	return r->prefix ? r->prefix : r->location;
}

/* The entry with the longest prefix of HOST/NAME[:TAG][@DIGEST]; NULL: none. */
const struct conf_registry *conf_find(const struct conf *c, const char *host, const char *rest);
/* What a short name stands for; NULL: nothing that is said here. */
const char *conf_alias(const struct conf *c, const char *name);
/* HOST/NAME with the prefix replaced by `location`; in `a`. */
const char *conf_rewrite(const struct conf_registry *r, const char *location, const char *host,
			 const char *name, struct arena *a);
