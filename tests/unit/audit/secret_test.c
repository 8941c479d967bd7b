/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets: what cases/secrets.txt says must be found and must not, whole and in pieces; names. */
#include "audit/secret_pattern.h"
#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

struct seen {
	char rules[SECRET_MAX_HITS][40];
	char masked[SECRET_MAX_HITS][200];
	uint64_t offset[SECRET_MAX_HITS], line[SECRET_MAX_HITS];
	size_t bytes[SECRET_MAX_HITS];
	size_t n;
};

static struct arena arena;
static const struct secret_rules *rules;

static void remember(void *ctx, const struct secret_hit *hit)
{
	struct seen *s = ctx;

	snprintf(s->rules[s->n], sizeof(s->rules[0]), "%s", hit->rule);
	snprintf(s->masked[s->n], sizeof(s->masked[0]), "%s", hit->masked);
	s->offset[s->n] = hit->offset;
	s->line[s->n] = hit->line;
	s->bytes[s->n] = hit->value_bytes;
	s->n++;
}

static const char *seen_rules(const struct seen *s)
{
	static char list[1000];

	list[0] = '\0';
	for (size_t i = 0; i < s->n; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%s ", s->rules[i]);
	return list;
}

/* ---- the case file ---- */

static uint32_t seed = 7;

static char random_of(const char *set)
{
	seed = seed * 1103515245 + 12345;
	return set[(seed >> 16) % strlen(set)];
}

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define CAPITAL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static void add_random(struct buf *to, const char *spec)
{
	const char *set = SMALL CAPITAL "0123456789";

	switch (*spec) {
	case 'A':
		set = CAPITAL "234567";
		break;
	case 'h':
		set = "0123456789abcdef";
		break;
	case 'b':
		set = SMALL CAPITAL "0123456789+/";
		break;
	case 'n':
		set = SMALL "0123456789";
		break;
	default:
		spec--;
	}
	for (long n = strtol(spec + 1, NULL, 10); n > 0; n--)
		buf_add_char(to, random_of(set));
}

static void add_base64(struct buf *to, const char *text)
{
	static const char set[] = CAPITAL SMALL "0123456789+/";
	uint32_t bits = 0;
	unsigned n = 0;

	for (; *text; text++) {
		char c = *text;

		if (c == '%' && text[1] == 'n') {
			text++;
			c = '\n';
		}

		bits = bits << 8 | (unsigned char)c;
		for (n += 8; n >= 6; n -= 6)
			buf_add_char(to, set[bits >> (n - 6) & 63]);
	}
	if (n)
		buf_add_char(to, set[bits << (6 - n) & 63]);
}

static void add_pem(struct buf *to, const char *label)
{
	buf_printf(to, "-----BEGIN %s-----\n", label);
	for (int i = 0; i < 12; i++) {
		add_random(to, "b64");
		buf_add_char(to, '\n');
	}
	buf_printf(to, "-----END %s-----\n", label);
}

static bool is_macro(const char *at)
{
	return at[0] == '{' &&
	       (at[1] == '=' || strncmp(at + 1, "pem ", 4) == 0 ||
		at[1 + strspn(at + 1, "Ahbn0123456789")] == '}') &&
	       at[1] != '}';
}

/* Where the macro ends: base64 of JSON has braces of its own, all pairs. */
static const char *macro_end(const char *at)
{
	int depth = 0;

	for (; *at; at++) {
		depth += (*at == '{') - (*at == '}');
		if (depth == 0)
			return at;
	}
	assert_true(false);
	return NULL;
}

static void add_macro(struct buf *to, const char *at, const char *end)
{
	auto_free char *spec = mem_strndup(at + 1, (size_t)(end - at - 1));

	if (spec[0] == '=')
		add_base64(to, spec + 1);
	else if (spec[0] == 'p')
		add_pem(to, spec + 4);
	else
		add_random(to, spec);
}

static void expand(struct buf *to, const char *at)
{
	for (; *at; at++) {
		if (*at == '\\' && at[1]) {
			at++;
			buf_add_char(to, *at == 'n'   ? '\n'
					 : *at == 't' ? '\t'
					 : *at == '0' ? '\0'
						      : *at);
		} else if (is_macro(at)) {
			const char *end = macro_end(at);

			add_macro(to, at, end);
			at = end;
		} else {
			buf_add_char(to, *at);
		}
	}
}

static void feed_in_pieces(struct seen *seen, struct view text, size_t before, size_t piece)
{
	auto_secret_scan s = secret_scan_new(rules);
	auto_buf all = BUF_EMPTY;
	struct view rest;

	for (size_t i = 0; i < before; i++)
		buf_add_char(&all, i % 50 == 49 ? '\n' : ' ');
	buf_add_view(&all, text);
	buf_add_str(&all, "\n and a tail\n");
	seen->n = 0;
	secret_scan_begin(s, remember, seen);
	for (rest = buf_view(&all); rest.len;) {
		size_t n = piece < rest.len ? piece : rest.len;

		secret_scan_feed(s, view_make(rest.ptr, n));
		rest = view_make(rest.ptr + n, rest.len - n);
	}
	secret_scan_end(s);
}

static uint64_t lines_before(struct view text, size_t at)
{
	uint64_t n = 1;

	for (size_t i = 0; i < at; i++)
		n += text.ptr[i] == '\n';
	return n;
}

/* The same in a file, at places where windows and pieces end. */
static void check_pieces(const char *line, const struct seen *want, struct view text)
{
	static const size_t before[] = { 0,	 50,	 262110, 262130, 262140,
					 294850, 294900, 294910, 524000, 557000 };
	static const size_t pieces[] = { 1 << 20, 4099, 131072 };
	static size_t n_cases;
	bool binary = memchr(text.ptr, '\0', text.len);

	/* Each case at two of the places: all of them would take a sanitizer's build a minute. */
	for (size_t i = n_cases++ % 5; i < COUNT_OF(before); i += 5) {
		size_t pad = before[i % COUNT_OF(before)];
		struct seen seen;

		feed_in_pieces(&seen, text, pad, pieces[(i + n_cases) % COUNT_OF(pieces)]);
		if (seen.n != want->n)
			print_error("%s: behind %zu bytes: %s\n", line, pad, seen_rules(&seen));
		assert_int_equal(seen.n, want->n);
		for (size_t k = 0; k < seen.n; k++) {
			assert_string_equal(seen.rules[k], want->rules[k]);
			assert_int_equal(seen.offset[k], want->offset[k] + pad);
			assert_int_equal(seen.bytes[k], want->bytes[k]);
			assert_int_equal(seen.line[k],
					 binary ? 0
						: pad / 50 + lines_before(text, want->offset[k]));
		}
	}
}

static void check_masked(const struct seen *seen, struct view text)
{
	for (size_t i = 0; i < seen->n; i++) {
		auto_free char *value = mem_strndup(text.ptr + seen->offset[i], seen->bytes[i]);
		size_t n = strspn(value, "-") == 5 ? strlen("-----BEGIN ") + 3 : 5;

		if (strlen(value) > 5 && strcmp(seen->rules[i], "gcp-service-account") != 0)
			assert_null(strstr(seen->masked[i],
					   n == 5 ? value + strlen(value) - 5 : value + 80));
		assert_non_null(strstr(seen->masked[i], "… ("));
	}
}

static void check_case(const char *line)
{
	const char *tab = strchr(line, '\t');
	auto_free char *rule = mem_strndup(line, (size_t)(tab - line));
	auto_buf text = BUF_EMPTY;
	struct seen seen = { .n = 0 };

	expand(&text, tab + 1);
	secret_scan_text(rules, buf_view(&text), remember, &seen);
	if (strcmp(rule, "-") == 0 ? seen.n != 0 : strcmp(seen.rules[0], rule) != 0 || seen.n != 1)
		print_error("%s\n  found: %s\n", line, seen_rules(&seen));
	assert_int_equal(seen.n, strcmp(rule, "-") != 0);
	if (seen.n)
		assert_string_equal(seen.rules[0], rule);
	check_masked(&seen, buf_view(&text));
	check_pieces(line, &seen, buf_view(&text));
}

static void cases_are_found_or_not(void **state)
{
	FILE *f = fopen(CASES "/secrets.txt", "r");
	char line[4096];
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		check_case(line);
		n++;
	}
	fclose(f);
	assert_true(n > 100);
}

