/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three readers of an image's JSON documents. What one accepts must come out of its writer as
 * something that it accepts again and writes the same way.
 */
#include "oci/image.h"

#include <assert.h>

#include "fuzz.h"

static void try_config(struct view text)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf first = BUF_EMPTY, second = BUF_EMPTY;
	struct image_config c;
	struct err e = { 0 };

	if (image_config_read(text, "config", &a, &c, &e))
		return;
	image_config_write(&c, &first);
	if (image_config_read(buf_view(&first), "again", &a, &c, &e))
		assert(e.code == FAIL_LIMIT); /* escapes may make it longer than it was */
	else
		image_config_write(&c, &second);
	assert(e.code == FAIL_LIMIT || view_eq(buf_view(&first), buf_view(&second)));
}

static void try_manifest(struct view text)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf first = BUF_EMPTY, second = BUF_EMPTY;
	struct manifest m;
	struct err e = { 0 };

	if (manifest_read(text, "manifest", &a, &m, &e))
		return;
	manifest_write(&m, &first);
	if (manifest_read(buf_view(&first), "again", &a, &m, &e))
		assert(e.code == FAIL_LIMIT);
	else
		manifest_write(&m, &second);
	assert(e.code == FAIL_LIMIT || view_eq(buf_view(&first), buf_view(&second)));
}

static void try_index(struct view text)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf first = BUF_EMPTY, second = BUF_EMPTY;
	struct image_index x;
	struct err e = { 0 };

	if (image_index_read(text, "index", &a, &x, &e))
		return;
	image_index_write(&x, &first);
	if (image_index_read(buf_view(&first), "again", &a, &x, &e))
		assert(e.code == FAIL_LIMIT);
	else
		image_index_write(&x, &second);
	assert(e.code == FAIL_LIMIT || view_eq(buf_view(&first), buf_view(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);

	try_config(text);
	try_manifest(text);
	try_index(text);
	return 0;
}
