/* SPDX-License-Identifier: Apache-2.0 */
/* pare gc: gives back the space of what no name in the local store reaches. */
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "place/store.h"
#include "report/text.h"

struct gc_options {
	bool dry_run;
	int64_t older_than_s;
	const char *store;
};

/* Longer than a build takes; what it has written so far must not go under its feet. */
static const struct gc_options gc_defaults = { .older_than_s = 3600 };

static const struct option gc_rows[] = {
	OPTION('n', "dry-run", BOOL, struct gc_options, dry_run, NULL,
	       "remove nothing, only say what would be"),
	OPTION(0, "older-than", AGE, struct gc_options, older_than_s, "AGE",
	       "spare what is younger than 10m, 12h, 7d... (1h)"),
	OPTION(0, "store", STRING, struct gc_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

static void add_count(struct buf *to, uint64_t n, uint64_t bytes)
{
	buf_printf(to, "%llu %s (", (unsigned long long)n, n == 1 ? "blob" : "blobs");
	buf_add_size(to, bytes);
	buf_add_char(to, ')');
}

static void add_text(struct buf *to, const struct gc_result *g, bool dry_run)
{
	buf_add_str(to, dry_run ? "would remove " : "removed ");
	add_count(to, g->n_blobs, g->blob_bytes);
	buf_add_str(to, dry_run ? ", would keep " : ", kept ");
	add_count(to, g->n_kept, g->kept_bytes);
	buf_add_char(to, '\n');
}

static void add_json(struct buf *to, const struct gc_result *g, bool dry_run)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	json_member_bool(&w, "dryRun", dry_run);
	json_member_u64(&w, "removedBlobs", g->n_blobs);
	json_member_u64(&w, "removedBytes", g->blob_bytes);
	json_member_u64(&w, "keptBlobs", g->n_kept);
	json_member_u64(&w, "keptBytes", g->kept_bytes);
	json_close_object(&w);
	buf_add_char(to, '\n');
}

static int run_gc(struct command *c, const void *options, struct err *e)
{
	const struct gc_options *o = options;
	auto_buf out = BUF_EMPTY;
	struct gc_result g;
	auto_store s = NULL;
	int r;

	r = store_open(o->store, &s, e);
	if (r < 0)
		return r;
	r = store_gc(s, o->older_than_s, o->dry_run, &g, e);
	if (r < 0)
		return r;
	if (c->globals.format == FORMAT_JSON)
		add_json(&out, &g, o->dry_run);
	else
		add_text(&out, &g, o->dry_run);
	fputs(buf_str(&out), c->out);
	return 0;
}

const struct verb verb_gc = {
	.name = "gc",
	.summary = "Remove what no image in the local store needs",
	.rare = true,
	.shows = true,
	.example = "pare gc --dry-run",
	.options = OPTION_TABLE(gc_rows),
	.options_size = sizeof(struct gc_options),
	.defaults = &gc_defaults,
	.run = run_gc,
};