/* ---- names ---- */

static void names_tell_by_their_words(void **state)
{
	static const char *const yes[] = { "PASSWORD",	    "DB_PASSWORD",  "PGPASSWORD",
					   "dbPassword",    "API_KEY",	    "apiKey",
					   "JWT_SECRET",    "GITHUB_TOKEN", "MYSQL_ROOT_PWD",
					   "SECRET_KEY",    "db.passwd",    "KEY_PASSPHRASE",
					   "PRIVATE_KEY_1", "CREDENTIALS" };
	static const char *const no[] = { "MONKEY",
					  "ACCESS_LOG",
					  "KEYBOARD",
					  "PWD",
					  "GPG_KEY",
					  "PUBLIC_KEY",
					  "TOKEN_URL",
					  "PASSWORD_FILE",
					  "BROKEN",
					  "PASSENGER",
					  "TOKEN_TTL",
					  "SECRET_NAME",
					  "COMPASS_HOME",
					  "PATH",
					  "",
					  "1234",
					  "TOKENIZERS_PARALLELISM",
					  "API_KEY_ID" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (!secret_name_tells(view_of(yes[i])))
			fail_msg("%s is no secret", yes[i]);
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (secret_name_tells(view_of(no[i])))
			fail_msg("%s is a secret", no[i]);
}

static size_t found_in_variable(const char *name, const char *value, const char *rule)
{
	struct seen seen = { .n = 0 };

	secret_scan_named(rules, view_of(name), view_of(value), remember, &seen);
	if (seen.n && strcmp(seen.rules[0], rule) != 0)
		fail_msg("%s=%s is %s", name, value, seen.rules[0]);
	return seen.n;
}

static void variables_are_judged_by_name_and_value(void **state)
{
	auto_buf aws = BUF_EMPTY;

	(void)state;
	assert_int_equal(found_in_variable("DB_PASSWORD", "Tr0ub4dor", "named-secret"), 1);
	assert_int_equal(found_in_variable("DB_PASSWORD", "", ""), 0);
	assert_int_equal(found_in_variable("DB_PASSWORD", "changeme", ""), 0);
	assert_int_equal(found_in_variable("DB_PASSWORD", "${X}", ""), 0);
	assert_int_equal(found_in_variable("DB_PASSWORD", "/run/secrets/db", ""), 0);
	assert_int_equal(found_in_variable("USE_TOKEN", "true", ""), 0);
	assert_int_equal(found_in_variable("DB_HOST", "Tr0ub4dor", ""), 0);
	/* the name is a part of what the pattern asks for */
	add_random(&aws, "b40");
	assert_int_equal(
		found_in_variable("AWS_SECRET_ACCESS_KEY", buf_str(&aws), "aws-secret-access-key"),
		1);
	assert_int_equal(
		found_in_variable("DATABASE_URL", "mysql://a:s3cr1tV4l@db/x", "url-password"), 1);
}

static size_t found_in_command(const char *command)
{
	struct seen seen = { .n = 0 };

	secret_scan_command(rules, view_of(command), remember, &seen);
	return seen.n;
}

static void commands_are_searched_for_assignments(void **state)
{
	(void)state;
	assert_int_equal(found_in_command("ENV DB_PASSWORD=Tr0ub4dor"), 1);
	assert_int_equal(found_in_command("/bin/sh -c #(nop)  ENV DB_PASSWORD=Tr0ub4dor"), 1);
	assert_int_equal(found_in_command("/bin/sh -c #(nop) ENV DB_PASSWORD Tr0ub4dor"), 1);
	assert_int_equal(found_in_command("|1 NPM_TOKEN=abcdef0815 /bin/sh -c npm ci"), 1);
	assert_int_equal(found_in_command("RUN /bin/sh -c API_KEY='abcdef0815'; make"), 1);
	assert_int_equal(found_in_command("RUN curl https://me:Tr0ub4dor@forge.test/x"), 1);
	assert_int_equal(found_in_command("ENV DB_PASSWORD=$DB_PASSWORD PATH=/usr/bin"), 0);
	assert_int_equal(found_in_command("RUN --mount=type=secret,id=token make"), 0);
	assert_int_equal(found_in_command("COPY password token /x"), 0);
}

/* ---- bounds ---- */

static void hits_end_at_the_limit(void **state)
{
	struct seen seen = { .n = 0 };
	auto_buf text = BUF_EMPTY;

	(void)state;
	for (int i = 0; i < 3 * SECRET_MAX_HITS; i++) {
		buf_add_str(&text, "AKIA");
		add_random(&text, "A16");
		buf_add_char(&text, '\n');
	}
	secret_scan_text(rules, buf_view(&text), remember, &seen);
	assert_int_equal(seen.n, SECRET_MAX_HITS);
}

static void the_longest_key_is_found(void **state)
{
	struct seen seen = { .n = 0 };
	auto_buf text = BUF_EMPTY;

	(void)state;
	buf_add_str(&text, "-----BEGIN RSA PRIVATE KEY-----\n");
	for (int i = 0; i < 199; i++) { /* 16384 bits */
		add_random(&text, "b64");
		buf_add_char(&text, '\n');
	}
	buf_add_str(&text, "-----END RSA PRIVATE KEY-----\n");
	feed_in_pieces(&seen, buf_view(&text), 262000, 65536);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.bytes[0], text.len - 1);
	assert_string_equal(seen.masked[0], "-----BEGIN RSA PRIVATE KEY-----… (12996 bytes)");
}

