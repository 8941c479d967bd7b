/* SPDX-License-Identifier: Apache-2.0 */
/* oci-archive: an image layout of one image as a tar, its members sorted by path. */
#include <stdlib.h>
#include <string.h>

#include "oci/image.h"
#include "place/archive.h"
#include "place/layout.h"
#include "place/put.h"
#include "place/walk.h"

static int compare_digests(const void *a, const void *b)
{
	const struct descriptor *x = a, *y = b;

	return memcmp(x->digest.bytes, y->digest.bytes, SHA256_BYTES);
}

static int put_blobs(struct archive *t, struct walk *w, struct err *e)
{
	auto_place_source from = place_source_of_store(w->store);
	char path[] =
		"blobs/sha256/0123456789012345678901234567890123456789012345678901234567891234";
	int r;

	qsort(w->at, w->n, sizeof(*w->at), compare_digests);
	r = archive_dir(t, "blobs/", e);
	if (!r)
		r = archive_dir(t, "blobs/sha256/", e);
	for (size_t i = 0; !r && i < w->n; i++) {
		sha256_to_hex(&w->at[i].digest, path + strlen("blobs/sha256/"));
		r = archive_blob(t, path, from, &w->at[i], e);
	}
	return r;
}

static uint64_t walk_bytes(const struct walk *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->n; i++)
		sum += w->at[i].size; /* only for people: it may wrap */
	return sum;
}

static void write_index(const char *ref, const struct descriptor *root, struct buf *to)
{
	auto_arena a = ARENA_EMPTY;
	struct descriptor d = descriptor_with_ref(root, ref, &a);
	struct image_index x = { .manifests = &d, .n_manifests = 1 };

	image_index_write(&x, to);
}

static int put_members(struct archive *t, struct walk *w, const struct place *to,
		       const struct descriptor *root, struct err *e)
{
	auto_buf index = BUF_EMPTY;
	int r = put_blobs(t, w, e);

	write_index(to->ref, root, &index);
	if (!r)
		r = archive_bytes(t, "index.json", buf_view(&index), e);
	if (!r)
		r = archive_bytes(t, "oci-layout", view_of(LAYOUT_TEXT), e);
	return r;
}

int put_oci_archive(const struct place *to, struct store *from, const struct descriptor *root,
		    int64_t created_s, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	auto_walk w = { .store = from, .arena = &a };
	auto_archive t = ARCHIVE_NONE;
	int r = walk_image(&w, root, e);

	if (!r)
		r = archive_open(&t, to->path, created_s, e);
	if (!r) {
		archive_watch(&t, place_monitor(to), walk_bytes(&w));
		r = put_members(&t, &w, to, root, e);
	}
	if (!r)
		r = archive_commit(&t, e);
	return r ? err_context(e, "oci-archive:%s", to->path) : 0;
}
