/* SPDX-License-Identifier: Apache-2.0 */
/* One rebase from beginning to end; see rebase.h. */
#include "rebase/rebase.h"

#include <string.h>

#include "oci/artifact.h"
#include "oci/platform.h"
#include "place/choose.h"
#include "place/source_join.h"
#include "place/walk.h"
#include "rebase/private.h"

struct rebasing {
	const struct rebase_options *o;
	struct arena *arena;
	struct look image;
	struct moved *moved; /* one for each manifest, however many platforms it is listed for */
	size_t n_moved;
	struct map followed;	 /* what became of each */
	enum document_form form; /* of all documents that are written */
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
	if (rc == -FAIL_NOT_FOUND && !x->o->arch && is_index_type(root.media_type))
		err_hint(e, "to rebase one platform only, name it with --arch");
	if (rc < 0)
		return rc;
	x->moved = arena_array(x->arena, x->image.n_platforms + 1, sizeof(*x->moved));
	if (x->image.n_platforms == 0)
		return fail(e, FAIL_NOT_FOUND, "'%.200s' lists no image for any platform",
			    image->name);
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

/* The manifest's own annotations are nearer to it than what the index says of it, or of all. */
static struct base_note note_of(const struct rebasing *x, const struct look_platform *p)
{
	struct base_note note = base_note_of(&p->manifest.annotations);

	if (!base_note_is_given(&note))
		note = base_note_read(
			descriptor_annotation(&p->descriptor, ANNOTATION_BASE_NAME),
			descriptor_annotation(&p->descriptor, ANNOTATION_BASE_DIGEST));
	if (!base_note_is_given(&note))
		note = base_note_of(&x->image.annotations);
	return note;
}

static int find_old_base(struct rebasing *x, const struct look_platform *p,
			 struct look_platform *ret, struct err *e)
{
	const struct platform *platform = &p->config.platform;
	struct base_note note;

