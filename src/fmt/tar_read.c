/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading tar through libarchive, which knows every dialect; what it lets pass and we don't is
 * checked here. Names stay the archive's bytes: libarchive turns pax names into the locale's
 * encoding, so headers are read in the C locale, where it can't and then keeps them raw.
 */
#include "fmt/tar.h"

#include "base/array.h"
#include "base/mem.h"
#include "fmt/libarchive.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>

enum {
	READ_BYTES = 128 << 10,
	/* Of one entry's headers: pax records, a few long names and pax' global records. */
	MAX_HEADER_BYTES = 4 * TAR_MAX_PAX_BYTES,
};

/* 34,865 years on either side of 1970: beyond any filesystem's dates, and what tools agree about.
 */
#define MAX_MTIME_S (INT64_C(1) << 40)

struct xattr_array {
	struct tar_xattr *at;
	size_t n, cap;
};

struct tar_reader {
	struct source *from;
	const char *name;
	struct archive *archive;
	struct archive_entry *entry; /* libarchive's, of the current entry */
	locale_t c_locale;
	uint64_t n_read;	/* bytes taken from `from` */
	uint64_t header_budget; /* what headers may still take */
	bool opened, ended;
	bool in_header;
	uint64_t header_at; /* offset of the current entry's first header */
	uint64_t file_end;  /* offset behind the current file's bytes, before its padding */
	uint64_t left;	    /* of the current file */
	uint64_t at;	    /* position in it */
	struct view block;  /* the file's next bytes */
	struct xattr_array xattrs;
	struct err source_failed; /* what `from` said, for libarchive can't carry it */
	struct err failed;
	char bytes[READ_BYTES];
};

/*
 * Some writers end without the padding of the last file, as umoci insert does (Go's archive/tar,
 * never closed), and Go reads it: the file's bytes are all there.
 */
static size_t lacking_padding(const struct tar_reader *r)
{
	if (r->in_header || r->n_read < r->file_end || r->n_read - r->file_end >= TAR_BLOCK_BYTES)
		return 0;
	return (size_t)(-r->n_read % TAR_BLOCK_BYTES);
}

static la_ssize_t read_more(struct archive *a, void *ctx, const void **ret)
{
	struct tar_reader *r = ctx;
	struct err *e = &r->source_failed;
	size_t n;

	if (r->in_header && r->header_budget < READ_BYTES) {
		fail(e, FAIL_LIMIT,
		     "offset %" PRIu64 ": an entry's headers take more than %d bytes", r->n_read,
		     MAX_HEADER_BYTES);
		libarchive.set_error(a, EIO, "%s", e->msg);
		return -1;
	}
	if (source_read(r->from, r->bytes, READ_BYTES, &n, e) < 0) {
		libarchive.set_error(a, EIO, "%s", e->msg);
		return -1;
	}
	if (n == 0) {
		n = lacking_padding(r);
		memset(r->bytes, 0, n);
	}
	r->n_read += n;
	r->header_budget -= r->in_header ? n : 0;
	*ret = r->bytes;
	return (la_ssize_t)n;
}

static int fail_archive(struct tar_reader *r, uint64_t offset, struct err *e)
{
	const char *why = libarchive.error_string(r->archive);

	if (r->source_failed.code) {
		*e = r->source_failed;
		return err_context(e, "%s", r->name);
	}
	return fail(e, FAIL_FORMAT, "%s: offset %" PRIu64 ": %s", r->name, offset,
		    why ? why : "not a tar archive");
}

static int open_archive(struct tar_reader *r, struct err *e)
{
	if (libarchive_need(e) < 0)
		return -(int)e->code;
	r->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!r->c_locale)
		return fail_sys(e, "the C locale");
	r->archive = libarchive.read_new();
	r->entry = libarchive.entry_new();
	if (!r->archive || !r->entry)
		return fail(e, FAIL_IO, "out of memory in libarchive");
	if (libarchive.read_support_format_tar(r->archive) != ARCHIVE_OK)
		return fail(e, FAIL_UNSUPPORTED, "this libarchive can't read tar");
	return 0;
}

int tar_reader_new(struct source *from, const char *name, struct tar_reader **ret, struct err *e)
{
	struct tar_reader *r = mem_zalloc(sizeof(*r));
	int rc;

	r->from = from;
	r->name = name;
	rc = open_archive(r, e);
	if (rc < 0)
		tar_reader_free(r);
	else
		*ret = r;
	return rc;
}

void tar_reader_free(struct tar_reader *r)
{
	if (!r)
		return;
	if (r->entry)
		libarchive.entry_free(r->entry);
	if (r->archive)
		libarchive.read_free(r->archive);
	if (r->c_locale)
		freelocale(r->c_locale);
	source_close(r->from);
	free(r->xattrs.at);
	free(r);
}

