/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes; see escape.h. */
#include "report/escape.h"

#include "report/text.h"

#include <stdbool.h>
#include <string.h>

/* What every document shows instead of the character; false: it may stay. */
static bool add_replacement(struct buf *to, uint32_t c, bool valid)
{
	if (!valid || c == 0xfffe || c == 0xffff)
		buf_add_str(to, "\xef\xbf\xbd");
	else if (!text_is_control(c))
		return false;
	else if (c < 0x100)
		buf_printf(to, "\\x%02x", c);
	else
		buf_printf(to, "\\u%04x", c);
	return true;
}

static const char *markup_entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void escape_markup(struct buf *to, struct view v)
{
	while (v.len) {
		const char *entity = markup_entity(v.ptr[0]);
		uint32_t c;
		size_t len;
		bool valid = text_next(v, &c, &len);

		if (entity)
			buf_add_str(to, entity);
		else if (c == '\n' || c == '\t' || !add_replacement(to, c, valid))
			buf_add(to, v.ptr, len);
		v = view_make(v.ptr + len, v.len - len);
	}
}

void escape_markdown(struct buf *to, struct view v)
{
	while (v.len) {
		const char *entity = markup_entity(v.ptr[0]);
		uint32_t c;
		size_t len;
		bool valid = text_next(v, &c, &len);

		if (c == '\n' || c == '\t')
			buf_add_char(to, ' ');
		else if (entity)
			buf_add_str(to, entity);
		else if (!add_replacement(to, c, valid)) {
			/* '@' and ':' make mentions and links of their own. */
			if (c == '@')
				buf_add_str(to, "&#64;");
			else if (c == ':')
				buf_add_str(to, "&#58;");
			else if (c < 0x80 && strchr("\\`*_{}[]()#+!|~", (int)c))
				buf_printf(to, "\\%c", (int)c);
			else
				buf_add(to, v.ptr, len);
		}
		v = view_make(v.ptr + len, v.len - len);
	}
}

void escape_uri_path(struct buf *to, struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		unsigned char c = (unsigned char)v.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c && strchr("-._~/", c)))
			buf_add_char(to, (char)c);
		else
			buf_printf(to, "%%%02X", c);
	}
}

void escape_workflow(struct buf *to, struct view v, bool property)
{
	while (v.len) {
		uint32_t c;
		size_t len;
		bool valid = text_next(v, &c, &len);

		if (c == '%' || c == '\n' || c == '\r' || (property && (c == ':' || c == ',')))
			buf_printf(to, "%%%02X", c);
		else if (c == '\t' || !add_replacement(to, c, valid))
			buf_add(to, v.ptr, len);
		v = view_make(v.ptr + len, v.len - len);
	}
}
