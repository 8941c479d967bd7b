/* SPDX-License-Identifier: Apache-2.0 */
/* Findings with where they were seen, and heaps of alike ones; see private.h. */
#include "audit/private.h"

#include "base/buf.h"

#include <string.h>

enum {
	HEAP_SAMPLES = 5,
	/* What is wasted in a layer by little counts together with other layers' little. */
	SMALL_WASTE_BYTES = 64 << 10,
};

const char *path_of(struct auditing *x, const struct node *n)
{
	return node_path(n, x->a);
}

enum file_kind node_kind(const struct auditing *x, const struct node *n)
{
	return view_kind_of(x->view, n);
}

static int layer_of_node(const struct auditing *x, const struct node *n)
{
	const struct view_layer *l = view_layer_of(x->view, n);

	return l ? (int)(l - x->view->layers) : FINDING_NO_LAYER;
}

const char *package_text(struct auditing *x, const struct node *n)
{
	const struct view_package *p = view_package_of(x->view, n);

	return p ? arena_printf(x->a, "%s %s", p->name, p->version ? p->version : "") : NULL;
}

const char *bytes_text(struct auditing *x, uint64_t bytes)
{
	auto_buf text = BUF_EMPTY;

	buf_add_size(&text, bytes);
	return arena_view(x->a, buf_view(&text));
}

const char *config_env(const struct auditing *x, const char *name)
{
	size_t len = strlen(name);
	const char *found = NULL;

	for (size_t i = 0; i < x->config->env.n; i++) {
		const char *entry = x->config->env.at[i];

		if (strncmp(entry, name, len) == 0 && entry[len] == '=')
			found = entry + len + 1;
	}
	return found;
}

bool rule_is_on(const struct auditing *x, enum audit_rule_number rule)
{
	return x->policy->levels[rule] != AUDIT_OFF;
}

static const char *layer_digest(struct auditing *x, const struct view_layer *l)
{
	return l->descriptor ? look_digest(&l->descriptor->digest, x->a) : NULL;
}

/* The command that made a layer, without secrets; NULL when nobody knows. */
static const char *instruction_text(struct auditing *x, const struct history *h)
{
	return h ? secret_masked_command(scan_secret_rules(x->scan), h->created_by, x->a) : NULL;
}

struct finding *find_layer(struct auditing *x, enum audit_rule_number rule, int layer,
			   const char *path)
{
	const struct policy_ignore *ignore;
	struct finding *f;

	if (!rule_is_on(x, rule) || x->n_of_rule[rule] >= AUDIT_MAX_FINDINGS_OF_RULE)
		return NULL;
	x->n_of_rule[rule]++;
	f = finding_add(x->found, rule);
	f->level = x->policy->levels[rule];
	f->path = path;
	if (layer >= 0) {
		const struct view_layer *l = &x->view->layers[layer];

		f->layer = layer;
		f->layer_digest = layer_digest(x, l);
		f->instruction = instruction_text(x, l->history);
	}
	ignore = policy_ignored(x->policy, f->rule, path, x->options->now_s);
	f->ignored = ignore ? ignore->reason : NULL;
	return f;
}

struct finding *find_node(struct auditing *x, enum audit_rule_number rule, const struct node *n)
{
	struct finding *f;

	if (!rule_is_on(x, rule))
		return NULL;
	f = find_layer(x, rule, layer_of_node(x, n), path_of(x, n));
	if (f)
		f->package = package_text(x, n);
	return f;
}

struct finding *find_image(struct auditing *x, enum audit_rule_number rule)
{
	return find_layer(x, rule, FINDING_NO_LAYER, NULL);
}

/* ---- heaps ---- */

struct heap {
	enum audit_rule_number rule;
	const char *message;
	const struct node *first;
	const struct policy_ignore *ignore;
	const struct view_package *package; /* by_package */
	uint64_t n, bytes;
	bool is_joined; /* of several layers */
	const char *samples[HEAP_SAMPLES];
};

