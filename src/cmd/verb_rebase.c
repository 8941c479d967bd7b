/* SPDX-License-Identifier: Apache-2.0 */
/* pare rebase: an image on another base, without its recipe. */
#include "base/buf.h"
#include "cmd/remote.h"
#include "cmd/verbs.h"
#include "cmd/view_options.h"
#include "fmt/json.h"
#include "rebase/rebase.h"
#include "report/text.h"
#include "view/start.h"

#include <inttypes.h>
#include <string.h>

struct rebase_verb_options {
	const char *onto, *from, *arch;
	struct strings tags, outputs;
	bool dry_run, verify, no_verify;
	const char *store;
};

static const struct option rebase_rows[] = {
	OPTION(0, "onto", STRING, struct rebase_verb_options, onto, "NEWBASE",
	       "the new base; else what its base's name is now", .complete = COMPLETE_IMAGE),
	OPTION(0, "from", STRING, struct rebase_verb_options, from, "OLDBASE",
	       "what it was built on, if it doesn't say; or scratch", .complete = COMPLETE_IMAGE),
	OPTION('t', "tag", STRINGS, struct rebase_verb_options, tags, "NAME",
	       "put the result into the store as NAME[:TAG]", .complete = COMPLETE_IMAGE),
	OPTION('o', "output", STRINGS, struct rebase_verb_options, outputs, "PLACE",
	       "write it to oci:DIR, docker://NAME, ...", .complete = COMPLETE_IMAGE),
	OPTION('a', "arch", STRING, struct rebase_verb_options, arch, "ARCH",
	       "only the image for this platform"),
	OPTION(0, "dry-run", BOOL, struct rebase_verb_options, dry_run, NULL,
	       "only say what would come of it"),
	OPTION(0, "verify", BOOL, struct rebase_verb_options, verify, NULL,
	       "prove that it would start, even by fetching layers"),
	OPTION(0, "no-verify", BOOL, struct rebase_verb_options, no_verify, NULL,
	       "don't prove it, even with all layers at hand"),
	OPTION(0, "store", STRING, struct rebase_verb_options, store, "DIR",
	       "instead of the user's own store", .complete = COMPLETE_FOLDER),
};

/* The command at work. */
struct rebasing {
	struct command *c;
	const struct rebase_verb_options *o;
	struct remote remote;
	struct rebase_options options;
	struct place image, onto, *to;
	const char **texts; /* of `to` */
	size_t n_to;
};

static void rebasing_done(struct rebasing *x)
{
	place_source_close(x->options.image.source);
	place_source_close(x->options.onto.source);
	place_source_close(x->options.from.source);
	remote_close(&x->remote);
}

#define auto_rebasing __attribute__((cleanup(rebasing_done))) struct rebasing

/* ---- where to ---------------------------------------------------------------------------- */

static int add_place(struct rebasing *x, const char *text, bool is_tag, struct err *e)
{
	struct place *p = &x->to[x->n_to];
	int rc = place_parse(text, x->c->arena, p, e);

	if (rc == 0 && is_tag && p->kind != PLACE_STORE)
		return fail(e, FAIL_USAGE, "-t takes a NAME[:TAG], not '%s'\nuse -o %s", text,
			    text);
	if (rc == 0)
		rc = place_check_put(p, e);
	x->texts[x->n_to++] = text;
	return rc;
}

/* The image's own name, which the result takes over. */
static int add_own_place(struct rebasing *x, struct err *e)
{
	const char *text = x->c->operands[0];
	struct reference ref;
	int rc = 0;

	if (x->o->arch)
		return fail(e, FAIL_USAGE,
			    "of --arch alone nothing can take the name of '%.200s'\nname another "
			    "place with -t or -o",
			    text);
	if (x->image.kind == PLACE_OCI_ARCHIVE || x->image.kind == PLACE_DOCKER_ARCHIVE)
		return fail(
			e, FAIL_USAGE,
			"'%.200s' would be replaced, with all other images and names that it "
			"may hold\nname the result's place with -t or -o, the same archive if it "
			"may go",
			x->image.path);
	if (x->image.kind == PLACE_REGISTRY)
		rc = reference_parse(x->image.ref, x->c->arena, &ref, e);
	if (rc == 0 && x->image.kind == PLACE_REGISTRY && ref.has_digest)
		return fail(
			e, FAIL_USAGE,
			"'%.200s' is named by its digest, which the result won't have\nname its "
			"place with -t or -o",
			text);
	return rc < 0 ? rc : add_place(x, text, false, e);
}

