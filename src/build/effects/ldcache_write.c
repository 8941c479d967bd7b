/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file format "glibc-ld.so.cache1.1": header, entries, strings, extensions; numbers in the
 * architecture's byte order. Entries are in the order in which the loader searches by halving, and
 * strings share tails, so that a path holds its library's name too.
 */
#include "base/array.h"
#include "build/effects/ldcache_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
	HEADER_BYTES = 48,
	ENTRY_BYTES = 24,
	EXTENSION_HEADER_BYTES = 8,
	SECTION_BYTES = 16,
	SECTION_GENERATOR = 0,
	SECTION_HWCAPS = 1,
	ENDIAN_LITTLE = 2,
	ENDIAN_BIG = 3,
};

#define EXTENSION_MAGIC UINT32_C(0xeaa42174)
#define HWCAP_EXTENSION (UINT64_C(1) << 62) /* an index into the hwcaps section follows */

struct string {
	const char *text;
	size_t len;
	uint32_t offset; /* in the file */
};

struct writer {
	bool big_endian;
	struct buf *out;
	size_t begin; /* of the file in `out` */
	const struct map *hwcaps;
	struct string *at;
	size_t n, cap;
	struct map index;  /* text → index + 1 */
	const char **used; /* hwcaps names that entries have, sorted */
	size_t n_used;
};

static void put_number(struct writer *w, uint64_t value, size_t n)
{
	char *to = buf_grow(w->out, n);

	for (size_t i = 0; i < n; i++)
		to[w->big_endian ? n - 1 - i : i] = (char)(value >> (8 * i));
	w->out->len += n;
	w->out->data[w->out->len] = '\0';
}

static void put_u32(struct writer *w, size_t value)
{
	put_number(w, value, 4);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_search_order(const void *left, const void *right)
{
	const struct ld_entry *a = left, *b = right;
	int order = ld_name_compare(b->soname, a->soname);

	if (order)
		return order;
	if (a->flags != b->flags)
		return a->flags < b->flags ? 1 : -1;
	if (!a->hwcaps != !b->hwcaps)
		return a->hwcaps ? -1 : 1;
	if (a->hwcaps && (order = strcmp(a->hwcaps, b->hwcaps)) != 0)
		return order;
	return (a->order > b->order) - (a->order < b->order);
}

static void add_string(struct writer *w, const char *text)
{
	void **slot = map_put(&w->index, view_of(text));

	if (*slot)
		return;
	*array_push(w) = (struct string){ .text = text, .len = strlen(text) };
	*slot = (void *)(uintptr_t)w->n;
}

/* Backwards, the greater byte first and what ends with another string before that. */
static int by_tail(const void *left, const void *right)
{
	const struct string *a = left, *b = right;
	size_t n = a->len < b->len ? a->len : b->len;

	for (size_t i = 1; i <= n; i++) {
		unsigned char x = (unsigned char)a->text[a->len - i];
		unsigned char y = (unsigned char)b->text[b->len - i];

		if (x != y)
			return (int)y - (int)x;
	}
	return (a->len < b->len) - (a->len > b->len);
}

static bool is_tail(const struct string *whole, const struct string *tail)
{
	return whole->len >= tail->len &&
	       memcmp(whole->text + whole->len - tail->len, tail->text, tail->len) == 0;
}

/* Puts the strings in order and gives them offsets from `at`; the end of the last one. */
static int place_strings(struct writer *w, size_t at, size_t *ret_end, struct err *e)
{
	size_t end = at;

	if (w->n)
		qsort(w->at, w->n, sizeof(*w->at), by_tail);
	for (size_t i = 0; i < w->n; i++) {
		struct string *s = &w->at[i], *before = i ? &w->at[i - 1] : NULL;

		if (before && is_tail(before, s)) {
			s->offset = (uint32_t)(before->offset + before->len - s->len);
		} else {
			s->offset = (uint32_t)end;
			end += s->len + 1;
		}
		if (end > LDCACHE_MAX_STRING_BYTES)
			return fail(e, FAIL_LIMIT, "more than %d bytes of names for ld.so.cache",
				    LDCACHE_MAX_STRING_BYTES);
		*map_put(&w->index, view_make(s->text, s->len)) = (void *)(uintptr_t)(i + 1);
	}
	*ret_end = end;
	return 0;
}

static uint32_t offset_of(const struct writer *w, const char *text)
{
	return w->at[(uintptr_t)map_get(&w->index, view_of(text)) - 1].offset;
}

static void find_used(struct writer *w, const struct ld_entry *entries, size_t n)
{
	w->used = mem_resize(NULL, w->hwcaps->n + 1, sizeof(*w->used));
	for (size_t i = 0; i < w->hwcaps->n; i++) {
		const char *name = w->hwcaps->at[i].key.ptr;
		bool used = false;

		for (size_t k = 0; k < n && !used; k++)
			used = entries[k].hwcaps && strcmp(entries[k].hwcaps, name) == 0;
		if (used)
			w->used[w->n_used++] = name;
	}
	if (w->n_used)
		qsort(w->used, w->n_used, sizeof(*w->used), by_text);
}

static void put_header(struct writer *w, size_t n, size_t strings_end, size_t extensions)
{
	buf_add_str(w->out, "glibc-ld.so.cache1.1");
	put_u32(w, n);
	put_u32(w, strings_end - HEADER_BYTES - n * ENTRY_BYTES);
	put_number(w, w->big_endian ? ENDIAN_BIG : ENDIAN_LITTLE, 1);
	buf_add(w->out, "\0\0", 3);
	put_u32(w, extensions);
	for (int i = 0; i < 3; i++)
		put_u32(w, 0);
}

static uint64_t hwcap_of(const struct writer *w, const struct ld_entry *entry)
{
	size_t i = 0;

	if (!entry->hwcaps)
		return 0;
	while (strcmp(w->used[i], entry->hwcaps) != 0)
		i++;
	return HWCAP_EXTENSION | (uint64_t)entry->isa_level << 32 | i;
}

static void put_entry(struct writer *w, const struct ld_entry *entry)
{
	put_u32(w, entry->flags);
	put_u32(w, offset_of(w, entry->soname));
	put_u32(w, offset_of(w, entry->path));
	put_u32(w, 0); /* was an OS version once */
	put_number(w, hwcap_of(w, entry), 8);
}

static void put_strings(struct writer *w, size_t strings_end)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->begin + w->at[i].offset == w->out->len)
			buf_add(w->out, w->at[i].text, w->at[i].len + 1);
	}
	while (w->out->len - w->begin < strings_end || (w->out->len - w->begin) % 4)
		buf_add_char(w->out, '\0');
}

