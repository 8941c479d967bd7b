/* SPDX-License-Identifier: Apache-2.0 */
/* zstd (RFC 8878) by libzstd; frames and skippable frames may follow each other. */
#include "base/mem.h"
#include "io/codec.h"
#include "io/decoder.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

struct zstd_decoder {
	struct decoder base;
	ZSTD_DCtx *z;
};

static bool zstd_step(struct decoder *d, struct decoding *io)
{
	struct zstd_decoder *zd = (struct zstd_decoder *)d;
	ZSTD_inBuffer in = { io->in, io->in_len, 0 };
	ZSTD_outBuffer out = { io->out, io->out_len, 0 };
	size_t rc = ZSTD_decompressStream(zd->z, &out, &in);

	io->in += in.pos;
	io->in_len -= in.pos;
	io->out += out.pos;
	io->out_len -= out.pos;
	if (ZSTD_isError(rc)) {
		io->why = ZSTD_getErrorName(rc);
		io->over_limit = ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge;
		return false;
	}
	io->at_boundary = rc == 0;
	return true;
}

static void zstd_free(struct decoder *d)
{
	ZSTD_freeDCtx(((struct zstd_decoder *)d)->z);
	free(d);
}

struct decoder *zstd_decoder_new(void)
{
	struct zstd_decoder *zd = mem_zalloc(sizeof(*zd));

	zd->base = (struct decoder){ zstd_step, zstd_free, true };
	zd->z = ZSTD_createDCtx();
	if (!zd->z || ZSTD_isError(ZSTD_DCtx_setParameter(zd->z, ZSTD_d_windowLogMax,
							  CODEC_ZSTD_MAX_WINDOW_LOG))) {
		zstd_free(&zd->base);
		return NULL;
	}
	return &zd->base;
}
