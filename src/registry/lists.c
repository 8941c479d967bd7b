/* SPDX-License-Identifier: Apache-2.0 */
/* Tags and referrers: lists that come in pages, and the tag that stands in for the second. */
#include <string.h>

#include "base/array.h"
#include "base/mem.h"
#include "oci/descriptor_json.h"
#include "oci/name.h"
#include "registry/lists.h"
#include "registry/private.h"

enum {
	LISTS_MAX_ITEMS = 1 << 20, /* more tags than any repository has */
	LISTS_MAX_PAGES = 1 << 16,
	/* Who sends so many pages with so few items on each doesn't mean to end. */
	FEW_PAGES = 64,
	FEW_ITEMS = 8,
	PAGE_ITEMS = 1000, /* some registries take no larger number */
};

/* The URL in Link: <URL>; rel="next"; *ret is NULL at the last page. */
static int next_page(const struct http_answer *answer, const char *url, const char *name,
		     struct arena *a, const char **ret, struct err *e)
{
	struct view link;

	*ret = NULL;
	for (size_t i = 0; http_answer_header(answer, "link", i, &link); i++) {
		struct view target;
		const char *to;

		if (!link_find(link, "next", &target))
			continue;
		to = arena_view(a, target);
		*ret = url_follow(url, to, a);
		return *ret ? 0
			    : fail(e, FAIL_FORMAT, "%s: the next page of the list is at '%.200s'",
				   name, to);
	}
	return 0;
}

/* What to do with a page's document; `a` is the list's. Returns how many items it had. */
typedef int page_fn(const struct json *root, const char *name, void *list, struct arena *a,
		    struct err *e);

static int read_page(const struct http_answer *answer, const char *name, page_fn *take, void *list,
		     struct arena *a, struct err *e)
{
	auto_json doc = NULL;
	int rc = json_parse(buf_view(&answer->body), name, &doc, e);

	return rc < 0 ? rc : take(json_root(doc), name, list, a, e);
}

/* What registries say to a request that they have never heard of. */
static bool is_unheard_of(const struct http_answer *a)
{
	struct view type;

	if (a->status == 200) /* a page for people */
		return http_answer_header(a, "content-type", 0, &type) &&
		       view_starts(type, "text/html");
	return a->status == 400 || a->status == 404 || a->status == 405 || a->status == 406 ||
	       a->status == 501;
}

/* `optional`: -FAIL_NOT_FOUND says that the registry knows of no such list. */
static int read_pages(struct repository *p, const char *rest, bool optional, page_fn *take,
		      void *list, struct arena *a, struct err *e)
{
	struct site *site = repository_site(p);
	auto_free char *first = site_url(site, rest);
	auto_answer answer = HTTP_ANSWER_EMPTY;
	const char *url = first, *next;
	uint64_t n_items = 0;

	for (int i = 0; i < LISTS_MAX_PAGES; i++) {
		struct registry_request q = {
			.method = "GET",
			.url = url,
			.accept = "application/json, " MEDIA_TYPE_INDEX,
			.limit = OCI_MAX_DOCUMENT_BYTES,
			.redirects = true,
		};
		int rc = site_request(site, &q, &answer, e);

		if (rc < 0)
			return rc;
		if (optional && is_unheard_of(&answer))
			return fail(e, FAIL_NOT_FOUND, "%s: there is no list", p->text);
		if (answer.status != 200)
			return repository_refused(p, &answer, "list what is there", e);
		rc = read_page(&answer, p->text, take, list, a, e);
		if (rc < 0)
			return rc;
		n_items += (uint64_t)rc;
		rc = next_page(&answer, url, p->text, a, &next, e);
		if (rc < 0 || !next)
			return rc;
		if (i >= FEW_PAGES && n_items < (uint64_t)i * FEW_ITEMS)
			return fail(e, FAIL_LIMIT, "%s: %d pages of a list, and hardly any items",
				    p->text, i);
		if (strcmp(next, url) == 0)
			return fail(e, FAIL_FORMAT, "%s: a page of the list follows itself",
				    p->text);
		url = next;
	}
	return fail(e, FAIL_LIMIT, "%s: the list has more than %d pages", p->text, LISTS_MAX_PAGES);
}

int tags_take(const struct json *root, const char *name, void *list, struct arena *a, struct err *e)
{
	const struct json *tags = json_get(root, "tags");
	struct strings *to = list;

	if (!json_is_null(tags) && !json_is_array(tags))
		return fail(e, FAIL_FORMAT, "%s: 'tags' must be a list", name);
	for (size_t i = 0; i < json_length(tags); i++) {
		const char *tag = json_str(json_at(tags, i));

		if (!tag || !image_tag_valid(view_of(tag)))
			return fail(e, FAIL_FORMAT, "%s: '%.200s' in the list is no tag", name,
				    tag ? tag : "");
		if (to->n >= LISTS_MAX_ITEMS)
			return fail(e, FAIL_LIMIT, "%s: more than %d tags", name, LISTS_MAX_ITEMS);
		*array_push(to) = arena_strdup(a, tag);
	}
	return (int)json_length(tags);
}