static void bad_rules_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "\t'abcd'\n", "x: line 1: a pattern before the first rule" },
		{ "rule a b\n", "x: line 1: expected key, token or credential" },
		{ "rule a key bad T\n", "x: line 1: expected error, warning or note" },
		{ "rule a key off T\n", "x: line 1: expected error, warning or note" },
		{ "rule a key error\n", "x: line 1: expected a title" },
		{ "rule a key error T\nrule a key error T\n",
		  "x: line 2: a rule of that name is there already" },
		{ "rule a key error T\n\t'ab'\n", "x: line 2: a keyword has 3 to 64 bytes" },
		{ "rule a key error T\n\t'abc\n",
		  "x: line 2: a text that doesn't end, or an empty one" },
		{ "rule a key error T\n\t[a-z 'abc'\n", "x: line 2: a class that doesn't end" },
		{ "rule a key error T\n\t[z-a] 'abc'\n", "x: line 2: a range that runs backwards" },
		{ "rule a key error T\n\t[a]{3,2} 'abc'\n",
		  "x: line 2: expected {N}, {N,} or {N,M}" },
		{ "rule a key error T\n\t[a]{9999} 'abc'\n",
		  "x: line 2: expected a number up to 4096" },
		{ "rule a key error T\n\t[a]{1,2} 'abc'\n",
		  "x: line 2: before the keyword only fixed counts" },
		{ "rule a key error T\n\t[a]{65} 'abc'\n",
		  "x: line 2: over 64 bytes before the keyword" },
		{ "rule a key error T\n\t'abc' @nothing\n",
		  "x: line 2: no such matcher behind '@'" },
		{ "rule a key error T\n\t'abc' ?\n",
		  "x: line 2: expected a text, a class or a sign" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct secret_rules *ret;
		struct err e = { 0 };

		assert_int_equal(secret_rules_parse(view_of(cases[i].text), "x", &arena, &ret, &e),
				 -FAIL_FORMAT);
		assert_string_equal(e.msg, cases[i].message);
	}
}

