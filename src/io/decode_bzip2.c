/* SPDX-License-Identifier: Apache-2.0 */
/* bzip2 by libbz2; streams may follow each other. */
#include "base/mem.h"
#include "io/decoder.h"

#include <bzlib.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

struct bzip2_decoder {
	struct decoder base;
	bz_stream z;
	bool open;
};

static unsigned as_uint(size_t n)
{
	return n < UINT_MAX ? (unsigned)n : UINT_MAX;
}

static const char *why_of(int rc)
{
	switch (rc) {
	case BZ_MEM_ERROR:
		return "no memory";
	case BZ_DATA_ERROR_MAGIC:
		return "it is not of that format";
	default:
		return "it is damaged";
	}
}

static bool bzip2_step(struct decoder *d, struct decoding *io)
{
	struct bzip2_decoder *b = (struct bzip2_decoder *)d;
	unsigned in = as_uint(io->in_len), out = as_uint(io->out_len);
	int rc;

	if (!b->open) {
		b->z = (bz_stream){ 0 };
		rc = BZ2_bzDecompressInit(&b->z, 0, 0);
		io->why = why_of(rc);
		if (rc != BZ_OK)
			return false;
		b->open = true;
	}
	/* libbz2 doesn't write to its input */
	b->z.next_in = (char *)(uintptr_t)io->in;
	b->z.avail_in = in;
	b->z.next_out = io->out;
	b->z.avail_out = out;
	rc = BZ2_bzDecompress(&b->z);
	io->in += in - b->z.avail_in;
	io->in_len -= in - b->z.avail_in;
	io->out += out - b->z.avail_out;
	io->out_len -= out - b->z.avail_out;
	if (rc == BZ_STREAM_END) {
		io->at_boundary = true;
		BZ2_bzDecompressEnd(&b->z);
		b->open = false;
		return true;
	}
	io->why = why_of(rc);
	return rc == BZ_OK;
}

static void bzip2_free(struct decoder *d)
{
	struct bzip2_decoder *b = (struct bzip2_decoder *)d;

	if (b->open)
		BZ2_bzDecompressEnd(&b->z);
	free(b);
}

struct decoder *bzip2_decoder_new(void)
{
	struct bzip2_decoder *b = mem_zalloc(sizeof(*b));

	b->base = (struct decoder){ bzip2_step, bzip2_free, true };
	return &b->base;
}
