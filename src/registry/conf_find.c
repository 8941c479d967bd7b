/* SPDX-License-Identifier: Apache-2.0 */
/* What registries.conf says of a name; see conf.h. */
#include <string.h>

#include "registry/conf.h"

/* How much of HOST/NAME… the prefix covers; 0: it isn't one. */
static size_t covers(const char *prefix, const char *host, const char *full)
{
	size_t n = strlen(prefix), h = strcspn(host, ":");

	if (strncmp(prefix, "*.", 2) == 0)
		return h > n - 1 && memcmp(host + h - (n - 1), prefix + 1, n - 1) == 0
			       ? strlen(host)
			       : 0;
	if (strncmp(full, prefix, n) != 0 || (full[n] && !strchr("/:@", full[n])))
		return 0;
	return n;
}

const struct conf_registry *conf_find(const struct conf *c, const char *host, const char *rest)
{
	auto_arena a = ARENA_EMPTY;
	const char *full = arena_printf(&a, "%s/%s", host, rest);
	const struct conf_registry *best = NULL;
	size_t length = 0;

	for (size_t i = 0; i < c->n_registries; i++) {
		const char *prefix = conf_prefix(&c->registries[i]);
		size_t n = covers(prefix, host, full) ? strlen(prefix) : 0;

		if (n > length) {
			length = n;
			best = &c->registries[i];
		}
	}
	return best;
}

const char *conf_alias(const struct conf *c, const char *name)
{
	for (size_t i = c->n_aliases; i-- > 0;)
		if (strcmp(c->aliases[i].name, name) == 0)
			return *c->aliases[i].target ? c->aliases[i].target : NULL;
	return NULL;
}

/* The place of the tag or digest, which names an image in the repository; else the end. */
static size_t name_length(const char *text)
{
	const char *slash = strrchr(text, '/');
	const char *word = slash ? slash : text;

	return (size_t)(word - text) + (slash ? strcspn(word, ":@") : strlen(word));
}

const char *conf_rewrite(const struct conf_registry *r, const char *location, const char *host,
			 const char *name, struct arena *a)
{
	const char *full = arena_printf(a, "%s/%s", host, name), *prefix = conf_prefix(r);
	size_t n = strncmp(prefix, "*.", 2) == 0 ? covers(prefix, host, full) : name_length(prefix);

	return arena_printf(a, "%.*s%s", (int)name_length(location), location,
			    full + (n < strlen(full) ? n : strlen(full)));
}
