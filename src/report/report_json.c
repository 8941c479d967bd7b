/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for programs: an object for one image, an array of them for several.
 * docs/audit.schema.json says what each key means; only keys are added.
 */
#include "report/report.h"

#include "fmt/json.h"

static void put_finding(struct json_writer *w, const struct finding *f)
{
	json_open_object(w);
	json_member_string(w, "rule", f->rule->id);
	json_member_string(w, "group", audit_group_name(f->rule->group));
	json_member_string(w, "level", audit_level_name(f->level));
	json_member_string(w, "message", f->message);
	if (f->layer != FINDING_NO_LAYER)
		json_member_u64(w, "layer", (uint64_t)f->layer + 1);
	json_member_string(w, "layerDigest", f->layer_digest);
	json_member_string(w, "instruction", f->instruction);
	json_member_string(w, "path", f->path);
	if (f->line)
		json_member_u64(w, "line", f->line);
	if (f->n_paths > 1)
		json_member_u64(w, "paths", f->n_paths);
	json_member_string(w, "package", f->package);
	if (f->bytes)
		json_member_u64(w, "bytes", f->bytes);
	json_member_string(w, "detail", f->detail);
	json_member_string(w, "advice", f->advice);
	json_member_string(w, "ignored", f->ignored);
	json_close_object(w);
}

static void put_findings(struct json_writer *w, const struct findings *f)
{
	struct finding_counts counts = { 0 };

	if (f)
		counts = findings_count(f);
	json_key(w, "counts");
	json_open_object(w);
	json_member_u64(w, "error", counts.errors);
	json_member_u64(w, "warning", counts.warnings);
	json_member_u64(w, "note", counts.notes);
	json_member_u64(w, "ignored", counts.ignored);
	json_close_object(w);
	json_key(w, "findings");
	json_open_array(w);
	for (size_t i = 0; f && i < f->n; i++)
		put_finding(w, &f->at[i]);
	json_close_array(w);
}

static void put_layers(struct json_writer *w, const struct report_image *i)
{
	json_key(w, "layers");
	json_open_array(w);
	for (size_t k = 0; k < i->layers.n; k++) {
		const struct report_layer *l = &i->layers.at[k];

		json_open_object(w);
		json_member_string(w, "digest", l->digest);
		json_member_string(w, "instruction", l->instruction);
		json_member_u64(w, "compressedBytes", l->compressed_bytes);
		json_member_u64(w, "bytes", l->content_bytes);
		json_member_u64(w, "deadBytes", l->dead_bytes);
		json_member_u64(w, "files", l->n_files);
		json_member_u64(w, "deadFiles", l->n_dead_files);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_packages(struct json_writer *w, const struct report_image *i)
{
	json_key(w, "packages");
	json_open_array(w);
	for (size_t k = 0; k < i->packages.n; k++) {
		const struct report_package *p = &i->packages.at[k];

		json_open_object(w);
		json_member_string(w, "name", p->name);
		json_member_string(w, "version", p->version);
		json_member_string(w, "licence", p->licence);
		json_member_u64(w, "bytes", p->bytes);
		json_member_u64(w, "files", p->n_files);
		json_close_object(w);
	}
	json_close_array(w);
}

static void put_image(struct json_writer *w, const struct report_image *i)
{
	struct report_totals t = report_totals(i);

	json_open_object(w);
	json_member_string(w, "image", i->name);
	json_member_string(w, "platform", i->platform);
	json_member_string(w, "digest", i->digest);
	json_member_string(w, "policy", i->policy);
	json_member_u64(w, "compressedBytes", t.compressed_bytes);
	json_member_u64(w, "bytes", t.content_bytes);
	json_member_u64(w, "deadBytes", t.dead_bytes);
	json_member_u64(w, "files", t.n_files);
	put_findings(w, i->findings);
	put_layers(w, i);
	put_packages(w, i);
	json_close_object(w);
}

void report_json(const struct report *r, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	if (r->n == 1) {
		put_image(&w, r->at[0]);
		return;
	}
	json_open_array(&w);
	for (size_t i = 0; i < r->n; i++)
		put_image(&w, r->at[i]);
	json_close_array(&w);
}
