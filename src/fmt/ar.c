/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ar as Debian packages use it (deb(5)): short names, decimal sizes, members aligned to two
 * bytes. Long-name tables and symbol indexes, which packages don't have, are refused. A reader of
 * our own because a member is to be a stream without a copy.
 */
#include "fmt/ar.h"

#include "base/mem.h"
#include "base/view.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#define MAGIC "!<arch>\n"

struct header {
	char name[16];
	char mtime[12];
	char uid[6];
	char gid[6];
	char mode[8];
	char size[10];
	char end[2];
};

_Static_assert(sizeof(struct header) == 60, "an ar header has 60 bytes");

struct ar_reader {
	struct source *from;
	const char *name;
	uint64_t offset;
	uint64_t left; /* of the current member */
	bool padded;   /* a byte follows it */
	bool is_open;
	unsigned n_members; /* streams of earlier ones are not to be read */
	char member[sizeof(((struct header *)0)->name) + 1];
	struct err failed;
};

struct member_source {
	struct source s;
	struct ar_reader *reader;
	unsigned member;
};

static int stick(struct ar_reader *r, struct err *e, int rc)
{
	if (rc < 0)
		r->failed = *e;
	return rc;
}

/* As many bytes as there are, up to `size`. */
static int read_up_to(struct ar_reader *r, void *to, size_t size, size_t *ret_n, struct err *e)
{
	size_t total = 0, n;

	do {
		int rc = source_read(r->from, (char *)to + total, size - total, &n, e);

		if (rc < 0)
			return err_context(e, "%s", r->name);
		total += n;
	} while (n && total < size);
	r->offset += total;
	*ret_n = total;
	return 0;
}

static int check_magic(struct ar_reader *r, struct err *e)
{
	char magic[sizeof(MAGIC) - 1];
	size_t n = 0;
	int rc = read_up_to(r, magic, sizeof(magic), &n, e);

	if (rc < 0)
		return rc;
	if (!view_is(view_make(magic, n), MAGIC))
		return fail(e, FAIL_FORMAT, "%s: offset 0: not an ar archive", r->name);
	return 0;
}

int ar_reader_new(struct source *from, const char *name, struct ar_reader **ret, struct err *e)
{
	struct ar_reader *r = mem_zalloc(sizeof(*r));
	int rc;

	r->from = from;
	r->name = name;
	rc = check_magic(r, e);
	if (rc < 0)
		ar_reader_free(r);
	else
		*ret = r;
	return rc;
}

void ar_reader_free(struct ar_reader *r)
{
	if (!r)
		return;
	source_close(r->from);
	free(r);
}

static int fail_early(struct ar_reader *r, struct err *e)
{
	return fail(e, FAIL_FORMAT,
		    "%s: offset %" PRIu64 ": member '%s' ends %" PRIu64 " bytes early", r->name,
		    r->offset, r->member, r->left);
}

static int read_member(struct ar_reader *r, void *to, size_t size, size_t *ret_n, struct err *e)
{
	int rc;

	if (size > r->left)
		size = (size_t)r->left;
	*ret_n = 0;
	if (size == 0)
		return 0;
	rc = source_read(r->from, to, size, ret_n, e);
	if (rc < 0)
		return err_context(e, "%s", r->name);
	if (*ret_n == 0)
		return fail_early(r, e);
	r->left -= *ret_n;
	r->offset += *ret_n;
	return 0;
}

static int skip_rest(struct ar_reader *r, struct err *e)
{
	char scrap[16 << 10];
	size_t n = 0;

	while (r->left) {
		int rc = read_member(r, scrap, sizeof(scrap), &n, e);

		if (rc < 0)
			return rc;
	}
	/* After the last member the padding may lack; its value means nothing. */
	return r->padded ? read_up_to(r, scrap, 1, &n, e) : 0;
}

