/* SPDX-License-Identifier: Apache-2.0 */
/* One rebase from beginning to end; see rebase.h. */
#include "rebase/rebase.h"

#include <string.h>

#include "oci/platform.h"
#include "place/choose.h"
#include "place/source_join.h"
#include "rebase/private.h"

struct rebasing {
	const struct rebase_options *o;
	struct arena *arena;
	struct look image;
	struct moved *moved;	  /* one for each platform of the image */
	struct descriptor *after; /* of each; size 0: it is for no platform, and goes */
	enum document_form form;  /* of all documents that are written */
	struct rebase_result *result;
};

/* ---- what there is ----------------------------------------------------------------------- */

static int read_image(struct rebasing *x, struct err *e)
{
	const struct platform_choice choice = { .wanted = x->o->arch, .name = x->o->image.name };
	const struct rebase_source *image = &x->o->image;
	struct descriptor root = image->root;
	int rc = 0;

	if (x->o->arch)
		rc = place_choose(image->source, &image->root, &choice, x->arena, &root, e);
	if (rc == 0)
		rc = look_read(image->source, &root, x->arena, &x->image, e);
	if (rc < 0)
		return rc;
	x->moved = arena_array(x->arena, x->image.n_platforms + 1, sizeof(*x->moved));
	x->after = arena_array(x->arena, x->image.n_platforms + 1, sizeof(*x->after));
	return 0;
}

static int fail_scratch(const struct rebasing *x, struct err *e)
{
	return fail(e, FAIL_CONFLICT,
		    "'%.200s' was built on nothing: it has no base that could be swapped\nto put "
		    "one below it all the same: --from scratch",
		    x->o->image.name);
}

/* The base below everything: no layers, and nothing that could be inherited. */
static void be_scratch(struct look_platform *p, const struct platform *platform)
{
	*p = (struct look_platform){ .config = { .platform = *platform } };
}

/* A platform's own annotations are nearer to it than those of the index. */
static int find_old_base(struct rebasing *x, const struct look_platform *p,
			 struct look_platform *ret, struct err *e)
{
	const struct platform *platform = &p->config.platform;
	struct base_note note, of_index;

	if (x->o->from_scratch) {
		be_scratch(ret, platform);
		return 0;
	}
	if (x->o->from.source)
		return rebase_choose(&x->o->from, platform, x->arena, ret, e);
	base_note_read(&p->manifest.annotations, &note);
	if (!note.name && !note.has_digest && x->image.is_index) {
		base_note_read(&x->image.annotations, &of_index);
		note = of_index;
	}
	if (base_note_is_scratch(&note))
		return fail_scratch(x, e);
	return base_note_choose(&note, x->o, platform, x->arena, ret, e);
}

static const char *old_name(const struct rebasing *x, const struct look_platform *p)
{
	struct base_note note;

	if (x->o->from_scratch || x->o->from.source)
		return x->o->from_scratch ? "scratch" : x->o->from.name;
	base_note_read(&p->manifest.annotations, &note);
	return note.name ? note.name : "the base that its annotations name";
}

static bool is_noted(const struct moved *m, const char *name)
{
	struct base_note note;

	base_note_read(&m->image->manifest.annotations, &note);
	return note.name && strcmp(note.name, name) == 0 && note.has_digest &&
	       sha256_eq(&note.digest, &m->fresh.descriptor.digest);
}

static int find_bases(struct rebasing *x, struct moved *m, struct err *e)
{
	const struct look_platform *p = m->image;
	int rc = rebase_choose(&x->o->onto, &p->config.platform, x->arena, &m->fresh, e);

	if (rc < 0)
		return err_context(e, "the new base");
	rc = find_old_base(x, p, &m->old, e);
	if (rc == 0)
		rc = rebase_check_prefix(m, old_name(x, p), x->arena, e);
	if (rc == 0)
		m->same = sha256_eq(&m->old.descriptor.digest, &m->fresh.descriptor.digest) &&
			  is_noted(m, x->o->base_name);
	return rc;
}

static bool is_image(const struct look_platform *p)
{
	return !platform_is_none(p->descriptor.platform) && !platform_is_none(&p->config.platform);
}

