/* SPDX-License-Identifier: Apache-2.0 */
/* pare audit: what is wrong with an image, by rules and a policy. */
#include "audit/updates.h"
#include "cmd/audit_print.h"
#include "cmd/judge.h"
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "report/from_view.h"
#include "sys/result.h"

#include <string.h>

struct audit_verb_options {
	int format; /* enum report_format */
	const char *output;
	const char *policy;
	int fail_on; /* enum fail_on */
	const char *explain;
	bool updates;
	const char *mirror, *security_mirror;
	struct strings keyring;
	bool offline;
	struct view_flags view;
};

enum fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NOTE };

static const char *const fail_on_choices[] = { "error", "warning", "note", NULL };

static const struct option audit_rows[] = {
	OPTION(0, "format", CHOICE, struct audit_verb_options, format, "FORMAT",
	       "table, json, sarif, junit, github, markdown or html",
	       .choices = report_format_names),
	OPTION('o', "output", STRING, struct audit_verb_options, output, "FILE",
	       "write the report there", .complete = COMPLETE_FILE),
	OPTION('p', "policy", STRING, struct audit_verb_options, policy, "POLICY",
	       "default, strict, base or a file (.pare-audit.yaml)", .complete = COMPLETE_FILE),
	OPTION(0, "fail-on", CHOICE, struct audit_verb_options, fail_on, "LEVEL",
	       "exit 1 for findings of this level and worse (error)", .choices = fail_on_choices),
	OPTION(0, "explain", STRING, struct audit_verb_options, explain, "RULE",
	       "explain a rule, or list all, instead of auditing"),
	OPTION('u', "updates", BOOL, struct audit_verb_options, updates, NULL,
	       "look up newer packages in the release's archives"),
	OPTION(0, "mirror", STRING, struct audit_verb_options, mirror, "URI",
	       "look into this mirror"),
	OPTION(0, "security-mirror", STRING, struct audit_verb_options, security_mirror, "URI",
	       "and this one of security updates"),
	OPTION(0, "keyring", STRINGS, struct audit_verb_options, keyring, "FILE",
	       "trust these keys instead of Debian's", .complete = COMPLETE_FILE),
	OPTION(0, "offline", BOOL, struct audit_verb_options, offline, NULL,
	       "use only archives that are cached"),
	VIEW_OPTIONS(struct audit_verb_options, view),
};

static enum report_format format_of(const struct command *c, const struct audit_verb_options *o)
{
	return c->globals.json ? REPORT_JSON : (enum report_format)o->format;
}

/* ---- --explain ---- */

static int run_explain(struct command *c, const char *id, enum report_format format, struct err *e)
{
	const struct audit_rule *rule = audit_rule_find(id);
	auto_buf out = BUF_EMPTY;

	if (!rule && strcmp(id, "list") != 0) {
		const char *meant = audit_rule_meant(id);

		fail(e, FAIL_NOT_FOUND, "no rule '%.100s'", id);
		return meant ? err_hint(e, "did you mean '%s'?", meant)
			     : err_hint(e, "--explain list shows them all");
	}
	if (format != REPORT_TABLE && format != REPORT_JSON)
		return fail(e, FAIL_USAGE, "rules are explained as table or json only");
	if (format == REPORT_JSON)
		audit_explain_json(rule, &out);
	else
		audit_explain_text(rule, c->out_columns, &out);
	fwrite(buf_str(&out), 1, out.len, c->out);
	return 0;
}

/* ---- updates ---- */

static int find_updates(struct command *c, const struct audit_verb_options *o,
			const struct image_view *v, const struct audit_update **ret, size_t *ret_n,
			struct err *e)
{
	const struct recipe_options archives = { .mirror = o->mirror,
						 .security_mirror = o->security_mirror,
						 .cache = o->view.cache,
						 .offline = o->offline };
	auto_session s = { .ctx = { .cache_fd = -1 } };
	struct audit_update *updates = NULL;
	struct deb_context deb;
	struct apk_context apk;
	int rc = session_open_archives(c, &archives, &s, e);