/* ---- where keywords may start ---- */

enum { PLACES_LEN = 1501 };

/* Keywords one after the other or cut off, between bytes of all kinds. */
static void fill(char *to, size_t n)
{
	for (size_t i = 0; i < n;) {
		const struct pattern *p;
		size_t len;

		seed = seed * 1103515245 + 12345;
		p = &rules->patterns[(seed >> 16) % rules->n_patterns];
		len = p->keyword.len - (seed >> 8 & 1);
		len = len < n - i ? len : n - i;
		memcpy(to + i, p->keyword.ptr, len);
		for (size_t k = 0; p->folded && k < len; k++)
			to[i + k] ^= (char)(to[i + k] >= 'a' && seed >> (k % 8 + 9) & 1 ? 0x20 : 0);
		i += len;
		for (size_t k = seed >> 20 & 15; k && i < n; k--)
			to[i++] = random_of("\n =:_-abcdeyJSGKIA0189.\xe4\xff");
	}
}

static bool starts_at(const struct pattern *p, const char *at, size_t left)
{
	if (p->keyword.len > left)
		return false;
	return p->folded ? strncasecmp(at, p->keyword.ptr, p->keyword.len) == 0
			 : memcmp(at, p->keyword.ptr, p->keyword.len) == 0;
}

static void has_all_places(const char *bytes, size_t len, size_t n, const uint16_t *at, size_t n_at)
{
	for (size_t i = 0, k = 0; i < n; i++) {
		while (k < n_at && at[k] < i)
			k++;
		/* three bytes and one that can't follow may be left out */
		for (size_t r = 0; r < rules->n_patterns; r++)
			if (rules->patterns[r].keyword.len > 3 &&
			    starts_at(&rules->patterns[r], bytes + i, len - i) &&
			    (k == n_at || at[k] != i))
				fail_msg("'%.*s' at %zu of %zu is missed",
					 VIEW_ARG(rules->patterns[r].keyword), i, n);
	}
	for (size_t k = 0; k < n_at; k++)
		if (at[k] >= n || (k && at[k] <= at[k - 1]))
			fail_msg("place %zu is %u of %zu", k, at[k], n);
}

