/* SPDX-License-Identifier: Apache-2.0 */
/* Turns option values into numbers and lists; see value.h. */
#include "cmd/value.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/checked.h"
#include "base/suggest.h"

#include <string.h>

struct unit {
	const char *suffix;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{ "", 1 },	    { "B", 1 },		 { "k", 1000 },
	{ "kB", 1000 },	    { "K", 1000 },	 { "M", 1000000 },
	{ "MB", 1000000 },  { "G", 1000000000 }, { "GB", 1000000000 },
	{ "Ki", 1 << 10 },  { "KiB", 1 << 10 },	 { "Mi", 1 << 20 },
	{ "MiB", 1 << 20 }, { "Gi", 1 << 30 },	 { "GiB", 1 << 30 },
};

static const struct unit age_units[] = {
	{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 604800 },
};

static const struct unit *find_unit(const struct unit *units, size_t n, struct view suffix)
{
	for (size_t i = 0; i < n; i++)
		if (view_is(suffix, units[i].suffix))
			return &units[i];
	return NULL;
}

static size_t count_digits(struct view v)
{
	size_t n = 0;

	while (n < v.len && v.ptr[n] >= '0' && v.ptr[n] <= '9')
		n++;
	return n;
}

static struct view skip(struct view v, size_t n)
{
	return view_make(v.ptr + n, v.len - n);
}

/* DIGITS[.DIGITS]UNIT, at most three digits behind the point. */
static bool to_scaled(const char *text, const struct unit *units, size_t n_units, uint64_t *ret)
{
	struct view rest = view_of(text), fraction = { "", 0 };
	uint64_t whole, thousandths = 0;
	size_t n = count_digits(rest);
	const struct unit *unit;

	if (!view_to_u64(view_make(rest.ptr, n), &whole))
		return false;
	rest = skip(rest, n);
	if (rest.len && rest.ptr[0] == '.') {
		rest = skip(rest, 1);
		fraction = view_make(rest.ptr, count_digits(rest));
		if (fraction.len > 3 || !view_to_u64(fraction, &thousandths))
			return false;
		for (size_t i = fraction.len; i < 3; i++)
			thousandths *= 10;
		rest = skip(rest, fraction.len);
	}
	unit = find_unit(units, n_units, rest);
	if (!unit || !checked_mul(whole, unit->factor, &whole))
		return false;
	return checked_add(whole, thousandths * unit->factor / 1000, ret);
}

bool value_to_size(const char *text, uint64_t *ret_bytes)
{
	return to_scaled(text, size_units, COUNT_OF(size_units), ret_bytes);
}

bool value_to_age(const char *text, int64_t *ret_s)
{
	uint64_t seconds;

	if (!to_scaled(text, age_units, COUNT_OF(age_units), &seconds) || seconds > INT64_MAX)
		return false;
	*ret_s = (int64_t)seconds;
	return true;
}

static int store_choice(const struct option *o, int *to, const char *shown, const char *value,
			struct err *e)
{
	auto_buf list = BUF_EMPTY;
	size_t n = 0;

	for (; o->choices[n]; n++) {
		if (strcmp(value, o->choices[n]) == 0) {
			*to = (int)n;
			return 0;
		}
		buf_printf(&list, "%s%s", n ? ", " : "", o->choices[n]);
	}
	return fail(e, FAIL_USAGE, "option '%s' is one of %s, not '%s'", shown, buf_str(&list),
		    value);
}

/* The arena can't grow a list in place, so each new length gets its own; lists are short. */
static void push_string(struct strings *list, const char *value, struct arena *a)
{
	if (list->n == list->cap) {
		const char **old = list->at;

		list->cap = array_next_cap(list->cap);
		list->at = arena_array(a, list->cap, sizeof(*list->at));
		if (list->n)
			memcpy(list->at, old, list->n * sizeof(*old));
	}
	list->at[list->n++] = value;
}

static int fail_value(struct err *e, const char *shown, const char *expected, const char *value)
{
	return fail(e, FAIL_USAGE, "option '%s' wants %s, not '%s'", shown, expected, value);
}

int value_store(const struct option *o, void *to, const char *shown, const char *value,
		struct arena *a, struct err *e)
{
	switch (o->kind) {
	case OPTION_BOOL:
		break;
	case OPTION_STRING:
		*(const char **)to = value;
		break;
	case OPTION_STRINGS:
		push_string(to, value, a);
		break;
	case OPTION_OPTIONAL:
		*(struct optional *)to = (struct optional){ .given = true, .value = value };
		break;
	case OPTION_U64:
		if (!view_to_u64(view_of(value), to))
			return fail_value(e, shown, "a number", value);
		break;
	case OPTION_SIZE:
		if (!value_to_size(value, to))
			return fail_value(e, shown, "a size such as 64k or 20M", value);
		break;
	case OPTION_AGE:
		if (!value_to_age(value, to))
			return fail_value(e, shown, "a time such as 10m, 12h or 7d", value);
		break;
	case OPTION_CHOICE:
		return store_choice(o, to, shown, value, e);
	}
	return 0;
}