	if (rc < 0)
		return rc;
	deb = (struct deb_context){ .http = s.ctx.http,
				    .cache_fd = s.ctx.cache_fd,
				    .monitor = c->monitor,
				    .now_s = s.ctx.now_s,
				    .mirrors = s.mirrors,
				    .keyrings = (const char *const *)o->keyring.at,
				    .n_keyrings = o->keyring.n,
				    .root = "/",
				    .offline = o->offline };
	apk = (struct apk_context){ .http = s.ctx.http,
				    .cache_fd = s.ctx.cache_fd,
				    .monitor = c->monitor,
				    .keyrings = (const char *const *)o->keyring.at,
				    .n_keyrings = o->keyring.n,
				    .keys_path = s.mirrors.alpine_keys,
				    .root = "",
				    .mirror = s.mirrors.alpine,
				    .offline = o->offline };
	rc = audit_find_updates(
		v, &(struct update_sources){ .deb = &deb, .apk = &apk, .cache = s.ctx.cache_path },
		c->arena, &updates, ret_n, e);
	deb_context_done(&deb);
	apk_context_done(&apk);
	*ret = updates;
	return rc < 0 ? err_context(e, "look for updates") : 0;
}

/* ---- images ---- */

static int judge(struct command *c, const char *name, const struct audit_verb_options *o,
		 struct judged *j, struct err *e)
{
	const struct audit_update *updates = NULL;
	size_t n_updates = 0;
	int rc = judge_open(c, name, &o->view, o->policy, j, e);

	if (rc == 0 && o->updates)
		rc = find_updates(c, o, j->view, &updates, &n_updates, e);
	return rc < 0 ? rc : judge_run(c, j, updates, n_updates, e);
}

static int add_to_report(struct report *r, const struct judged *j, bool asked_archives,
			 struct err *e)
{
	struct report_image *image;
	int rc = report_add_view(r, j->view, &j->audit.findings, &image, e);

	if (rc < 0)
		return rc;
	image->policy = j->policy.name;
	for (size_t i = 0; i < AUDIT_RULES; i++)
		image->checked[i] = j->policy.levels[i] != AUDIT_OFF &&
				    (asked_archives || audit_rules[i].group != AUDIT_UPDATES);
	return 0;
}

static int write_to(struct command *c, const char *path, const struct buf *text, struct err *e)
{
	if (path)
		return result_file_write(path, buf_str(text), text->len, 0644, e);
	fwrite(buf_str(text), 1, text->len, c->out);
	return 0;
}

static int report_all(struct command *c, const struct audit_verb_options *o,
		      const struct judged *judged, struct err *e)
{
	struct report_style style = {
		.columns = o->output ? 0 : c->out_columns,
		.color = c->out_color && !o->output,
		.all = c->globals.verbose,
	};
	auto_buf out = BUF_EMPTY;
	auto_report report;
	int rc = 0;

	report_init(&report);
	for (int i = 0; rc == 0 && i < c->n_operands; i++)
		rc = add_to_report(&report, &judged[i], o->updates, e);
	if (rc < 0)
		return rc;
	report_write(&report, format_of(c, o), &style, &out);
	return write_to(c, o->output, &out, e);
}

static int run_audit(struct command *c, const void *options, struct err *e)
{
	static const enum audit_level levels[] = { AUDIT_ERROR, AUDIT_WARNING, AUDIT_NOTE };
	const struct audit_verb_options *o = options;
	enum audit_level worst = AUDIT_OFF;
	struct judged *judged;
	int rc = 0;

	if (o->explain)
		return run_explain(c, o->explain, format_of(c, o), e);
	if (c->n_operands == 0)
		return fail(e, FAIL_USAGE, "which image?\nsee 'pare audit --help'");
	judged = arena_array(c->arena, (size_t)c->n_operands, sizeof(*judged));
	for (int i = 0; rc == 0 && i < c->n_operands; i++) {
		rc = judge(c, c->operands[i], o, &judged[i], e);
		if (rc == 0 && findings_worst(&judged[i].audit.findings) > worst)
			worst = findings_worst(&judged[i].audit.findings);
	}
	if (rc == 0)
		rc = report_all(c, o, judged, e);
	for (int i = 0; i < c->n_operands; i++)
		judged_done(&judged[i]);
	return rc < 0 ? rc : worst >= levels[o->fail_on];
}

const struct verb verb_audit = {
	.name = "audit",
	.summary = "Judge images: starting, users, secrets, waste, packages",
	.operands = "[IMAGE...]",
	.min_operands = 0,
	.max_operands = ARITY_ANY,
	.shows = true,
	.asks_registries = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare audit --policy strict hello",
	.options = OPTION_TABLE(audit_rows),
	.options_size = sizeof(struct audit_verb_options),
	.run = run_audit,
};