int repository_tags(struct repository *p, struct arena *a, struct strings *ret, struct err *e)
{
	struct strings tags = { 0 };
	auto_free char *rest = mem_printf("tags/list?n=%d", PAGE_ITEMS);
	int rc = read_pages(p, rest, false, tags_take, &tags, a, e);

	if (rc == 0) {
		ret->at = arena_array(a, tags.n + 1, sizeof(*ret->at));
		if (tags.n)
			memcpy(ret->at, tags.at, tags.n * sizeof(*ret->at));
		ret->n = ret->cap = tags.n;
	}
	free(tags.at);
	return rc;
}

/* ---- referrers --------------------------------------------------------------------------- */

int referrers_take(const struct json *root, const char *name, void *list, struct arena *a,
		   struct err *e)
{
	const struct json *at = json_get(root, "manifests");
	struct reading r = { name, a, e };
	struct referrers *to = list;

	if (!json_is_null(at) && !json_is_array(at))
		return fail(e, FAIL_FORMAT, "%s: 'manifests' must be a list", name);
	for (size_t i = 0; i < json_length(at); i++) {
		const char *type = json_str(json_get(json_at(at, i), "artifactType"));
		struct referrer one = { .artifact_type = type ? arena_strdup(a, type) : NULL };

		if (read_descriptor(&r, json_at(at, i), "manifests", &one.descriptor) < 0)
			return -(int)e->code;
		if (to->n >= LISTS_MAX_ITEMS)
			return fail(e, FAIL_LIMIT, "%s: more than %d referrers", name,
				    LISTS_MAX_ITEMS);
		*array_push(to) = one;
	}
	return (int)json_length(at);
}

static const char *fallback_tag(const struct sha256 *subject, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(subject, hex);
	return arena_printf(a, "sha256-%s", hex);
}

/* The list that a tag holds for registries that keep none; none is empty. */
static int read_fallback(struct repository *p, const struct sha256 *subject, struct arena *a,
			 struct referrers *to, struct err *e)
{
	auto_json doc = NULL;
	struct descriptor d;
	struct view bytes;
	int rc = repository_get_manifest(p, fallback_tag(subject, a), a, &d, &bytes, e);

	if (rc == -FAIL_NOT_FOUND)
		return 0;
	if (rc == 0)
		rc = json_parse(bytes, p->text, &doc, e);
	if (rc == 0)
		rc = referrers_take(json_root(doc), p->text, to, a, e);
	return rc < 0 ? rc : 0;
}

/* Registries may filter themselves, and need not. */
static size_t keep_type(struct referrer *at, size_t n, const char *type)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (!type || (at[i].artifact_type && strcmp(at[i].artifact_type, type) == 0))
			at[kept++] = at[i];
	return kept;
}

int repository_referrers(struct repository *p, const struct sha256 *subject, const char *type,
			 struct arena *a, struct referrer **ret, size_t *ret_n, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	struct referrers list = { 0 };
	auto_buf rest = BUF_EMPTY;
	int rc;

	sha256_to_hex(subject, hex);
	buf_printf(&rest, "referrers/sha256:%s", hex);
	if (type)
		url_add_query(&rest, "artifactType", view_of(type));
	rc = read_pages(p, buf_str(&rest), true, referrers_take, &list, a, e);
	if (rc == -FAIL_NOT_FOUND)
		rc = read_fallback(p, subject, a, &list, e);
	if (rc == 0) {
		*ret = arena_array(a, list.n + 1, sizeof(**ret));
		if (list.n)
			memcpy(*ret, list.at, list.n * sizeof(**ret));
		*ret_n = keep_type(*ret, list.n, type);
	}
	free(list.at);
	return rc;
}

static void write_index(const struct referrers *list, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	json_open_object(&w);
	json_member_u64(&w, "schemaVersion", 2);
	json_member_string(&w, "mediaType", MEDIA_TYPE_INDEX);
	json_key(&w, "manifests");
	json_open_array(&w);
	for (size_t i = 0; i < list->n; i++) {
		const struct descriptor *d = &list->at[i].descriptor;

		json_open_object(&w);
		json_member_string(&w, "mediaType", d->media_type);
		json_key(&w, "digest");
		write_digest(&w, &d->digest);
		json_member_u64(&w, "size", d->size);
		json_member_string(&w, "artifactType", list->at[i].artifact_type);
		write_pairs(&w, "annotations", d->annotations, d->n_annotations);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_close_object(&w);
}

int repository_note_referrer(struct repository *p, const struct sha256 *subject,
			     const struct referrer *r, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct referrers list = { 0 };
	auto_buf text = BUF_EMPTY;
	bool known = false;
	int rc = read_fallback(p, subject, &a, &list, e);

	for (size_t i = 0; rc == 0 && i < list.n; i++)
		known = known || sha256_eq(&list.at[i].descriptor.digest, &r->descriptor.digest);
	if (rc == 0 && !known) {
		*array_push(&list) = *r;
		write_index(&list, &text);
		rc = repository_put_manifest(p, fallback_tag(subject, &a), MEDIA_TYPE_INDEX,
					     buf_view(&text), NULL, e);
	}
	free(list.at);
	return rc;
}
