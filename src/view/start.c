/* SPDX-License-Identifier: Apache-2.0 */
/* See start.h. */
#include "view/start.h"

#include <stdint.h>

bool view_wants_programs(void *ctx, const struct tar_entry *t, enum file_kind kind)
{
	(void)ctx;
	(void)t;
	return kind == FILE_ELF;
}

static bool is_other(void *ctx, const struct node *n)
{
	enum file_kind kind = view_kind_of(ctx, n);

	return kind != FILE_ELF && kind != FILE_SCRIPT;
}

struct link *view_link_new(const struct image_view *v)
{
	struct link *l = link_new(&v->tree);

	link_know_others(l, is_other, (void *)(uintptr_t)v);
	return l;
}

static int refuse(const struct link_problem *p, struct err *e)
{
	auto_buf text = BUF_EMPTY;

	link_refusal_text(p, &text);
	return fail(e, FAIL_FINDING, "%s", buf_str(&text));
}

int view_prove_start(struct image_view *v, struct monitor *m, struct err *e)
{
	const struct image_config *c = &v->platform.config;
	/* what is run is the first word of both together */
	const struct strings *command = c->entrypoint.n ? &c->entrypoint : &c->cmd;
	const struct link_process p = { .env = (const char *const *)c->env.at,
					.n_env = c->env.n,
					.work_dir = c->working_dir,
					.user = c->user,
					.architecture = c->platform.architecture,
					.variant = c->platform.variant };
	const struct link_problem *worst = NULL;
	auto_link l = view_link_new(v);
	struct link_result r = { 0 };
	int rc = 0;

	if (command->n)
		rc = link_start(l, (const char *const *)command->at, command->n, &p, &r, e);
	if (rc == 0)
		worst = link_verdict(&r, m);
	if (worst)
		rc = refuse(worst, e);
	link_result_done(&r);
	return rc;
}
