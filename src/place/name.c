/* SPDX-License-Identifier: Apache-2.0 */
/* Image names, taken apart by hand: the grammar is small and its errors name the wrong part. */
#include "place/name.h"

#include "base/view.h"

#include <string.h>

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

/* The length of '.', '_', '__' or a run of dashes at the front of `v`; 0 if there is none. */
static size_t separator_len(struct view v)
{
	size_t n = 0;

	if (v.len == 0)
		return 0;
	if (v.ptr[0] == '.')
		return 1;
	if (v.ptr[0] == '_')
		return v.len > 1 && v.ptr[1] == '_' ? 2 : 1;
	while (n < v.len && v.ptr[n] == '-')
		n++;
	return n;
}

static bool component_valid(struct view v)
{
	while (v.len > 0 && is_lower_alnum(v.ptr[0])) {
		size_t n = 0;

		while (n < v.len && is_lower_alnum(v.ptr[n]))
			n++;
		v = view_make(v.ptr + n, v.len - n);
		if (v.len == 0)
			return true;
		n = separator_len(v);
		v = view_make(v.ptr + n, v.len - n);
	}
	return false;
}

/* A first component with a dot, a port or a capital is a host, and so is localhost. */
static bool looks_like_host(struct view v)
{
	if (view_is(v, "localhost"))
		return true;
	for (size_t i = 0; i < v.len; i++) {
		if (v.ptr[i] == '.' || v.ptr[i] == ':' || (v.ptr[i] >= 'A' && v.ptr[i] <= 'Z'))
			return true;
	}
	return false;
}

static bool host_valid(struct view v)
{
	struct view host;
	uint64_t port;

	if (!view_split(&v, ':', &host) || host.len == 0)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		bool inner = i > 0 && i + 1 < host.len;

		if (!is_alnum(host.ptr[i]) &&
		    !(inner && (host.ptr[i] == '.' || host.ptr[i] == '-')))
			return false;
	}
	return !v.ptr || (view_to_u64(v, &port) && port > 0 && port < 65536);
}

static bool name_valid(struct view name)
{
	struct view rest = name, part;
	bool first = true;

	while (view_split(&rest, '/', &part)) {
		bool host = first && rest.ptr && looks_like_host(part);

		if (!(host ? host_valid(part) : component_valid(part)))
			return false;
		first = false;
	}
	return true;
}

static bool tag_valid(struct view tag)
{
	if (tag.len == 0 || tag.len > IMAGE_TAG_MAX_CHARS)
		return false;
	for (size_t i = 0; i < tag.len; i++) {
		char c = tag.ptr[i];

		if (!is_alnum(c) && c != '_' && !(i > 0 && (c == '.' || c == '-')))
			return false;
	}
	return true;
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
	if (name.len > IMAGE_NAME_MAX_CHARS || !name_valid(name))
		return fail(e, FAIL_USAGE,
			    "'%.300s' is no image name: expected [HOST/]NAME[:TAG] with a NAME in "
			    "lower case such as 'hello' or 'team/app'",
			    text);
	if (!tag_valid(tag))
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
