/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it: a run per image, the rules that have
 * findings, a location for each finding (the image itself where there's no file), a fingerprint
 * that outlives a rebuild, ignored findings as suppressed ones.
 */
#include "report/report.h"

#include "base/array.h"
#include "fmt/json.h"
#include "report/escape.h"
#include "report/words.h"

#include <stdio.h>
#include <string.h>

enum {
	/* GitHub refuses more of either. */
	SARIF_MAX_RUNS = 20,
	SARIF_MAX_RESULTS = 25000,
	/* It cuts longer texts by itself; our page of a rule is shorter. */
	SARIF_MAX_MESSAGE = 1000,
};

struct rules {
	size_t number[AUDIT_RULES]; /* index + 1 in the run's list */
	const struct audit_rule *at[AUDIT_RULES];
	size_t n;
};

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	json_open_object(w);
	json_member_string(w, "text", text);
	json_close_object(w);
}

/* GitHub ranks by these: over 7.0 is high, over 4.0 medium. */
static const char *severity(enum audit_level l)
{
	return l == AUDIT_ERROR ? "8.0" : l == AUDIT_WARNING ? "5.0" : "2.0";
}

static bool is_security(const struct audit_rule *r)
{
	return r->group == AUDIT_USER || r->group == AUDIT_SURFACE || r->group == AUDIT_SECRETS ||
	       r->group == AUDIT_UPDATES;
}

static void put_rule(struct json_writer *w, const struct audit_rule *r)
{
	auto_buf help = BUF_EMPTY;

	json_open_object(w);
	json_member_string(w, "id", r->id);
	put_text(w, "shortDescription", r->title);
	put_text(w, "fullDescription", r->text);
	buf_printf(&help, "%s\n\n%s", r->text, r->advice);
	put_text(w, "help", buf_str(&help));
	json_key(w, "defaultConfiguration");
	json_open_object(w);
	json_member_string(w, "level", r->level == AUDIT_OFF ? "none" : audit_level_name(r->level));
	json_close_object(w);
	json_key(w, "properties");
	json_open_object(w);
	json_key(w, "tags");
	json_open_array(w);
	json_put_string(w, audit_group_name(r->group));
	if (is_security(r))
		json_put_string(w, "security");
	json_close_array(w);
	if (is_security(r))
		json_member_string(w, "security-severity", severity(r->level));
	json_close_object(w);
	json_close_object(w);
}

static void put_location(struct json_writer *w, const struct report_image *i,
			 const struct finding *f)
{
	auto_buf uri = BUF_EMPTY, name = BUF_EMPTY;
	const char *path = f->path ? f->path : i->name;

	while (*path == '/')
		path++;
	escape_uri_path(&uri, view_of(path));
	json_open_object(w);
	json_key(w, "physicalLocation");
	json_open_object(w);
	json_key(w, "artifactLocation");
	json_open_object(w);
	json_member_string(w, "uri", uri.len ? buf_str(&uri) : "image");
	json_close_object(w);
	json_key(w, "region");
	json_open_object(w);
	json_member_u64(w, "startLine", f->line ? f->line : 1);
	json_close_object(w);
	json_close_object(w);
	words_layer(f, &name);
	if (name.len)
		put_text(w, "message", buf_str(&name));
	json_close_object(w);
}

