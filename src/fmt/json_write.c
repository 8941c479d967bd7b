/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON writer of json.h: the same calls give the same bytes, on one line or indented, and
 * what comes out is always UTF-8. HTML characters are not escaped.
 */
#include "fmt/json.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

void json_writer_init(struct json_writer *w, struct buf *to, unsigned int indent)
{
	*w = (struct json_writer){ .to = to, .indent = indent };
	w->first[0] = true;
}

static void new_line(struct json_writer *w)
{
	if (w->indent == 0)
		return;
	buf_add_char(w->to, '\n');
	for (unsigned int i = 0; i < w->depth * w->indent; i++)
		buf_add_char(w->to, ' ');
}

/* What stands between the previous value and this one. */
static void before_value(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (!w->first[w->depth])
		buf_add_char(w->to, ',');
	w->first[w->depth] = false;
	if (w->depth > 0)
		new_line(w);
}

static void open_container(struct json_writer *w, char bracket)
{
	before_value(w);
	buf_add_char(w->to, bracket);
	assert(w->depth < JSON_MAX_DEPTH);
	w->first[++w->depth] = true;
}

static void close_container(struct json_writer *w, char bracket)
{
	bool empty = w->first[w->depth];

	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	if (!empty)
		new_line(w);
	buf_add_char(w->to, bracket);
	if (w->depth == 0 && w->indent > 0)
		buf_add_char(w->to, '\n');
}

void json_open_object(struct json_writer *w)
{
	open_container(w, '{');
}

void json_close_object(struct json_writer *w)
{
	close_container(w, '}');
}

void json_open_array(struct json_writer *w)
{
	open_container(w, '[');
}

void json_close_array(struct json_writer *w)
{
	close_container(w, ']');
}

/* The length of the UTF-8 sequence at `p` (RFC 3629), or 0. */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (left < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* no overlong forms, no surrogates, nothing past U+10FFFF */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

bool json_can_hold(struct view text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len && n; i += n)
		n = utf8_len((const unsigned char *)text.ptr + i, text.len - i);
	return n > 0;
}

static void put_ascii(struct buf *to, unsigned char c)
{
	static const char names[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const char *name = c ? strchr(names, c) : NULL;

	if (name) {
		buf_add_char(to, '\\');
		buf_add_char(to, letters[name - names]);
	} else if (c < 0x20) {
		buf_printf(to, "\\u%04x", c);
	} else {
		buf_add_char(to, (char)c);
	}
}

static void put_quoted(struct buf *to, struct view v)
{
	const unsigned char *p = (const unsigned char *)v.ptr;
	size_t i = 0;

	buf_add_char(to, '"');
	while (i < v.len) {
		size_t n = utf8_len(p + i, v.len - i);

		if (n == 1)
			put_ascii(to, p[i]);
		else if (n == 0)
			buf_add_str(to, "\xef\xbf\xbd");
		else
			buf_add(to, p + i, n);
		i += n ? n : 1;
	}
	buf_add_char(to, '"');
}

void json_key(struct json_writer *w, const char *key)
{
	assert(!w->after_key && w->depth > 0);
	before_value(w);
	put_quoted(w->to, view_of(key));
	buf_add_str(w->to, w->indent ? ": " : ":");
	w->after_key = true;
}

void json_put_view(struct json_writer *w, struct view v)
{
	before_value(w);
	put_quoted(w->to, v);
}

void json_put_literal(struct json_writer *w, const char *text)
{
	before_value(w);
	buf_add_str(w->to, text);
}

void json_put_string(struct json_writer *w, const char *s)
{
	if (s)
		json_put_view(w, view_of(s));
	else
		json_put_literal(w, "null");
}

void json_put_u64(struct json_writer *w, uint64_t v)
{
	before_value(w);
	buf_printf(w->to, "%" PRIu64, v);
}

void json_put_i64(struct json_writer *w, int64_t v)
{
	before_value(w);
	buf_printf(w->to, "%" PRId64, v);
}

void json_put_bool(struct json_writer *w, bool v)
{
	json_put_literal(w, v ? "true" : "false");
}

void json_member_string(struct json_writer *w, const char *key, const char *s)
{
	if (!s)
		return;
	json_key(w, key);
	json_put_string(w, s);
}

void json_member_strings(struct json_writer *w, const char *key, const char *const *at, size_t n)
{
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < n; i++)
		json_put_string(w, at[i]);
	json_close_array(w);
}

void json_member_u64(struct json_writer *w, const char *key, uint64_t v)
{
	json_key(w, key);
	json_put_u64(w, v);
}

void json_member_bool(struct json_writer *w, const char *key, bool v)
{
	json_key(w, key);
	json_put_bool(w, v);
}