static void every_place_passes_where_a_keyword_starts(void **state)
{
	/* on the heap, so that a byte read too many is seen */
	char *bytes = mem_alloc(PLACES_LEN + 3);
	uint16_t *at = mem_alloc(PLACES_MAX_BYTES * sizeof(*at));

	(void)state;
	for (size_t n = PLACES_LEN; n > PLACES_LEN - 200; n--) {
		char *from = bytes + (PLACES_LEN - n);

		fill(from, n + 3);
		has_all_places(from, n + 3, n, at, places_find(&rules->places, from, n, at));
		has_all_places(from, n + 3, n, at,
			       places_find_portable(&rules->places, from, n, at));
	}
	free(at);
	free(bytes);
}

static void few_places_pass_in_random_bytes(void **state)
{
	char bytes[PLACES_MAX_BYTES + 3];
	uint16_t at[PLACES_MAX_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		seed = seed * 1103515245 + 12345;
		bytes[i] = (char)(seed >> 16);
	}
	assert_true(places_find(&rules->places, bytes, PLACES_MAX_BYTES, at) < 64);
}

static int set_up(void **state)
{
	struct err e;

	(void)state;
	if (secret_rules_builtin(&arena, &rules, &e) == 0)
		return 0;
	print_error("%s\n", e.msg);
	return -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cases_are_found_or_not),
		cmocka_unit_test(names_tell_by_their_words),
		cmocka_unit_test(variables_are_judged_by_name_and_value),
		cmocka_unit_test(commands_are_searched_for_assignments),
		cmocka_unit_test(hits_end_at_the_limit),
		cmocka_unit_test(the_longest_key_is_found),
		cmocka_unit_test(bad_rules_are_told_with_their_line),
		cmocka_unit_test(every_place_passes_where_a_keyword_starts),
		cmocka_unit_test(few_places_pass_in_random_bytes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
