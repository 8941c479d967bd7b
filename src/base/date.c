/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as text; see date.h. The calendar is the proleptic Gregorian one. */
#include "base/date.h"

#include "base/array.h"

#include <stdio.h>

struct moment {
	unsigned year, month, day, hour, minute, second;
	int offset_s; /* east of UTC */
};

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Days from 1970-01-01 to January the 1st of `year`. */
static int64_t days_before(unsigned year)
{
	int64_t y = (int64_t)year - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

static bool to_seconds(const struct moment *m, int64_t *ret_s)
{
	int64_t days;

	if (m->year < 1970 || m->year > 9999 || m->month < 1 || m->month > 12 || m->day < 1 ||
	    m->day > days_in(m->year, m->month) || m->hour > 23 || m->minute > 59 || m->second > 60)
		return false;
	days = days_before(m->year) + m->day - 1;
	for (unsigned month = 1; month < m->month; month++)
		days += days_in(m->year, month);
	*ret_s = days * 86400 + m->hour * 3600 + m->minute * 60 + m->second - m->offset_s;
	return true;
}

/* Exactly `digits` digits off the front. */
static bool eat_number(struct view *v, size_t digits, unsigned *ret)
{
	uint64_t value;

	if (v->len < digits || !view_to_u64(view_make(v->ptr, digits), &value))
		return false;
	*v = view_make(v->ptr + digits, v->len - digits);
	*ret = (unsigned)value;
	return true;
}

static bool eat(struct view *v, char c)
{
	if (v->len == 0 || v->ptr[0] != c)
		return false;
	*v = view_make(v->ptr + 1, v->len - 1);
	return true;
}

/* "+hhmm", with `colon` "+hh:mm". */
static bool eat_offset(struct view *v, bool colon, int *ret_s)
{
	bool minus = v->len && v->ptr[0] == '-';
	unsigned hours, minutes;

	if (!eat(v, minus ? '-' : '+') || !eat_number(v, 2, &hours) || (colon && !eat(v, ':')) ||
	    !eat_number(v, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_s = (int)(hours * 3600 + minutes * 60) * (minus ? -1 : 1);
	return true;
}

/* "09:15:44" */
static bool eat_clock(struct view *v, struct moment *m)
{
	return eat_number(v, 2, &m->hour) && eat(v, ':') && eat_number(v, 2, &m->minute) &&
	       eat(v, ':') && eat_number(v, 2, &m->second);
}

static bool month_of(struct view name, unsigned *ret)
{
	static const char *const names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	for (unsigned i = 0; i < COUNT_OF(names); i++)
		if (view_is(name, names[i])) {
			*ret = i + 1;
			return true;
		}
	return false;
}

static bool zone_of(struct view zone, int *ret_s)
{
	if (view_is(zone, "UTC") || view_is(zone, "GMT") || view_is(zone, "UT") ||
	    view_is(zone, "Z")) {
		*ret_s = 0;
		return true;
	}
	return eat_offset(&zone, false, ret_s) && zone.len == 0;
}

bool date_parse_rfc2822(struct view text, int64_t *ret_s)
{
	struct moment m = { 0 };
	struct view word, rest;

	if (!view_word(&text, &word))
		return false;
	if (view_ends(word, ",") && !view_word(&text, &word))
		return false;
	if (word.len > 2 || !eat_number(&word, word.len, &m.day))
		return false;
	if (!view_word(&text, &word) || !month_of(word, &m.month))
		return false;
	if (!view_word(&text, &word) || word.len != 4 || !eat_number(&word, 4, &m.year))
		return false;
	if (!view_word(&text, &word) || !eat_clock(&word, &m) || word.len)
		return false;
	if (!view_word(&text, &word) || !zone_of(word, &m.offset_s))
		return false;
	return !view_word(&text, &rest) && to_seconds(&m, ret_s);
}

bool date_parse_rfc3339(struct view text, int64_t *ret_s)
{
	struct moment m = { 0 };
	struct view v = text;

	if (!eat_number(&v, 4, &m.year) || !eat(&v, '-') || !eat_number(&v, 2, &m.month) ||
	    !eat(&v, '-') || !eat_number(&v, 2, &m.day) ||
	    !(eat(&v, 'T') || eat(&v, 't') || eat(&v, ' ')) || !eat_clock(&v, &m))
		return false;
	if (eat(&v, '.')) {
		unsigned digit;

		if (!eat_number(&v, 1, &digit))
			return false;
		while (eat_number(&v, 1, &digit))
			;
	}
	if (!eat(&v, 'Z') && !eat(&v, 'z') && !eat_offset(&v, true, &m.offset_s))
		return false;
	return v.len == 0 && to_seconds(&m, ret_s);
}

void date_format_rfc3339(int64_t s, char ret[DATE_TEXT_BYTES])
{
	unsigned year, month = 1, clock;
	int64_t days;

	s = s < 0 ? 0 : s > DATE_MAX_S ? DATE_MAX_S : s;
	days = s / 86400;
	clock = (unsigned)(s % 86400);
	year = 1970 + (unsigned)(days / 366); /* at most some years too early */
	while (days_before(year + 1) <= days)
		year++;
	days -= days_before(year);
	while (days >= days_in(year, month))
		days -= days_in(year, month++);
	snprintf(ret, DATE_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000, month % 100,
		 (unsigned)(days + 1) % 100, clock / 3600, clock / 60 % 60, clock % 60);
}
