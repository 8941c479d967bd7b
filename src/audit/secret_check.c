/* SPDX-License-Identifier: Apache-2.0 */
/* The matchers that patterns name with '@': what a row of classes can't say. */
#include "base/array.h"
#include "base/buf.h"

#include "audit/secret_pattern.h"

#include <ctype.h>

enum {
	PEM_MIN_BODY = 40, /* the smallest, an Ed25519 key, has 64 */
	PEM_MAX_LABEL = 64,
	MAX_WORD = 512,
};

static const char PRIVATE[] = "PRIVATE KEY";

static size_t room(const struct match *m)
{
	return m->window.len - m->at;
}

static bool is_at(const struct match *m, const char *text)
{
	size_t n = strlen(text);

	return n <= room(m) && memcmp(m->window.ptr + m->at, text, n) == 0;
}

static bool is_base64(char c)
{
	return isalnum((unsigned char)c) || c == '+' || c == '/' || c == '=';
}

/* ---- private keys ---- */

/* "RSA PRIVATE KEY-----", "PGP PRIVATE KEY BLOCK-----"; `at` goes behind it. */
static bool pem_label(struct match *m)
{
	size_t start = m->at, end = start;
	struct view label;

	while (end < m->window.len && end - start < PEM_MAX_LABEL &&
	       (isupper((unsigned char)m->window.ptr[end]) ||
		isdigit((unsigned char)m->window.ptr[end]) || m->window.ptr[end] == ' '))
		end++;
	label = view_make(m->window.ptr + start, end - start);
	if (!view_ends(label, PRIVATE) && !view_ends(label, "PRIVATE KEY BLOCK"))
		return false;
	m->at = end;
	if (!is_at(m, "-----"))
		return false;
	m->at += 5;
	return true;
}

/* Line ends as they are, or as JSON and shell write them: "\n", "\r\n". */
static size_t pem_blank(const struct match *m)
{
	const char *at = m->window.ptr + m->at;

	if (room(m) >= 2 && at[0] == '\\' && (at[1] == 'n' || at[1] == 'r' || at[1] == 't'))
		return 2;
	if (room(m) >= 1 && (isspace((unsigned char)at[0]) || at[0] == '\\' || at[0] == '"' ||
			     at[0] == '\'' || at[0] == ','))
		return 1;
	return 0;
}

/* "Proc-Type: 4,ENCRYPTED": the rest of the line is no body. */
static size_t pem_header(const struct match *m)
{
	const char *at = m->window.ptr + m->at;
	size_t n = 0;

	while (n < room(m) && n < 32 && (isalpha((unsigned char)at[n]) || at[n] == '-'))
		n++;
	if (n == 0 || n == 32 || n + 1 >= room(m) || at[n] != ':' || at[n + 1] != ' ')
		return 0;
	while (n < room(m) && n < 200 && at[n] != '\n' && at[n] != '\\')
		n++;
	return n;
}

static bool match_pem(struct match *m)
{
	size_t body = 0, open;
	uint64_t seen[4] = { 0 };
	unsigned distinct = 0;

	open = m->at - strlen("-----BEGIN ");
	if (!pem_label(m))
		return false;
	while (room(m)) {
		size_t n = pem_header(m);
		unsigned char c = (unsigned char)m->window.ptr[m->at];

		n = n ? n : pem_blank(m);
		if (n) {
			m->at += n;
			continue;
		}
		if (!is_base64((char)c))
			break;
		distinct += !(seen[c / 64] >> c % 64 & 1);
		seen[c / 64] |= UINT64_C(1) << c % 64;
		body++;
		m->at++;
	}
	/* A real body has nearly all of the 64 signs; one that shows the form repeats a few. */
	if (body < PEM_MIN_BODY || distinct < 16 || !is_at(m, "-----END "))
		return false;
	m->at += strlen("-----END ");
	if (!pem_label(m))
		return false;
	m->open = open;
	m->close = m->at;
	return true;
}

/* ---- base64 ---- */

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Stops at what is no base64; white space goes unseen. */
static void base64_decode(struct view text, struct buf *to)
{
	uint32_t bits = 0;
	unsigned n = 0;

	for (size_t i = 0; i < text.len; i++) {
		int value = base64_value(text.ptr[i]);

		if (isspace((unsigned char)text.ptr[i]))
			continue;
		if (value < 0)
			break;
		bits = bits << 6 | (uint32_t)value;
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_add_char(to, (char)(bits >> n & 0xff));
		}
	}
}

