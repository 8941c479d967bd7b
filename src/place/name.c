/* SPDX-License-Identifier: Apache-2.0 */
/* Image names of the store and of archives, taken apart with errors that name the wrong part. */
#include "place/name.h"

#include "base/view.h"
#include "oci/name.h"

#include <string.h>

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

int image_name_parse(const char *text, struct arena *a, const char **ret_full,
		     const char **ret_name, const char **ret_tag, struct err *e)
{
	const char *slash = strrchr(text, '/');
	const char *colon = strchr(slash ? slash : text, ':');
	struct view name = view_make(text, colon ? (size_t)(colon - text) : strlen(text));
	struct view tag = view_of(colon ? colon + 1 : "latest");

	if (strchr(text, '@'))
		return fail(e, FAIL_USAGE, "'%.300s' names a digest; a NAME[:TAG] is needed here",
			    text);
	if (name.len > IMAGE_NAME_MAX_CHARS || !image_name_valid(name))
		return fail(e, FAIL_USAGE,
			    "'%.300s' is no image name: expected [HOST/]NAME[:TAG] with a NAME in "
			    "lower case such as 'hello' or 'team/app'",
			    text);
	if (!image_tag_valid(tag))
		return fail(e, FAIL_USAGE,
			    "the tag in '%.300s' must be 1 to %d of A-Z a-z 0-9 _ . - and not "
			    "begin with . or -",
			    text, IMAGE_TAG_MAX_CHARS);
	*ret_full = arena_printf(a, "%.*s:%.*s", VIEW_ARG(name), VIEW_ARG(tag));
	if (ret_name)
		*ret_name = arena_view(a, name);
	if (ret_tag)
		*ret_tag = arena_view(a, tag);
	return 0;
}

bool layout_ref_valid(const char *ref)
{
	bool after_word = false;

	for (const char *p = ref; *p; p++) {
		if (is_alnum(*p)) {
			after_word = true;
			continue;
		}
		if (!after_word || !strchr("-._:@+/", *p) || p[1] == '\0')
			return false;
		if (p[0] == '-' && p[1] == '-')
			p++;
		after_word = false;
	}
	return after_word;
}
