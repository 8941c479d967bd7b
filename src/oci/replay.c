/* SPDX-License-Identifier: Apache-2.0 */
/* One stack of streams per layer: blob, codec, limit, digest; see replay.h. */
#include "oci/replay.h"

#include "base/interrupt.h"
#include "io/basic.h"
#include "io/codec.h"
#include "tree/apply.h"

static const char *layer_name(const struct sha256 *digest, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(digest, hex);
	return arena_printf(a, "layer sha256:%s", hex);
}

int layer_open_tar(const struct layer_opener *from, const struct descriptor *d, const char *name,
		   struct source **ret, struct err *e)
{
	struct source *blob, *peek, *plain;
	struct view start;
	enum codec codec;
	int r = from->open(from->ctx, d, &blob, e);

	if (r < 0)
		return r;
	peek = peek_source_new(blob, CODEC_DETECT_BYTES);
	r = source_peek(peek, &start, e);
	if (r < 0) {
		source_close(peek);
		return r;
	}
	codec = codec_detect(start);
	if (codec != CODEC_PLAIN && codec != CODEC_GZIP && codec != CODEC_ZSTD) {
		source_close(peek);
		return fail(e, FAIL_UNSUPPORTED, "%s: layers are never packed with %s", name,
			    codec_name(codec));
	}
	r = decode_source_new(codec, peek, "blob", &plain, e);
	if (r == 0)
		*ret = limit_source_new(plain, REPLAY_MAX_LAYER_BYTES, "blob");
	return r;
}

/* What follows the end-of-archive mark is part of the layer's digests. */
static int read_rest(struct source *tar, struct err *e)
{
	char bytes[16 << 10];
	size_t n;
	int r;

	do {
		r = source_read(tar, bytes, sizeof(bytes), &n, e);
		if (r == 0)
			r = interrupt_check(e);
	} while (r == 0 && n);
	return r;
}

static int replay_layer(const struct layer_opener *from, const struct descriptor *d,
			const struct sha256 *diff_id, struct tree *t, struct spool *spool,
			struct arena *a, struct err *e)
{
	struct origin *origin = arena_new(a, struct origin);
	const char *name = layer_name(&d->digest, a);
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_source tar = NULL;
	struct sha256 got;
	int r = layer_open_tar(from, d, name, &tar, e);

	if (r < 0)
		return r;
	tar = digest_source_new(tar, h, NULL);
	*origin = (struct origin){ .kind = ORIGIN_LAYER, .name = name + strlen("layer ") };
	r = tree_apply_layer(t, tar, name, origin, spool, e);
	if (r < 0)
		return r;
	r = read_rest(tar, e);
	if (r < 0)
		return err_context(e, "%s", name);
	sha256_final(h, &got);
	if (!sha256_eq(&got, diff_id))
		return fail(e, FAIL_VERIFY, "%s unpacks to other bytes than its config says", name);
	return 0;
}

int image_replay(const struct manifest *m, const struct image_config *c,
		 const struct layer_opener *from, struct tree *t, struct spool *spool,
		 struct arena *a, struct err *e)
{
	if (m->n_layers != c->n_diff_ids)
		return fail(e, FAIL_FORMAT, "the manifest has %zu layers and the config %zu",
			    m->n_layers, c->n_diff_ids);
	for (size_t i = 0; i < m->n_layers; i++) {
		int r = replay_layer(from, &m->layers[i], &c->diff_ids[i], t, spool, a, e);

		if (r < 0)
			return r;
	}
	return 0;
}