/* libarchive warns about what it repairs by guessing; only names in no known encoding are fine. */
static bool is_harmless(const struct tar_reader *r)
{
	const char *why = libarchive.error_string(r->archive);

	return why && strstr(why, "can't be converted");
}

/* The first call opens, which reads the first block to see that it is a tar. */
static int read_header(struct tar_reader *r)
{
	int rc = ARCHIVE_OK;

	r->header_budget = MAX_HEADER_BYTES;
	r->in_header = true;
	if (!r->opened)
		rc = libarchive.read_open(r->archive, r, NULL, read_more, NULL);
	r->opened = true;
	if (r->n_read == 0)
		rc = ARCHIVE_EOF;
	if (rc == ARCHIVE_OK)
		rc = libarchive.read_next_header2(r->archive, r->entry);
	r->in_header = false;
	return rc;
}

/* 1 with a header in r->entry, 0 at the end. */
static int next_header(struct tar_reader *r, struct err *e)
{
	locale_t old;
	int rc;

	if (r->opened && libarchive.read_data_skip(r->archive) != ARCHIVE_OK)
		return fail_archive(r, r->n_read, e);
	r->header_at = r->opened ? (uint64_t)libarchive.filter_bytes(r->archive, 0) : 0;
	r->left = 0;
	r->file_end = UINT64_MAX;
	old = uselocale(r->c_locale);
	rc = read_header(r);
	uselocale(old);
	if (rc == ARCHIVE_EOF && !r->source_failed.code)
		return 0;
	if (rc == ARCHIVE_OK || (rc == ARCHIVE_WARN && is_harmless(r)))
		return 1;
	return fail_archive(r, r->header_at, e);
}

static int fail_entry(const struct tar_reader *r, const char *path, enum fail_code code,
		      const char *what, struct err *e)
{
	return fail(e, code, "%s: offset %" PRIu64 ": '%.200s' %s", r->name, r->header_at, path,
		    what);
}

static int get_type(struct archive_entry *from, enum tar_type *ret)
{
	static const struct {
		unsigned mode;
		enum tar_type type;
	} types[] = {
		{ AE_IFREG, TAR_FILE }, { AE_IFDIR, TAR_DIR },	 { AE_IFLNK, TAR_SYMLINK },
		{ AE_IFCHR, TAR_CHAR }, { AE_IFBLK, TAR_BLOCK }, { AE_IFIFO, TAR_FIFO },
	};

	if (libarchive.entry_hardlink(from)) {
		*ret = TAR_HARDLINK;
		return 0;
	}
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (types[i].mode == libarchive.entry_filetype(from)) {
			*ret = types[i].type;
			return 0;
		}
	}
	return -1;
}

static int get_names(struct tar_reader *r, struct tar_entry *ret, struct err *e)
{
	ret->path = libarchive.entry_pathname(r->entry);
	if (!ret->path || !ret->path[0])
		return fail_entry(r, "", FAIL_FORMAT, "is no path", e);
	if (get_type(r->entry, &ret->type) < 0)
		return fail_entry(r, ret->path, FAIL_UNSUPPORTED, "has an unknown type", e);
	if (ret->type == TAR_HARDLINK)
		ret->link = libarchive.entry_hardlink(r->entry);
	else if (ret->type == TAR_SYMLINK)
		ret->link = libarchive.entry_symlink(r->entry);
	else
		ret->link = "";
	if (!ret->link || (!ret->link[0] && ret->type == TAR_SYMLINK))
		return fail_entry(r, ret->path, FAIL_FORMAT, "is a link without a target", e);
	if (strlen(ret->path) > TAR_MAX_PATH || strlen(ret->link) > TAR_MAX_PATH)
		return fail_entry(r, ret->path, FAIL_LIMIT, "has a path or link that is too long",
				  e);
	return 0;
}

