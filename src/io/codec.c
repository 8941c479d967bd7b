/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells codecs apart and drives their decoders: feeds them from the source below, notices
 * truncation and what doesn't belong there, and says at which offset.
 */
#include "io/codec.h"

#include "base/array.h"
#include "base/mem.h"
#include "io/decoder.h"

#include <stdint.h>
#include <stdlib.h>

enum { INPUT_BYTES = 64 << 10 };

const char *codec_name(enum codec c)
{
	static const char *const names[] = { "plain", "gzip", "zstd", "xz",
					     "bzip2", "lzma", "zlib", "deflate" };

	return (size_t)c < COUNT_OF(names) ? names[c] : "unknown";
}

static uint32_t le32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool begins(struct view start, const char *magic, size_t len)
{
	return start.len >= len && memcmp(start.ptr, magic, len) == 0;
}

/*
 * The format has no magic number: the usual properties (lc=3 lp=0 pb=2), a dictionary that is a
 * power of two, and a size that is unknown or below 256 GiB, as xz and file(1) do it.
 */
static bool looks_like_lzma(struct view start)
{
	uint32_t dictionary;

	if (start.len < 13 || start.ptr[0] != 0x5d)
		return false;
	dictionary = le32(start.ptr + 1);
	if (dictionary < 4096 || (dictionary & (dictionary - 1)) != 0)
		return false;
	return memcmp(start.ptr + 5, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 0 ||
	       le32(start.ptr + 9) < 64;
}

enum codec codec_detect(struct view start)
{
	if (begins(start, "\x1f\x8b", 2))
		return CODEC_GZIP;
	if (begins(start, "\x28\xb5\x2f\xfd", 4))
		return CODEC_ZSTD;
	/* a skippable frame, which zstd files may begin with */
	if (start.len >= 4 && (le32(start.ptr) & 0xfffffff0u) == 0x184d2a50u)
		return CODEC_ZSTD;
	if (begins(start,
		   "\xfd"
		   "7zXZ\0",
		   6))
		return CODEC_XZ;
	if (begins(start, "BZh", 3) && start.len >= 4 && start.ptr[3] >= '1' && start.ptr[3] <= '9')
		return CODEC_BZIP2;
	return looks_like_lzma(start) ? CODEC_LZMA : CODEC_PLAIN;
}

enum codec codec_from_suffix(struct view name)
{
	static const struct {
		const char *suffix;
		enum codec codec;
	} known[] = { { ".gz", CODEC_GZIP },
		      { ".zst", CODEC_ZSTD },
		      { ".xz", CODEC_XZ },
		      { ".bz2", CODEC_BZIP2 },
		      { ".lzma", CODEC_LZMA } };

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (view_ends(name, known[i].suffix))
			return known[i].codec;
	return CODEC_PLAIN;
}

struct decode_source {
	struct source base;
	struct source *below;
	struct decoder *decoder;
	enum codec codec;
	char *name;
	struct decoding io;
	uint64_t in_total; /* bytes read from below */
	char input[INPUT_BYTES];
};

static unsigned long long offset_of(const struct decode_source *d)
{
	return d->in_total - d->io.in_len;
}

static int refill(struct decode_source *d, struct err *e)
{
	size_t n;
	int rc;

	if (d->io.in_len || d->io.in_ended)
		return 0;
	rc = source_read(d->below, d->input, sizeof(d->input), &n, e);
	if (rc < 0)
		return rc;
	d->io.in = d->input;
	d->io.in_len = n;
	d->io.in_ended = n == 0;
	d->in_total += n;
	return 0;
}

static int bad_data(const struct decode_source *d, bool between, struct err *e)
{
	if (d->io.over_limit)
		return fail(e, FAIL_LIMIT, "'%s': %s data at offset %llu: %s", d->name,
			    codec_name(d->codec), offset_of(d), d->io.why);
	if (between)
		return fail(e, FAIL_FORMAT,
			    "'%s': offset %llu: no %s data after the end of the first", d->name,
			    offset_of(d), codec_name(d->codec));
	return fail(e, FAIL_FORMAT, "'%s': bad %s data at offset %llu: %s", d->name,
		    codec_name(d->codec), offset_of(d), d->io.why);
}

static int truncated(const struct decode_source *d, struct err *e)
{
	return fail(e, FAIL_FORMAT, "'%s': the %s data is cut off at offset %llu", d->name,
		    codec_name(d->codec), offset_of(d));
}

static int decode_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct decode_source *d = (struct decode_source *)s;
	struct decoding *io = &d->io;

	io->out = to;
	io->out_len = size;
	while (io->out_len == size) {
		const char *in;
		bool between;
		int rc = refill(d, e);

		if (rc < 0)
			return rc;
		if (io->at_boundary && io->in_len == 0)
			break;
		between = io->at_boundary;
		if (between && !d->decoder->repeats)
			return bad_data(d, between, e);
		io->at_boundary = false;
		in = io->in;
		if (!d->decoder->step(d->decoder, io))
			return bad_data(d, between, e);
		if (io->in_ended && io->in == in && io->out_len == size && !io->at_boundary)
			return truncated(d, e);
	}
	*ret_n = size - io->out_len;
	return 0;
}

static void decode_close(struct source *s)
{
	struct decode_source *d = (struct decode_source *)s;

	d->decoder->free(d->decoder);
	source_close(d->below);
	free(d->name);
	free(d);
}

static struct decoder *decoder_new(enum codec c)
{
	switch (c) {
	case CODEC_GZIP:
		return gzip_decoder_new();
	case CODEC_ZSTD:
		return zstd_decoder_new();
	case CODEC_XZ:
		return xz_decoder_new();
	case CODEC_BZIP2:
		return bzip2_decoder_new();
	case CODEC_LZMA:
		return lzma_decoder_new();
	case CODEC_ZLIB:
		return zlib_decoder_new();
	case CODEC_DEFLATE:
		return deflate_decoder_new();
	case CODEC_PLAIN:
		break;
	}
	return NULL;
}

int decode_source_new(enum codec c, struct source *below, const char *name, struct source **ret,
		      struct err *e)
{
	static const struct source_ops ops = { decode_read, decode_close };
	struct decode_source *d;
	struct decoder *decoder;

	if (c == CODEC_PLAIN) {
		*ret = below;
		return 0;
	}
	decoder = decoder_new(c);
	if (!decoder) {
		source_close(below);
		return fail(e, FAIL_IO, "'%s': no memory for decompressing %s data", name,
			    codec_name(c));
	}
	d = mem_alloc(sizeof(*d));
	source_init(&d->base, &ops);
	d->below = below;
	d->decoder = decoder;
	d->codec = c;
	d->name = mem_strdup(name);
	d->io = (struct decoding){ .in = d->input };
	d->in_total = 0;
	*ret = &d->base;
	return 0;
}
