/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The canonical tar: for one entry there is one sequence of bytes. POSIX.1-2017 pax, "ustar
 * Interchange Format" and "pax Extended Header"; the extended header's own name and attributes
 * are constant but for the entry's last name.
 */
#include "fmt/tar.h"

#include "base/buf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct ustar {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char checksum[8];
	char type;
	char link[100];
	char magic[6];
	char version[2];
	char user[32];
	char group[32];
	char dev_major[8];
	char dev_minor[8];
	char prefix[155];
	char unused[12];
};

_Static_assert(sizeof(struct ustar) == TAR_BLOCK_BYTES, "a ustar header fills one block");

static const char type_flags[] = {
	[TAR_FILE] = '0',  [TAR_HARDLINK] = '1', [TAR_SYMLINK] = '2', [TAR_CHAR] = '3',
	[TAR_BLOCK] = '4', [TAR_DIR] = '5',	 [TAR_FIFO] = '6',
};

static const char zeros[2 * TAR_BLOCK_BYTES];

/* Digits to the field's end but for one NUL; false when the number has more. */
static bool put_octal(char *field, size_t size, uint64_t number)
{
	for (size_t i = size - 1; i-- > 0; number >>= 3)
		field[i] = (char)('0' + (number & 7));
	return number == 0;
}

#define OCTAL(field, number) put_octal((field), sizeof(field), (number))

static void put_checksum(struct ustar *h)
{
	const unsigned char *bytes = (const unsigned char *)h;
	unsigned sum = 0;

	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += bytes[i];
	put_octal(h->checksum, 7, sum);
}

/* In the name field, or cut at the last '/' that leaves both halves room. */
static bool put_path(struct ustar *h, struct view path)
{
	size_t cut;

	if (path.len <= sizeof(h->name)) {
		memcpy(h->name, path.ptr, path.len);
		return true;
	}
	cut = path.len - 1 < sizeof(h->prefix) + 1 ? path.len - 1 : sizeof(h->prefix) + 1;
	while (cut > 0 && path.ptr[cut - 1] != '/')
		cut--;
	if (cut < 2 || path.len - cut > sizeof(h->name)) {
		memcpy(h->name, path.ptr, sizeof(h->name));
		return false;
	}
	memcpy(h->prefix, path.ptr, cut - 1);
	memcpy(h->name, path.ptr + cut, path.len - cut);
	return true;
}

static bool put_link(struct ustar *h, struct view link)
{
	bool fits = link.len <= sizeof(h->link);

	if (link.len)
		memcpy(h->link, link.ptr, fits ? link.len : sizeof(h->link));
	return fits;
}

/* Numbers that ustar can't say are 0 there. */
static bool put_number(char *field, size_t size, uint64_t number)
{
	if (put_octal(field, size, number))
		return true;
	put_octal(field, size, 0);
	return false;
}

#define NUMBER(field, number) put_number((field), sizeof(field), (number))

/* The length counts its own digits. */
static void add_record(struct buf *pax, const char *prefix, const char *key, struct view value)
{
	size_t rest = strlen(prefix) + strlen(key) + value.len + 3; /* ' ', '=' and newline */
	size_t total = rest, digits = 0;

	for (size_t before = 1; digits != before;) {
		before = digits;
		digits = (size_t)snprintf(NULL, 0, "%zu", total);
		total = rest + digits;
	}
	buf_printf(pax, "%zu %s%s=", total, prefix, key);
	buf_add_view(pax, value);
	buf_add_char(pax, '\n');
}

static void add_number(struct buf *pax, const char *key, int64_t number)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, number);
	add_record(pax, "", key, view_of(digits));
}