	if (x->o->from_scratch) {
		be_scratch(ret, platform);
		return 0;
	}
	if (x->o->from.source)
		return rebase_choose(&x->o->from, platform, x->arena, ret, e);
	note = note_of(x, p);
	if (base_note_is_scratch(&note))
		return fail_scratch(x, e);
	return base_note_choose(&note, x->o, platform, x->arena, ret, e);
}

static const char *old_name(const struct rebasing *x, const struct look_platform *p)
{
	const char *name;

	if (x->o->from_scratch || x->o->from.source)
		return x->o->from_scratch ? "scratch" : x->o->from.name;
	name = note_of(x, p).name;
	return name ? name : "the base that its annotations name";
}

static bool is_noted(const struct moved *m, const char *name)
{
	struct base_note note = base_note_of(&m->image->manifest.annotations);

	return same_text(note.name, name) && note.has_digest &&
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

/* What the index lists as an artifact may be an image by another entry. */
static void leave_out_artifacts(struct rebasing *x)
{
	for (size_t i = 0; i < x->image.n_artifacts; i++) {
		const struct sha256 *digest = &x->image.artifacts[i].digest;

		if (!followed_get(&x->followed, digest))
			followed_add(&x->followed, digest, x->arena)->goes = true;
	}
}

static int find_all(struct rebasing *x, struct err *e)
{
	for (size_t i = 0; i < x->image.n_platforms; i++) {
		const struct look_platform *p = &x->image.platforms[i];
		struct moved *m = &x->moved[x->n_moved];
		int rc;

		if (followed_get(&x->followed, &p->descriptor.digest))
			continue;
		*m = (struct moved){
			.image = p,
			.result = followed_add(&x->followed, &p->descriptor.digest, x->arena),
		};
		rc = find_bases(x, m, e);
		if (rc < 0)
			return x->image.n_platforms == 1
				       ? rc
				       : err_context(e, "%s",
						     platform_text(&p->config.platform, x->arena));
		x->n_moved++;
	}
	return 0;
}

static void tell_left_out(const struct rebasing *x)
{
	const struct descriptor *other = NULL;
	size_t n = 0;

	for (size_t i = 0; i < x->image.n_artifacts; i++) {
		if (descriptor_is_attestation(&x->image.artifacts[i]))
			n++;
		else if (!other)
			other = &x->image.artifacts[i];
	}
	if (n)
		monitor_note(x->o->monitor,
			     "left out %zu attestation%s of the image: what they say is of the old "
			     "one",
			     n, n == 1 ? "" : "s");
	n = x->image.n_artifacts - n;
	if (n)
		monitor_warn(x->o->monitor,
			     "left out %zu artifact%s that the index lists and that may tell of "
			     "the old image: %s'%.100s', %s",
			     n, n == 1 ? "" : "s", n == 1 ? "" : "the first is ",
			     other->artifact_type ? other->artifact_type : other->media_type,
			     look_digest(&other->digest, x->arena));
}

/* ---- the form ---------------------------------------------------------------------------- */

/* The first layer that Docker's form has no word for. */
static const char *beyond_docker(const struct manifest *m)
{
	for (size_t i = 0; i < m->n_layers; i++)
		if (!document_type_in(DOCUMENT_DOCKER, m->layers[i].media_type))
			return m->layers[i].media_type;
	return NULL;
}

/* The image's own, unless Docker's has no word for a layer: then all of it is OCI's. */
static void choose_form(struct rebasing *x)
{
	x->form = document_form_of(x->image.root.media_type);
	for (size_t i = 0; i < x->n_moved && x->form == DOCUMENT_DOCKER; i++) {
		const char *own = beyond_docker(&x->moved[i].image->manifest);
		const char *type = own ? own : beyond_docker(&x->moved[i].fresh.manifest);

		if (!type)
			continue;
		x->form = DOCUMENT_OCI;
		monitor_note(x->o->monitor,
			     "the result has OCI media types: Docker's form has none for layers of "
			     "'%.100s'",
			     type);
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

struct descriptor rebase_keep(struct place_source *joined, const char *type, struct view bytes)
{
	struct descriptor d = { .media_type = type, .size = bytes.len };

	sha256_of(bytes.ptr, bytes.len, &d.digest);
	place_source_join_bytes(joined, &d.digest, bytes);
	return d;
}

static void join_layers(struct rebasing *x, const struct moved *m)
{
	struct place_source *s = x->result->source;

	for (size_t i = 0; i < m->fresh.manifest.n_layers; i++)
		place_source_join_blob(s, &m->fresh.manifest.layers[i].digest, x->o->onto.source);
	for (size_t i = 0; i < m->image->manifest.n_layers; i++)
		place_source_join_blob(s, &m->image->manifest.layers[i].digest, x->o->image.source);
}

static int write_platform(struct rebasing *x, const struct moved *m, struct err *e)
{
	struct place_source *joined = x->result->source;
	struct descriptor config;
	struct image_config c;
	const char *type;
	struct view text;
	int rc;

	rebase_merge(&m->old.config, &m->image->config, &m->fresh.config, x->arena, &c);
	set_base_labels(m, &m->result->base, &c);
	if (!rebase_splice(m, x->arena, &c))
		monitor_note(x->o->monitor,
			     "the image's history doesn't begin with the old base's; it is divided "
			     "where the layers are");
	rc = rebase_write_config(m, &c, x->arena, &text, e);
	if (rc < 0)
		return rc;
	config = rebase_keep(joined, MEDIA_TYPE_CONFIG, text);
	rc = rebase_write_manifest(m, &m->result->base, &config, x->form, x->arena, &text, &type,
				   e);
	if (rc == 0)
		m->result->now = rebase_keep(joined, type, text);
	return rc;
}

/* Byte for byte as it was. */
static void keep_platform(struct rebasing *x, const struct moved *m)
{
	const struct look_platform *p = m->image;

	m->result->now = p->descriptor;
	place_source_join_bytes(x->result->source, &p->descriptor.digest, p->manifest_json);
	place_source_join_bytes(x->result->source, &p->manifest.config.digest, p->config_json);
}

static int move_platform(struct rebasing *x, const struct moved *m, struct rebase_platform *ret,
			 struct err *e)
{
	int rc = 0;

	m->result->base = (struct base_names){
		.name = x->o->base_name,
		.digest = look_digest(&m->fresh.descriptor.digest, x->arena),
	};
	if (m->same && document_form_of(m->image->manifest.media_type) == x->form)
		keep_platform(x, m);
	else
		rc = write_platform(x, m, e);
	join_layers(x, m);
	*ret = (struct rebase_platform){
		.platform = m->image->config.platform,
		.before = m->image->descriptor,
		.after = m->result->now,
		.old_base = m->old.descriptor.digest,
		.new_base = m->fresh.descriptor.digest,
		.base_manifest = m->fresh.manifest_json,
		.base_config = m->fresh.config_json,
		.n_old = m->old.manifest.n_layers,
		.n_new = m->fresh.manifest.n_layers,
		.n_own = m->image->manifest.n_layers - m->old.manifest.n_layers,
		.from_scratch = x->o->from_scratch,
	};
	return rc;
}

static int follow_index(struct rebasing *x, struct descriptor *ret, struct err *e)
{
	const struct index_change change = {
		.from = x->o->image.source,
		.joined = x->result->source,
		.base = { x->o->base_name, look_digest(&x->o->onto.root.digest, x->arena) },
		.form = x->form,
		.followed = &x->followed,
		.arena = x->arena,
	};

	return rebase_follow_index(&change, &x->image.root, ret, e);
}

static int move_all(struct rebasing *x, struct err *e)
{
	struct rebase_result *r = x->result;
	int rc = 0;

	r->source = place_source_join();
	r->before = x->image.root;
	r->artifacts = x->image.artifacts;
	r->n_artifacts = x->image.n_artifacts;
	r->n_platforms = x->n_moved;
	r->platforms = arena_array(x->arena, x->n_moved + 1, sizeof(*r->platforms));
	for (size_t i = 0; rc == 0 && i < x->n_moved; i++)
		rc = move_platform(x, &x->moved[i], &r->platforms[i], e);
	if (rc < 0)
		return rc;
	if (x->image.is_index)
		return follow_index(x, &r->root, e);
	r->root = r->platforms[0].after;
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
		leave_out_artifacts(&x);
		tell_left_out(&x);
		choose_form(&x);
		rc = move_all(&x, e);
	}
	map_done(&x.followed);
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