static int parse_places(struct rebasing *x, struct err *e)
{
	const struct rebase_verb_options *o = x->o;
	size_t n = o->tags.n + o->outputs.n;
	int rc = place_parse(x->c->operands[0], x->c->arena, &x->image, e);

	x->to = arena_array(x->c->arena, n + 1, sizeof(*x->to));
	x->texts = arena_array(x->c->arena, n + 1, sizeof(*x->texts));
	for (size_t i = 0; rc == 0 && i < o->tags.n; i++)
		rc = add_place(x, o->tags.at[i], true, e);
	for (size_t i = 0; rc == 0 && i < o->outputs.n; i++)
		rc = add_place(x, o->outputs.at[i], false, e);
	if (rc == 0)
		remote_spare_stdout(x->c, x->to, n);
	if (rc == 0 && n == 0 && !o->dry_run)
		rc = add_own_place(x, e);
	return rc;
}

/* ---- what of ----------------------------------------------------------------------------- */

static int open_image(struct rebasing *x, struct place *p, const char *name,
		      struct rebase_source *ret, struct err *e)
{
	remote_use(&x->remote, p);
	ret->name = name;
	return place_open(p, x->o->store, x->c->arena, &ret->source, &ret->root, e);
}

static int open_onto(struct rebasing *x, struct err *e)
{
	struct arena *a = x->c->arena;
	int rc;

	if (x->o->onto)
		rc = place_parse(x->o->onto, a, &x->onto, e);
	else
		rc = rebase_newer_base(&x->options.image, a, &x->onto, e);
	if (rc < 0)
		return rc;
	x->options.base_name = place_base_name(&x->onto, a);
	rc = open_image(x, &x->onto, x->o->onto ? x->o->onto : x->options.base_name,
			&x->options.onto, e);
	if (rc < 0 && !x->o->onto)
		err_hint(e, "name the new base with --onto");
	return rc < 0 ? err_context(e, "the new base") : 0;
}

static int open_from(struct rebasing *x, struct err *e)
{
	struct place p;
	int rc;

	if (!x->o->from)
		return 0;
	x->options.from_scratch = strcmp(x->o->from, "scratch") == 0;
	if (x->options.from_scratch)
		return 0;
	rc = place_parse(x->o->from, x->c->arena, &p, e);
	if (rc == 0)
		rc = open_image(x, &p, x->o->from, &x->options.from, e);
	return rc < 0 ? err_context(e, "the old base") : 0;
}

static int open_all(struct rebasing *x, struct err *e)
{
	int rc = parse_places(x, e);

	if (rc == 0)
		rc = remote_open(x->c, &x->remote, e);
	if (rc < 0)
		return rc;
	x->options.arch = x->o->arch;
	x->options.access = (struct rebase_access){ x->o->store, x->remote.registry };
	x->options.monitor = x->c->monitor;
	for (size_t i = 0; i < x->n_to; i++)
		remote_use(&x->remote, &x->to[i]);
	rc = open_image(x, &x->image, x->c->operands[0], &x->options.image, e);
	if (rc == 0)
		rc = open_onto(x, e);
	return rc < 0 ? rc : open_from(x, e);
}

/* ---- would it start? --------------------------------------------------------------------- */

static int prove_one(struct rebasing *x, const struct rebase_result *r,
		     const struct rebase_platform *p, struct err *e)
{
	const struct view_flags flags = { .store = x->o->store };
	struct view_options o = { .source = r->source,
				  .root = &p->after,
				  .want = view_wants_programs };
	auto_image_view v = NULL;
	int rc = open_view_with(x->c, x->c->operands[0], &flags, &o, &v, e);

	if (rc < 0)
		return rc;
	rebase_warn_hidden(v, p->n_new, x->c->monitor);
	return view_prove_start(v, x->c->monitor, e);
}

static int prove(struct rebasing *x, const struct rebase_result *r, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->n_platforms; i++) {
		rc = prove_one(x, r, &r->platforms[i], e);
		if (rc < 0 && r->n_platforms > 1)
			err_context(e, "%s", platform_text(&r->platforms[i].platform, x->c->arena));
	}
	return rc == -FAIL_FINDING ? err_hint(e, "--no-verify writes it all the same") : rc;
}

/* ---- the result -------------------------------------------------------------------------- */

static void print_platform(struct json_writer *w, const struct rebase_platform *p, struct arena *a)
{
	json_open_object(w);
	json_member_string(w, "platform", platform_text(&p->platform, a));
	json_member_string(w, "digest", look_digest(&p->after.digest, a));
	json_member_string(w, "oldDigest", look_digest(&p->before.digest, a));
	if (!p->from_scratch)
		json_member_string(w, "oldBase", look_digest(&p->old_base, a));
	json_member_string(w, "newBase", look_digest(&p->new_base, a));
	json_member_u64(w, "oldBaseLayers", p->n_old);
	json_member_u64(w, "newBaseLayers", p->n_new);
	json_member_u64(w, "ownLayers", p->n_own);
	json_close_object(w);
}

static void print_left_out(struct json_writer *w, const struct rebase_result *r, struct arena *a)
{
	json_key(w, "leftOut");
	json_open_array(w);
	for (size_t i = 0; i < r->n_artifacts; i++) {
		const struct descriptor *d = &r->artifacts[i];

		json_open_object(w);
		json_member_string(w, "digest", look_digest(&d->digest, a));
		json_member_string(w, "mediaType", d->media_type);
		json_member_string(w, "artifactType", d->artifact_type);
		json_close_object(w);
	}
	json_close_array(w);
}

