/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of an image, a line each, the last of them its index or manifest. "@N" in a line is the
 * digest and the size of line N, which must stand before it. The image is put on each of the lines:
 * what comes of that must be an image again, of images only.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "fuzz.h"
#include "place/source_join.h"
#include "place/walk.h"
#include "rebase/rebase.h"
#include "view/look.h"

enum { MAX_LINES = 10 };

struct documents {
	struct descriptor at[MAX_LINES];
	size_t n;
	struct place_source *source;
	struct arena *arena;
};

static void put_line(struct documents *all, struct view line)
{
	struct descriptor *d = &all->at[all->n];
	auto_buf text = BUF_EMPTY;
	struct view bytes;

	for (size_t i = 0; i < line.len; i++) {
		size_t n = i + 1 < line.len ? (size_t)(line.ptr[i + 1] - '0') : MAX_LINES;

		if (line.ptr[i] == '@' && n < all->n) {
			buf_printf(&text, "\"digest\":\"%s\",\"size\":%llu",
				   look_digest(&all->at[n].digest, all->arena),
				   (unsigned long long)all->at[n].size);
			i++;
		} else {
			buf_add_char(&text, line.ptr[i]);
		}
	}
	bytes = view_make(arena_view(all->arena, buf_view(&text)), text.len);
	*d = (struct descriptor){ .media_type = MEDIA_TYPE_MANIFEST, .size = bytes.len };
	sha256_of(bytes.ptr, bytes.len, &d->digest);
	if (memmem(bytes.ptr, bytes.len, "\"manifests\"", 11))
		d->media_type = MEDIA_TYPE_INDEX;
	place_source_join_bytes(all->source, &d->digest, bytes);
	all->n++;
}

static void check(const struct rebase_result *r, struct arena *a)
{
	struct look look;
	struct err e;

	if (look_read(r->source, &r->root, a, &look, &e) < 0)
		assert(e.code == FAIL_LIMIT);
	else
		assert(look.n_platforms > 0 && look.n_artifacts == 0);
}

static void rebase(struct documents *all)
{
	struct rebase_options o = {
		.image = { "image", all->source, all->at[all->n - 1] },
		.from_scratch = true,
		.base_name = "base",
	};
	struct err e;

	for (size_t i = 0; i < all->n; i++) {
		auto_rebase r = { 0 };

		o.onto = (struct rebase_source){ "onto", all->source, all->at[i] };
		if (rebase_image(&o, all->arena, &r, &e) == 0)
			check(&r, all->arena);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view rest = view_make((const char *)data, size), line;
	auto_place_source source = place_source_join();
	auto_arena a = ARENA_EMPTY;
	struct documents all = { .source = source, .arena = &a };

	while (all.n < MAX_LINES && view_split(&rest, '\n', &line))
		if (line.len)
			put_line(&all, line);
	if (all.n)
		rebase(&all);
	return 0;
}
