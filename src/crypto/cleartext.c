/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes a cleartext-signed document apart. The text is built here and this very text is what the
 * signature gets checked against, so that no second parser can read the document differently.
 */
#include "crypto/cleartext.h"

static const char begin_message[] = "-----BEGIN PGP SIGNED MESSAGE-----";
static const char begin_signature[] = "-----BEGIN PGP SIGNATURE-----";
static const char end_signature[] = "-----END PGP SIGNATURE-----";

struct lines {
	struct view rest;
	size_t number; /* of the line read last, from 1 */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line without its end and the blanks before that, which signatures don't cover. */
static bool next_line(struct lines *l, struct view *ret)
{
	if (!l->rest.ptr || l->rest.len == 0 || !view_split(&l->rest, '\n', ret))
		return false;
	l->number++;
	while (ret->len && is_blank(ret->ptr[ret->len - 1]))
		ret->len--;
	return true;
}

static int parse_headers(struct lines *l, struct err *e)
{
	struct view line;

	if (!next_line(l, &line) || !view_is(line, begin_message))
		return fail(e, FAIL_VERIFY, "not signed: line 1: expected '%s'", begin_message);
	while (next_line(l, &line)) {
		if (line.len == 0)
			return 0;
		if (!view_starts(line, "Hash:"))
			return fail(e, FAIL_VERIFY,
				    "line %zu: expected a 'Hash:' header or an empty line",
				    l->number);
	}
	return fail(e, FAIL_VERIFY, "line %zu: truncated in the headers", l->number);
}

/* Copies the signed lines to `to`; stops behind the line that begins the signature. */
static int parse_text(struct lines *l, char *to, size_t *ret_len, struct err *e)
{
	struct view line;
	size_t len = 0;

	while (next_line(l, &line)) {
		if (view_is(line, begin_signature)) {
			*ret_len = len;
			return 0;
		}
		if (view_starts(line, "- "))
			line = view_make(line.ptr + 2, line.len - 2);
		else if (view_starts(line, "-"))
			return fail(e, FAIL_VERIFY,
				    "line %zu: a signed line that begins with '-' must be escaped",
				    l->number);
		if (memchr(line.ptr, '\0', line.len) || memchr(line.ptr, '\r', line.len))
			return fail(e, FAIL_VERIFY, "line %zu: control character in signed text",
				    l->number);
		memcpy(to + len, line.ptr, line.len);
		len += line.len;
		to[len++] = '\n';
	}
	return fail(e, FAIL_VERIFY, "line %zu: truncated, no signature follows the text",
		    l->number);
}

/* The same for the signature; without the blanks at line ends, which confuse librnp. */
static int parse_signature(struct lines *l, char *to, size_t *ret_len, struct err *e)
{
	size_t len = sizeof(begin_signature) - 1;
	struct view line;

	memcpy(to, begin_signature, len);
	to[len++] = '\n';
	while (next_line(l, &line)) {
		bool last = view_is(line, end_signature);

		if (len + line.len >= CLEARTEXT_MAX_SIGNATURE_BYTES)
			return fail(e, FAIL_VERIFY, "line %zu: signature over %d bytes", l->number,
				    CLEARTEXT_MAX_SIGNATURE_BYTES);
		if (view_starts(line, "-") && !last)
			return fail(e, FAIL_VERIFY, "line %zu: unexpected armor line", l->number);
		memcpy(to + len, line.ptr, line.len);
		len += line.len;
		to[len++] = '\n';
		if (last) {
			*ret_len = len;
			return 0;
		}
	}
	return fail(e, FAIL_VERIFY, "line %zu: truncated in the signature", l->number);
}

int cleartext_parse(struct view document, struct arena *a, struct cleartext *ret, struct err *e)
{
	struct lines l = { .rest = document };
	struct cleartext parsed = { 0 };
	struct view line;
	char *text, *signature;
	int rc;

	if (document.len > CLEARTEXT_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "signed document over %d bytes", CLEARTEXT_MAX_BYTES);
	rc = parse_headers(&l, e);
	if (rc < 0)
		return rc;
	/* Things only go, so that the text is no longer than what is left but for a line end. */
	text = arena_alloc(a, l.rest.len + 1);
	rc = parse_text(&l, text, &parsed.text.len, e);
	if (rc < 0)
		return rc;
	signature = arena_alloc(a, CLEARTEXT_MAX_SIGNATURE_BYTES);
	rc = parse_signature(&l, signature, &parsed.signature.len, e);
	if (rc < 0)
		return rc;
	while (next_line(&l, &line)) {
		if (line.len)
			return fail(e, FAIL_VERIFY, "line %zu: text outside of the signed part",
				    l.number);
	}
	parsed.text.ptr = text;
	parsed.signature.ptr = signature;
	*ret = parsed;
	return 0;
}