static int find_all(struct rebasing *x, struct err *e)
{
	size_t n_dropped = 0;

	for (size_t i = 0; i < x->image.n_platforms; i++) {
		const struct look_platform *p = &x->image.platforms[i];
		int rc;

		x->moved[i].image = p;
		if (!is_image(p)) {
			n_dropped++;
			continue;
		}
		rc = find_bases(x, &x->moved[i], e);
		if (rc < 0)
			return x->image.n_platforms == 1
				       ? rc
				       : err_context(e, "%s",
						     platform_text(&p->config.platform, x->arena));
	}
	if (n_dropped)
		monitor_note(x->o->monitor,
			     "left out %zu attestation%s of the image: what they say is of the old "
			     "one",
			     n_dropped, n_dropped == 1 ? "" : "s");
	return 0;
}

/* ---- the form ---------------------------------------------------------------------------- */

static bool is_docker(const char *media_type)
{
	return strncmp(media_type, "application/vnd.docker.", 23) == 0;
}

static bool has_docker_words(const struct manifest *m)
{
	for (size_t i = 0; i < m->n_layers; i++)
		if (!document_type_in(DOCUMENT_DOCKER, m->layers[i].media_type))
			return false;
	return true;
}

/* The image's own, unless Docker's has no word for a layer: then all of it is OCI's. */
static void choose_form(struct rebasing *x)
{
	x->form = is_docker(x->image.root.media_type) ? DOCUMENT_DOCKER : DOCUMENT_OCI;
	for (size_t i = 0; i < x->image.n_platforms && x->form == DOCUMENT_DOCKER; i++) {
		const struct moved *m = &x->moved[i];

		if (has_docker_words(&m->image->manifest) && has_docker_words(&m->fresh.manifest))
			continue;
		x->form = DOCUMENT_OCI;
		monitor_note(x->o->monitor,
			     "the result has OCI media types: Docker's form has none for layers "
			     "of zstd");
	}
}

/* ---- what comes of it -------------------------------------------------------------------- */

/* A label that the image has of its own on its base would be of the old one. */
static void set_base_labels(const struct moved *m, const struct base_names *base,
			    struct image_config *c)
{
	for (size_t i = 0; i < c->labels.n; i++) {
		struct pair *p = &c->labels.at[i];
		const char *inherited = pairs_get(&m->old.config.labels, p->key);
		const char *set = pairs_get(&m->image->config.labels, p->key);

		if (!set || (inherited && strcmp(inherited, set) == 0))
			continue;
		if (strcmp(p->key, ANNOTATION_BASE_NAME) == 0)
			p->value = base->name;
		else if (strcmp(p->key, ANNOTATION_BASE_DIGEST) == 0)
			p->value = base->digest;
	}
}

static void keep(struct rebasing *x, const char *type, struct view bytes, struct descriptor *ret)
{
	*ret = (struct descriptor){ .media_type = type, .size = bytes.len };
	sha256_of(bytes.ptr, bytes.len, &ret->digest);
	place_source_join_bytes(x->result->source, &ret->digest, bytes);
}

static void join_layers(struct rebasing *x, const struct moved *m)
{
	struct place_source *s = x->result->source;

	for (size_t i = 0; i < m->fresh.manifest.n_layers; i++)
		place_source_join_blob(s, &m->fresh.manifest.layers[i].digest, x->o->onto.source);
	for (size_t i = 0; i < m->image->manifest.n_layers; i++)
		place_source_join_blob(s, &m->image->manifest.layers[i].digest, x->o->image.source);
}

static int write_platform(struct rebasing *x, const struct moved *m, struct descriptor *ret,
			  struct err *e)
{
	const struct base_names base = { x->o->base_name,
					 look_digest(&m->fresh.descriptor.digest, x->arena) };
	struct descriptor config;
	struct image_config c;
	const char *type;
	struct view text;
	int rc;

	rebase_merge(&m->old.config, &m->image->config, &m->fresh.config, x->arena, &c);
	set_base_labels(m, &base, &c);
	if (!rebase_splice(m, x->arena, &c))
		monitor_note(x->o->monitor,
			     "the image's history doesn't begin with the old base's; it is divided "
			     "where the layers are");
	rc = rebase_write_config(m, &c, x->arena, &text, e);
	if (rc < 0)
		return rc;
	keep(x, MEDIA_TYPE_CONFIG, text, &config);
	rc = rebase_write_manifest(m, &base, &config, x->form, x->arena, &text, &type, e);
	if (rc == 0)
		keep(x, type, text, ret);
	return rc;
}

