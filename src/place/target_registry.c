/* SPDX-License-Identifier: Apache-2.0 */
/* A repository as a target. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "fmt/json.h"
#include "oci/descriptor_json.h"
#include "place/source.h"
#include "place/target_private.h"

struct registry_target {
	struct place_target base;
	struct repository *repository;
	struct arena arena;
	struct reference ref;
	struct place_source *from; /* or NULL */
};

static struct registry_target *of(struct place_target *t)
{
	return (struct registry_target *)t;
}

/* Another repository of the same registry, from which the blob may be mounted. */
static const char *neighbour(const struct registry_target *t, const struct descriptor *d)
{
	const struct reference *at = t->from ? place_source_origin(t->from, d) : NULL;

	return at && strcmp(at->host, t->ref.host) == 0 ? at->name : NULL;
}

static int registry_has(struct place_target *t, const struct descriptor *d, bool *ret,
			struct err *e)
{
	enum blob_pushed how;
	int r = repository_push_blob(of(t)->repository, d, NULL, neighbour(of(t), d), 0, &how, e);

	*ret = !r && how != BLOB_MISSING;
	return r;
}

static int read_part(void *ctx, uint64_t at, void *to, size_t n, struct err *e)
{
	const struct blob_file *f = ctx;
	char *p = to;

	while (n) {
		ssize_t got = pread(f->fd, p, n, (off_t)(f->offset + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_sys(e, "read a blob");
		if (got == 0)
			return fail(e, FAIL_VERIFY, "a blob is shorter than it should be");
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

static int registry_put(struct place_target *t, const struct descriptor *d,
			const struct blob_file *from, struct monitor *m, uint32_t task,
			struct err *e)
{
	struct blob_file copy = *from;
	struct http_body body = { d->size, read_part, &copy };
	enum blob_pushed how;

	(void)m; /* it is the repository's, too */
	return repository_push_blob(of(t)->repository, d, &body, NULL, task, &how, e);
}

/* What the manifest refers to; false when it doesn't. */
static bool read_subject(struct view bytes, struct arena *a, struct sha256 *ret,
			 struct referrer *self)
{
	auto_json doc = NULL;
	struct err ignored;
	struct reading r = { "manifest", a, &ignored };
	struct descriptor subject;
	struct pairs notes = { 0 };
	const struct json *o, *type;

	if (json_parse(bytes, "manifest", &doc, &ignored) < 0)
		return false;
	o = json_root(doc);
	if (!json_is_object(json_get(o, "subject")) ||
	    read_descriptor(&r, json_get(o, "subject"), "subject", &subject) < 0 ||
	    oci_read_pairs(&r, json_get(o, "annotations"), "annotations", &notes) < 0)
		return false;
	*ret = subject.digest;
	type = json_get(o, "artifactType");
	if (!json_str(type))
		type = json_get(json_get(o, "config"), "mediaType");
	self->artifact_type = json_str(type) ? arena_strdup(a, json_str(type)) : NULL;
	self->descriptor.annotations = notes.at;
	self->descriptor.n_annotations = notes.n;
	return true;
}

/* A registry that doesn't keep the list of referrers leaves it to its clients. */
static int put(struct registry_target *t, const char *target, const struct descriptor *d,
	       struct view bytes, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct referrer self = { 0 };
	struct sha256 subject;
	bool noted = false;
	int r = repository_put_manifest(t->repository, target, d->media_type, bytes, &noted, e);

	if (r || noted || !read_subject(bytes, &a, &subject, &self))
		return r;
	self.descriptor.media_type = d->media_type;
	self.descriptor.digest = d->digest;
	self.descriptor.size = d->size;
	return repository_note_referrer(t->repository, &subject, &self, e);
}

static int read_view(void *ctx, uint64_t at, void *to, size_t n, struct err *e)
{
	(void)e;
	memcpy(to, ((const struct view *)ctx)->ptr + at, n);
	return 0;
}

static int registry_put_bytes(struct place_target *t, const struct descriptor *d, struct view bytes,
			      struct err *e)
{
	struct http_body body = { bytes.len, read_view, &bytes };
	enum blob_pushed how;

	return repository_push_blob(of(t)->repository, d, &body, NULL, 0, &how, e);
}

static int registry_put_document(struct place_target *t, const struct descriptor *d,
				 struct view bytes, struct err *e)
{
	return put(of(t), NULL, d, bytes, e);
}

static int registry_finish(struct place_target *base, const struct descriptor *root,
			   struct view bytes, int64_t created_s, struct err *e)
{
	struct registry_target *t = of(base);

	(void)created_s;
	if (t->ref.has_digest && !sha256_eq(&t->ref.digest, &root->digest))
		return fail(e, FAIL_CONFLICT, "'%s' names another digest than that of the image",
			    reference_text(&t->ref, &t->arena));
	return put(t,
		   t->ref.tag	       ? t->ref.tag
		   : t->ref.has_digest ? NULL
				       : "latest",
		   root, bytes, e);
}

static void registry_close(struct place_target *base)
{
	struct registry_target *t = of(base);

	repository_close(t->repository);
	arena_done(&t->arena);
	free(t);
}

static const struct place_target_ops registry_ops = {
	.has = registry_has,
	.put = registry_put,
	.put_bytes = registry_put_bytes,
	.put_document = registry_put_document,
	.finish = registry_finish,
	.close = registry_close,
};

int registry_target_open(const struct place *to, const struct target_options *o,
			 struct place_target **ret, struct err *e)
{
	struct registry_target *t = mem_zalloc(sizeof(*t));
	int r;

	t->base.ops = &registry_ops;
	r = reference_parse(to->ref, &t->arena, &t->ref, e);
	if (!r)
		r = repository_open(to->registry, &t->ref, REGISTRY_PUSH, &t->repository, e);
	t->from = o->source;
	if (r)
		registry_close(&t->base);
	else
		*ret = &t->base;
	return r;
}
