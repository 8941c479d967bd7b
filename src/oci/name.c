/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of image names, by hand: it is small, and callers name the part that is wrong. */
#include "oci/name.h"

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

bool image_host_like(struct view v)
{
	if (view_is(v, "localhost"))
		return true;
	for (size_t i = 0; i < v.len; i++) {
		if (v.ptr[i] == '.' || v.ptr[i] == ':' || v.ptr[i] == '[' ||
		    (v.ptr[i] >= 'A' && v.ptr[i] <= 'Z'))
			return true;
	}
	return false;
}

static bool port_valid(struct view v)
{
	uint64_t port;

	return view_to_u64(v, &port) && port > 0 && port < 65536;
}

/* [ADDRESS] or [ADDRESS]:PORT */
static bool ip6_valid(struct view v)
{
	const char *end = memchr(v.ptr, ']', v.len);
	struct view rest;

	if (!end || end == v.ptr + 1)
		return false;
	for (const char *p = v.ptr + 1; p < end; p++) {
		if (!is_alnum(*p) && *p != ':' && *p != '.')
			return false;
	}
	rest = view_make(end + 1, v.len - (size_t)(end + 1 - v.ptr));
	return rest.len == 0 ||
	       (rest.ptr[0] == ':' && port_valid(view_make(rest.ptr + 1, rest.len - 1)));
}

bool image_host_valid(struct view v)
{
	struct view host;

	if (v.len > 0 && v.ptr[0] == '[')
		return ip6_valid(v);
	if (!view_split(&v, ':', &host) || host.len == 0)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		bool inner = i > 0 && i + 1 < host.len;

		if (!is_alnum(host.ptr[i]) &&
		    !(inner && (host.ptr[i] == '.' || host.ptr[i] == '-')))
			return false;
	}
	return !v.ptr || port_valid(v);
}

bool image_name_valid(struct view name)
{
	struct view rest = name, part;
	bool first = true;

	while (view_split(&rest, '/', &part)) {
		bool host = first && rest.ptr && image_host_like(part);

		if (!(host ? image_host_valid(part) : component_valid(part)))
			return false;
		first = false;
	}
	return true;
}

bool image_tag_valid(struct view tag)
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
