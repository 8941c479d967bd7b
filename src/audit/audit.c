/* SPDX-License-Identifier: Apache-2.0 */
/* One run: prepares what the rules ask, runs the topics, judges by the policy. */
#include "audit/private.h"

#include "base/buf.h"
#include "view/start.h"

#include <stdlib.h>
#include <string.h>

static void set_command(struct auditing *x)
{
	const struct image_config *c = x->config;
	size_t n = c->entrypoint.n + c->cmd.n;

	x->command.at = arena_array(x->a, n + 1, sizeof(*x->command.at));
	for (size_t i = 0; i < c->entrypoint.n; i++)
		x->command.at[x->command.n++] = c->entrypoint.at[i];
	for (size_t i = 0; i < c->cmd.n; i++)
		x->command.at[x->command.n++] = c->cmd.at[i];
}

static int prepare(struct auditing *x, struct err *e)
{
	const struct image_config *c = x->config;
	struct path_rules *rules = arena_new(x->a, struct path_rules);
	int rc = path_rules_builtin(x->a, rules, e);

	x->path_rules = rules;
	if (rc == 0)
		rc = accounts_read(x->tree, x->a, &x->accounts, e);
	integrity_read(x->view, x->scan, &x->integrity);
	set_command(x);
	x->link = view_link_new(x->view);
	x->process = (struct link_process){
		.env = c->env.at,
		.n_env = c->env.n,
		.work_dir = c->working_dir,
		.user = c->user,
		.architecture = x->view->is_rootfs ? NULL : c->platform.architecture,
		.variant = x->view->is_rootfs ? NULL : c->platform.variant,
	};
	return rc;
}

/* What isn't ELF or a script is never read by rules but accounts and a few configuration files. */
bool audit_wants(void *ctx, const struct tar_entry *t, enum file_kind kind)
{
	(void)ctx;
	if (kind == FILE_ELF || kind == FILE_SCRIPT)
		return true;
	return t->size <= 64 << 10 &&
	       (strncmp(t->path, "etc/", 4) == 0 || strncmp(t->path, "./etc/", 6) == 0);
}

static void judge_ignores(struct auditing *x)
{
	for (size_t i = 0; i < x->policy->n_ignores; i++) {
		const struct policy_ignore *ignore = &x->policy->ignores[i];
		bool expired = ignore->expiry && x->options->now_s >= ignore->expires_s;
		struct finding *f;

		if (ignore->used && !expired)
			continue;
		f = find_image(x, ignore->used ? RULE_IGNORE_EXPIRED : RULE_IGNORE_UNUSED);
		if (!f)
			continue;
		f->message = ignore->used
				     ? arena_printf(x->a, "the exception for %s expired on %s",
						    ignore->rule->id, ignore->expiry)
				     : arena_printf(x->a, "the exception for %s%s%s fits nothing",
						    ignore->rule->id, ignore->path ? " at " : "",
						    ignore->path ? ignore->path : "");
		f->detail = arena_printf(x->a, "%s: %s", ignore->place, ignore->reason);
	}
}

/* Files with secrets that no package brought: of these nothing may lie in a cache. */
static void note_private(struct auditing *x, struct map *private)
{
	size_t n;
	const struct scan_hit *hits = scan_hits(x->scan, &n);

	for (size_t i = 0; i < n; i++)
		if (!scan_hit_is_packaged(x, &hits[i]))
			*map_put(private, view_make((const char *)&hits[i].content, SHA256_BYTES)) =
				x;
}

struct keeping {
	const struct image_view *view;
	struct map private;
};

static bool is_private(void *ctx, size_t layer, size_t entry)
{
	const struct keeping *k = ctx;
	struct layer_entry e;

	return !layer_index_get(k->view->layers[layer].index, entry, &e) ||
	       map_get(&k->private, view_make((const char *)&e.digest, SHA256_BYTES));
}

static void keep_reads(struct auditing *x)
{
	struct keeping k = { .view = x->view };

	note_private(x, &k.private);
	image_view_keep_reads(x->view, is_private, &k);
	map_done(&k.private);
}

typedef int topic(struct auditing *x, struct err *e);

static int run_topics(struct auditing *x, struct err *e)
{
	static topic *const topics[] = {
		rules_start,	rules_user,   rules_accounts, rules_tree,
		rules_secrets,	rules_waste,  rules_missing,  rules_packages,
		rules_releases, rules_config, rules_limits,   rules_updates,
	};

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		int rc = topics[i](x, e);

		if (rc < 0)
			return rc;
	}
	heaps_flush(x);
	judge_ignores(x);
	return 0;
}

int audit_run(const struct image_view *v, struct audit_scan *s, const struct audit_options *o,
	      struct audit *ret, struct err *e)
{
	struct auditing x = {
		.view = v,
		.tree = &v->tree,
		.config = &v->platform.config,
		.scan = s,
		.options = o,
		.policy = o->policy,
	};
	struct audit out = { .view = v, .policy = o->policy };
	int rc;

	findings_init(&out.findings);
	x.found = &out.findings;
	x.a = &out.findings.arena;
	rc = prepare(&x, e);
	if (rc == 0)
		rc = run_topics(&x, e);
	if (rc == 0)
		keep_reads(&x);
	link_result_done(&x.start);
	link_free(x.link);
	integrity_done(&x.integrity);
	map_done(&x.heaps);
	if (rc < 0) {
		audit_done(&out);
		return rc;
	}
	findings_sort(&out.findings);
	out.counts = findings_count(&out.findings);
	*ret = out;
	return 0;
}

void audit_done(struct audit *a)
{
	findings_done(&a->findings);
}
