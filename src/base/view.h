/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A borrowed run of bytes, for everything that is parsed. Not NUL-terminated, may hold any byte,
 * lives as long as what it was cut from.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
	const char *ptr;
	size_t len;
};

/* printf("%.*s", VIEW_ARG(v)) */
#define VIEW_ARG(v) (int)(v).len, (v).ptr

static inline struct view view_of(const char *s)
{
	return (struct view){ s, s ? strlen(s) : 0 };
}

static inline struct view view_make(const char *ptr, size_t len)
{
	return (struct view){ ptr, len };
}

static inline bool view_eq(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool view_is(struct view a, const char *s)
{
	return view_eq(a, view_of(s));
}

static inline bool view_starts(struct view a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.len >= n && memcmp(a.ptr, prefix, n) == 0;
}

static inline bool view_ends(struct view a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.len >= n && memcmp(a.ptr + a.len - n, suffix, n) == 0;
}

/* Byte order, shorter first on a tie; for qsort-like callers. */
int view_compare(struct view a, struct view b);
/* Without spaces, tabs, CR and LF at either end. */
struct view view_trim(struct view v);
/*
 * Cuts the part before the next `sep` off the front of *rest and returns it; the separator goes.
 * False when *rest was already used up (rest->ptr == NULL). The two must not be one.
 */
bool view_split(struct view *rest, char sep, struct view *ret_part);
/* The next word between spaces, tabs and newlines; false when there is none. */
bool view_word(struct view *rest, struct view *ret_word);
/* Decimal digits only, no sign, no spaces; false on anything else or on overflow. */
bool view_to_u64(struct view v, uint64_t *ret_value);
