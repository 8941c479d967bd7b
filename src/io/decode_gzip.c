/* SPDX-License-Identifier: Apache-2.0 */
/* gzip (RFC 1952), whose members may follow each other, and zlib (RFC 1950); both by zlib. */
#define ZLIB_CONST /* next_in points to const */

#include "base/mem.h"
#include "io/decoder.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

enum { WINDOW_BITS_ZLIB_ONLY = 15, WINDOW_BITS_GZIP_ONLY = 15 + 16 };

struct gzip_decoder {
	struct decoder base;
	z_stream z;
	bool ended; /* a member is complete: the next step begins another */
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

static bool gzip_step(struct decoder *d, struct decoding *io)
{
	struct gzip_decoder *g = (struct gzip_decoder *)d;
	unsigned in = as_uint(io->in_len), out = as_uint(io->out_len);
	int rc;

	if (g->ended)
		inflateReset(&g->z);
	g->ended = false;
	g->z.next_in = (const Bytef *)io->in;
	g->z.avail_in = in;
	g->z.next_out = (Bytef *)io->out;
	g->z.avail_out = out;
	rc = inflate(&g->z, Z_NO_FLUSH);
	io->in += in - g->z.avail_in;
	io->in_len -= in - g->z.avail_in;
	io->out += out - g->z.avail_out;
	io->out_len -= out - g->z.avail_out;
	io->at_boundary = g->ended = rc == Z_STREAM_END;
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
	if (inflateInit2(&g->z, window_bits) != Z_OK) {
		free(g);
		return NULL;
	}
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
