/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config of an image: the base's, and the recipe's over it as a Dockerfile's instructions would
 * have it. A new entrypoint drops the base's command; a variable or label keeps its place and gets
 * the new value; volumes and ports add up; of all else the recipe's word counts, if it has one.
 */
#include "base/array.h"
#include "build/base.h"

#include <string.h>

#define BUSYBOX_DIR "/busybox"

static size_t name_length(const char *variable)
{
	return strcspn(variable, "=");
}

static size_t find_variable(const struct strings *env, const char *name, size_t len)
{
	for (size_t i = 0; i < env->n; i++)
		if (name_length(env->at[i]) == len && strncmp(env->at[i], name, len) == 0)
			return i;
	return SIZE_MAX;
}

/* PATH is in every image; nobody's wish for it gives way to the base's. */
static void set_default_path(const struct recipe *r, struct arena *a, struct strings *env,
			     const char *value)
{
	size_t i = find_variable(env, "PATH", strlen("PATH"));

	if (i == SIZE_MAX)
		env->at[env->n++] = arena_printf(a, "PATH=%s", value);
	else if (r->debug && !strstr(env->at[i], BUSYBOX_DIR))
		env->at[i] = arena_printf(a, "%s:%s", env->at[i], BUSYBOX_DIR);
}

static void set_environment(const struct recipe *r, const struct image_config *base,
			    struct arena *a, struct strings *to)
{
	to->at = arena_array(a, (base ? base->env.n : 0) + r->environment.n + 1, sizeof(*to->at));
	for (size_t i = 0; base && i < base->env.n; i++)
		to->at[to->n++] = base->env.at[i];
	for (size_t i = 0; i < r->environment.n; i++) {
		const struct pair *p = &r->environment.at[i];
		const char *text = arena_printf(a, "%s=%s", p->key, p->value);
		size_t at = find_variable(to, p->key, strlen(p->key));

		if (r->default_path && strcmp(p->key, "PATH") == 0)
			set_default_path(r, a, to, p->value);
		else if (at == SIZE_MAX)
			to->at[to->n++] = text;
		else
			to->at[at] = text;
	}
}

static void set_command(const struct recipe *r, const struct image_config *base,
			struct image_config *c)
{
	c->entrypoint = r->entrypoint;
	c->cmd = r->cmd;
	if (!base || (r->own_entrypoint && !r->default_entrypoint))
		return;
	if (r->default_entrypoint && base->entrypoint.n == 0 && base->cmd.n == 0)
		return;
	c->entrypoint = base->entrypoint;
	if (!r->own_cmd)
		c->cmd = base->cmd;
}

static bool has(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->at[i], text) == 0)
			return true;
	return false;
}

static struct strings joined(const struct strings *first, const struct strings *then,
			     struct arena *a)
{
	struct strings all = { .at = arena_array(a, first->n + then->n + 1, sizeof(*all.at)) };

	for (size_t i = 0; i < first->n; i++)
		all.at[all.n++] = first->at[i];
	for (size_t i = 0; i < then->n; i++)
		if (!has(first, then->at[i]))
			all.at[all.n++] = then->at[i];
	return all;
}

static void set_pair(struct pairs *to, const struct pair *p, bool replace)
{
	for (size_t i = 0; i < to->n; i++)
		if (strcmp(to->at[i].key, p->key) == 0) {
			if (replace)
				to->at[i] = *p;
			return;
		}
	to->at[to->n++] = *p;
}

/* An annotation is a label, too, unless the recipe has another of that name. */
static void set_labels(const struct recipe *r, const struct image_config *base, struct arena *a,
		       struct pairs *to)
{
	size_t n = (base ? base->labels.n : 0) + r->annotations.n + r->labels.n;

	to->at = arena_array(a, n + 1, sizeof(*to->at));
	for (size_t i = 0; base && i < base->labels.n; i++)
		to->at[to->n++] = base->labels.at[i];
	for (size_t i = 0; i < r->annotations.n; i++)
		set_pair(to, &r->annotations.at[i], true);
	for (size_t i = 0; i < r->labels.n; i++)
		set_pair(to, &r->labels.at[i], true);
}

/* What a Dockerfile's FROM hands on of what only Docker knows; triggers are not. */
static void set_more(const struct image_config *base, struct arena *a, struct pairs *to)
{
	static const char *const inherited[] = { "Healthcheck", "Shell" };

	to->at = arena_array(a, COUNT_OF(inherited), sizeof(*to->at));
	for (size_t i = 0; i < base->more.n; i++)
		for (size_t k = 0; k < COUNT_OF(inherited); k++)
			if (strcmp(base->more.at[i].key, inherited[k]) == 0)
				to->at[to->n++] = base->more.at[i];
}

static void inherit(const struct image_config *base, struct arena *a, struct image_config *c)
{
	c->author = base->author;
	c->platform = base->platform;
	c->user = base->user;
	if (!c->working_dir)
		c->working_dir = base->working_dir;
	if (!c->stop_signal)
		c->stop_signal = base->stop_signal;
	c->volumes = joined(&base->volumes, &c->volumes, a);
	c->exposed_ports = joined(&base->exposed_ports, &c->exposed_ports, a);
	set_more(base, a, &c->more);
}

void build_config(const struct build *b, struct arena *a, struct image_config *ret)
{
	const struct recipe *r = b->recipe;
	const struct image_config *base = b->base ? &b->base->view->platform.config : NULL;
	struct image_config c = { .platform = { "linux", b->arch->architecture, b->arch->variant },
				  .exposed_ports = r->ports,
				  .volumes = r->volumes,
				  .working_dir = r->work_dir,
				  .stop_signal = r->stop_signal };

	if (base)
		inherit(base, a, &c);
	set_command(r, base, &c);
	set_environment(r, base, a, &c.env);
	set_labels(r, base, a, &c.labels);
	*ret = c;
}

int build_config_user(const struct build *b, struct arena *a, struct image_config *c, struct err *e)
{
	return b->recipe->run_as ? build_user(b, a, &c->user, e) : 0;
}
