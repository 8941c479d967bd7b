/* SPDX-License-Identifier: Apache-2.0 */
/* Matches one pattern at one place; see secret_pattern.h. */
#include "audit/secret_pattern.h"

#include "base/view.h"

static bool in_set(const struct item *item, char c)
{
	unsigned char byte = (unsigned char)c;

	return item->set[byte / 64] >> byte % 64 & 1;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_here(const struct match *m, struct view text, bool folded)
{
	const char *at = m->window.ptr + m->at;

	if (text.len > m->window.len - m->at)
		return false;
	if (!folded)
		return memcmp(at, text.ptr, text.len) == 0;
	for (size_t i = 0; i < text.len; i++)
		if (lower(at[i]) != lower(text.ptr[i]))
			return false;
	return true;
}

static bool match_text(struct match *m, const struct item *item)
{
	if (!is_here(m, item->text, item->kind == ITEM_FOLDED))
		return false;
	m->at += item->text.len;
	return true;
}

static bool match_class(struct match *m, const struct item *item)
{
	size_t n = 0;

	while (n < item->most && m->at + n < m->window.len &&
	       in_set(item, m->window.ptr[m->at + n]))
		n++;
	m->at += n;
	return n >= item->least;
}

static bool match_skip(struct match *m, const struct item *item)
{
	for (size_t n = 0; n <= item->most && m->at < m->window.len; n++, m->at++) {
		if (is_here(m, item->text, item->least)) {
			m->at += item->text.len;
			return true;
		}
	}
	return false;
}

static bool match_end(const struct match *m, const struct item *class)
{
	char c;

	if (m->at == m->window.len)
		return true;
	c = m->window.ptr[m->at];
	return !is_word(c) && !(class && in_set(class, c));
}

static bool match_item(struct match *m, const struct item *item, const struct item **class)
{
	switch (item->kind) {
	case ITEM_TEXT:
	case ITEM_FOLDED:
		return match_text(m, item);
	case ITEM_CLASS:
		*class = item;
		return match_class(m, item);
	case ITEM_SKIP:
		return match_skip(m, item);
	case ITEM_START:
		return m->at == 0 || !is_word(m->window.ptr[m->at - 1]);
	case ITEM_END:
		return match_end(m, *class);
	case ITEM_OPEN:
		m->open = m->at;
		return true;
	case ITEM_CLOSE:
		m->close = m->at;
		return true;
	case ITEM_CHECKER:
		return item->checker(m);
	}
	return false;
}

bool pattern_match(const struct pattern *p, struct view window, size_t at, struct match *ret)
{
	struct match m = { .window = window, .at = at };
	const struct item *class = NULL;

	if (!is_here(&m, p->keyword, true) || p->lead > at)
		return false;
	m.at = m.open = at - p->lead;
	m.close = SIZE_MAX;
	for (size_t i = 0; i < p->n_items; i++)
		if (!match_item(&m, &p->items[i], &class))
			return false;
	if (m.close == SIZE_MAX)
		m.close = m.at;
	if (m.close <= m.open)
		return false;
	*ret = m;
	return true;
}