/* Byte for byte as it was. */
static void keep_platform(struct rebasing *x, const struct moved *m, struct descriptor *ret)
{
	const struct look_platform *p = m->image;

	*ret = p->descriptor;
	place_source_join_bytes(x->result->source, &p->descriptor.digest, p->manifest_json);
	place_source_join_bytes(x->result->source, &p->manifest.config.digest, p->config_json);
}

static int move_platform(struct rebasing *x, size_t i, struct err *e)
{
	struct rebase_platform *done = &x->result->platforms[x->result->n_platforms++];
	struct moved *m = &x->moved[i];
	int rc = 0;

	if (m->same && is_docker(m->image->manifest.media_type) == (x->form == DOCUMENT_DOCKER))
		keep_platform(x, m, &x->after[i]);
	else
		rc = write_platform(x, m, &x->after[i], e);
	join_layers(x, m);
	*done = (struct rebase_platform){
		.platform = m->image->config.platform,
		.before = m->image->descriptor,
		.after = x->after[i],
		.old_base = m->old.descriptor.digest,
		.new_base = m->fresh.descriptor.digest,
		.n_old = m->old.manifest.n_layers,
		.n_new = m->fresh.manifest.n_layers,
		.n_own = m->image->manifest.n_layers - m->old.manifest.n_layers,
		.from_scratch = x->o->from_scratch,
	};
	return rc;
}

static bool is_index_same(const struct rebasing *x)
{
	struct base_note note;

	base_note_read(&x->image.annotations, &note);
	for (size_t i = 0; i < x->image.n_platforms; i++)
		if (!sha256_eq(&x->after[i].digest, &x->image.platforms[i].descriptor.digest))
			return false;
	return note.name && strcmp(note.name, x->o->base_name) == 0 && note.has_digest &&
	       sha256_eq(&note.digest, &x->o->onto.root.digest);
}

static int write_index(struct rebasing *x, struct descriptor *ret, struct err *e)
{
	const struct base_names base = { x->o->base_name,
					 look_digest(&x->o->onto.root.digest, x->arena) };
	const char *type;
	struct view text;
	int rc;

	if (is_index_same(x)) {
		*ret = x->image.root;
		place_source_join_bytes(x->result->source, &ret->digest, x->image.root_json);
		return 0;
	}
	rc = rebase_write_index(&x->image, x->after, &base, x->form, x->arena, &text, &type, e);
	if (rc == 0)
		keep(x, type, text, ret);
	return rc;
}

static int move_all(struct rebasing *x, struct err *e)
{
	struct rebase_result *r = x->result;
	int rc = 0;

	r->source = place_source_join();
	r->before = x->image.root;
	r->platforms = arena_array(x->arena, x->image.n_platforms + 1, sizeof(*r->platforms));
	for (size_t i = 0; rc == 0 && i < x->image.n_platforms; i++)
		if (is_image(x->moved[i].image))
			rc = move_platform(x, i, e);
	if (rc < 0)
		return rc;
	if (r->n_platforms == 0)
		return fail(e, FAIL_NOT_FOUND, "'%.200s' lists no image for any platform",
			    x->o->image.name);
	if (x->image.is_index)
		return write_index(x, &r->root, e);
	r->root = x->after[0];
	return 0;
}

int rebase_image(const struct rebase_options *o, struct arena *a, struct rebase_result *ret,
		 struct err *e)
{
	struct rebase_result result = { 0 };
	struct rebasing x = { .o = o, .arena = a, .result = &result };
	int rc = read_image(&x, e);

	if (rc == 0)
		rc = find_all(&x, e);
	if (rc == 0) {
		choose_form(&x);
		rc = move_all(&x, e);
	}
	if (rc < 0)
		rebase_done(&result);
	else
		*ret = result;
	return rc;
}

void rebase_done(struct rebase_result *r)
{
	place_source_close(r->source);
	*r = (struct rebase_result){ 0 };
}
