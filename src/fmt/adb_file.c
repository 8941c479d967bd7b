/* SPDX-License-Identifier: Apache-2.0 */
/* The frame around values and data: compression, schema, the order and sizes of blocks. */
#include "fmt/adb_file.h"

#include "base/mem.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "io/codec.h"

#include <string.h>

enum {
	TAG_BYTES = 4,
	LONG_HEADER_BYTES = 16, /* tag, four bytes of nothing, size */
	ALIGNMENT = 8,
	TAG_LONG = 3, /* a type in the tag's place for the size, and the size behind it */
	PART_BYTES = 64 << 10,
};

/* The codecs' numbers behind "ADBc". */
enum { CODEC_NUMBER_NONE, CODEC_NUMBER_DEFLATE, CODEC_NUMBER_ZSTD };

struct adb_file {
	struct source *from; /* uncompressed */
	char *name;
	bool any; /* a block was there */
	enum adb_block_type last;
	uint64_t left; /* bytes of the block */
	unsigned pad;  /* … and behind it */
	uint64_t at;   /* of the next byte, uncompressed */
};

static uint64_t number(const unsigned char *b, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | b[n];
	return v;
}

bool adb_is(struct view start)
{
	return view_starts(start, "ADB.") || view_starts(start, "ADBd") ||
	       view_starts(start, "ADBc");
}

/* The codec behind the magic; what says so is read. */
static int read_codec(struct source *from, const char *name, enum codec *ret, bool *ret_inner,
		      struct err *e)
{
	unsigned char magic[ADB_START_BYTES], spec[2]; /* codec and level */
	int rc = source_read_full(from, magic, sizeof(magic), e);

	if (rc < 0)
		return rc;
	if (!adb_is(view_make((const char *)magic, sizeof(magic))))
		return fail(e, FAIL_FORMAT, "%s is no file of apk 3: 'ADB' was expected", name);
	*ret = magic[3] == 'd' ? CODEC_DEFLATE : CODEC_PLAIN;
	*ret_inner = magic[3] != '.';
	if (magic[3] != 'c')
		return 0;
	rc = source_read_full(from, spec, sizeof(spec), e);
	if (rc < 0)
		return rc;
	if (spec[0] > CODEC_NUMBER_ZSTD)
		return fail(e, FAIL_UNSUPPORTED,
			    "%s is compressed with codec %u of apk 3, which "
			    "isn't known (none, deflate and zstd are)",
			    name, spec[0]);
	*ret = spec[0] == CODEC_NUMBER_ZSTD	 ? CODEC_ZSTD
	       : spec[0] == CODEC_NUMBER_DEFLATE ? CODEC_DEFLATE
						 : CODEC_PLAIN;
	return 0;
}

static const char *schema_name(uint64_t schema)
{
	return schema == ADB_SCHEMA_INDEX     ? "an index"
	       : schema == ADB_SCHEMA_PACKAGE ? "a package"
					      : "something else";
}

static int check_schema(struct adb_file *f, bool inner, enum adb_schema wanted, struct err *e)
{
	unsigned char magic[ADB_START_BYTES], schema[4];
	int rc = inner ? source_read_full(f->from, magic, sizeof(magic), e) : 0;

	if (rc == 0 && inner && memcmp(magic, "ADB.", sizeof(magic)) != 0)
		return fail(e, FAIL_FORMAT,
			    "%s: what is compressed in it doesn't begin with 'ADB.'", f->name);
	if (rc == 0)
		rc = source_read_full(f->from, schema, sizeof(schema), e);
	if (rc < 0)
		return rc;
	f->at = ADB_START_BYTES + sizeof(schema);
	if (number(schema, sizeof(schema)) != (uint64_t)wanted)
		return fail(e, FAIL_FORMAT, "%s holds %s of apk 3, where %s was expected", f->name,
			    schema_name(number(schema, sizeof(schema))), schema_name(wanted));
	return 0;
}

int adb_file_open(struct source *from, const char *name, enum adb_schema schema, uint64_t max_bytes,
		  struct adb_file **ret, struct err *e)
{
	auto_adb_file f = mem_zalloc(sizeof(*f));
	enum codec codec = CODEC_PLAIN;
	struct source *plain;
	bool inner = false;
	int rc;

	f->name = mem_strdup(name);
	f->from = from;
	rc = read_codec(from, name, &codec, &inner, e);
	if (rc < 0)
		return rc;
	f->from = NULL; /* the decoder takes it, whatever comes */
	rc = decode_source_new(codec, from, name, &plain, e);
	if (rc < 0)
		return rc;
	f->from = limit_source_new(plain, max_bytes, name);
	rc = check_schema(f, inner, schema, e);
	if (rc < 0)
		return rc;
	*ret = steal(f);
	return 0;
}

void adb_file_close(struct adb_file *f)
{
	if (!f)
		return;
	source_close(f->from);
	free(f->name);
	free(f);
}

