/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges, taken apart; see challenge.h. */
#include "registry/challenge.h"

#include <string.h>
#include <strings.h>

static bool is_token_char(char c)
{
	return c > ' ' && c < 0x7f && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static void skip(struct view *v, const char *chars)
{
	while (v->len && strchr(chars, v->ptr[0]) && v->ptr[0])
		*v = view_make(v->ptr + 1, v->len - 1);
}

static struct view take_token(struct view *v)
{
	size_t n = 0;
	struct view token;

	while (n < v->len && is_token_char(v->ptr[n]))
		n++;
	token = view_make(v->ptr, n);
	*v = view_make(v->ptr + n, v->len - n);
	return token;
}

/* "…" with backslashes, or what goes on to the next comma or space. */
static const char *take_value(struct view *v, struct arena *a)
{
	char *text = arena_alloc(a, v->len + 1);
	size_t at = 0, n = 0;

	if (v->len && v->ptr[0] == '"') {
		for (at = 1; at < v->len && v->ptr[at] != '"'; at++) {
			if (v->ptr[at] == '\\' && at + 1 < v->len)
				at++;
			text[n++] = v->ptr[at];
		}
		at += at < v->len;
	} else {
		while (at < v->len && !strchr(" \t,", v->ptr[at]) && v->ptr[at])
			text[n++] = v->ptr[at++];
	}
	*v = view_make(v->ptr + at, v->len - at);
	return text;
}

static void set_param(struct challenge *c, struct view name, const char *value)
{
	static const struct {
		const char *name;
		size_t offset;
	} params[] = {
		{ "realm", offsetof(struct challenge, realm) },
		{ "service", offsetof(struct challenge, service) },
		{ "scope", offsetof(struct challenge, scope) },
		{ "error", offsetof(struct challenge, error) },
	};

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		const char **to = (const char **)(void *)((char *)c + params[i].offset);

		if (name.len == strlen(params[i].name) &&
		    strncasecmp(name.ptr, params[i].name, name.len) == 0 && !*to)
			*to = value;
	}
}

static enum challenge_scheme scheme_of(struct view name)
{
	if (name.len == 6 && strncasecmp(name.ptr, "Bearer", 6) == 0)
		return CHALLENGE_BEARER;
	if (name.len == 5 && strncasecmp(name.ptr, "Basic", 5) == 0)
		return CHALLENGE_BASIC;
	return CHALLENGE_NONE;
}

static void keep_better(const struct challenge *c, struct challenge *ret)
{
	if (c->scheme > ret->scheme && (c->scheme != CHALLENGE_BEARER || c->realm))
		*ret = *c;
}

void challenge_parse(struct view value, struct arena *a, struct challenge *ret)
{
	struct challenge c = { 0 };

	for (int i = 0; i < CHALLENGE_MAX_PARAMS; i++) {
		struct view name;

		skip(&value, " \t,");
		name = take_token(&value);
		if (!name.len)
			break;
		skip(&value, " \t");
		if (value.len && value.ptr[0] == '=') {
			value = view_make(value.ptr + 1, value.len - 1);
			skip(&value, " \t");
			set_param(&c, name, take_value(&value, a));
			continue;
		}
		keep_better(&c, ret);
		c = (struct challenge){ .scheme = scheme_of(name) };
	}
	keep_better(&c, ret);
}
