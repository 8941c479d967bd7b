/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip (RFC 1952), whose members may follow each other, zlib (RFC 1950) and bare deflate
 * (RFC 1951); all by zlib. The CRC
 * of gzip is libdeflate's, which takes a tenth of the time: zlib's own would be a fifth of
 * everything.
 */
#define ZLIB_CONST /* next_in points to const */

#include "base/mem.h"
#include "io/decoder.h"

#include <libdeflate.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { WINDOW_BITS_ZLIB_ONLY = 15, WINDOW_BITS_GZIP_ONLY = 15 + 16, WINDOW_BITS_BARE = -15 };

enum { TRAILER_BYTES = 8 }; /* of a gzip member: CRC32, ISIZE (RFC 1952, 2.3.1) */

struct gzip_decoder {
	struct decoder base;
	z_stream z;
	bool ended;  /* a member is complete: the next step begins another */
	bool checks; /* the member's CRC and size, here */
	uint32_t crc, size;
	unsigned char last[TRAILER_BYTES]; /* of the input, which may come in parts */
};

static unsigned as_uint(size_t n)
{
	return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

static const char *why_of(const z_stream *z, int rc)
{
	if (rc == Z_NEED_DICT)
		return "it needs a dictionary";
	return z->msg ? z->msg : "it is damaged";
}

static void keep_last(struct gzip_decoder *g, const char *in, size_t n)
{
	size_t stay = n < TRAILER_BYTES ? TRAILER_BYTES - n : 0;

	memmove(g->last, g->last + TRAILER_BYTES - stay, stay);
	memcpy(g->last + stay, in + n - (TRAILER_BYTES - stay), TRAILER_BYTES - stay);
}

static uint32_t le32(const unsigned char *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* What is wrong with the member that has just ended, or NULL. */
static const char *check_member(const struct gzip_decoder *g)
{
	if (le32(g->last) != g->crc)
		return "incorrect data check";
	return le32(g->last + 4) == g->size ? NULL : "incorrect length check";
}

static void begin_member(struct gzip_decoder *g)
{
	inflateReset(&g->z);
	if (g->checks)
		inflateValidate(&g->z, 0);
	g->crc = g->size = 0;
	g->ended = false;
}

static bool gzip_step(struct decoder *d, struct decoding *io)
{
	struct gzip_decoder *g = (struct gzip_decoder *)d;
	unsigned in = as_uint(io->in_len), out = as_uint(io->out_len);
	const char *in_before = io->in, *out_before = io->out;
	int rc;

	if (g->ended)
		begin_member(g);
	g->z.next_in = (const Bytef *)io->in;
	g->z.avail_in = in;
	g->z.next_out = (Bytef *)io->out;
	g->z.avail_out = out;
	rc = inflate(&g->z, Z_NO_FLUSH);
	io->in += in - g->z.avail_in;
	io->in_len -= in - g->z.avail_in;
	io->out += out - g->z.avail_out;
	io->out_len -= out - g->z.avail_out;
	if (g->checks) {
		keep_last(g, in_before, (size_t)(io->in - in_before));
		g->crc = libdeflate_crc32(g->crc, out_before, (size_t)(io->out - out_before));
		g->size += (uint32_t)(io->out - out_before);
	}
	io->at_boundary = g->ended = rc == Z_STREAM_END;
	if (rc == Z_STREAM_END && g->checks && (io->why = check_member(g)))
		return false;
	if (rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR)
		return true;
	io->why = why_of(&g->z, rc);
	return false;
}

static void gzip_free(struct decoder *d)
{
	inflateEnd(&((struct gzip_decoder *)d)->z);
	free(d);
}

static struct decoder *decoder_new(int window_bits, bool repeats)
{
	struct gzip_decoder *g = mem_zalloc(sizeof(*g));

	g->base = (struct decoder){ gzip_step, gzip_free, repeats };
	g->checks = window_bits == WINDOW_BITS_GZIP_ONLY;
	if (inflateInit2(&g->z, window_bits) != Z_OK) {
		free(g);
		return NULL;
	}
	begin_member(g);
	return &g->base;
}

struct decoder *gzip_decoder_new(void)
{
	return decoder_new(WINDOW_BITS_GZIP_ONLY, true);
}

struct decoder *zlib_decoder_new(void)
{
	return decoder_new(WINDOW_BITS_ZLIB_ONLY, false);
}

struct decoder *deflate_decoder_new(void)
{
	return decoder_new(WINDOW_BITS_BARE, false);
}
