/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compresses chunk by chunk, in parallel when there is a workers. The chunks are a ring: the oldest
 * one that is not written yet, those after it under way, and one being filled. When the workers has
 * enough to do, and one chunk more, so that no thread runs dry while the caller writes, no further
 * chunk is begun: so many encoders on one workers together hold about one chunk each, and one per
 * thread.
 */
#include "io/encode.h"

#include "base/buf.h"
#include "base/mem.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <zstd.h>

enum {
	GZIP_DEFAULT_LEVEL = 6,
	ZSTD_DEFAULT_LEVEL = 3,
	MAX_CHUNKS = ENCODE_MAX_HELD_BYTES / ENCODE_GZIP_CHUNK_BYTES
};

struct chunk {
	const struct encode_sink *encoder; /* for the constants in it */
	struct buf in, out;
	struct libdeflate_compressor *gzip;
	ZSTD_CCtx *zstd;
	struct work_group group;
	bool failed;
};

struct encode_sink {
	struct sink base;
	struct sink *below;
	struct workers *workers;
	enum codec codec;
	int level;
	size_t chunk_bytes;
	size_t n_chunks; /* the ring's size */
	size_t oldest, n_under_way;
	bool any; /* a chunk was compressed, or is being */
	struct chunk *chunks[MAX_CHUNKS];
};

static size_t compress_gzip(struct chunk *c)
{
	size_t bound;

	if (!c->gzip)
		c->gzip = libdeflate_alloc_compressor(c->encoder->level);
	if (!c->gzip)
		return 0;
	bound = libdeflate_gzip_compress_bound(c->gzip, c->in.len);
	return libdeflate_gzip_compress(c->gzip, buf_str(&c->in), c->in.len,
					buf_grow(&c->out, bound), bound);
}

static size_t compress_zstd(struct chunk *c)
{
	size_t bound = ZSTD_compressBound(c->in.len), n;

	if (!c->zstd)
		c->zstd = ZSTD_createCCtx();
	if (!c->zstd)
		return 0;
	n = ZSTD_compressCCtx(c->zstd, buf_grow(&c->out, bound), bound, buf_str(&c->in), c->in.len,
			      c->encoder->level);
	return ZSTD_isError(n) ? 0 : n;
}

/* The workers's work. */
static void compress_chunk(void *arg)
{
	struct chunk *c = arg;

	buf_clear(&c->out);
	if (c->encoder->codec == CODEC_GZIP)
		c->out.len = compress_gzip(c);
	else
		c->out.len = compress_zstd(c);
	c->failed = c->out.len == 0; /* never of a success: there is always a header */
}

