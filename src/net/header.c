/* SPDX-License-Identifier: Apache-2.0 */
/* Reads header values and cleans URLs; see header.h. */
#include "net/header.h"

#include "base/buf.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

static bool take_number(struct view *rest, char end, uint64_t *ret)
{
	struct view digits;

	if (!memchr(rest->ptr, end, rest->len))
		return false;
	return view_split(rest, end, &digits) && view_to_u64(digits, ret);
}

bool content_range_parse(struct view value, struct content_range *ret)
{
	struct content_range r;

	value = view_trim(value);
	if (value.len < 6 || strncasecmp(value.ptr, "bytes ", 6) != 0)
		return false;
	value = view_trim(view_make(value.ptr + 6, value.len - 6));
	if (!value.len || !take_number(&value, '-', &r.first) || !value.len ||
	    !take_number(&value, '/', &r.last))
		return false;
	if (view_is(value, "*"))
		r.total = HTTP_SIZE_UNKNOWN;
	else if (!view_to_u64(value, &r.total))
		return false;
	if (r.last < r.first || r.last >= r.total)
		return false;
	*ret = r;
	return true;
}

bool header_split(struct view line, struct view *ret_name, struct view *ret_value)
{
	const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;

	if (!colon || colon == line.ptr)
		return false;
	*ret_name = view_make(line.ptr, (size_t)(colon - line.ptr));
	*ret_value = view_trim(view_make(colon + 1, line.len - ret_name->len - 1));
	return true;
}

bool header_is(struct view name, const char *lower_case)
{
	return name.len == strlen(lower_case) && strncasecmp(name.ptr, lower_case, name.len) == 0;
}

bool etag_is_strong(struct view value)
{
	if (value.len < 2 || value.len > HTTP_MAX_ETAG || value.ptr[0] != '"' ||
	    value.ptr[value.len - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < value.len; i++) {
		unsigned char c = (unsigned char)value.ptr[i];

		if (c <= ' ' || c == '"' || c == 0x7f)
			return false;
	}
	return true;
}

void make_printable(char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f)
			*text = '?';
	}
}

/* Up to the last '@' before the path: what curl takes for user and password. */
static const char *behind_user(const char *authority)
{
	const char *end = authority + strcspn(authority, "/?#");
	const char *at = memrchr(authority, '@', (size_t)(end - authority));

	return at ? at + 1 : authority;
}

char *url_shown(const char *url)
{
	auto_buf b = BUF_EMPTY;
	const char *slashes = strstr(url, "://");
	const char *rest = slashes ? slashes + 3 : url;
	size_t len;

	buf_add(&b, url, (size_t)(rest - url));
	rest = behind_user(rest);
	len = strlen(rest);
	if (len > HTTP_MAX_SHOWN_URL) {
		buf_add(&b, rest, HTTP_MAX_SHOWN_URL / 2);
		buf_add_str(&b, "...");
		rest += len - HTTP_MAX_SHOWN_URL / 2;
	}
	buf_add_str(&b, rest);
	make_printable(b.data);
	return buf_steal(&b);
}

bool url_is_file(const char *url)
{
	return strncasecmp(url, "file:", 5) == 0;
}

bool url_is_https(const char *url)
{
	return strncasecmp(url, "https:", 6) == 0;
}