static bool match_pem64(struct match *m)
{
	static const char *const kinds[] = { "PRIVATE KEY-----", "PRIVATE KEY BLOCK-----" };
	size_t open = m->at - strlen("LS0tLS1CRUdJTi");
	size_t end = m->at;
	auto_buf head = BUF_EMPTY;

	while (end < m->window.len && is_base64(m->window.ptr[end]))
		end++;
	base64_decode(view_make(m->window.ptr + open, end - open < 128 ? end - open : 128), &head);
	m->open = open;
	m->at = m->close = end;
	for (size_t i = 0; i < COUNT_OF(kinds) && end - open > PEM_MIN_BODY; i++)
		if (memmem(buf_str(&head), head.len, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

static bool is_graph(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.ptr[i] < 0x20 || v.ptr[i] == 0x7f)
			return false;
	return true;
}

static struct view value_of(const struct match *m)
{
	return view_make(m->window.ptr + m->open, m->close - m->open);
}

static bool is_weak(struct view value);

/* The value says user:password in base64. */
static bool check_userpass(struct match *m)
{
	auto_buf plain = BUF_EMPTY;
	const char *colon;
	size_t user;

	base64_decode(value_of(m), &plain);
	colon = memchr(buf_str(&plain), ':', plain.len);
	if (!colon || !is_graph(buf_view(&plain)))
		return false;
	user = (size_t)(colon - plain.data);
	return user > 0 && plain.len - user > 3 &&
	       !is_weak(view_make(colon + 1, plain.len - user - 1));
}

/* {"alg":… */
static bool check_jwt(struct match *m)
{
	auto_buf plain = BUF_EMPTY;
	struct view value = value_of(m);
	const char *dot = memchr(value.ptr, '.', value.len);

	base64_decode(view_make(value.ptr, dot ? (size_t)(dot - value.ptr) : 0), &plain);
	return memmem(buf_str(&plain), plain.len, "\"alg\"", 5) && is_graph(buf_view(&plain));
}

/* ---- passwords ---- */

/* Words that stand where a password would. */
static bool is_weak(struct view value)
{
	static const char *const words[] = { "password", "passwd", "pass",     "passw", "secret",
					     "token",	 "user",   "username", "pw",	"pwd",
					     "none",	 "null",   "true",     "false", "string",
					     "foo",	 "bar",	   "baz",      "host",	"name" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (value.len == strlen(words[i]) &&
		    strncasecmp(value.ptr, words[i], value.len) == 0)
			return true;
	return secret_is_placeholder(value);
}

static bool check_value(struct match *m)
{
	return !is_weak(value_of(m));
}

static bool check_openai(struct match *m)
{
	struct view value = value_of(m);

	return memmem(value.ptr, value.len, "T3BlbkFJ", 8) != NULL;
}

static bool netrc_word(struct match *m, struct view *ret)
{
	size_t start;

	while (room(m) && isspace((unsigned char)m->window.ptr[m->at]))
		m->at++;
	start = m->at;
	while (room(m) && m->at - start < MAX_WORD && (unsigned char)m->window.ptr[m->at] > ' ')
		m->at++;
	*ret = view_make(m->window.ptr + start, m->at - start);
	return ret->len > 0;
}

/* Of a command's text, which a shell's quote may end. */
static struct view without_quote(struct view v)
{
	while (v.len && (v.ptr[v.len - 1] == '\'' || v.ptr[v.len - 1] == '"'))
		v.len--;
	return v;
}

/* HOST, then in any order "login NAME", "account NAME" and "password VALUE"; netrc(5). */
static bool match_netrc(struct match *m)
{
	struct view word, value;
	bool login = false;

	if (!netrc_word(m, &word) || !memchr(word.ptr, '.', word.len))
		return false;
	for (int pair = 0; pair < 3; pair++) {
		if (!netrc_word(m, &word) || !netrc_word(m, &value))
			return false;
		if (view_is(word, "login")) {
			login = true;
		} else if (view_is(word, "password")) {
			m->open = m->at - value.len;
			value = without_quote(value);
			m->close = m->open + value.len;
			return (login || pair == 0) && value.len >= 4 && !is_weak(value);
		} else if (!view_is(word, "account")) {
			return false;
		}
	}
	return false;
}

pattern_checker *pattern_checker_find(struct view name)
{
	static const struct {
		const char *name;
		pattern_checker *checker;
	} table[] = {
		{ "jwt", check_jwt },		{ "netrc", match_netrc },
		{ "openai", check_openai },	{ "pem", match_pem },
		{ "pem64", match_pem64 },	{ "value", check_value },
		{ "userpass", check_userpass },
	};

	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (view_is(name, table[i].name))
			return table[i].checker;
	return NULL;
}