static void chunk_free(struct chunk *c)
{
	if (c->gzip)
		libdeflate_free_compressor(c->gzip);
	ZSTD_freeCCtx(c->zstd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

/* The one to fill. */
static struct chunk *current(struct encode_sink *s)
{
	struct chunk **c = &s->chunks[(s->oldest + s->n_under_way) % s->n_chunks];

	if (!*c) {
		*c = mem_zalloc(sizeof(**c));
		(*c)->encoder = s;
	}
	return *c;
}

/*
 * Compresses queued chunks here, the oldest first, rather than wait for threads that have others.
 * Not once this one is done: what was queued just now is for the threads that are about to take it.
 */
static void wait_for(struct encode_sink *s, struct chunk *c)
{
	for (size_t i = 0; i < s->n_under_way && work_group_pending(s->workers, &c->group); i++)
		work_group_help(s->workers, &s->chunks[(s->oldest + i) % s->n_chunks]->group);
	work_group_wait(s->workers, &c->group);
}

/* Writes the oldest chunk, once it is compressed. */
static int collect(struct encode_sink *s, struct err *e)
{
	struct chunk *c = s->chunks[s->oldest];

	if (s->workers)
		wait_for(s, c);
	s->oldest = (s->oldest + 1) % s->n_chunks;
	s->n_under_way--;
	c->in.len = 0;
	if (c->failed)
		return fail(e, FAIL_IO, "no memory for compressing");
	return sink_write(s->below, c->out.data, c->out.len, e);
}

/* Sends the current chunk off; afterwards there is room for another. */
static int submit(struct encode_sink *s, struct err *e)
{
	struct chunk *c = current(s);
	int rc = 0;

	s->any = true;
	s->n_under_way++;
	if (s->workers)
		work_group_submit(s->workers, &c->group, compress_chunk, c);
	else
		compress_chunk(c);
	while (rc == 0 && s->n_under_way &&
	       (s->n_under_way == s->n_chunks || !s->workers ||
		workers_pending(s->workers) > workers_threads(s->workers) + 1))
		rc = collect(s, e);
	return rc;
}

static int encode_write(struct sink *sink, const void *bytes, size_t size, struct err *e)
{
	struct encode_sink *s = (struct encode_sink *)sink;
	const char *at = bytes;

	while (size) {
		struct chunk *c = current(s);
		size_t n = s->chunk_bytes - c->in.len;
		int rc;

		if (n > size)
			n = size;
		buf_add(&c->in, at, n);
		at += n;
		size -= n;
		if (c->in.len < s->chunk_bytes)
			continue;
		rc = submit(s, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int encode_finish(struct sink *sink, struct err *e)
{
	struct encode_sink *s = (struct encode_sink *)sink;
	int rc = 0;

	if (current(s)->in.len || !s->any) /* nothing at all is an empty member too */
		rc = submit(s, e);
	while (rc == 0 && s->n_under_way)
		rc = collect(s, e);
	return rc < 0 ? rc : sink_finish(s->below, e);
}

static void encode_close(struct sink *sink)
{
	struct encode_sink *s = (struct encode_sink *)sink;

	for (size_t i = 0; i < s->n_chunks; i++) {
		if (!s->chunks[i])
			continue;
		if (s->workers)
			work_group_wait(s->workers, &s->chunks[i]->group);
		chunk_free(s->chunks[i]);
	}
	sink_close(s->below);
	free(s);
}

/* The default made explicit, the rest checked. */
static int choose_level(enum codec c, int level, int *ret, struct err *e)
{
	int max = c == CODEC_GZIP ? ENCODE_GZIP_MAX_LEVEL : ENCODE_ZSTD_MAX_LEVEL;

	if (c != CODEC_GZIP && c != CODEC_ZSTD)
		return fail(e, FAIL_UNSUPPORTED, "writing %s is not supported", codec_name(c));
	if (level == ENCODE_LEVEL_DEFAULT)
		level = c == CODEC_GZIP ? GZIP_DEFAULT_LEVEL : ZSTD_DEFAULT_LEVEL;
	if (level < 1 || level > max)
		return fail(e, FAIL_USAGE, "%s has no level %d, only 1 to %d", codec_name(c), level,
			    max);
	*ret = level;
	return 0;
}

int encode_sink_new(enum codec c, int level, struct workers *workers, struct sink *below,
		    struct sink **ret, struct err *e)
{
	static const struct sink_ops ops = { encode_write, encode_finish, encode_close };
	struct encode_sink *s;
	int rc;

	if (c == CODEC_PLAIN) {
		*ret = below;
		return 0;
	}
	rc = choose_level(c, level, &level, e);
	if (rc < 0) {
		sink_close(below);
		return rc;
	}
	s = mem_zalloc(sizeof(*s));
	sink_init(&s->base, &ops);
	s->below = below;
	s->workers = workers;
	s->codec = c;
	s->level = level;
	s->chunk_bytes = c == CODEC_GZIP ? ENCODE_GZIP_CHUNK_BYTES : ENCODE_ZSTD_CHUNK_BYTES;
	s->n_chunks = workers ? workers_threads(workers) + 2 : 1;
	if (s->n_chunks > ENCODE_MAX_HELD_BYTES / s->chunk_bytes)
		s->n_chunks = ENCODE_MAX_HELD_BYTES / s->chunk_bytes;
	*ret = &s->base;
	return 0;
}

const char *encode_version(enum codec c)
{
	switch (c) {
	case CODEC_GZIP:
		return "libdeflate " LIBDEFLATE_VERSION_STRING " chunks of 1 MiB";
	case CODEC_ZSTD:
		return "zstd " ZSTD_VERSION_STRING " chunks of 4 MiB";
	default:
		return "as is";
	}
}
