/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of .PKGINFO. */
#include "pkg/apk/pkginfo.h"

#include "base/array.h"

#include <string.h>

static bool cut_line(struct view line, struct view *ret_key, struct view *ret_value)
{
	const char *sign = memchr(line.ptr, '=', line.len);

	if (!sign)
		return false;
	*ret_key = view_trim(view_make(line.ptr, (size_t)(sign - line.ptr)));
	*ret_value = view_trim(view_make(sign + 1, line.len - (size_t)(sign - line.ptr) - 1));
	return ret_key->len > 0;
}

bool apk_pkginfo_next(struct view *rest, struct view *ret_key, struct view *ret_value)
{
	struct view line;

	while (view_split(rest, '\n', &line)) {
		line = view_trim(line);
		if (line.len && line.ptr[0] != '#' && cut_line(line, ret_key, ret_value))
			return true;
	}
	return false;
}

struct view apk_pkginfo_get(struct view text, const char *wanted)
{
	struct view rest = text, key, value;

	while (apk_pkginfo_next(&rest, &key, &value))
		if (view_is(key, wanted))
			return value;
	return view_make(NULL, 0);
}

int apk_pkginfo_check(struct view text, struct err *e)
{
	static const char *const required[] = { "pkgname", "pkgver", "arch" };
	struct view rest = text, line, key, value;

	for (size_t number = 1; view_split(&rest, '\n', &line); number++) {
		line = view_trim(line);
		if (line.len && line.ptr[0] != '#' && !cut_line(line, &key, &value))
			return fail(e, FAIL_FORMAT, ".PKGINFO: line %zu: expected 'key = value'",
				    number);
	}
	for (size_t i = 0; i < COUNT_OF(required); i++)
		if (apk_pkginfo_get(text, required[i]).len == 0)
			return fail(e, FAIL_FORMAT, ".PKGINFO has no %s", required[i]);
	return 0;
}

int apk_pkginfo_check_name(struct view text, const char *name, const char *version, struct err *e)
{
	struct view own_name = apk_pkginfo_get(text, "pkgname");
	struct view own_version = apk_pkginfo_get(text, "pkgver");

	if (view_is(own_name, name) && view_is(own_version, version))
		return 0;
	return fail(e, FAIL_FORMAT, "the package's own name is '%.*s' %.*s", VIEW_ARG(own_name),
		    VIEW_ARG(own_version));
}
