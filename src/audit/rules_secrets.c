/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets in files of all layers, in the configuration, in the history. */
#include "audit/private.h"

#include "base/buf.h"

#include <string.h>

/* ---- files ---- */

static enum audit_rule_number rule_of(enum secret_kind kind)
{
	return kind == SECRET_KEY     ? RULE_SECRET_PRIVATE_KEY
	       : kind == SECRET_TOKEN ? RULE_SECRET_TOKEN
				      : RULE_SECRET_CREDENTIAL_FILE;
}

static const char *plain(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return path;
}

/* A pattern that is often wrong is less than the rule. */
static enum audit_level cap(enum audit_level policy, enum audit_level hit)
{
	return policy < hit ? policy : hit;
}

bool scan_hit_is_packaged(const struct auditing *x, const struct scan_hit *hit)
{
	struct layer_entry entry;

	return layer_index_get(x->view->layers[hit->layer].index, hit->entry, &entry) &&
	       integrity_check(&x->integrity, plain(entry.tar.path), &hit->content) ==
		       FILE_UNCHANGED;
}

static void add_hit(struct auditing *x, const struct scan_hit *hit)
{
	const struct view_layer *l = &x->view->layers[hit->layer];
	struct layer_entry entry;
	const char *path;
	struct node *n;
	struct finding *f;

	if (!layer_index_get(l->index, hit->entry, &entry) || scan_hit_is_packaged(x, hit))
		return;
	path = plain(entry.tar.path);
	f = find_layer(x, rule_of(hit->kind), (int)hit->layer, arena_printf(x->a, "/%s", path));
	if (!f)
		return;
	f->level = cap(f->level, hit->level);
	f->line = hit->line;
	f->message = arena_printf(x->a, "%s: %s", hit->title, hit->masked);
	n = tree_find(x->tree, path, false);
	if (n && view_is_visible(l, hit->entry))
		f->package = package_text(x, n);
	else
		f->detail =
			"a later layer deletes or replaces the file; it is in the image all the "
			"same";
}

/* ---- configuration ---- */

struct config_hit {
	struct auditing *x;
	const char *where; /* "the variable NAME" */
	const char *instruction;
	int layer;
	struct map *said;
};

static void add_config_hit(void *ctx, const struct secret_hit *hit)
{
	const struct config_hit *c = ctx;
	const char *text =
		arena_printf(c->x->a, "%s has a secret: %s: %s", c->where, hit->title, hit->masked);
	const char *key = arena_printf(c->x->a, "%s %s", hit->title, hit->masked);
	void **at = map_put(c->said, view_of(key));
	struct finding *f;

	if (*at) /* the same in the history as in the environment */
		return;
	*at = c->x;
	f = find_layer(c->x, RULE_SECRET_CONFIG, c->layer, NULL);
	if (!f)
		return;
	f->level = cap(f->level, hit->level);
	f->message = text;
	if (c->instruction)
		f->instruction = c->instruction;
}

static void check_env(struct auditing *x, struct config_hit *c)
{
	for (size_t i = 0; i < x->config->env.n; i++) {
		struct view value = view_of(x->config->env.at[i]), name;

		if (!view_split(&value, '=', &name) || !value.ptr)
			continue;
		c->where = arena_printf(x->a, "the variable %.*s", VIEW_ARG(name));
		secret_scan_named(scan_secret_rules(x->scan), name, value, add_config_hit, c);
	}
}

static void check_labels(struct auditing *x, struct config_hit *c)
{
	for (size_t i = 0; i < x->config->labels.n; i++) {
		const struct pair *p = &x->config->labels.at[i];

		c->where = arena_printf(x->a, "the label %s", p->key);
		secret_scan_named(scan_secret_rules(x->scan), view_of(p->key), view_of(p->value),
				  add_config_hit, c);
	}
}

static void check_history(struct auditing *x, struct config_hit *c)
{
	int layer = 0;

	for (size_t i = 0; i < x->config->n_history; i++) {
		const struct history *h = &x->config->history[i];
		bool has_layer = !h->empty_layer && (size_t)layer < x->view->n_layers;

		c->layer = has_layer ? layer : FINDING_NO_LAYER;
		layer += !h->empty_layer;
		if (!h->created_by)
			continue;
		c->where = arena_printf(x->a, "entry %zu of the history", i + 1);
		c->instruction = NULL; /* its text would show the secret */
		secret_scan_command(scan_secret_rules(x->scan), view_of(h->created_by),
				    add_config_hit, c);
	}
}

static void check_command(struct auditing *x, struct config_hit *c)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; i < x->command.n; i++)
		buf_printf(&text, "%s%s", i ? " " : "", x->command.at[i]);
	c->where = "the command";
	c->layer = FINDING_NO_LAYER;
	c->instruction = NULL;
	secret_scan_command(scan_secret_rules(x->scan), buf_view(&text), add_config_hit, c);
}

int rules_secrets(struct auditing *x, struct err *e)
{
	auto_map said = MAP_EMPTY;
	struct config_hit c = { .x = x, .layer = FINDING_NO_LAYER, .said = &said };
	const struct scan_hit *hits;
	size_t n;

	(void)e;
	hits = scan_hits(x->scan, &n);
	for (size_t i = 0; i < n; i++)
		add_hit(x, &hits[i]);
	check_env(x, &c);
	check_labels(x, &c);
	check_command(x, &c);
	check_history(x, &c);
	return 0;
}