static uint64_t mix(uint64_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

/* What stays the same when the image is built again: not the layer, nor sizes in the message. */
static void put_fingerprint(struct json_writer *w, const struct finding *f, size_t nth)
{
	uint64_t hash = mix(mix(UINT64_C(0xcbf29ce484222325), f->rule->id), f->path);
	char text[40];

	if (!f->path)
		hash = mix(hash, f->package);
	snprintf(text, sizeof(text), "%016llx:%zu", (unsigned long long)hash, nth);
	json_key(w, "partialFingerprints");
	json_open_object(w);
	json_member_string(w, "primaryLocationLineHash", text);
	json_close_object(w);
}

static void put_message(struct json_writer *w, const struct finding *f)
{
	auto_buf text = BUF_EMPTY;

	buf_add_str(&text, f->message);
	if (f->detail)
		buf_printf(&text, "\n%s", f->detail);
	if (text.len > SARIF_MAX_MESSAGE) {
		text.len = SARIF_MAX_MESSAGE;
		/* not within a character */
		while (text.len && ((unsigned char)text.data[text.len] & 0xc0) == 0x80)
			text.len--;
		text.data[text.len] = '\0';
		buf_add_str(&text, "…");
	}
	buf_printf(&text, "\n%s", f->advice);
	put_text(w, "message", buf_str(&text));
}

static void put_properties(struct json_writer *w, const struct finding *f)
{
	json_key(w, "properties");
	json_open_object(w);
	if (f->layer != FINDING_NO_LAYER)
		json_member_u64(w, "layer", (uint64_t)f->layer + 1);
	json_member_string(w, "layerDigest", f->layer_digest);
	json_member_string(w, "package", f->package);
	if (f->bytes)
		json_member_u64(w, "bytes", f->bytes);
	json_close_object(w);
}

static void put_result(struct json_writer *w, const struct report_image *i,
		       const struct rules *rules, size_t k)
{
	const struct finding *f = &i->findings->at[k];
	size_t nth = 1;

	for (size_t p = k; p-- > 0 && i->findings->at[p].rule == f->rule &&
			   strcmp(i->findings->at[p].path ? i->findings->at[p].path : "",
				  f->path ? f->path : "") == 0;)
		nth++;
	json_open_object(w);
	json_member_string(w, "ruleId", f->rule->id);
	json_member_u64(w, "ruleIndex", rules->number[f->rule - audit_rules] - 1);
	json_member_string(w, "level", audit_level_name(f->level));
	put_message(w, f);
	json_key(w, "locations");
	json_open_array(w);
	put_location(w, i, f);
	json_close_array(w);
	put_fingerprint(w, f, nth);
	put_properties(w, f);
	if (f->ignored) {
		json_key(w, "suppressions");
		json_open_array(w);
		json_open_object(w);
		json_member_string(w, "kind", "external");
		json_member_string(w, "justification", f->ignored);
		json_close_object(w);
		json_close_array(w);
	}
	json_close_object(w);
}

static void find_rules(const struct findings *f, struct rules *ret)
{
	*ret = (struct rules){ .n = 0 };
	for (size_t k = 0; f && k < f->n; k++) {
		size_t rule = (size_t)(f->at[k].rule - audit_rules);

		if (ret->number[rule])
			continue;
		ret->at[ret->n++] = f->at[k].rule;
		ret->number[rule] = ret->n;
	}
}

static void put_tool(struct json_writer *w, const struct rules *rules)
{
	json_key(w, "tool");
	json_open_object(w);
	json_key(w, "driver");
	json_open_object(w);
	json_member_string(w, "name", "pare");
	json_member_string(w, "version", PARE_VERSION);
	json_key(w, "rules");
	json_open_array(w);
	for (size_t i = 0; i < rules->n; i++)
		put_rule(w, rules->at[i]);
	json_close_array(w);
	json_close_object(w);
	json_close_object(w);
}

/* That something is left out is said in the file, too. */
static void put_invocation(struct json_writer *w, size_t left_out)
{
	auto_buf text = BUF_EMPTY;

	json_key(w, "invocations");
	json_open_array(w);
	json_open_object(w);
	json_member_bool(w, "executionSuccessful", true);
	if (left_out) {
		buf_printf(&text, "%zu more findings are left out: 25000 are as many as may be",
			   left_out);
		json_key(w, "toolExecutionNotifications");
		json_open_array(w);
		json_open_object(w);
		json_member_string(w, "level", "warning");
		put_text(w, "message", buf_str(&text));
		json_close_object(w);
		json_close_array(w);
	}
	json_close_object(w);
	json_close_array(w);
}

static void put_run(struct json_writer *w, const struct report_image *i)
{
	size_t n = i->findings ? i->findings->n : 0;
	size_t shown = n < SARIF_MAX_RESULTS ? n : SARIF_MAX_RESULTS;
	struct rules rules;

	find_rules(i->findings, &rules);
	json_open_object(w);
	put_tool(w, &rules);
	put_invocation(w, n - shown);
	json_key(w, "automationDetails");
	json_open_object(w);
	json_key(w, "id");
	{
		auto_buf id = BUF_EMPTY;

		buf_printf(&id, "pare/%s/", i->name);
		json_put_string(w, buf_str(&id));
	}
	json_close_object(w);
	json_key(w, "results");
	json_open_array(w);
	for (size_t k = 0; k < shown; k++)
		put_result(w, i, &rules, k);
	json_close_array(w);
	json_key(w, "properties");
	json_open_object(w);
	json_member_string(w, "imageName", i->name);
	json_member_string(w, "imageDigest", i->digest);
	json_member_string(w, "platform", i->platform);
	json_close_object(w);
	json_close_object(w);
}

void report_sarif(const struct report *r, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	json_member_string(&w, "$schema",
			   "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
			   "sarif-schema-2.1.0.json");
	json_member_string(&w, "version", "2.1.0");
	json_key(&w, "runs");
	json_open_array(&w);
	for (size_t i = 0; i < r->n && i < SARIF_MAX_RUNS; i++)
		put_run(&w, r->at[i]);
	json_close_array(&w);
	json_close_object(&w);
}
