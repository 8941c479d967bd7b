/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as .PKGINFO, and each of its dependencies: views stay inside, errors name a line. */
#include "fuzz.h"

#include "pkg/apk/depends.h"
#include "pkg/apk/pkginfo.h"

#include <assert.h>

static bool is_inside(struct view part, struct view whole)
{
	return part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size), rest = text, key, value;
	auto_arena a = ARENA_EMPTY;
	struct atom *atoms;
	struct err e;
	size_t n;

	while (apk_pkginfo_next(&rest, &key, &value)) {
		assert(key.len && is_inside(key, text) && is_inside(value, text));
		if (apk_depends_parse(value, "depend", &a, &atoms, &n, &e) < 0)
			assert(e.code && e.msg[0]);
	}
	if (apk_pkginfo_check(text, &e) == 0)
		assert(apk_pkginfo_get(text, "pkgname").len && apk_pkginfo_get(text, "pkgver").len);
	else
		assert(e.code == FAIL_FORMAT);
	return 0;
}
