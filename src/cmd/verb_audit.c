/* SPDX-License-Identifier: Apache-2.0 */
/* pare audit: what is wrong with an image, by rules and a policy. */
#include "audit/audit.h"
#include "base/mem.h"
#include "cmd/audit_print.h"
#include "cmd/verbs.h"
#include "cmd/view_options.h"
#include "sys/clock.h"
#include "sys/files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define POLICY_FILE ".pare-audit.yaml"

struct audit_verb_options {
	const char *policy;
	int fail_on; /* enum fail_on */
	const char *explain;
	struct view_flags view;
};

enum fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NOTE };

static const char *const fail_on_choices[] = { "error", "warning", "note", NULL };

static const struct option audit_rows[] = {
	OPTION('p', "policy", STRING, struct audit_verb_options, policy, "POLICY",
	       "default, strict, base or a file (" POLICY_FILE ")", .complete = COMPLETE_FILE),
	OPTION(0, "fail-on", CHOICE, struct audit_verb_options, fail_on, "LEVEL",
	       "exit 1 for findings of this level and worse (error)", .choices = fail_on_choices),
	OPTION(0, "explain", STRING, struct audit_verb_options, explain, "RULE",
	       "explain a rule, or list them all, instead of auditing"),
	VIEW_OPTIONS(struct audit_verb_options, view),
};

/* ---- --explain ---- */

static int run_explain(struct command *c, const char *id, struct err *e)
{
	const struct audit_rule *rule = audit_rule_find(id);
	auto_buf out = BUF_EMPTY;

	if (!rule && strcmp(id, "list") != 0)
		return fail(e, FAIL_NOT_FOUND, "no rule '%.100s'\n--explain list shows them all",
			    id);
	if (c->globals.format == FORMAT_JSON)
		audit_explain_json(rule, &out);
	else
		audit_explain_text(rule, c->out_columns, &out);
	fwrite(buf_str(&out), 1, out.len, c->out);
	return 0;
}

/* ---- policy ---- */

static int read_policy_file(const char *path, struct arena *a, struct policy *ret, struct err *e)
{
	struct buf text = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, POLICY_MAX_BYTES, &text, e);

	if (rc == 0)
		rc = policy_parse(view_of(arena_view(a, buf_view(&text))), path, a, ret, e);
	buf_done(&text);
	return rc;
}

/* A name without slash and dot is one of the built-in ones. */
static int read_policy(const char *wanted, struct arena *a, struct policy *ret, struct err *e)
{
	if (!wanted)
		wanted = access(POLICY_FILE, F_OK) == 0 ? POLICY_FILE : "default";
	if (strpbrk(wanted, "./"))
		return read_policy_file(wanted, a, ret, e);
	return policy_builtin(wanted, a, ret, e);
}

/* ---- one image ---- */

static int audit_one(struct command *c, const char *name, const struct audit_verb_options *o,
		     struct buf *to, enum audit_level *worst, struct err *e)
{
	auto_audit_scan scan = NULL;
	auto_image_view view = NULL;
	struct policy policy;
	struct audit_options ao = { .policy = &policy,
				    .now_s = clock_now_s(),
				    .monitor = c->monitor };
	struct view_options v = { .want = audit_wants };
	auto_audit audit = { 0 };
	int rc = read_policy(o->policy, c->arena, &policy, e);

	if (rc == 0)
		rc = audit_scan_new(&scan, e);
	if (rc == 0) {
		v.scanners = audit_scanners(scan, &v.n_scanners);
		rc = open_view_with(c, name, &o->view, &v, &view, e);
	}
	if (rc == 0)
		rc = audit_run(view, scan, &ao, &audit, e);
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		audit_json(&audit, to);
	else
		audit_text(&audit, c->out_columns, c->out_color, to);
	if (findings_worst(&audit.findings) > *worst)
		*worst = findings_worst(&audit.findings);
	return 0;
}

static int run_audit(struct command *c, const void *options, struct err *e)
{
	static const enum audit_level levels[] = { AUDIT_ERROR, AUDIT_WARNING, AUDIT_NOTE };
	const struct audit_verb_options *o = options;
	enum audit_level worst = AUDIT_OFF;
	auto_buf out = BUF_EMPTY;

	if (o->explain)
		return run_explain(c, o->explain, e);
	if (c->n_operands == 0)
		return fail(e, FAIL_USAGE, "which image?");
	for (int i = 0; i < c->n_operands; i++) {
		int rc = audit_one(c, c->operands[i], o, &out, &worst, e);

		if (rc < 0)
			return rc;
	}
	fwrite(buf_str(&out), 1, out.len, c->out);
	return worst >= levels[o->fail_on] ? 1 : 0;
}

const struct verb verb_audit = {
	.name = "audit",
	.summary = "Judge images: starting, users, secrets, waste, packages",
	.operands = "[IMAGE...]",
	.min_operands = 0,
	.max_operands = ARITY_ANY,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare audit --policy strict hello",
	.options = OPTION_TABLE(audit_rows),
	.options_size = sizeof(struct audit_verb_options),
	.run = run_audit,
};