static int get_numbers(struct tar_reader *r, struct tar_entry *ret, struct err *e)
{
	int64_t uid = libarchive.entry_uid(r->entry), gid = libarchive.entry_gid(r->entry);
	int64_t size = libarchive.entry_size(r->entry);

	if (uid < 0 || uid > UINT32_MAX || gid < 0 || gid > UINT32_MAX)
		return fail_entry(r, ret->path, FAIL_FORMAT, "has an owner out of range", e);
	if (size < 0)
		return fail_entry(r, ret->path, FAIL_FORMAT, "has a negative size", e);
	if ((uint64_t)size > TAR_MAX_FILE_BYTES)
		return fail_entry(r, ret->path, FAIL_LIMIT, "claims more than 1 PiB", e);
	if (libarchive.entry_sparse_count(r->entry) > 0)
		return fail_entry(r, ret->path, FAIL_UNSUPPORTED, "is a sparse file", e);
	ret->uid = (uint64_t)uid;
	ret->gid = (uint64_t)gid;
	ret->size = ret->type == TAR_FILE ? (uint64_t)size : 0;
	ret->offset = (uint64_t)libarchive.filter_bytes(r->archive, 0);
	ret->mode = libarchive.entry_perm(r->entry) & 07777;
	ret->mtime_s = libarchive.entry_mtime(r->entry);
	if (ret->mtime_s < -MAX_MTIME_S || ret->mtime_s > MAX_MTIME_S)
		return fail_entry(r, ret->path, FAIL_FORMAT, "has a date out of range", e);
	if (ret->type == TAR_CHAR || ret->type == TAR_BLOCK) {
		ret->dev_major = (uint32_t)libarchive.entry_rdevmajor(r->entry);
		ret->dev_minor = (uint32_t)libarchive.entry_rdevminor(r->entry);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct tar_xattr *)a)->name, ((const struct tar_xattr *)b)->name);
}

/* Of two with the same name the archive's last one counts, as pax says; libarchive lists that
 * first. */
static int get_xattrs(struct tar_reader *r, struct tar_entry *ret, struct err *e)
{
	const char *name;
	const void *value;
	size_t len;

	r->xattrs.n = 0;
	libarchive.entry_xattr_reset(r->entry);
	while (libarchive.entry_xattr_next(r->entry, &name, &value, &len) == ARCHIVE_OK) {
		if (r->xattrs.n == TAR_MAX_XATTRS)
			return fail_entry(r, ret->path, FAIL_LIMIT,
					  "has too many extended attributes", e);
		if (len > TAR_MAX_XATTR_BYTES)
			return fail_entry(r, ret->path, FAIL_LIMIT,
					  "has too long an extended attribute", e);
		*array_push(&r->xattrs) = (struct tar_xattr){ name, { value, len } };
	}
	if (r->xattrs.n > 1)
		qsort(r->xattrs.at, r->xattrs.n, sizeof(r->xattrs.at[0]), by_name);
	for (size_t i = 1; i < r->xattrs.n; i++) {
		if (strcmp(r->xattrs.at[i - 1].name, r->xattrs.at[i].name) == 0)
			return fail_entry(r, ret->path, FAIL_FORMAT,
					  "has an extended attribute twice", e);
	}
	ret->xattrs = r->xattrs.at;
	ret->n_xattrs = r->xattrs.n;
	return 0;
}

static int stick(struct tar_reader *r, struct err *e, int rc)
{
	if (rc < 0)
		r->failed = *e;
	return rc;
}

int tar_reader_next(struct tar_reader *r, struct tar_entry *ret, struct err *e)
{
	struct tar_entry entry = { 0 };
	int rc;

	if (r->failed.code) {
		*e = r->failed;
		return -(int)e->code;
	}
	if (r->ended)
		return 0;
	rc = next_header(r, e);
	r->ended = rc == 0;
	if (rc <= 0)
		return stick(r, e, rc);
	rc = get_names(r, &entry, e);
	if (rc == 0)
		rc = get_numbers(r, &entry, e);
	if (rc == 0)
		rc = get_xattrs(r, &entry, e);
	if (rc < 0)
		return stick(r, e, rc);
	r->left = entry.size;
	r->file_end = entry.offset + entry.size;
	r->at = 0;
	r->block = view_make("", 0);
	*ret = entry;
	return 1;
}

/* A gap between blocks, or behind the last one, is a hole: its zeros are not in the archive. */
static int next_block(struct tar_reader *r, struct err *e)
{
	const void *bytes = NULL;
	size_t len = 0;
	la_int64_t at = 0;
	int rc = libarchive.read_data_block(r->archive, &bytes, &len, &at);

	if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF)
		return fail_archive(r, r->n_read, e);
	if (rc == ARCHIVE_EOF || (uint64_t)at != r->at || len > r->left)
		return fail_entry(r, libarchive.entry_pathname(r->entry), FAIL_UNSUPPORTED,
				  "is a sparse file", e);
	r->block = view_make(bytes, len);
	return 0;
}

int tar_reader_read(struct tar_reader *r, void *to, size_t size, size_t *ret_n, struct err *e)
{
	if (r->failed.code) {
		*e = r->failed;
		return -(int)e->code;
	}
	if (size > r->left)
		size = (size_t)r->left;
	while (size && r->block.len == 0) {
		int rc = next_block(r, e);

		if (rc < 0)
			return stick(r, e, rc);
	}
	if (size > r->block.len)
		size = r->block.len;
	if (size)
		memcpy(to, r->block.ptr, size);
	r->block = view_make(r->block.ptr + size, r->block.len - size);
	r->at += size;
	r->left -= size;
	*ret_n = size;
	return 0;
}
