/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of apk 3 (apk-v3(5), "file schemas" and "blocks"): a schema, one block of values (adb.h),
 * signatures of that, and blocks of data; all of it compressed, or not. This reads it front to
 * back and trusts nothing; whoever reads on behind the first block has checked that.
 */
#pragma once

#include "base/buf.h"
#include "io/stream.h"

#include <stdbool.h>

enum {
	ADB_START_BYTES = 4,
	ADB_MAX_SIGNATURE_BYTES = 4096, /* apk's own limit is 2048; RSA with 16384 bits fits */
};

/* A file's first four bytes: "ADB.", "ADBd" (deflate) or "ADBc" (a codec's number follows). */
bool adb_is(struct view start);

enum adb_schema {
	ADB_SCHEMA_INDEX = 0x78646e69,	 /* "indx" */
	ADB_SCHEMA_PACKAGE = 0x676b6370, /* "pckg" */
};

enum adb_block_type { ADB_BLOCK_VALUES, ADB_BLOCK_SIGNATURE, ADB_BLOCK_DATA };

struct adb_block {
	enum adb_block_type type;
	uint64_t size;
};

struct adb_file;

/*
 * Takes `from`, also on error. `name` is for messages and copied; uncompressed the file has at
 * most `max_bytes`. FAIL_UNSUPPORTED for a codec that isn't known, FAIL_FORMAT for another schema.
 */
int adb_file_open(struct source *from, const char *name, enum adb_schema schema, uint64_t max_bytes,
		  struct adb_file **ret, struct err *e);
void adb_file_close(struct adb_file *f);
/*
 * The next block; what was left of the last one is skipped. 1 and the block, 0 at the end. One of
 * values comes first, then signatures, then data; any other order is FAIL_FORMAT.
 */
int adb_file_next(struct adb_file *f, struct adb_block *ret, struct err *e);
/* The block's next bytes; *ret_n == 0 at its end. */
int adb_file_read(struct adb_file *f, void *to, size_t size, size_t *ret_n, struct err *e);
/* All of a block of at most `max_bytes`, behind what `to` holds. */
int adb_file_read_block(struct adb_file *f, uint64_t max_bytes, struct buf *to, struct err *e);

static inline void adb_file_cleanup(struct adb_file **f)
{
	adb_file_close(*f);
}

#define auto_adb_file __attribute__((cleanup(adb_file_cleanup))) struct adb_file *
