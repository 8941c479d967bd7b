/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the steps that make one platform's tree. */
#include "base/array.h"
#include "base/interrupt.h"
#include "build/base.h"
#include "build/rules.h"
#include "sys/fd.h"

#include <string.h>

static const struct origin root_origin = { .kind = ORIGIN_RULE, .name = "root" };

/* A Dockerfile's FROM would run them. */
static void tell_triggers(const struct build *b)
{
	const char *triggers = NULL;

	if (b->base)
		triggers = pairs_get(&b->base->view->platform.config.more, "OnBuild");
	if (triggers && strcmp(triggers, "null") != 0 && strcmp(triggers, "[]") != 0)
		monitor_warn(b->ctx->monitor,
			     "base '%s' has ONBUILD instructions, which are left out: %.200s",
			     b->base->name, triggers);
}

int build_fill(struct build *b, const struct lock *lock, const struct lock_arch *locked,
	       struct err *e)
{
	static int (*const steps[])(struct build *, struct err *) = {
		build_lay_base, build_assemble,	   rules_before_cut,  build_cut,
		build_paths,	rules_after_paths, build_clamp_dates, build_settle_on_base,
	};
	int rc = 0;

	tree_init(&b->tree, &root_origin);
	if (lock->base)
		rc = build_base_open(b->ctx, b->recipe, lock->base, b->arch, &b->base, e);
	if (rc == 0)
		tell_triggers(b);
	if (rc == 0)
		rc = build_open_packages(b, lock, locked, e);
	for (size_t i = 0; rc == 0 && i < COUNT_OF(steps); i++) {
		rc = interrupt_check(e);
		if (rc == 0)
			rc = steps[i](b, e);
	}
	return rc;
}

void build_done(struct build *b)
{
	for (size_t i = 0; i < b->n_packages; i++)
		pkg_contents_free(b->packages[i].contents);
	fd_cleanup(&b->spool_fd);
	spool_free(b->spool);
	tree_done(&b->tree);
	build_base_close(b->base);
}