static void put_section(struct writer *w, uint32_t tag, size_t offset, size_t size)
{
	put_u32(w, tag);
	put_u32(w, 0);
	put_u32(w, offset);
	put_u32(w, size);
}

static void put_extensions(struct writer *w, const char *generator)
{
	size_t n = w->n_used ? 2 : 1;
	size_t at = w->out->len - w->begin + EXTENSION_HEADER_BYTES + n * SECTION_BYTES;
	size_t hwcaps_bytes = 4 * w->n_used;

	put_u32(w, EXTENSION_MAGIC);
	put_u32(w, n);
	put_section(w, SECTION_GENERATOR, at + hwcaps_bytes, strlen(generator));
	if (w->n_used)
		put_section(w, SECTION_HWCAPS, at, hwcaps_bytes);
	for (size_t i = 0; i < w->n_used; i++)
		put_u32(w, offset_of(w, w->used[i]));
	buf_add_str(w->out, generator);
}

static int write_all(struct writer *w, struct ld_entry *entries, size_t n, const char *generator,
		     struct err *e)
{
	size_t strings_end = 0, extensions;

	if (n)
		qsort(entries, n, sizeof(*entries), by_search_order);
	for (size_t i = 0; i < n; i++) {
		add_string(w, entries[i].path);
		add_string(w, entries[i].soname);
	}
	for (size_t i = 0; i < w->hwcaps->n; i++)
		add_string(w, w->hwcaps->at[i].key.ptr);
	find_used(w, entries, n);
	if (place_strings(w, HEADER_BYTES + n * ENTRY_BYTES, &strings_end, e) < 0)
		return -(int)e->code;
	extensions = (strings_end + 3) / 4 * 4;
	put_header(w, n, strings_end, extensions);
	for (size_t i = 0; i < n; i++)
		put_entry(w, &entries[i]);
	put_strings(w, strings_end);
	put_extensions(w, generator);
	return 0;
}

int ldcache_write(const struct ld_arch *arch, const struct ld_glibc *glibc,
		  struct ld_entry *entries, size_t n, const struct map *hwcaps, struct buf *ret,
		  struct err *e)
{
	struct writer w = { .big_endian = arch->big_endian,
			    .out = ret,
			    .begin = ret->len,
			    .hwcaps = hwcaps,
			    .index = MAP_EMPTY };
	int rc = write_all(&w, entries, n, glibc->generator, e);

	map_done(&w.index);
	free(w.at);
	free(w.used);
	return rc;
}
