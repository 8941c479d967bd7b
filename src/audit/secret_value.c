/* SPDX-License-Identifier: Apache-2.0 */
/* What is a real value and what shows a form only; which names are told secrets; masking. */
#include "base/array.h"
#include "base/buf.h"

#include "audit/secret_pattern.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	/* Shorter values are words and numbers that people chose: their variety says nothing. */
	VARIETY_MIN_BYTES = 16,
	/* 32 random hexadecimal digits have 8 at the least. */
	FEWEST_SIGNS = 5,
	MASK_SHOWN_BYTES = 4,
};

static bool holds(struct view v, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= v.len; i++)
		if (strncasecmp(v.ptr + i, word, n) == 0)
			return true;
	return false;
}

/* How many different bytes a value seems to be made of, counting by how often each comes. */
static bool has_few_signs(struct view v)
{
	uint64_t counts[256] = { 0 }, squares = 0;

	for (size_t i = 0; i < v.len; i++)
		counts[(unsigned char)v.ptr[i]]++;
	for (size_t i = 0; i < 256; i++)
		squares += counts[i] * counts[i];
	return squares * FEWEST_SIGNS > (uint64_t)v.len * v.len;
}

/* "0123456789", "abcdef", "aaaa": most bytes are the ones before, or their neighbours. */
static bool is_row(struct view v)
{
	size_t n = 0;

	for (size_t i = 1; i < v.len; i++) {
		int step = v.ptr[i] - v.ptr[i - 1];

		n += step >= -1 && step <= 1;
	}
	return v.len >= 8 && n * 100 >= v.len * 55;
}

bool secret_is_placeholder(struct view value)
{
	static const char *const words[] = {
		"example",  "xxxx",	  "****",      "....",	    "placeholder",
		"changeme", "change_me",  "change-me", "redacted",  "dummy",
		"your_",    "your-",	  "yourtoken", "yourpass",  "${",
		"$(",	    "{{",	  "<",	       "%s",	    "insert",
		"todo",	    "mypassword", "my-secret", "my_secret", "somesecret",
	};

	if (value.len == 0 || strchr("$%{*", value.ptr[0]))
		return true;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (holds(value, words[i]))
			return true;
	if (is_row(value))
		return true;
	return value.len >= VARIETY_MIN_BYTES && has_few_signs(value);
}

void secret_mask(struct view value, struct buf *to)
{
	size_t shown = value.len / 4 < MASK_SHOWN_BYTES ? value.len / 4 : MASK_SHOWN_BYTES;
	bool key = value.len > 64 && view_starts(value, "-----BEGIN ");

	if (key)
		shown = (size_t)((const char *)memchr(value.ptr + 11, '-', value.len - 11) -
				 value.ptr) +
			5;
	if (shown > value.len)
		shown = value.len;
	for (size_t i = 0; i < shown; i++)
		buf_add_char(to, value.ptr[i] > ' ' && value.ptr[i] < 0x7f ? value.ptr[i]
				 : value.ptr[i] == ' '			   ? ' '
									   : '?');
	buf_printf(to, "… (%zu %s)", value.len, key ? "bytes" : "characters");
}

/* ---- names ---- */

struct words {
	char at[16][24];
	size_t n;
};

/* In capitals; what is longer or further back doesn't count. */
static void split_words(struct view name, struct words *w)
{
	size_t len = 0;

	w->n = 0;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		bool starts = isupper(c) && i && islower((unsigned char)name.ptr[i - 1]);

		if (len && (starts || !isalpha(c))) {
			w->n++;
			len = 0;
		}
		if (!isalpha(c))
			continue;
		if (w->n == COUNT_OF(w->at))
			return;
		if (len + 1 < sizeof(w->at[0])) {
			w->at[w->n][len++] = (char)toupper(c);
			w->at[w->n][len] = '\0';
		}
	}
	w->n += len > 0;
}

static bool is_one_of(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static bool word_tells(const struct words *w, size_t i)
{
	static const char *const secret[] = { "PASS",	    "PASSPHRASE", "PSW",    "PWORD",
					      "SECRETS",    "TOKENS",	  "APIKEY", "PASSWORDS",
					      "CREDENTIAL", "CREDENTIALS" };
	static const char *const endings[] = { "PASSWORD", "PASSWD", "SECRET", "TOKEN", "APIKEY" };
	static const char *const before_key[] = { "API",     "ACCESS",	   "SECRET", "PRIVATE",
						  "SIGNING", "ENCRYPTION", "MASTER" };
	struct view word = view_of(w->at[i]);

	for (size_t k = 0; k < COUNT_OF(endings); k++)
		if (view_ends(word, endings[k]))
			return true;
	if (is_one_of(word.ptr, secret, COUNT_OF(secret)))
		return true;
	if (i > 0 && view_is(word, "PWD"))
		return true;
	return i > 0 && view_is(word, "KEY") &&
	       is_one_of(w->at[i - 1], before_key, COUNT_OF(before_key));
}

bool secret_name_tells(struct view name)
{
	static const char *const about[] = {
		"URL",	  "URI",       "FILE",	  "FILES",   "PATH",	"DIR",	    "NAME",
		"ID",	  "TTL",       "EXPIRY",  "EXPIRES", "TIMEOUT", "LENGTH",   "LEN",
		"SIZE",	  "COUNT",     "TYPE",	  "ENABLED", "HEADER",	"HOST",	    "PORT",
		"ISSUER", "ALGORITHM", "ALG",	  "MIN",     "MAX",	"POLICY",   "ENDPOINT",
		"REGEX",  "FORMAT",    "COMMAND", "CMD",     "STORE",	"PROVIDER", "LIFETIME",
		"AGE",	  "HELPER",    "DRIVER",  "VERSION", "PREFIX",
	};
	struct words w;
	bool tells = false;

	split_words(name, &w);
	for (size_t i = 0; i < w.n; i++) {
		if (strcmp(w.at[i], "PUBLIC") == 0 || strcmp(w.at[i], "PUB") == 0)
			return false;
		tells = tells || word_tells(&w, i);
	}
	return tells && !is_one_of(w.at[w.n - 1], about, COUNT_OF(about));
}
