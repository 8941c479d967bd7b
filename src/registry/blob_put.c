/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs to a registry: looked for, mounted from a neighbour, else sent by upload.c. */
#include <string.h>

#include "base/mem.h"
#include "registry/memory.h"
#include "registry/upload.h"

static const char *cache_of(const struct upload *u)
{
	return u->p->registry->o.cache_path;
}

/* A repository that the blob can be mounted from, or NULL. */
static const char *neighbour(struct upload *u, const char *from, struct arena *a)
{
	struct strings places = { 0 };

	if (from && strcmp(from, u->p->ref.name) != 0)
		return from;
	memory_list_places(cache_of(u), u->p->ref.host, &u->d->digest, a, &places);
	for (size_t i = 0; i < places.n; i++)
		if (strcmp(places.at[i], u->p->ref.name) != 0)
			return places.at[i];
	return NULL;
}

/* ---- what is known of it ------------------------------------------------------------------ */

struct known {
	bool there;
	const char *location; /* of its upload; NULL: not begun */
	uint64_t least;	      /* as in the upload */
};

static void **known_slot(const struct upload *u)
{
	struct registry *r = u->p->registry;

	return map_put(&r->there, view_of(arena_printf(&r->arena, "%s@%s", u->p->text, u->digest)));
}

/* What was found out a moment ago needs no asking. */
static void take_known(struct upload *u, bool *ret_there, bool *ret_missing)
{
	struct registry *r = u->p->registry;
	const struct known *known;
	void **slot;

	pthread_mutex_lock(&r->lock);
	slot = known_slot(u);
	known = *slot;
	*ret_there = known && known->there;
	*ret_missing = known && !known->there && u->body;
	if (*ret_missing) {
		u->location = known->location ? mem_strdup(known->location) : NULL;
		u->least = known->least;
		*slot = NULL;
	}
	pthread_mutex_unlock(&r->lock);
}

static void keep_known(struct upload *u, enum blob_pushed how, const char *location)
{
	struct registry *r = u->p->registry;
	struct known *known;

	pthread_mutex_lock(&r->lock);
	known = arena_new(&r->arena, struct known);
	*known = (struct known){ .there = how != BLOB_MISSING, .least = u->least };
	if (!known->there && location)
		known->location = arena_strdup(&r->arena, location);
	*known_slot(u) = known;
	pthread_mutex_unlock(&r->lock);
	if (how != BLOB_MISSING)
		memory_add_place(cache_of(u), u->p->ref.host, u->p->ref.name, &u->d->digest);
}

static int push(struct upload *u, const char *from, enum blob_pushed *ret, struct err *e)
{
	int rc;

	if (from) {
		auto_free char *scope = mem_printf("repository:%s:pull", from);

		if (!access_add_scope(u->site, scope))
			from = NULL;
	}
	rc = u->location ? 0 : upload_open(u, from, e);
	*ret = u->done ? BLOB_MOUNTED : u->body ? BLOB_SENT : BLOB_MISSING;
	if (rc == 0 && u->body)
		rc = upload_run(u, e);
	if (rc == 0 && *ret != BLOB_MISSING)
		memory_set_upload(cache_of(u), u->p->text, &u->d->digest, NULL);
	return rc;
}

static int find_or_push(struct upload *u, const char *from, enum blob_pushed *ret, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	bool there, missing;
	int rc = 0;

	*ret = BLOB_WAS_THERE;
	take_known(u, &there, &missing);
	if (!there && !missing)
		rc = repository_has_blob(u->p, u->d, &there, e);
	if (rc < 0 || there)
		return rc;
	*ret = BLOB_MISSING;
	from = missing ? NULL : neighbour(u, from, &a);
	return u->body || from ? push(u, from, ret, e) : 0;
}

int repository_push_blob(struct repository *p, const struct descriptor *d,
			 const struct http_body *body, const char *from, uint32_t task,
			 enum blob_pushed *ret, struct err *e)
{
	struct upload u;
	int rc;

	upload_init(&u, p, d, body, task);
	rc = find_or_push(&u, from, ret, e);
	/* a large one is found again by what the cache remembers of it */
	if (rc == 0)
		keep_known(&u, *ret, d->size <= UPLOAD_WHOLE_BYTES ? u.location : NULL);
	upload_done(&u);
	return rc;
}