static const char *heap_key(struct auditing *x, const struct heap_item *item, const struct node *n,
			    const struct policy_ignore *ignore)
{
	const struct view_package *p = item->by_package ? view_package_of(x->view, n) : NULL;

	if (p)
		return arena_printf(x->a, "%d %p %p %s", item->rule, (const void *)p,
				    (const void *)ignore, item->key);
	return arena_printf(x->a, "%d %d %p %s", item->rule, layer_of_node(x, n),
			    (const void *)ignore, item->key);
}

void heap_add(struct auditing *x, const struct heap_item *item, const struct node *n)
{
	const char *path;
	const struct policy_ignore *ignore;
	struct heap *h;
	void **at;

	if (!rule_is_on(x, item->rule))
		return;
	path = path_of(x, n);
	ignore = policy_ignored(x->policy, &audit_rules[item->rule], path, x->options->now_s);
	at = map_put(&x->heaps, view_of(heap_key(x, item, n, ignore)));
	h = *at;
	if (!h) {
		h = arena_new(x->a, struct heap);
		*h = (struct heap){
			.rule = item->rule,
			.message = item->message ? item->message : item->key,
			.first = n,
			.ignore = ignore,
			.package = item->by_package ? view_package_of(x->view, n) : NULL,
		};
		*at = h;
	}
	if (h->n < HEAP_SAMPLES)
		h->samples[h->n] = item->detail ? item->detail : path;
	h->n++;
	h->bytes += item->bytes;
}

static const char *heap_detail(struct auditing *x, const struct heap *h)
{
	size_t n = h->n < HEAP_SAMPLES ? (size_t)h->n : HEAP_SAMPLES;
	struct buf text = BUF_EMPTY;
	const char *out;

	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%s%s", i ? "\n" : "", h->samples[i]);
	if (h->n > n)
		buf_printf(&text, "\nand %llu more", (unsigned long long)(h->n - n));
	out = arena_strdup(x->a, buf_str(&text));
	buf_done(&text);
	return out;
}

static void heap_flush(struct auditing *x, const struct heap *h)
{
	struct finding *f;

	if (h->n == 0 || x->n_of_rule[h->rule] >= AUDIT_MAX_FINDINGS_OF_RULE)
		return;
	f = find_node(x, h->rule, h->first);
	if (!f)
		return;
	f->ignored = h->ignore ? h->ignore->reason : NULL;
	f->message = h->message;
	f->n_paths = h->n;
	f->bytes = h->bytes;
	if (!h->package)
		f->package = h->n == 1 ? f->package : NULL;
	f->detail = heap_detail(x, h);
	if (h->is_joined) {
		f->layer = FINDING_NO_LAYER;
		f->layer_digest = f->instruction = NULL;
	}
}

static bool is_small_waste(const struct heap *h)
{
	return audit_rules[h->rule].group == AUDIT_WASTE && h->bytes < SMALL_WASTE_BYTES;
}

static void pour(struct heap *from, struct heap *to)
{
	for (uint64_t i = 0; i < from->n && i < HEAP_SAMPLES && to->n + i < HEAP_SAMPLES; i++)
		to->samples[to->n + i] = from->samples[i];
	to->n += from->n;
	to->bytes += from->bytes;
	from->n = 0;
}

/* An image of a layer per package would else say the same of each. */
static void join_small(struct auditing *x)
{
	for (size_t i = 0; i < x->heaps.n; i++) {
		struct heap *h = x->heaps.at[i].value;

		for (size_t k = 0; h->n && is_small_waste(h) && k < i; k++) {
			struct heap *other = x->heaps.at[k].value;

			if (other->n && other->rule == h->rule && other->ignore == h->ignore &&
			    strcmp(other->message, h->message) == 0 && is_small_waste(other)) {
				other->is_joined = true;
				pour(h, other);
			}
		}
	}
}

void heaps_flush(struct auditing *x)
{
	join_small(x);
	for (size_t i = 0; i < x->heaps.n; i++)
		heap_flush(x, x->heaps.at[i].value);
	map_done(&x->heaps);
	x->heaps = (struct map)MAP_EMPTY;
}