/* Digits and then blanks only; an empty field is 0. */
static bool parse_number(const char *field, size_t size, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < size && field[i] >= '0' && field[i] < (char)('0' + base); i++)
		value = value * base + (uint64_t)(field[i] - '0');
	while (i < size && field[i] == ' ')
		i++;
	*ret = value;
	return i == size;
}

#define NUMBER(field, base, ret) parse_number((field), sizeof(field), (base), (ret))

/* Returns what is wrong, or NULL. */
static const char *parse_name(const struct header *h, char *ret)
{
	size_t len = sizeof(h->name);

	while (len && h->name[len - 1] == ' ')
		len--;
	if (len > 0 && h->name[0] == '/')
		return "tables of symbols or long names don't belong into a package";
	if (len > 2 && memcmp(h->name, "#1/", 3) == 0)
		return "BSD's long names don't belong into a package";
	if (len && h->name[len - 1] == '/')
		len--;
	if (len == 0)
		return "the member's name is empty";
	for (size_t i = 0; i < len; i++) {
		if (h->name[i] <= ' ' || h->name[i] > '~' || h->name[i] == '/')
			return "the member's name has a byte that names don't have";
	}
	memcpy(ret, h->name, len);
	ret[len] = '\0';
	return NULL;
}

static const char *parse_header(const struct header *h, char *ret_name, uint64_t *ret_size)
{
	uint64_t unused;

	if (memcmp(h->end, "`\n", sizeof(h->end)) != 0)
		return "the member's header doesn't end as it must";
	if (h->size[0] == ' ' || !NUMBER(h->size, 10, ret_size))
		return "the member's size is no decimal number";
	if (!NUMBER(h->mtime, 10, &unused) || !NUMBER(h->uid, 10, &unused) ||
	    !NUMBER(h->gid, 10, &unused))
		return "the member's date or owner is no decimal number";
	if (!NUMBER(h->mode, 8, &unused))
		return "the member's mode is no octal number";
	return parse_name(h, ret_name);
}

static int next(struct ar_reader *r, struct ar_member *ret, struct err *e)
{
	struct header h;
	uint64_t at;
	const char *wrong;
	size_t n = 0;
	int rc = skip_rest(r, e);

	r->padded = false;
	r->is_open = false;
	r->n_members++;
	at = r->offset;
	if (rc == 0)
		rc = read_up_to(r, &h, sizeof(h), &n, e);
	if (rc < 0 || n == 0)
		return rc;
	if (n < sizeof(h))
		return fail(e, FAIL_FORMAT,
			    "%s: offset %" PRIu64 ": a member's header ends after %zu "
			    "of 60 bytes",
			    r->name, at, n);
	wrong = parse_header(&h, r->member, &r->left);
	if (wrong)
		return fail(e, FAIL_FORMAT, "%s: offset %" PRIu64 ": %s", r->name, at, wrong);
	r->padded = r->left % 2;
	*ret = (struct ar_member){ r->member, r->left };
	return 1;
}

int ar_reader_next(struct ar_reader *r, struct ar_member *ret, struct err *e)
{
	if (r->failed.code) {
		*e = r->failed;
		return -(int)e->code;
	}
	return stick(r, e, next(r, ret, e));
}

static int member_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct member_source *m = (struct member_source *)s;

	assert(m->member == m->reader->n_members);
	return stick(m->reader, e, read_member(m->reader, to, size, ret_n, e));
}

static void member_close(struct source *s)
{
	free(s);
}

static const struct source_ops member_ops = { .read = member_read, .close = member_close };

int ar_reader_open(struct ar_reader *r, struct source **ret, struct err *e)
{
	struct member_source *m;

	if (r->failed.code) {
		*e = r->failed;
		return -(int)e->code;
	}
	assert(r->n_members > 0 && !r->is_open);
	m = mem_alloc(sizeof(*m));
	source_init(&m->s, &member_ops);
	m->reader = r;
	m->member = r->n_members;
	r->is_open = true;
	*ret = &m->s;
	return 0;
}
