/* SPDX-License-Identifier: Apache-2.0 */
/* .xz (streams may follow each other, with padding) and .lzma (one only) by liblzma. */
#include "base/mem.h"
#include "io/codec.h"
#include "io/decoder.h"

#include <lzma.h>
#include <stdlib.h>

struct xz_decoder {
	struct decoder base;
	lzma_stream z;
};

static const char *why_of(lzma_ret rc)
{
	switch (rc) {
	case LZMA_MEMLIMIT_ERROR:
		return "decompressing takes more memory than allowed";
	case LZMA_MEM_ERROR:
		return "no memory";
	case LZMA_FORMAT_ERROR:
		return "it is not of that format";
	case LZMA_OPTIONS_ERROR:
		return "unsupported options";
	default:
		return "it is damaged";
	}
}

static bool xz_step(struct decoder *d, struct decoding *io)
{
	lzma_stream *z = &((struct xz_decoder *)d)->z;
	lzma_ret rc;

	z->next_in = (const uint8_t *)io->in;
	z->avail_in = io->in_len;
	z->next_out = (uint8_t *)io->out;
	z->avail_out = io->out_len;
	rc = lzma_code(z, io->in_ended ? LZMA_FINISH : LZMA_RUN);
	io->in += io->in_len - z->avail_in;
	io->in_len = z->avail_in;
	io->out += io->out_len - z->avail_out;
	io->out_len = z->avail_out;
	io->at_boundary = rc == LZMA_STREAM_END;
	if (rc == LZMA_OK || rc == LZMA_STREAM_END || rc == LZMA_BUF_ERROR)
		return true;
	io->why = why_of(rc);
	io->over_limit = rc == LZMA_MEMLIMIT_ERROR;
	return false;
}

static void xz_free(struct decoder *d)
{
	lzma_end(&((struct xz_decoder *)d)->z);
	free(d);
}

static struct xz_decoder *allocate(void)
{
	struct xz_decoder *x = mem_alloc(sizeof(*x));

	x->base = (struct decoder){ xz_step, xz_free, false };
	x->z = (lzma_stream)LZMA_STREAM_INIT;
	return x;
}

static struct decoder *unless_failed(struct xz_decoder *x, lzma_ret rc)
{
	if (rc == LZMA_OK)
		return &x->base;
	xz_free(&x->base);
	return NULL;
}

struct decoder *xz_decoder_new(void)
{
	struct xz_decoder *x = allocate();

	/* liblzma goes from stream to stream itself, and is at the end only at the input's */
	return unless_failed(x, lzma_stream_decoder(&x->z, CODEC_XZ_MAX_MEMORY, LZMA_CONCATENATED));
}

struct decoder *lzma_decoder_new(void)
{
	struct xz_decoder *x = allocate();

	return unless_failed(x, lzma_alone_decoder(&x->z, CODEC_XZ_MAX_MEMORY));
}
