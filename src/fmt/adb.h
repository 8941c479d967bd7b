/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The values of apk 3's database format (apk-v3(5), "wire format"): a tree of objects, arrays,
 * blobs and numbers behind 28-bit offsets into one block of bytes. Which slot means what is the
 * schema's, and the caller's. What is wrong sticks: after it every value is empty, and adb_check()
 * says what it was.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"

#include <stdint.h>

enum {
	ADB_MAX_BYTES = 1 << 28, /* offsets reach no further */
	/*
	 * Values may be shared, so that a small block could say very much: slots and bytes that
	 * are read of it are bounded by this, and …
	 */
	ADB_FREE_WORK = 64 << 20,
	ADB_MAX_SHARING = 16, /* … this many times its size; Alpine's index shares threefold */
};

struct adb {
	struct view bytes;  /* the payload of an ADB block, borrowed */
	uint64_t work_left; /* slots and bytes that may yet be read */
	uint32_t root;
	struct err failed; /* code != 0: the sticky error */
};

/* An object's or array's slots; they are numbered from 1. One that is missing has none. */
struct adb_slots {
	struct adb *of;
	size_t at; /* of slot 0 in the bytes */
	uint32_t n;
};

/* FAIL_FORMAT for what is no such block, FAIL_UNSUPPORTED for a newer version. */
int adb_open(struct view payload, struct adb *ret, struct err *e);
/* 0, or what the first value that could not be read has wrong: FAIL_FORMAT or FAIL_LIMIT. */
int adb_check(const struct adb *db, struct err *e);

struct adb_slots adb_root(struct adb *db);
/* What isn't there, or null, is empty: no slots, a NULL view, 0. */
struct adb_slots adb_get(const struct adb_slots *in, uint32_t slot);
struct view adb_blob(const struct adb_slots *in, uint32_t slot);
uint64_t adb_number(const struct adb_slots *in, uint32_t slot);
