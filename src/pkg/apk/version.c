/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A version is cut into parts, one after the other; two versions are compared part by part. The
 * kinds of parts are in the order in which they may follow each other, and where two versions go
 * on differently the one whose part is of the earlier kind is the greater, for it has more to
 * come: 1.2.1 > 1.2a > 1.2_p1 > 1.2-r1 > 1.2. A suffix from alpha to rc is the exception.
 */
#include "pkg/apk/version.h"

#include "base/array.h"

#include <stddef.h>
#include <string.h>

enum part_kind {
	PART_FIRST,  /* the number at the start */
	PART_NUMBER, /* after a dot */
	PART_LETTER,
	PART_SUFFIX,
	PART_SUFFIX_NUMBER,
	PART_HASH,
	PART_REVISION,
	PART_END,
	PART_WRONG,
};

struct part {
	enum part_kind kind;
	struct view text; /* digits, letter or hash */
	int suffix;	  /* below 0: before the version without suffix */
};

static const struct {
	const char *name;
	int order;
} suffixes[] = {
	{ "alpha", -4 }, { "beta", -3 }, { "pre", -2 }, { "rc", -1 }, { "cvs", 1 },
	{ "svn", 2 },	 { "git", 3 },	 { "hg", 4 },	{ "p", 5 },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

/* Cuts the bytes of a kind off the front. */
static struct view take_run(struct view *rest, bool (*fits)(char))
{
	size_t n = 0;
	struct view run;

	while (n < rest->len && fits(rest->ptr[n]))
		n++;
	run = view_make(rest->ptr, n);
	*rest = view_make(rest->ptr + n, rest->len - n);
	return run;
}

static void drop(struct view *rest, size_t n)
{
	*rest = view_make(rest->ptr + n, rest->len - n);
}

static const struct part wrong = { .kind = PART_WRONG };

static struct part take_digits(struct view *rest, enum part_kind kind)
{
	struct part p = { .kind = kind, .text = take_run(rest, is_digit) };

	return p.text.len ? p : wrong;
}

static struct part take_suffix(struct view *rest)
{
	struct part p = { .kind = PART_SUFFIX };
	struct view word;

	drop(rest, 1);
	word = take_run(rest, is_lower);
	for (size_t i = 0; i < COUNT_OF(suffixes); i++)
		if (view_is(word, suffixes[i].name))
			p.suffix = suffixes[i].order;
	return p.suffix ? p : wrong;
}

static struct part take_hash(struct view *rest)
{
	struct part p = { .kind = PART_HASH };

	drop(rest, 1);
	p.text = take_run(rest, is_hex);
	return p.text.len ? p : wrong;
}

/* The part behind one of the kind `last`, cut off the front; what is left stays on an error. */
static struct part next_part(struct view *rest, enum part_kind last)
{
	struct view start = *rest;
	struct part p = wrong;
	char c = rest->len ? rest->ptr[0] : '\0';

	if (rest->len == 0)
		return (struct part){ .kind = PART_END };
	if (is_digit(c) && last == PART_SUFFIX) {
		p = take_digits(rest, PART_SUFFIX_NUMBER);
	} else if (c == '.' && last <= PART_NUMBER) {
		drop(rest, 1);
		p = take_digits(rest, PART_NUMBER);
	} else if (is_lower(c) && last <= PART_NUMBER) {
		p = (struct part){ .kind = PART_LETTER, .text = view_make(rest->ptr, 1) };
		drop(rest, 1);
	} else if (c == '_' && last <= PART_SUFFIX_NUMBER) {
		p = take_suffix(rest);
	} else if (c == '~' && last < PART_HASH) {
		p = take_hash(rest);
	} else if (view_starts(*rest, "-r") && last < PART_REVISION) {
		drop(rest, 2);
		p = take_digits(rest, PART_REVISION);
	}
	if (p.kind == PART_WRONG)
		*rest = start;
	return p;
}

static int compare_numbers(struct view a, struct view b)
{
	while (a.len && a.ptr[0] == '0')
		drop(&a, 1);
	while (b.len && b.ptr[0] == '0')
		drop(&b, 1);
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return view_compare(a, b);
}

static int compare_parts(const struct part *a, const struct part *b)
{
	switch (a->kind) {
	case PART_NUMBER:
		/* A zero in front makes it a fraction, as it were: 1.02 < 1.1. */
		if (a->text.ptr[0] == '0' || b->text.ptr[0] == '0')
			return view_compare(a->text, b->text);
		return compare_numbers(a->text, b->text);
	case PART_FIRST:
	case PART_SUFFIX_NUMBER:
	case PART_REVISION:
		return compare_numbers(a->text, b->text);
	case PART_SUFFIX:
		return a->suffix - b->suffix;
	default:
		return view_compare(a->text, b->text);
	}
}

/* Goes through both as long as they agree; what comes next in each is in the last two. */
static int compare_common(struct view a, struct view b, struct part *ret_a, struct part *ret_b)
{
	*ret_a = take_digits(&a, PART_FIRST);
	*ret_b = take_digits(&b, PART_FIRST);
	while (ret_a->kind == ret_b->kind && ret_a->kind < PART_END) {
		int order = compare_parts(ret_a, ret_b);

		if (order)
			return order;
		*ret_a = next_part(&a, ret_a->kind);
		*ret_b = next_part(&b, ret_b->kind);
	}
	return 0;
}

int apk_version_compare(struct view a, struct view b)
{
	struct part x, y;
	int order = compare_common(a, b, &x, &y);

	if (order || x.kind == y.kind)
		return order;
	if (x.kind == PART_SUFFIX && x.suffix < 0)
		return -1;
	if (y.kind == PART_SUFFIX && y.suffix < 0)
		return 1;
	return x.kind < y.kind ? 1 : -1;
}

bool apk_version_begins(struct view version, struct view prefix)
{
	struct part x, y;

	return compare_common(version, prefix, &x, &y) == 0 && y.kind == PART_END;
}

int apk_version_check(struct view version, struct err *e)
{
	struct view rest = version;
	struct part p;

	if (version.len > APK_MAX_VERSION_BYTES)
		return fail(e, FAIL_LIMIT, "a version of %zu bytes", version.len);
	p = take_digits(&rest, PART_FIRST);
	while (p.kind < PART_END)
		p = next_part(&rest, p.kind);
	if (p.kind == PART_END)
		return 0;
	return fail(e, FAIL_FORMAT, "'%.*s' is no version from byte %zu on: expected %s",
		    VIEW_ARG(version), version.len - rest.len + 1,
		    rest.len == version.len
			    ? "a digit"
			    : "'.' and digits, a letter, '_' and a suffix, '~' and a hash, or "
			      "'-r' and digits");
}