static int bad_block(const struct adb_file *f, uint64_t at, const char *why, struct err *e)
{
	return fail(e, FAIL_FORMAT, "%s: the block at offset %llu %s", f->name,
		    (unsigned long long)at, why);
}

/* Fewer than `size` bytes are the end of the file; *ret_n says how many there were. */
static int read_some(struct adb_file *f, unsigned char *to, size_t size, size_t *ret_n,
		     struct err *e)
{
	size_t n = 1;

	*ret_n = 0;
	while (n && *ret_n < size) {
		int rc = source_read(f->from, to + *ret_n, size - *ret_n, &n, e);

		if (rc < 0)
			return rc;
		*ret_n += n;
	}
	f->at += *ret_n;
	return 0;
}

static int skip_rest(struct adb_file *f, struct err *e)
{
	uint64_t n = f->left + f->pad;
	int rc = n ? source_skip(f->from, n, e) : 0;

	f->at += n;
	f->left = f->pad = 0;
	return rc < 0 ? err_context(e, "%s: the rest of a block", f->name) : 0;
}

/* The tag's type and size, headers included; the long form has them behind it. */
static int read_header(struct adb_file *f, const unsigned char *tag, uint64_t at,
		       uint64_t *ret_type, uint64_t *ret_size, struct err *e)
{
	uint64_t word = number(tag, TAG_BYTES), header = TAG_BYTES;
	unsigned char more[LONG_HEADER_BYTES - TAG_BYTES];
	size_t n;
	int rc;

	*ret_type = word >> 30;
	*ret_size = word & 0x3fffffff;
	if (*ret_type == TAG_LONG) {
		*ret_type = *ret_size;
		header = LONG_HEADER_BYTES;
		rc = read_some(f, more, sizeof(more), &n, e);
		if (rc < 0)
			return rc;
		if (n < sizeof(more))
			return bad_block(f, at, "is cut off in its header", e);
		*ret_size = number(more + 4, 8);
	}
	if (*ret_size < header)
		return bad_block(f, at, "is shorter than its own header", e);
	if (*ret_size > TAR_MAX_FILE_BYTES)
		return bad_block(f, at, "is larger than any file", e);
	f->pad = (unsigned)(-*ret_size % ALIGNMENT);
	*ret_size -= header;
	return 0;
}

static int check_order(const struct adb_file *f, uint64_t type, uint64_t at, struct err *e)
{
	if (type > ADB_BLOCK_DATA)
		return bad_block(f, at, "is of a type that isn't known", e);
	if (!f->any && type != ADB_BLOCK_VALUES)
		return bad_block(f, at, "comes before the one that says what the file holds", e);
	if (f->any && type == ADB_BLOCK_VALUES)
		return bad_block(f, at, "is a second one that says what the file holds", e);
	if (f->any && f->last == ADB_BLOCK_DATA && type == ADB_BLOCK_SIGNATURE)
		return bad_block(f, at, "is a signature behind data", e);
	return 0;
}

int adb_file_next(struct adb_file *f, struct adb_block *ret, struct err *e)
{
	unsigned char tag[TAG_BYTES];
	uint64_t type, size, at;
	size_t n = 0;
	int rc = skip_rest(f, e);

	at = f->at;
	if (rc == 0)
		rc = read_some(f, tag, sizeof(tag), &n, e);
	if (rc < 0)
		return rc;
	if (n == 0)
		return f->any ? 0 : fail(e, FAIL_FORMAT, "%s has no blocks", f->name);
	if (n < sizeof(tag))
		return bad_block(f, at, "is cut off in its header", e);
	rc = read_header(f, tag, at, &type, &size, e);
	if (rc == 0)
		rc = check_order(f, type, at, e);
	if (rc < 0)
		return rc;
	f->any = true;
	f->last = (enum adb_block_type)type;
	f->left = size;
	*ret = (struct adb_block){ .type = f->last, .size = size };
	return 1;
}

int adb_file_read(struct adb_file *f, void *to, size_t size, size_t *ret_n, struct err *e)
{
	int rc;

	*ret_n = 0;
	if (f->left == 0 || size == 0)
		return 0;
	rc = source_read(f->from, to, size < f->left ? size : (size_t)f->left, ret_n, e);
	if (rc < 0)
		return rc;
	if (*ret_n == 0)
		return fail(e, FAIL_FORMAT, "%s: a block is cut off: %llu bytes are missing",
			    f->name, (unsigned long long)f->left);
	f->left -= *ret_n;
	f->at += *ret_n;
	return 0;
}

int adb_file_read_block(struct adb_file *f, uint64_t max_bytes, struct buf *to, struct err *e)
{
	if (f->left > max_bytes)
		return fail(e, FAIL_LIMIT, "%s: a block of %llu bytes, more than %llu", f->name,
			    (unsigned long long)f->left, (unsigned long long)max_bytes);
	while (f->left) {
		size_t n;
		int rc = adb_file_read(f, buf_grow(to, PART_BYTES), PART_BYTES, &n, e);

		if (rc < 0)
			return rc;
		to->len += n;
	}
	buf_grow(to, 0);
	return 0;
}
