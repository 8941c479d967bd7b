/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a difference that the configs make: what changes how a container runs. */
#include "view/diff.h"

#include "base/array.h"
#include "fmt/json.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void add(struct view_diff *d, const char *key, const char *a, const char *b)
{
	if (!same(a, b))
		*array_push(&d->config) = (struct diff_value){ key, a, b };
}

/* As people write a command: words with blanks in quotes. */
static const char *join(const struct strings *s, struct arena *a)
{
	auto_buf text = BUF_EMPTY;

	if (s->n == 0)
		return NULL;
	for (size_t i = 0; i < s->n; i++) {
		const char *quote = strpbrk(s->at[i], " \t\n'\"") || !*s->at[i] ? "\"" : "";

		buf_printf(&text, "%s%s%s%s", i ? " " : "", quote, s->at[i], quote);
	}
	return arena_view(a, buf_view(&text));
}

static const char *value_of(const struct pairs *p, const char *key)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->at[i].key, key) == 0)
			return p->at[i].value;
	return NULL;
}

static void compare_pairs(struct view_diff *d, const char *kind, const struct pairs *a,
			  const struct pairs *b)
{
	for (size_t i = 0; i < a->n; i++)
		add(d, arena_printf(&d->arena, "%s %s", kind, a->at[i].key), a->at[i].value,
		    value_of(b, a->at[i].key));
	for (size_t i = 0; i < b->n; i++)
		if (!value_of(a, b->at[i].key))
			add(d, arena_printf(&d->arena, "%s %s", kind, b->at[i].key), NULL,
			    b->at[i].value);
}

static struct pairs environment(const struct strings *env, struct arena *a)
{
	struct pairs p = { .at = arena_array(a, env->n + 1, sizeof(struct pair)) };

	for (size_t i = 0; i < env->n; i++) {
		const char *equals = strchrnul(env->at[i], '=');

		p.at[p.n].key = arena_strndup(a, env->at[i], (size_t)(equals - env->at[i]));
		p.at[p.n++].value = *equals ? equals + 1 : "";
	}
	return p;
}

static const char *platform(const struct platform *p, struct arena *a)
{
	return p->architecture ? platform_text(p, a) : NULL;
}

/* What only Docker's configs have, as it is written there. */
static const char *docker_member(const struct image_view *v, const char *key, struct arena *a)
{
	auto_json doc = NULL;
	auto_buf text = BUF_EMPTY;
	struct json_writer w;
	const struct json *member;
	struct err unused;

	if (!v->platform.config_json.len ||
	    json_parse(v->platform.config_json, "config", &doc, &unused) < 0)
		return NULL;
	member = json_get(json_get(json_root(doc), "config"), key);
	if (json_length(member) == 0)
		return NULL;
	json_writer_init(&w, &text, 0);
	json_put_value(&w, member);
	return arena_view(a, buf_view(&text));
}

void diff_config(struct view_diff *d, const struct image_view *in_a, const struct image_view *in_b)
{
	static const char *const docker[] = { "Healthcheck", "Shell", "OnBuild" };
	const struct image_config *a = &in_a->platform.config, *b = &in_b->platform.config;
	struct pairs env_a = environment(&a->env, &d->arena);
	struct pairs env_b = environment(&b->env, &d->arena);

	add(d, "Platform", platform(&a->platform, &d->arena), platform(&b->platform, &d->arena));
	add(d, "User", a->user, b->user);
	add(d, "Entrypoint", join(&a->entrypoint, &d->arena), join(&b->entrypoint, &d->arena));
	add(d, "Cmd", join(&a->cmd, &d->arena), join(&b->cmd, &d->arena));
	add(d, "WorkingDir", a->working_dir, b->working_dir);
	add(d, "StopSignal", a->stop_signal, b->stop_signal);
	add(d, "ExposedPorts", join(&a->exposed_ports, &d->arena),
	    join(&b->exposed_ports, &d->arena));
	add(d, "Volumes", join(&a->volumes, &d->arena), join(&b->volumes, &d->arena));
	for (size_t i = 0; i < COUNT_OF(docker); i++)
		add(d, docker[i], docker_member(in_a, docker[i], &d->arena),
		    docker_member(in_b, docker[i], &d->arena));
	compare_pairs(d, "Env", &env_a, &env_b);
	compare_pairs(d, "Label", &a->labels, &b->labels);
}