static void print_json(const struct rebasing *x, const struct rebase_result *r,
		       const struct copy_result *sent)
{
	struct arena *a = x->c->arena;
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_object(&w);
	json_member_string(&w, "digest", look_digest(&r->root.digest, a));
	json_member_string(&w, "oldDigest", look_digest(&r->before.digest, a));
	json_member_string(&w, "mediaType", r->root.media_type);
	json_member_string(&w, "baseName", x->options.base_name);
	json_key(&w, "platforms");
	json_open_array(&w);
	for (size_t i = 0; i < r->n_platforms; i++)
		print_platform(&w, &r->platforms[i], a);
	json_close_array(&w);
	print_left_out(&w, r, a);
	json_member_strings(&w, "places", x->texts, x->o->dry_run ? 0 : x->n_to);
	json_member_u64(&w, "sentBlobs", sent->n_sent);
	json_member_u64(&w, "sentBytes", sent->sent_bytes);
	json_close_object(&w);
	fprintf(x->c->out, "%s", buf_str(&out));
}

static const char *count(size_t n, const char *what, struct arena *a)
{
	return arena_printf(a, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

static void print_text(const struct rebasing *x, const struct rebase_result *r)
{
	struct monitor *m = x->c->monitor;
	struct arena *a = x->c->arena;

	fprintf(x->c->out, "%s\n", look_digest(&r->root.digest, a));
	if (sha256_eq(&r->root.digest, &r->before.digest)) {
		monitor_note(m, "it is on '%s' already", x->options.base_name);
		return;
	}
	for (size_t i = 0; i < r->n_platforms; i++) {
		const struct rebase_platform *p = &r->platforms[i];

		monitor_note(m, "%s: %s of the old base, now %s of '%s' below %s of its own",
			     platform_text(&p->platform, a), count(p->n_old, "layer", a),
			     count(p->n_new, "layer", a), x->options.base_name,
			     count(p->n_own, "layer", a));
	}
}

/* The next rebase of an image in the store asks for the base that it is on now. */
static int keep_bases(const struct rebasing *x, const struct rebase_result *r, struct err *e)
{
	auto_store s = NULL;
	struct sha256 ignored;
	int rc = store_open(x->o->store, &s, e);

	for (size_t i = 0; rc == 0 && i < r->n_platforms; i++) {
		const struct rebase_platform *p = &r->platforms[i];

		rc = store_put_blob(s, p->base_manifest.ptr, p->base_manifest.len, &ignored, e);
		if (rc == 0)
			rc = store_put_blob(s, p->base_config.ptr, p->base_config.len, &ignored, e);
	}
	return rc;
}

static bool goes_into_store(const struct rebasing *x)
{
	for (size_t i = 0; i < x->n_to; i++)
		if (x->to[i].kind == PLACE_STORE)
			return true;
	return false;
}

static int send(struct rebasing *x, const struct rebase_result *r, struct copy_result *ret,
		struct err *e)
{
	const struct copy_options copy = { .all = true,
					   .store_dir = x->o->store,
					   .cache_path = x->remote.cache_path,
					   .monitor = x->c->monitor };

	int rc = 0;

	*ret = (struct copy_result){ .root = r->root };
	if (x->o->dry_run)
		return 0;
	if (goes_into_store(x))
		rc = keep_bases(x, r, e);
	if (rc < 0)
		return rc;
	return copy_from(r->source, &r->root, x->to, x->n_to, &copy, x->c->arena, ret, e);
}

static int rebase(struct rebasing *x, struct err *e)
{
	auto_rebase r = { 0 };
	struct copy_result sent;
	int rc = rebase_image(&x->options, x->c->arena, &r, e);

	if (rc < 0)
		return rc;
	if (x->o->verify || (!x->o->no_verify && !place_source_is_far(r.source)))
		rc = prove(x, &r, e);
	if (rc == 0)
		rc = send(x, &r, &sent, e);
	if (rc < 0)
		return rc;
	if (x->c->globals.format == FORMAT_JSON)
		print_json(x, &r, &sent);
	else
		print_text(x, &r);
	return 0;
}

static int run_rebase(struct command *c, const void *options, struct err *e)
{
	auto_rebasing x = { .c = c, .o = options };
	int rc;

	if (x.o->verify && x.o->no_verify)
		return fail(e, FAIL_USAGE, "--verify and --no-verify exclude each other");
	rc = open_all(&x, e);
	return rc < 0 ? rc : rebase(&x, e);
}

const struct verb verb_rebase = {
	.name = "rebase",
	.summary = "Put an image on another base, without building it",
	.operands = "IMAGE",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare rebase app:1 --onto base:2 -t app:2",
	.options = OPTION_TABLE(rebase_rows),
	.options_size = sizeof(struct rebase_verb_options),
	.run = run_rebase,
};
