/* SPDX-License-Identifier: Apache-2.0 */
/* pare build: from a recipe or a profile to an image in the store and in other places. */
#include "base/array.h"
#include "base/buf.h"
#include "base/date.h"
#include "build/build.h"
#include "cmd/explain.h"
#include "cmd/recipe_options.h"
#include "cmd/remote.h"
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "copy/early.h"
#include "fmt/json.h"
#include "io/encode.h"
#include "oci/image.h"
#include "place/place.h"
#include "report/text.h"
#include "view/look.h"

#include <inttypes.h>
#include <string.h>

enum build_compression { BUILD_GZIP, BUILD_ZSTD };

struct build_options {
	struct recipe_options recipe;
	struct program_options program;
	bool dry_run;
	struct strings tags, outputs;
	bool locked;
	bool no_verify;
	int compression; /* enum build_compression */
	uint64_t level;	 /* BUILD_LEVEL_DEFAULT: the compression's own */
	uint64_t jobs;	 /* 0: as many as there are processors */
	const char *store;
};

#define BUILD_LEVEL_DEFAULT UINT64_MAX

static const struct build_options build_defaults = { .level = BUILD_LEVEL_DEFAULT };

static const char *const compressions[] = { "gzip", "zstd", NULL };

static const struct option build_rows[] = {
	OPTION('t', "tag", STRINGS, struct build_options, tags, "NAME",
	       "put the image into the store as NAME[:TAG]", .complete = COMPLETE_IMAGE),
	OPTION('o', "output", STRINGS, struct build_options, outputs, "PLACE",
	       "write it to oci:DIR, docker://NAME, ...", .complete = COMPLETE_IMAGE),
	RECIPE_OPTIONS(struct build_options, recipe),
	PROGRAM_OPTIONS(struct build_options, program),
	OPTION(0, "dry-run", BOOL, struct build_options, dry_run, NULL,
	       "of a program: only explain what would be built"),
	OPTION(0, "locked", BOOL, struct build_options, locked, NULL,
	       "fail if pare.lock is missing or out of date"),
	OPTION(0, "no-verify", BOOL, struct build_options, no_verify, NULL,
	       "don't check that the image would start"),
	OPTION(0, "compression", CHOICE, struct build_options, compression, "KIND",
	       "of layers: gzip or zstd", .choices = compressions),
	OPTION(0, "level", U64, struct build_options, level, "N", "of the compression"),
	OPTION('j', "jobs", U64, struct build_options, jobs, "N", "work on N things at a time"),
	OPTION(0, "store", STRING, struct build_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

/* What was built, for the result. */
struct built {
	struct descriptor root;
	struct look_layers layers;
	int64_t created_s;
};

static int measure(struct store *s, struct arena *a, struct built *ret, struct err *e)
{
	auto_place_source source = place_source_of_store(s);
	struct look l;
	int rc = look_read(source, &ret->root, a, &l, e);

	if (rc < 0)
		return rc;
	ret->layers = look_layers(&l);
	for (size_t i = 0; i < l.n_platforms; i++)
		if (l.platforms[i].config.created)
			(void)date_parse_rfc3339(view_of(l.platforms[i].config.created),
						 &ret->created_s);
	return 0;
}

/* Every name is checked before anything is built. */
static int parse_places(const struct build_options *o, struct arena *a, struct place *places,
			struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < o->tags.n + o->outputs.n; i++) {
		bool is_tag = i < o->tags.n;
		const char *text = is_tag ? o->tags.at[i] : o->outputs.at[i - o->tags.n];
		int rc = place_parse(text, a, &places[n++], e);

		if (rc < 0)
			return rc;
		if (is_tag && places[n - 1].kind != PLACE_STORE)
			return fail(e, FAIL_USAGE, "-t takes a NAME[:TAG], not '%s'\nuse -o %s",
				    text, text);
		rc = place_check_put(&places[n - 1], e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void print_json(const struct command *c, const struct build_options *o,
		       const struct built *built)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	sha256_to_hex(&built->root.digest, hex);
	json_writer_init(&w, &out, 2);
	json_open_object(&w);
	json_key(&w, "digest");
	{
		auto_buf digest = BUF_EMPTY;

		buf_printf(&digest, "sha256:%s", hex);
		json_put_string(&w, buf_str(&digest));
	}
	json_member_string(&w, "mediaType", built->root.media_type);
	json_member_u64(&w, "compressedBytes", built->layers.bytes);
	json_member_u64(&w, "layers", built->layers.n);
	json_key(&w, "places");
	json_open_array(&w);
	for (size_t i = 0; i < o->tags.n; i++)
		json_put_string(&w, o->tags.at[i]);
	for (size_t i = 0; i < o->outputs.n; i++)
		json_put_string(&w, o->outputs.at[i]);
	json_close_array(&w);
	json_close_object(&w);
	fprintf(c->out, "%s\n", buf_str(&out));
}

static void print_text(const struct command *c, const struct build_options *o,
		       const struct built *built)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_buf size = BUF_EMPTY;

	sha256_to_hex(&built->root.digest, hex);
	buf_add_size(&size, built->layers.bytes);
	fprintf(c->out, "sha256:%s\n", hex);
	monitor_note(c->monitor, "%s compressed in %zu layer%s%s%s", buf_str(&size),
		     built->layers.n, built->layers.n == 1 ? "" : "s",
		     strcmp(built->root.media_type, MEDIA_TYPE_INDEX) == 0 ? " of all platforms"
									   : "",
		     o->tags.n + o->outputs.n ? "" : "; give it a name with -t NAME");
}

static int push(struct command *c, struct session *s, struct place *to,
		const struct descriptor *root, struct err *e)
{
	struct copy_options copy = {
		.all = to->kind == PLACE_REGISTRY,
		.cache_path = s->ctx.cache_path,
		.monitor = c->monitor,
	};
	auto_place_source from = place_source_of_store(s->ctx.store);
	struct copy_result ignored;

	return copy_from(from, root, to, 1, &copy, c->arena, &ignored, e);
}

static int put_everywhere(struct command *c, struct session *s, struct place *places, size_t n,
			  const struct built *built, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		bool sent = places[i].kind == PLACE_REGISTRY || places[i].kind == PLACE_DAEMON;
		int rc = sent ? push(c, s, &places[i], &built->root, e)
			      : place_put(&places[i], s->ctx.store, &built->root, built->created_s,
					  e);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* An archive of Docker's or an engine takes one image: of several, the one for this machine. */
static int check_docker_place(const struct command *c, const struct session *s,
			      const struct place *p, struct err *e)
{
	bool archive = p->kind == PLACE_DOCKER_ARCHIVE;
	const struct arch *host = arch_host();
	auto_buf archs = BUF_EMPTY;

	if ((!archive && p->kind != PLACE_DAEMON) || s->archs.n < 2)
		return 0;
	for (size_t i = 0; i < s->archs.n; i++) {
		if (host && arch_by_oci(s->archs.at[i]) == host) {
			monitor_note(c->monitor,
				     "docker-%s:%s gets only the image for %s, this machine's "
				     "architecture; choose with --arch",
				     archive ? "archive" : "daemon", archive ? p->path : p->ref,
				     host->oci);
			return 0;
		}
		buf_printf(&archs, "%s%s", i ? ", " : "", s->archs.at[i]);
	}
	return fail(e, FAIL_USAGE,
		    "a docker-%s one image, and these are for %s\n"
		    "choose with --arch, or write an oci-archive",
		    archive ? "archive holds" : "daemon takes", buf_str(&archs));
}

static int check_docker_places(const struct command *c, const struct session *s,
			       const struct place *places, size_t n, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = check_docker_place(c, s, &places[i], e);
	return rc;
}

static void send_layer(void *ctx, const struct descriptor *layer)
{
	copy_early_send(ctx, layer);
}

/* Layers are on their way to registries as soon as they are made. */
static int build_and_send(struct command *c, struct session *s, const struct place *places,
			  size_t n, const struct lock *lock, const struct image_options *o,
			  struct descriptor *ret, struct err *e)
{
	auto_copy_early early = NULL;
	int rc = copy_early_open(s->ctx.store, places, n, c->monitor, &early, e);

	if (rc < 0)
		return rc;
	s->ctx.layer_made = send_layer;
	s->ctx.layer_ctx = early;
	rc = build_image(&s->ctx, s->recipe, lock, o, c->arena, ret, e);
	s->ctx.layer_made = NULL;
	if (rc == 0 && s->derived)
		rc = build_derived_check(s->derived, e);
	return rc < 0 ? rc : copy_early_wait(early, e);
}

static int build_in(struct command *c, const struct build_options *o, struct session *s,
		    struct err *e)
{
	size_t n = o->tags.n + o->outputs.n;
	struct place *places = arena_array(c->arena, n + 1, sizeof(*places));
	struct image_options image = {
		.layers = { .codec = o->compression == BUILD_ZSTD ? CODEC_ZSTD : CODEC_GZIP,
			    .level = o->level == BUILD_LEVEL_DEFAULT ? ENCODE_LEVEL_DEFAULT
								     : (int)o->level },
		.archs = (const char *const *)s->archs.at,
		.n_archs = s->archs.n,
	};
	auto_remote remote = { 0 };
	struct built built = { 0 };
	auto_lock lock = NULL;
	int rc = parse_places(o, c->arena, places, e);

	if (rc == 0)
		rc = remote_open(c, &remote, e);
	for (size_t i = 0; rc == 0 && i < n; i++)
		remote_use(&remote, &places[i]);
	if (rc == 0)
		remote_spare_stdout(c, places, n);
	if (rc == 0)
		rc = check_docker_places(c, s, places, n, e);
	if (rc == 0)
		rc = session_lock(s, o->locked, &lock, e);
	if (rc == 0)
		rc = build_and_send(c, s, places, n, lock, &image, &built.root, e);
	if (rc == 0)
		rc = measure(s->ctx.store, c->arena, &built, e);
	if (rc == 0)
		rc = put_everywhere(c, s, places, n, &built, e);
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		print_json(c, o, &built);
	else
		print_text(c, o, &built);
	return 0;
}

static int check_level(const struct build_options *o, struct err *e)
{
	unsigned max = o->compression == BUILD_ZSTD ? ENCODE_ZSTD_MAX_LEVEL : ENCODE_GZIP_MAX_LEVEL;

	if (o->level == BUILD_LEVEL_DEFAULT || (o->level >= 1 && o->level <= max))
		return 0;
	return fail(e, FAIL_USAGE, "--level of %s is 1 to %u, not %" PRIu64,
		    compressions[o->compression], max, o->level);
}

/* What was decided about a program, and why. */
static void say_derived(const struct command *c, const struct session *s)
{
	const struct derived *d = s->derived;

	if (!d)
		return;
	monitor_note(c->monitor, "%s: %s", d->strategy, d->reason);
	for (size_t i = 0; i < EXTRAS; i++)
		if (d->extras[i].on && i != EXTRA_PASSWD && i != EXTRA_TMP)
			monitor_note(c->monitor, "with %s: %s", extra_name((enum extra)i),
				     d->extras[i].reason);
	for (size_t i = 0; i < d->notes.n; i++)
		monitor_note(c->monitor, "%s", d->notes.at[i]);
}

static int run_build(struct command *c, const void *options, struct err *e)
{
	const struct build_options *o = options;
	struct session_options wishes = {
		.recipe = &o->recipe,
		.store = o->store,
		.jobs = o->jobs,
		.needs_store = true,
		.program = &o->program,
		.program_only = o->dry_run,
		.builds = !o->dry_run,
	};
	auto_session s = { .ctx = { .cache_fd = -1 } };
	int rc = check_level(o, e);

	if (rc == 0)
		rc = session_open(c, &wishes, &s, e);
	if (rc < 0)
		return rc;
	if (o->dry_run)
		return explain(c, &s, e);
	say_derived(c, &s);
	s.ctx.no_verify = o->no_verify;
	if (o->no_verify)
		monitor_warn(c->monitor, "--no-verify: nothing shows that the image would start");
	return build_in(c, o, &s, e);
}

const struct verb verb_build = {
	.name = "build",
	.summary = "Build an image from a program, a recipe or a profile",
	.operands = "[PROGRAM|RECIPE]",
	.max_operands = 1,
	.asks_registries = true,
	.takes_arguments = true,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare build ./server -t server",
	.options = OPTION_TABLE(build_rows),
	.options_size = sizeof(struct build_options),
	.defaults = &build_defaults,
	.run = run_build,
};
