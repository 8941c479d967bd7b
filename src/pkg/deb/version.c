/* SPDX-License-Identifier: Apache-2.0 */
/* Checks and orders Debian version numbers; see version.h. */
#include "pkg/deb/version.h"

#include <limits.h>
#include <stdbool.h>

/* In three parts; a missing epoch or revision is empty, and counts as 0 in comparisons. */
struct parts {
	struct view epoch, upstream, revision;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct parts split(struct view v)
{
	struct parts p = { .upstream = v };
	const char *colon = v.len ? memchr(v.ptr, ':', v.len) : NULL;
	const char *dash;

	if (colon) {
		p.epoch = view_make(v.ptr, (size_t)(colon - v.ptr));
		p.upstream = view_make(colon + 1, v.len - p.epoch.len - 1);
	}
	dash = p.upstream.len ? memrchr(p.upstream.ptr, '-', p.upstream.len) : NULL;
	if (dash) {
		size_t before = (size_t)(dash - p.upstream.ptr);

		p.revision = view_make(dash + 1, p.upstream.len - before - 1);
		p.upstream.len = before;
	}
	return p;
}

/* The first byte that is neither letter nor digit nor one of `others`, or NULL. */
static const char *find_foreign(struct view v, const char *others)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = v.ptr[i];

		if (!is_digit(c) && !is_letter(c) && (c == '\0' || !strchr(others, c)))
			return &v.ptr[i];
	}
	return NULL;
}

static const char *fault(struct view v)
{
	struct parts p = split(v);
	uint64_t epoch;

	if (v.len == 0)
		return "is empty";
	if (v.len > DEB_VERSION_MAX_BYTES)
		return "is too long";
	if (p.epoch.ptr && (!view_to_u64(p.epoch, &epoch) || epoch > INT_MAX))
		return "has an epoch that is no number";
	if (p.upstream.len == 0)
		return "has nothing but an epoch or revision";
	if (!is_digit(p.upstream.ptr[0]))
		return "does not start with a digit";
	if (p.revision.ptr && p.revision.len == 0)
		return "has an empty revision";
	if (find_foreign(p.upstream, ".-+~:") || find_foreign(p.revision, ".+~"))
		return "has a character that versions can't have";
	return NULL;
}

int deb_version_check(struct view v, struct err *e)
{
	const char *what = fault(v);

	if (what)
		return fail(e, FAIL_FORMAT, "version '%.*s' %s", (int)(v.len > 80 ? 80 : v.len),
			    v.ptr ? v.ptr : "", what);
	return 0;
}

/* Where a byte of a non-digit run sorts: '~' before the end, letters before all else. */
static int weight(struct view v, size_t at)
{
	char c;

	if (at >= v.len || is_digit(v.ptr[at]))
		return 0;
	c = v.ptr[at];
	if (c == '~')
		return -1;
	return is_letter(c) ? (unsigned char)c : (unsigned char)c + 256;
}

static size_t digits(struct view v, size_t at)
{
	size_t n = 0;

	while (at + n < v.len && is_digit(v.ptr[at + n]))
		n++;
	return n;
}

static size_t skip_zeros(struct view v, size_t at)
{
	while (at < v.len && v.ptr[at] == '0')
		at++;
	return at;
}

/* Runs of other characters and numbers in turn. */
static int compare_part(struct view a, struct view b)
{
	size_t i = 0, k = 0;

	while (i < a.len || k < b.len) {
		size_t na, nb;
		int order;

		while ((i < a.len && !is_digit(a.ptr[i])) || (k < b.len && !is_digit(b.ptr[k]))) {
			order = weight(a, i++) - weight(b, k++);
			if (order != 0)
				return order;
		}
		i = skip_zeros(a, i);
		k = skip_zeros(b, k);
		na = digits(a, i);
		nb = digits(b, k);
		if (na != nb)
			return na < nb ? -1 : 1;
		order = na ? memcmp(a.ptr + i, b.ptr + k, na) : 0;
		if (order != 0)
			return order;
		i += na;
		k += nb;
	}
	return 0;
}

int deb_version_compare(struct view a, struct view b)
{
	struct parts pa = split(a), pb = split(b);
	int order = compare_part(pa.epoch, pb.epoch);

	if (order == 0)
		order = compare_part(pa.upstream, pb.upstream);
	return order ? order : compare_part(pa.revision, pb.revision);
}
