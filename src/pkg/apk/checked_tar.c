/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows the blocks of a tar: headers, PAX records, bytes of files. Who unpacks it reads it with
 * another reader, which is the judge of everything but checksums.
 */
#include "pkg/apk/checked_tar.h"

#include "base/mem.h"
#include "crypto/digest.h"
#include "fmt/tar.h"

#include <stdlib.h>
#include <string.h>

enum { SHA1_HEX = 40 };

#define CHECKSUM_KEY "APK-TOOLS.checksum.SHA1"

enum state { IN_HEADER, IN_RECORDS, IN_LONG_NAME, IN_FILE, IN_OTHER, AT_END };

/* Where things are in a ustar header (POSIX.1-2017, pax). */
enum { AT_NAME = 0, AT_SIZE = 124, AT_TYPE = 156, AT_LINK = 157, AT_PREFIX = 345 };

/* What PAX records say of the entry behind them. */
struct records {
	struct buf path, link;
	char sum[SHA1_HEX + 1]; /* "" when there's none */
	bool has_size;
	uint64_t size;
};

struct checked_tar {
	struct source base;
	struct source *below;
	struct buf *sums;
	enum state state;
	unsigned char header[TAR_BLOCK_BYTES];
	size_t have;   /* of the header */
	uint64_t left; /* bytes of what the state is about */
	uint64_t pad;  /* … and up to the next block behind them */
	struct buf text;
	bool is_link; /* of IN_LONG_NAME */
	struct records records;
	struct buf path;
	struct hasher *sha1;
};

static bool is_zero(const unsigned char *block)
{
	for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
		if (block[i])
			return false;
	return true;
}

static bool read_number(const unsigned char *at, size_t n, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	if (at[0] & 0x80) { /* GNU's binary form */
		for (i = 0; i < n; i++)
			value = value << 8 | (i ? at[i] : at[i] & 0x7f);
		*ret = value;
		return value <= TAR_MAX_FILE_BYTES;
	}
	while (i < n && at[i] == ' ')
		i++;
	for (; i < n && at[i] >= '0' && at[i] <= '7'; i++)
		value = value * 8 + (uint64_t)(at[i] - '0');
	*ret = value;
	return i == n || at[i] == ' ' || at[i] == '\0';
}

static struct view field(const unsigned char *header, size_t at, size_t n)
{
	const char *text = (const char *)header + at;

	return view_make(text, strnlen(text, n));
}

/* ---- what stands before an entry ---- */

static int take_record(struct records *r, struct view key, struct view value, struct err *e)
{
	if (view_is(key, "path")) {
		buf_clear(&r->path);
		buf_add_view(&r->path, value);
	} else if (view_is(key, "linkpath")) {
		buf_clear(&r->link);
		buf_add_view(&r->link, value);
	} else if (view_is(key, "size")) {
		r->has_size = true;
		if (!view_to_u64(value, &r->size) || r->size > TAR_MAX_FILE_BYTES)
			return fail(e, FAIL_FORMAT,
				    "data.tar: a size in a PAX record is no number");
	} else if (view_is(key, CHECKSUM_KEY)) {
		if (value.len != SHA1_HEX)
			return fail(e, FAIL_FORMAT, "data.tar: " CHECKSUM_KEY " is no SHA-1");
		memcpy(r->sum, value.ptr, SHA1_HEX);
	}
	return 0;
}

/* "LENGTH KEY=VALUE\n", one after the other. */
static int take_records(struct checked_tar *t, struct err *e)
{
	struct view rest = buf_view(&t->text);

	while (rest.len) {
		const char *blank = memchr(rest.ptr, ' ', rest.len), *sign;
		uint64_t length = 0;
		size_t start;
		struct view line;
		int rc;

		if (!blank ||
		    !view_to_u64(view_make(rest.ptr, (size_t)(blank - rest.ptr)), &length) ||
		    length > rest.len || length < (size_t)(blank - rest.ptr) + 3)
			return fail(e, FAIL_FORMAT, "data.tar: a PAX record of a wrong length");
		start = (size_t)(blank - rest.ptr) + 1;
		line = view_make(rest.ptr + start, length - start - 1);
		sign = memchr(line.ptr, '=', line.len);
		if (!sign)
			return fail(e, FAIL_FORMAT, "data.tar: a PAX record without '='");
		rc = take_record(&t->records, view_make(line.ptr, (size_t)(sign - line.ptr)),
				 view_make(sign + 1, line.len - (size_t)(sign - line.ptr) - 1), e);
		if (rc < 0)
			return rc;
		rest = view_make(rest.ptr + length, rest.len - length);
	}
	return 0;
}

static void forget_records(struct checked_tar *t)
{
	buf_clear(&t->records.path);
	buf_clear(&t->records.link);
	t->records.sum[0] = '\0';
	t->records.has_size = false;
}

/* ---- an entry ---- */

static void set_path(struct checked_tar *t)
{
	struct view prefix = field(t->header, AT_PREFIX, 155), path;

	buf_clear(&t->path);
	if (t->records.path.len) {
		path = buf_view(&t->records.path);
	} else {
		path = field(t->header, AT_NAME, 100);
		if (prefix.len && memcmp(t->header + 257, "ustar\0", 6) == 0)
			buf_printf(&t->path, "%.*s/", VIEW_ARG(prefix));
	}
	while (t->path.len == 0 && view_starts(path, "./"))
		path = view_make(path.ptr + 2, path.len - 2);
	buf_add_view(&t->path, path);
}

