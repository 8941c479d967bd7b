/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config on the new base: a three-way merge, so that it is what a build on that base would have
 * made. What the image has as the old base has it was inherited, and gives way to the new base's;
 * everything else was set, or taken away, on purpose and stays.
 */
#include <string.h>

#include "rebase/private.h"

enum { MAX_VARIABLE_BYTES = 128 << 10 }; /* that Linux hands to a program: MAX_ARG_STRLEN */

static const char *merged_text(const char *old, const char *image, const char *fresh)
{
	return same_text(old, image) ? fresh : image;
}

static bool same_list(const struct strings *a, const struct strings *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

/* A new entrypoint takes no arguments that are meant for another. */
static void merge_command(const struct image_config *old, const struct image_config *image,
			  const struct image_config *fresh, struct image_config *c)
{
	bool own_entrypoint = !same_list(&old->entrypoint, &image->entrypoint);
	bool own_cmd = own_entrypoint || !same_list(&old->cmd, &image->cmd);

	c->entrypoint = own_entrypoint ? image->entrypoint : fresh->entrypoint;
	c->cmd = own_cmd ? image->cmd : fresh->cmd;
}

/* ---- by key ------------------------------------------------------------------------------ */

/* In the new base's order, then what only the image has. */
static struct pairs merged_pairs(const struct pairs *old, const struct pairs *image,
				 const struct pairs *fresh, struct arena *a)
{
	struct pairs all = { .at = arena_array(a, image->n + fresh->n + 1, sizeof(*all.at)) };

	for (size_t i = 0; i < fresh->n; i++) {
		const char *key = fresh->at[i].key;
		const char *value =
			merged_text(pairs_get(old, key), pairs_get(image, key), fresh->at[i].value);

		if (value && !pairs_get(&all, key))
			all.at[all.n++] = (struct pair){ key, value };
	}
	for (size_t i = 0; i < image->n; i++) {
		const char *key = image->at[i].key, *value = pairs_get(image, key);

		if (!pairs_get(fresh, key) && !pairs_get(&all, key) &&
		    !same_text(pairs_get(old, key), value))
			all.at[all.n++] = (struct pair){ key, value };
	}
	return all;
}

static struct pairs keys_of(const struct strings *s, struct arena *a)
{
	struct pairs all = { .at = arena_array(a, s->n + 1, sizeof(*all.at)) };

	for (size_t i = 0; i < s->n; i++)
		all.at[all.n++] = (struct pair){ s->at[i], "" };
	return all;
}

/* Ports and volumes: keys that are there or not. */
static struct strings merged_keys(const struct strings *old, const struct strings *image,
				  const struct strings *fresh, struct arena *a)
{
	const struct pairs o = keys_of(old, a), i = keys_of(image, a), f = keys_of(fresh, a);
	const struct pairs merged = merged_pairs(&o, &i, &f, a);
	struct strings all = { .at = arena_array(a, merged.n + 1, sizeof(*all.at)) };

	for (size_t k = 0; k < merged.n; k++)
		all.at[all.n++] = merged.at[k].key;
	return all;
}

/* ---- the environment --------------------------------------------------------------------- */

static struct pairs variables_of(const struct strings *env, struct arena *a)
{
	struct pairs all = { .at = arena_array(a, env->n + 1, sizeof(*all.at)) };

	for (size_t i = 0; i < env->n; i++) {
		size_t n = strcspn(env->at[i], "=");

		all.at[all.n++] = (struct pair){ arena_strndup(a, env->at[i], n),
						 env->at[i] + n + (env->at[i][n] == '=') };
	}
	return all;
}

/* Where `part` is in a list with colons, as a run of whole items; NULL: nowhere. */
static const char *find_run(const char *list, const char *part)
{
	size_t n = strlen(part);

	for (const char *p = list; n && p; p = strchr(p, ':')) {
		p += *p == ':';
		if (strncmp(p, part, n) == 0 && (p[n] == '\0' || p[n] == ':'))
			return p;
	}
	return NULL;
}

/* PATH=/app/bin:$PATH of a Dockerfile: what was added stays around what the new base has. */
static const char *extended(const char *old, const char *image, const char *fresh, struct arena *a)
{
	const char *at = NULL;

	if (old && image && fresh && strlen(image) <= MAX_VARIABLE_BYTES)
		at = find_run(image, old);

	return at ? arena_printf(a, "%.*s%s%s", (int)(at - image), image, fresh, at + strlen(old))
		  : image;
}

static bool is_search_path(const char *name)
{
	size_t n = strlen(name);

	return n >= 4 && strcmp(name + n - 4, "PATH") == 0;
}

static struct strings merged_environment(const struct image_config *old,
					 const struct image_config *image,
					 const struct image_config *fresh, struct arena *a)
{
	const struct pairs o = variables_of(&old->env, a), i = variables_of(&image->env, a);
	const struct pairs f = variables_of(&fresh->env, a);
	const struct pairs merged = merged_pairs(&o, &i, &f, a);
	struct strings all = { .at = arena_array(a, merged.n + 1, sizeof(*all.at)) };

	for (size_t k = 0; k < merged.n; k++) {
		const char *name = merged.at[k].key, *value = merged.at[k].value;

		if (is_search_path(name) && !same_text(value, pairs_get(&f, name)))
			value = extended(pairs_get(&o, name), value, pairs_get(&f, name), a);
		all.at[all.n++] = arena_printf(a, "%s=%s", name, value);
	}
	return all;
}

/* ---- all of it --------------------------------------------------------------------------- */

/* Healthcheck, Shell and the like. Triggers are for who builds on the image, not inherited. */
static struct pairs merged_more(const struct image_config *old, const struct image_config *image,
				const struct image_config *fresh, struct arena *a)
{
	static const char triggers[] = "OnBuild";
	struct pairs all = merged_pairs(&old->more, &image->more, &fresh->more, a);
	size_t n = 0;

	for (size_t i = 0; i < all.n; i++)
		if (strcmp(all.at[i].key, triggers) != 0)
			all.at[n++] = all.at[i];
	all.n = n;
	for (size_t i = 0; i < image->more.n; i++)
		if (strcmp(image->more.at[i].key, triggers) == 0)
			all.at[all.n++] = image->more.at[i];
	return all;
}

void rebase_merge(const struct image_config *old, const struct image_config *image,
		  const struct image_config *fresh, struct arena *a, struct image_config *ret)
{
	*ret = (struct image_config){
		.created = image->created,
		.author = image->author,
		.platform = image->platform,
		.user = merged_text(old->user, image->user, fresh->user),
		.working_dir =
			merged_text(old->working_dir, image->working_dir, fresh->working_dir),
		.stop_signal =
			merged_text(old->stop_signal, image->stop_signal, fresh->stop_signal),
		.exposed_ports = merged_keys(&old->exposed_ports, &image->exposed_ports,
					     &fresh->exposed_ports, a),
		.volumes = merged_keys(&old->volumes, &image->volumes, &fresh->volumes, a),
		.labels = merged_pairs(&old->labels, &image->labels, &fresh->labels, a),
		.env = merged_environment(old, image, fresh, a),
		.more = merged_more(old, image, fresh, a),
	};
	merge_command(old, image, fresh, ret);
}
