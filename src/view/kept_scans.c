/* SPDX-License-Identifier: Apache-2.0 */
/* A mapped file for each layer and scanner; see kept_scans.h. */
#include "view/kept_scans.h"

#include "view/cache.h"
#include "view/mapped.h"

#define KEPT_SCAN_KIND ((struct mapped_kind){ "parescn\n", KEPT_SCAN_VERSION })

/* Of the layer's bytes, and of what was looked for. */
static void key_of(const struct image_view *v, const struct view_scanner *s, size_t layer,
		   struct sha256 *ret)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);

	hasher_update(h, v->layers[layer].diff_id.bytes, SHA256_BYTES);
	hasher_update(h, s->key.bytes, SHA256_BYTES);
	sha256_final(h, ret);
}

bool kept_scan_load(const struct image_view *v, const struct view_scanner *s, size_t layer)
{
	struct mapped file;
	struct sha256 key;
	struct err ignored;
	bool taken;
	int fd;

	if (!s->load)
		return false;
	key_of(v, s, layer, &key);
	fd = view_cache_open(v, CACHE_SCANS, &key, KEPT_SCAN_VERSION);
	if (fd < 0 || mapped_open(fd, &KEPT_SCAN_KIND, &key, 0, &file, &ignored) < 0)
		return false;
	taken = s->load(s->ctx, layer,
			view_make(file.at + sizeof(struct mapped_head),
				  file.bytes - sizeof(struct mapped_head)));
	mapped_close(&file);
	return taken;
}

struct saving {
	const struct sha256 *key;
	struct view bytes;
};

static int write_to(void *ctx, int fd, struct err *e)
{
	const struct saving *s = ctx;

	return mapped_write(fd, &KEPT_SCAN_KIND, s->key, &s->bytes, 1, e);
}

void kept_scan_save(const struct image_view *v, const struct view_scanner *s, size_t layer,
		    const struct buf *found)
{
	struct sha256 key;
	struct saving saving = { &key, buf_view(found) };
	struct err ignored;

	if (found->len > KEPT_SCAN_MAX_BYTES)
		return;
	key_of(v, s, layer, &key);
	(void)view_cache_write(v, CACHE_SCANS, &key, KEPT_SCAN_VERSION, write_to, &saving, NULL,
			       &ignored);
}
