/* SPDX-License-Identifier: Apache-2.0 */
/* Widths, sizes and harmless text; see text.h. */
#include "report/text.h"

#include "base/array.h"

#include <stdbool.h>

struct range {
	uint32_t first, last;
};

/* Blocks that are wide as a whole (Unicode's EastAsianWidth.txt, W and F), coarsely. */
static const struct range wide_ranges[] = {
	{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },	  { 0xa960, 0xa97c },
	{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },	  { 0xff01, 0xff60 },
	{ 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd },
};

static const struct range combining_ranges[] = {
	{ 0x0300, 0x036f }, { 0x0483, 0x0489 }, { 0x0591, 0x05bd }, { 0x064b, 0x065f },
	{ 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200b, 0x200f }, { 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f },
};

/* Overrides of the writing direction: they make a name look like another. */
static const struct range direction_ranges[] = { { 0x202a, 0x202e }, { 0x2066, 0x2069 } };

static bool in_ranges(uint32_t c, const struct range *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= at[i].first && c <= at[i].last)
			return true;
	return false;
}

bool text_is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	       in_ranges(c, direction_ranges, COUNT_OF(direction_ranges));
}

static size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

bool text_next(struct view v, uint32_t *ret_char, size_t *ret_len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)v.ptr;
	size_t len = sequence_length(at[0]);
	uint32_t c;

	*ret_len = 1;
	*ret_char = at[0];
	if (len == 0 || len > v.len)
		return false;
	c = len == 1 ? at[0] : at[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return false;
		c = c << 6 | (at[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return false;
	*ret_char = c;
	*ret_len = len;
	return true;
}

static size_t char_width(uint32_t c)
{
	if (in_ranges(c, combining_ranges, COUNT_OF(combining_ranges)))
		return 0;
	return in_ranges(c, wide_ranges, COUNT_OF(wide_ranges)) ? 2 : 1;
}

struct view text_head(struct view v, size_t columns)
{
	size_t used = 0, at = 0;

	while (at < v.len) {
		uint32_t c;
		size_t len, width = 1;

		if (text_next(view_make(v.ptr + at, v.len - at), &c, &len))
			width = char_width(c);
		if (used + width > columns)
			break;
		used += width;
		at += len;
	}
	return view_make(v.ptr, at);
}

size_t text_width(struct view v)
{
	size_t width = 0;

	while (v.len) {
		uint32_t c;
		size_t len;

		width += text_next(v, &c, &len) ? char_width(c) : 1;
		v = view_make(v.ptr + len, v.len - len);
	}
	return width;
}

void text_add_safe(struct buf *to, struct view v)
{
	while (v.len) {
		uint32_t c;
		size_t len;

		if (text_next(v, &c, &len) && !text_is_control(c))
			buf_add(to, v.ptr, len);
		else
			buf_add_char(to, '?');
		v = view_make(v.ptr + len, v.len - len);
	}
}

void text_add_duration(struct buf *to, uint64_t ms)
{
	static const struct {
		const char *big, *small;
		uint64_t seconds, part;
	} steps[] = {
		{ "d", "h", 86400, 3600 },
		{ "h", "m", 3600, 60 },
		{ "m", "s", 60, 1 },
	};
	uint64_t s = ms / 1000;

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (s < steps[i].seconds)
			continue;
		buf_printf(to, "%llu %s %llu %s", (unsigned long long)(s / steps[i].seconds),
			   steps[i].big, (unsigned long long)(s % steps[i].seconds / steps[i].part),
			   steps[i].small);
		return;
	}
	buf_printf(to, "%llu.%llu s", (unsigned long long)s, (unsigned long long)(ms % 1000 / 100));
}
