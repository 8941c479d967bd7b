/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of names in the bytes of a program. */
#include "build/rules/applets.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum {
	MIN_APPLETS = 50, /* fewer: that was some other table */
	MAX_APPLETS = 1000,
	MAX_APPLET_NAME = 32,
};

static bool is_applet_name(struct view name)
{
	if (name.len == 0 || name.len > MAX_APPLET_NAME)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.ptr[i]) && !strchr("[-_.+", name.ptr[i]))
			return false;
	return true;
}

static bool is_before(struct view a, struct view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.ptr, b.ptr, n);

	return order ? order < 0 : a.len < b.len;
}

/* How many applet names follow one another, in order, at the start of `text`. */
static size_t count_names(struct view text)
{
	struct view name, last = view_of("");
	size_t n = 0;

	while (n < MAX_APPLETS && view_split(&text, '\0', &name) && is_applet_name(name) &&
	       is_before(last, name)) {
		last = name;
		n++;
	}
	return n;
}

struct view applets_find(struct view program, size_t *ret_n)
{
	static const char start[] = "[\0[[\0"; /* whatever is before it */
	const char *at = program.ptr, *end = program.ptr + program.len;

	while ((at = memmem(at, (size_t)(end - at), start, sizeof(start) - 1))) {
		struct view table = view_make(at, (size_t)(end - at));

		*ret_n = count_names(table);
		if (*ret_n >= MIN_APPLETS)
			return table;
		at++;
	}
	*ret_n = 0;
	return (struct view){ NULL, 0 };
}
