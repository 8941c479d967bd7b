/* SPDX-License-Identifier: Apache-2.0 */
/* See source_join.h. */
#include "place/source_join.h"

#include "base/map.h"
#include "base/mem.h"
#include "io/basic.h"
#include "place/source_private.h"

#include <stdlib.h>

struct part {
	struct sha256 digest;
	struct place_source *from; /* NULL: `bytes` */
	struct view bytes;
};

struct joined_source {
	struct place_source base;
	struct arena arena;
	struct map parts; /* by digest */
};

static struct joined_source *of(struct place_source *s)
{
	return (struct joined_source *)s;
}

static struct view key_of(const struct sha256 *digest)
{
	return view_make((const char *)digest->bytes, SHA256_BYTES);
}

static const struct part *find(struct place_source *s, const struct descriptor *d)
{
	return map_get(&of(s)->parts, key_of(&d->digest));
}

static int fail_missing(const struct descriptor *d, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&d->digest, hex);
	return fail(e, FAIL_NOT_FOUND, "no blob sha256:%s in the image", hex);
}

static int joined_open(struct place_source *s, const struct descriptor *d, struct source **ret,
		       struct err *e)
{
	const struct part *p = find(s, d);

	if (!p)
		return fail_missing(d, e);
	if (p->from)
		return place_source_open(p->from, d, ret, e);
	*ret = mem_source_new(p->bytes);
	return 0;
}

static int joined_file(struct place_source *s, const struct descriptor *d, struct blob_file *ret,
		       struct err *e)
{
	const struct part *p = find(s, d);

	if (p && p->from && place_source_file(p->from, d, ret))
		return 0;
	return fail_missing(d, e);
}

static int joined_fetch(struct place_source *s, const struct descriptor *d, const char *what,
			int dir_fd, const char *name, struct err *e)
{
	const struct part *p = find(s, d);

	if (p && p->from)
		return place_source_fetch(p->from, d, what, dir_fd, name, e);
	return place_source_fetch_stream(s, d, dir_fd, name, e);
}

static const struct reference *joined_origin(struct place_source *s, const struct descriptor *d)
{
	const struct part *p = find(s, d);

	return p && p->from ? place_source_origin(p->from, d) : NULL;
}

static bool joined_is_far(const struct place_source *s)
{
	const struct map *parts = &((const struct joined_source *)s)->parts;

	for (size_t i = 0; i < parts->n; i++) {
		const struct part *p = parts->at[i].value;

		if (p->from && place_source_is_far(p->from))
			return true;
	}
	return false;
}

static void joined_close(struct place_source *s)
{
	map_done(&of(s)->parts);
	arena_done(&of(s)->arena);
	free(s);
}

static const struct place_source_ops joined_ops = {
	.open = joined_open,
	.file = joined_file,
	.fetch = joined_fetch,
	.origin = joined_origin,
	.is_far = joined_is_far,
	.close = joined_close,
};

struct place_source *place_source_join(void)
{
	struct joined_source *s = mem_zalloc(sizeof(*s));

	s->base.ops = &joined_ops;
	return &s->base;
}

static void add(struct place_source *joined, const struct sha256 *digest, struct place_source *from,
		struct view bytes)
{
	struct joined_source *s = of(joined);
	struct part *p;

	if (map_get(&s->parts, key_of(digest)))
		return;
	p = arena_new(&s->arena, struct part);
	*p = (struct part){ *digest, from, bytes };
	*map_put(&s->parts, key_of(&p->digest)) = p;
}

void place_source_join_blob(struct place_source *joined, const struct sha256 *digest,
			    struct place_source *from)
{
	add(joined, digest, from, view_of(NULL));
}

void place_source_join_bytes(struct place_source *joined, const struct sha256 *digest,
			     struct view bytes)
{
	add(joined, digest, NULL, bytes);
}
