/* SPDX-License-Identifier: Apache-2.0 */
/* pare gc: gives back the space of what no name in the local store reaches, and of an old cache. */
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "place/store.h"
#include "report/text.h"
#include "sys/fd.h"
#include "view/cache_tidy.h"

#include <errno.h>
#include <fcntl.h>

struct gc_options {
	bool dry_run;
	int64_t older_than_s, unused_s;
	const char *store, *cache;
};

struct collected {
	struct gc_result blobs;
	struct cache_tidied cached;
};

/* Longer than a build takes; what it has written so far must not go under its feet. */
static const struct gc_options gc_defaults = { .older_than_s = 3600, .unused_s = 30 * 24 * 3600 };

static const struct option gc_rows[] = {
	OPTION('n', "dry-run", BOOL, struct gc_options, dry_run, NULL,
	       "remove nothing, only say what would be"),
	OPTION(0, "older-than", AGE, struct gc_options, older_than_s, "AGE",
	       "spare what is younger than 10m, 12h, 7d... (1h)"),
	OPTION(0, "unused", AGE, struct gc_options, unused_s, "AGE",
	       "of looks: remove indexes unused for 12h, 7d... (30d)"),
	OPTION(0, "store", STRING, struct gc_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
	OPTION(0, "cache", STRING, struct gc_options, cache, "DIR",
	       "instead of $PARE_CACHE, or ~/.cache/pare", .complete = COMPLETE_FOLDER),
};

static void add_count(struct buf *to, uint64_t n, const char *one, const char *many, uint64_t bytes)
{
	buf_printf(to, "%llu %s (", (unsigned long long)n, n == 1 ? one : many);
	buf_add_size(to, bytes);
	buf_add_char(to, ')');
}

static void add_text(struct buf *to, const struct collected *g, bool dry_run)
{
	const char *remove = dry_run ? "would remove " : "removed ";
	const char *keep = dry_run ? ", would keep " : ", kept ";
	const struct cache_tidied *x = &g->cached;

	buf_add_str(to, remove);
	add_count(to, g->blobs.n_blobs, "blob", "blobs", g->blobs.blob_bytes);
	buf_add_str(to, keep);
	add_count(to, g->blobs.n_kept, "blob", "blobs", g->blobs.kept_bytes);
	buf_add_char(to, '\n');
	if (x->n_removed + x->n_kept == 0)
		return;
	buf_add_str(to, remove);
	add_count(to, x->n_removed, "file of the cache", "files of the cache", x->removed_bytes);
	buf_add_str(to, keep);
	add_count(to, x->n_kept, "file", "files", x->kept_bytes);
	buf_add_char(to, '\n');
}

static void add_json(struct buf *to, const struct collected *g, bool dry_run)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	json_member_bool(&w, "dryRun", dry_run);
	json_member_u64(&w, "removedBlobs", g->blobs.n_blobs);
	json_member_u64(&w, "removedBytes", g->blobs.blob_bytes);
	json_member_u64(&w, "keptBlobs", g->blobs.n_kept);
	json_member_u64(&w, "keptBytes", g->blobs.kept_bytes);
	json_member_u64(&w, "removedCached", g->cached.n_removed);
	json_member_u64(&w, "removedCachedBytes", g->cached.removed_bytes);
	json_member_u64(&w, "keptCached", g->cached.n_kept);
	json_member_u64(&w, "keptCachedBytes", g->cached.kept_bytes);
	json_close_object(&w);
	buf_add_char(to, '\n');
}

/* A cache that isn't there has nothing to remove. */
static int tidy_cache(struct command *c, const struct gc_options *o, struct cache_tidied *ret,
		      struct err *e)
{
	const char *folder;
	auto_fd fd = -1;
	int rc = cache_folder(o->cache, c->arena, &folder, e);

	if (rc < 0)
		return o->cache ? rc : 0;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "open the cache '%s'", folder);
	return view_cache_tidy(fd, o->unused_s, o->dry_run, ret, e);
}

static int run_gc(struct command *c, const void *options, struct err *e)
{
	const struct gc_options *o = options;
	struct collected g = { 0 };
	auto_buf out = BUF_EMPTY;
	auto_store s = NULL;
	int r;

	r = store_open(o->store, &s, e);
	if (r == 0)
		r = store_gc(s, o->older_than_s, o->dry_run, &g.blobs, e);
	if (r == 0)
		r = tidy_cache(c, o, &g.cached, e);
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
