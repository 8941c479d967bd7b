/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads any bytes as deb822, from memory and as a stream that comes in small pieces: both must
 * say the same, and every view must lie in the stanza's text.
 */
#include "fuzz.h"

#include "base/mem.h"
#include "fmt/deb822.h"

#include <assert.h>
#include <stdlib.h>

struct drip {
	struct source s;
	struct view left;
	size_t piece;
};

static int drip_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct drip *d = (struct drip *)s;
	size_t n = d->left.len < d->piece ? d->left.len : d->piece;

	(void)e;
	n = n < size ? n : size;
	if (n)
		memcpy(to, d->left.ptr, n);
	d->left = view_make(d->left.ptr + n, d->left.len - n);
	*ret_n = n;
	return 0;
}

static void drip_close(struct source *s)
{
	free(s);
}

static const struct source_ops drip_ops = { drip_read, drip_close };

static struct source *drip_new(struct view text, size_t piece)
{
	struct drip *d = mem_alloc(sizeof(*d));

	source_init(&d->s, &drip_ops);
	d->left = text;
	d->piece = piece;
	return &d->s;
}

static void check_view(struct view whole, struct view part)
{
	assert(part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void compare(const struct deb822_stanza *a, const struct deb822_stanza *b)
{
	assert(view_eq(a->text, b->text) && a->line == b->line && a->n_fields == b->n_fields);
	assert(a->n_fields > 0 && a->n_fields <= DEB822_MAX_FIELDS);
	for (size_t i = 0; i < a->n_fields; i++) {
		check_view(a->text, a->fields[i].name);
		check_view(a->text, a->fields[i].value);
		check_view(b->text, b->fields[i].name);
		check_view(b->text, b->fields[i].value);
		assert(view_eq(a->fields[i].name, b->fields[i].name));
		assert(view_eq(a->fields[i].value, b->fields[i].value));
	}
	(void)deb822_get(a, "Package");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);
	size_t piece = size ? 1 + data[0] % 61 : 1;
	struct deb822_reader *mem = deb822_reader_new_mem(text, "fuzz");
	struct deb822_reader *stream = deb822_reader_new(drip_new(text, piece), "fuzz");
	struct deb822_stanza a, b;
	struct err ea, eb;
	int rc;

	do {
		rc = deb822_reader_next(mem, &a, &ea);
		assert(deb822_reader_next(stream, &b, &eb) == rc);
		if (rc > 0)
			compare(&a, &b);
		else if (rc < 0)
			assert(strcmp(ea.msg, eb.msg) == 0);
	} while (rc > 0);
	deb822_reader_free(mem);
	deb822_reader_free(stream);
	return 0;
}
