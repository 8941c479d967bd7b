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

bool upload_range_parse(struct view value, uint64_t *ret_bytes)
{
	struct view first;
	uint64_t from, last;

	if (view_starts(value, "bytes="))
		value = view_make(value.ptr + 6, value.len - 6);
	if (!view_split(&value, '-', &first) || !value.ptr || !view_to_u64(first, &from) ||
	    from != 0 || !view_to_u64(value, &last) || last == UINT64_MAX)
		return false;
	*ret_bytes = last ? last + 1 : 0;
	return true;
}

/* What is before the next `end` outside of quoted strings (RFC 9110, 5.6.4); that goes, too. */
static struct view cut_unquoted(struct view *rest, char end)
{
	struct view part = *rest;
	bool quoted = false;
	size_t n = 0;

	for (; n < rest->len && (quoted || rest->ptr[n] != end); n++) {
		if (rest->ptr[n] == '"')
			quoted = !quoted;
		else if (quoted && rest->ptr[n] == '\\' && n + 1 < rest->len)
			n++;
	}
	part.len = n;
	n += n < rest->len;
	*rest = view_make(rest->ptr + n, rest->len - n);
	return part;
}

/* Whether ';'-separated parameters have rel=… with that word in it, or none. */
static bool has_relation(struct view parameters, const char *rel)
{
	bool any = true;

	while (parameters.len) {
		struct view value = cut_unquoted(&parameters, ';'), name, word;

		if (!view_split(&value, '=', &name) || !header_is(view_trim(name), "rel"))
			continue;
		any = false;
		value = view_trim(value);
		if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
			value = view_make(value.ptr + 1, value.len - 2);
		while (view_word(&value, &word))
			if (header_is(word, rel))
				return true;
	}
	return any;
}

bool link_find(struct view value, const char *rel, struct view *ret_target)
{
	for (value = view_trim(value); view_starts(value, "<"); value = view_trim(value)) {
		const char *end = memchr(value.ptr, '>', value.len);
		struct view target, rest;

		if (!end)
			return false;
		target = view_make(value.ptr + 1, (size_t)(end - value.ptr - 1));
		rest = view_make(end + 1, value.len - target.len - 2);
		if (has_relation(cut_unquoted(&rest, ','), rel)) {
			*ret_target = target;
			return true;
		}
		value = rest;
	}
	return false;
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