static int by_name(const void *a, const void *b)
{
	const struct tar_xattr *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int add_xattrs(struct buf *pax, const struct tar_entry *entry, struct err *e)
{
	const struct tar_xattr *sorted[TAR_MAX_XATTRS];

	if (entry->n_xattrs > TAR_MAX_XATTRS)
		return fail(e, FAIL_LIMIT, "'%.200s' has more than %d extended attributes",
			    entry->path, TAR_MAX_XATTRS);
	for (size_t i = 0; i < entry->n_xattrs; i++)
		sorted[i] = &entry->xattrs[i];
	qsort(sorted, entry->n_xattrs, sizeof(sorted[0]), by_name);
	for (size_t i = 0; i < entry->n_xattrs; i++) {
		const struct tar_xattr *x = sorted[i];

		if (!x->name[0] || strchr(x->name, '='))
			return fail(e, FAIL_FORMAT,
				    "'%.200s' has an extended attribute '%.100s', "
				    "a name that tar can't hold",
				    entry->path, x->name);
		if (x->value.len > TAR_MAX_XATTR_BYTES)
			return fail(e, FAIL_LIMIT, "'%.200s' has more than %d bytes in '%.100s'",
				    entry->path, TAR_MAX_XATTR_BYTES, x->name);
		add_record(pax, "SCHILY.xattr.", x->name, x->value);
	}
	return 0;
}

/* Fills the header; what doesn't fit goes to `pax`, in the byte order of the keys. */
static int put_fields(struct ustar *h, struct buf *pax, const struct tar_entry *entry,
		      struct view path, struct err *e)
{
	struct view link = view_of(entry->link);
	int rc = add_xattrs(pax, entry, e);

	if (rc < 0)
		return rc;
	if (!NUMBER(h->gid, entry->gid))
		add_number(pax, "gid", (int64_t)entry->gid);
	if (!put_link(h, link))
		add_record(pax, "", "linkpath", link);
	if (!NUMBER(h->mtime, entry->mtime_s < 0 ? UINT64_MAX : (uint64_t)entry->mtime_s))
		add_number(pax, "mtime", entry->mtime_s);
	if (!put_path(h, path))
		add_record(pax, "", "path", path);
	if (!NUMBER(h->size, entry->size))
		add_number(pax, "size", (int64_t)entry->size);
	if (!NUMBER(h->uid, entry->uid))
		add_number(pax, "uid", (int64_t)entry->uid);
	OCTAL(h->mode, entry->mode & 07777);
	if (!OCTAL(h->dev_major, entry->dev_major) || !OCTAL(h->dev_minor, entry->dev_minor))
		return fail(e, FAIL_FORMAT, "'%.200s' has a device number that tar can't hold",
			    entry->path);
	h->type = type_flags[entry->type];
	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	put_checksum(h);
	return 0;
}

static void add_padding(struct buf *out, size_t size)
{
	buf_add(out, zeros, -size % TAR_BLOCK_BYTES);
}

static void add_pax_header(struct buf *out, const struct buf *pax, struct view path)
{
	struct ustar h = { .type = 'x', .magic = "ustar", .version = { '0', '0' } };
	const char *slash;

	if (view_ends(path, "/"))
		path.len--;
	slash = path.len ? memrchr(path.ptr, '/', path.len) : NULL;
	if (slash)
		path = view_make(slash + 1, path.len - (size_t)(slash + 1 - path.ptr));
	snprintf(h.name, sizeof(h.name), "PaxHeaders/%.*s", VIEW_ARG(path));
	OCTAL(h.mode, 0644);
	OCTAL(h.uid, 0);
	OCTAL(h.gid, 0);
	OCTAL(h.size, pax->len);
	OCTAL(h.mtime, 0);
	OCTAL(h.dev_major, 0);
	OCTAL(h.dev_minor, 0);
	put_checksum(&h);
	buf_add(out, &h, sizeof(h));
	buf_add_view(out, buf_view(pax));
	add_padding(out, pax->len);
}

static int check_entry(const struct tar_entry *entry, struct err *e)
{
	bool is_link = entry->type == TAR_HARDLINK || entry->type == TAR_SYMLINK;
	size_t len = strlen(entry->path);

	if (len == 0)
		return fail(e, FAIL_FORMAT, "an entry has no path");
	if (len > TAR_MAX_PATH || (entry->link && strlen(entry->link) > TAR_MAX_PATH))
		return fail(e, FAIL_LIMIT, "'%.200s' has a path or link of more than %d bytes",
			    entry->path, TAR_MAX_PATH);
	if (entry->type != TAR_DIR && entry->path[len - 1] == '/')
		return fail(e, FAIL_FORMAT, "'%.200s' ends with '/' but is no folder", entry->path);
	if (is_link != (entry->link && entry->link[0]))
		return fail(e, FAIL_FORMAT,
			    "'%.200s' has a link target, or lacks one, against its type",
			    entry->path);
	if (entry->size && entry->type != TAR_FILE)
		return fail(e, FAIL_FORMAT, "'%.200s' has a size but is no regular file",
			    entry->path);
	if (entry->size > TAR_MAX_FILE_BYTES || entry->uid > UINT32_MAX || entry->gid > UINT32_MAX)
		return fail(e, FAIL_FORMAT, "'%.200s' has a size or owner out of range",
			    entry->path);
	return 0;
}

int tar_write_header(struct sink *to, const struct tar_entry *entry, struct err *e)
{
	auto_buf path = BUF_EMPTY;
	auto_buf pax = BUF_EMPTY;
	auto_buf out = BUF_EMPTY;
	struct ustar h = { 0 };
	int rc = check_entry(entry, e);

	if (rc < 0)
		return rc;
	buf_add_str(&path, entry->path);
	if (entry->type == TAR_DIR && path.data[path.len - 1] != '/')
		buf_add_char(&path, '/');
	rc = put_fields(&h, &pax, entry, buf_view(&path), e);
	if (rc < 0)
		return rc;
	if (pax.len > TAR_MAX_PAX_BYTES)
		return fail(e, FAIL_LIMIT, "'%.200s' has more than %d bytes of attributes",
			    entry->path, TAR_MAX_PAX_BYTES);
	if (pax.len)
		add_pax_header(&out, &pax, buf_view(&path));
	buf_add(&out, &h, sizeof(h));
	return sink_write(to, out.data, out.len, e);
}

int tar_write_padding(struct sink *to, uint64_t size, struct err *e)
{
	return sink_write(to, zeros, (size_t)(-size % TAR_BLOCK_BYTES), e);
}

int tar_write_end(struct sink *to, struct err *e)
{
	return sink_write(to, zeros, sizeof(zeros), e);
}