static int end_entry(struct checked_tar *t, struct err *e)
{
	uint8_t digest[DIGEST_MAX_BYTES];
	char hex[SHA1_HEX + 1];

	hasher_final(t->sha1, digest);
	for (size_t i = 0; i < SHA1_BYTES; i++) {
		hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	hex[SHA1_HEX] = '\0';
	if (t->records.sum[0] && strncasecmp(t->records.sum, hex, SHA1_HEX) != 0)
		return fail(e, FAIL_VERIFY,
			    "'%.200s' isn't what its checksum says: expected SHA-1 %s, found %s",
			    buf_str(&t->path), t->records.sum, hex);
	buf_printf(t->sums, "%s %s\n", hex, buf_str(&t->path));
	forget_records(t);
	return 0;
}

static int begin_file(struct checked_tar *t, struct err *e)
{
	set_path(t);
	if (t->records.has_size) {
		t->left = t->records.size;
		t->pad = -t->left % TAR_BLOCK_BYTES;
	}
	t->state = IN_FILE;
	return t->left == 0 ? end_entry(t, e) : 0;
}

static int take_link(struct checked_tar *t, struct err *e)
{
	struct view target =
		t->records.link.len ? buf_view(&t->records.link) : field(t->header, AT_LINK, 100);

	set_path(t);
	hasher_update(t->sha1, target.ptr, target.len);
	return end_entry(t, e);
}

static int begin_text(struct checked_tar *t, enum state state, struct err *e)
{
	buf_clear(&t->text);
	t->state = state;
	if (t->left > TAR_MAX_PAX_BYTES)
		return fail(e, FAIL_LIMIT, "data.tar: PAX records of more than %d bytes",
			    TAR_MAX_PAX_BYTES);
	return 0;
}

static int take_header(struct checked_tar *t, struct err *e)
{
	char type = (char)t->header[AT_TYPE];

	t->have = 0;
	if (is_zero(t->header)) {
		t->state = AT_END;
		return 0;
	}
	if (!read_number(t->header + AT_SIZE, 12, &t->left))
		return fail(e, FAIL_FORMAT, "data.tar: a header with a size that is no number");
	t->pad = -t->left % TAR_BLOCK_BYTES;
	switch (type) {
	case '0':
	case '\0':
	case '7':
		return begin_file(t, e);
	case 'x':
		return begin_text(t, IN_RECORDS, e);
	case 'L':
	case 'K':
		t->is_link = type == 'K';
		return begin_text(t, IN_LONG_NAME, e);
	case '2':
		t->state = IN_OTHER;
		return take_link(t, e);
	case 'g':
		t->state = IN_OTHER;
		return 0;
	default:
		t->state = IN_OTHER;
		forget_records(t);
		return 0;
	}
}

/* The bytes of what the state is about are all there. */
static int end_body(struct checked_tar *t, struct err *e)
{
	switch (t->state) {
	case IN_FILE:
		return end_entry(t, e);
	case IN_RECORDS:
		return take_records(t, e);
	case IN_LONG_NAME: {
		struct buf *to = t->is_link ? &t->records.link : &t->records.path;

		buf_clear(to);
		buf_add_str(to, buf_str(&t->text));
		return 0;
	}
	default:
		return 0;
	}
}

static size_t take_body(struct checked_tar *t, const char *at, size_t n)
{
	size_t part = n < t->left ? n : (size_t)t->left;

	if (t->state == IN_FILE)
		hasher_update(t->sha1, at, part);
	else if (t->state == IN_RECORDS || t->state == IN_LONG_NAME)
		buf_add(&t->text, at, part);
	t->left -= part;
	return part;
}

static int follow(struct checked_tar *t, const char *at, size_t n, struct err *e)
{
	int rc = 0;

	while (rc == 0 && n && t->state != AT_END) {
		size_t part;

		if (t->left) {
			part = take_body(t, at, n);
			if (t->left == 0)
				rc = end_body(t, e);
		} else if (t->pad) {
			part = n < t->pad ? n : (size_t)t->pad;
			t->pad -= part;
		} else {
			part = TAR_BLOCK_BYTES - t->have;
			part = n < part ? n : part;
			memcpy(t->header + t->have, at, part);
			t->have += part;
			if (t->have == TAR_BLOCK_BYTES)
				rc = take_header(t, e);
		}
		at += part;
		n -= part;
	}
	return rc;
}

static int checked_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct checked_tar *t = (struct checked_tar *)s;
	int rc = source_read(t->below, to, size, ret_n, e);

	return rc < 0 ? rc : follow(t, to, *ret_n, e);
}

static void checked_close(struct source *s)
{
	struct checked_tar *t = (struct checked_tar *)s;

	source_close(t->below);
	buf_done(&t->text);
	buf_done(&t->path);
	buf_done(&t->records.path);
	buf_done(&t->records.link);
	hasher_free(t->sha1);
	free(t);
}

static const struct source_ops checked_ops = { checked_read, checked_close };

struct source *checked_tar_new(struct source *below, struct buf *sums)
{
	struct checked_tar *t = mem_zalloc(sizeof(*t));

	source_init(&t->base, &checked_ops);
	t->below = below;
	t->sums = sums;
	t->sha1 = hasher_new(DIGEST_SHA1);
	return &t->base;
}
