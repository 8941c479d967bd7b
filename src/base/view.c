/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting and comparing borrowed bytes. */
#include "base/view.h"

#include "base/checked.h"

#include <assert.h>

int view_compare(struct view a, struct view b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct view view_trim(struct view v)
{
	while (v.len && is_blank(v.ptr[0])) {
		v.ptr++;
		v.len--;
	}
	while (v.len && is_blank(v.ptr[v.len - 1]))
		v.len--;
	return v;
}

bool view_split(struct view *rest, char sep, struct view *ret_part)
{
	const char *at;

	assert(rest != ret_part);
	if (!rest->ptr)
		return false;
	at = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
	if (!at) {
		*ret_part = *rest;
		*rest = (struct view){ NULL, 0 };
		return true;
	}
	*ret_part = view_make(rest->ptr, (size_t)(at - rest->ptr));
	rest->len -= ret_part->len + 1;
	rest->ptr = at + 1;
	return true;
}

bool view_word(struct view *rest, struct view *ret_word)
{
	size_t n = 0;

	while (rest->len && is_blank(rest->ptr[0])) {
		rest->ptr++;
		rest->len--;
	}
	while (n < rest->len && !is_blank(rest->ptr[n]))
		n++;
	if (n == 0)
		return false;
	*ret_word = view_make(rest->ptr, n);
	rest->ptr += n;
	rest->len -= n;
	return true;
}

bool view_to_u64(struct view v, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (v.len == 0)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if (v.ptr[i] < '0' || v.ptr[i] > '9')
			return false;
		if (!checked_mul(value, 10, &value) ||
		    !checked_add(value, (uint64_t)(v.ptr[i] - '0'), &value))
			return false;
	}
	*ret_value = value;
	return true;
}
