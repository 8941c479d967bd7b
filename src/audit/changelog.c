/* SPDX-License-Identifier: Apache-2.0 */
/* Reads Debian changelogs for what was repaired: see updates.h. */
#include "audit/updates.h"
#include "base/map.h"
#include "pkg/deb/version.h"

#include <string.h>

/* "name (version) suites; urgency=x" begins an entry; all else in it is indented. */
static bool entry_version(struct view line, struct view *ret)
{
	const char *open, *close;

	if (!line.len || line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return false;
	open = memchr(line.ptr, '(', line.len);
	close = open ? memchr(open, ')', line.len - (size_t)(open - line.ptr)) : NULL;
	if (!close)
		return false;
	*ret = view_make(open + 1, (size_t)(close - open) - 1);
	return true;
}

static size_t digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

/* The id at the start of [p, end), or no bytes: CVE-YYYY-NNNN and longer. */
static size_t cve_length(const char *p, const char *end)
{
	size_t n;

	if (end - p < (ptrdiff_t)strlen("CVE-2000-0000") || memcmp(p, "CVE-", 4) != 0 ||
	    digits(p + 4, end) != 4 || p[8] != '-')
		return 0;
	n = digits(p + 9, end);
	return n >= 4 ? 9 + n : 0;
}

static void collect(struct view line, struct arena *a, struct map *to)
{
	const char *end = line.ptr + line.len;

	for (const char *p = line.ptr; p < end && to->n < UPDATES_MAX_CVES; p++) {
		size_t len = cve_length(p, end);

		if (!len)
			continue;
		*map_put(to, view_of(arena_strndup(a, p, len))) = to;
		p += len - 1;
	}
}

size_t changelog_cves(struct view text, struct view installed, struct arena *a, const char ***ret)
{
	auto_map found = MAP_EMPTY;
	struct view line, version;

	while (view_split(&text, '\n', &line)) {
		if (entry_version(line, &version) && deb_version_compare(version, installed) <= 0)
			break;
		collect(line, a, &found);
	}
	*ret = arena_array(a, found.n + 1, sizeof(**ret));
	for (size_t i = 0; i < found.n; i++)
		(*ret)[i] = found.at[i].key.ptr;
	return found.n;
}
