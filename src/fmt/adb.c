/* SPDX-License-Identifier: Apache-2.0 */
/* Follows offsets, each checked against the block; bytes are taken one by one, for any machine. */
#include "fmt/adb.h"

enum { HEADER_BYTES = 8, SLOT_BYTES = 4, ROOT_AT = 4 };

/* The upper four bits of a value. */
enum type {
	TYPE_SPECIAL = 0x0,
	TYPE_INT = 0x1,
	TYPE_INT32 = 0x2,
	TYPE_INT64 = 0x3,
	TYPE_BLOB8 = 0x8,
	TYPE_BLOB16 = 0x9,
	TYPE_BLOB32 = 0xa,
	TYPE_ARRAY = 0xd,
	TYPE_OBJECT = 0xe,
};

enum { NULL_VALUE = 0 };

static enum type type_of(uint32_t value)
{
	return (enum type)(value >> 28);
}

static uint32_t low_of(uint32_t value)
{
	return value & 0x0fffffff;
}

/* `n` bytes at an offset that was checked, the lowest first. */
static uint64_t number_at(const struct adb *db, size_t at, size_t n)
{
	uint64_t v = 0;

	while (n--)
		v = v << 8 | (unsigned char)db->bytes.ptr[at + n];
	return v;
}

static bool has(struct adb *db, size_t at, uint64_t n, const char *what)
{
	if (at <= db->bytes.len && n <= db->bytes.len - at)
		return true;
	if (!db->failed.code)
		fail(&db->failed, FAIL_FORMAT,
		     "%s of %llu bytes at offset %zu lies outside of its block of %zu bytes", what,
		     (unsigned long long)n, at, db->bytes.len);
	return false;
}

static bool may_read(struct adb *db, uint64_t amount)
{
	if (db->failed.code)
		return false;
	if (amount > db->work_left) {
		fail(&db->failed, FAIL_LIMIT,
		     "its values refer to the same bytes more than %d times over", ADB_MAX_SHARING);
		return false;
	}
	db->work_left -= amount;
	return true;
}

static void wrong_type(struct adb *db, uint32_t value, const char *wanted)
{
	if (!db->failed.code)
		fail(&db->failed, FAIL_FORMAT, "a value of type %x where %s was expected",
		     (unsigned)type_of(value), wanted);
}

int adb_open(struct view payload, struct adb *ret, struct err *e)
{
	*ret = (struct adb){ .bytes = payload };
	if (payload.len < HEADER_BYTES)
		return fail(e, FAIL_FORMAT, "a block of %zu bytes has no header", payload.len);
	if (payload.len > ADB_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "a block has more than %d bytes", ADB_MAX_BYTES);
	if (payload.ptr[0] != 0)
		return fail(e, FAIL_UNSUPPORTED, "it needs a reader of version %d of the format",
			    (unsigned char)payload.ptr[0]);
	ret->work_left = ADB_FREE_WORK + (uint64_t)payload.len * ADB_MAX_SHARING;
	ret->root = (uint32_t)number_at(ret, ROOT_AT, SLOT_BYTES);
	return 0;
}

int adb_check(const struct adb *db, struct err *e)
{
	if (!db->failed.code)
		return 0;
	*e = db->failed;
	return -(int)e->code;
}

static struct adb_slots slots_of(struct adb *db, uint32_t value)
{
	struct adb_slots none = { .of = db }, ret = { .of = db, .at = low_of(value) };
	uint64_t count;

	if (value == NULL_VALUE || db->failed.code)
		return none;
	if (type_of(value) != TYPE_ARRAY && type_of(value) != TYPE_OBJECT) {
		wrong_type(db, value, "an object or array");
		return none;
	}
	if (!has(db, ret.at, SLOT_BYTES, "an object"))
		return none;
	count = number_at(db, ret.at, SLOT_BYTES);
	if (count == 0) {
		fail(&db->failed, FAIL_FORMAT, "an object at offset %zu with no slot for its size",
		     ret.at);
		return none;
	}
	if (!has(db, ret.at, count * SLOT_BYTES, "an object") || !may_read(db, count))
		return none;
	ret.n = (uint32_t)count - 1;
	return ret;
}

struct adb_slots adb_root(struct adb *db)
{
	return slots_of(db, db->root);
}

static uint32_t value_of(const struct adb_slots *in, uint32_t slot)
{
	if (slot == 0 || slot > in->n || in->of->failed.code)
		return NULL_VALUE;
	return (uint32_t)number_at(in->of, in->at + (size_t)slot * SLOT_BYTES, SLOT_BYTES);
}

struct adb_slots adb_get(const struct adb_slots *in, uint32_t slot)
{
	return slots_of(in->of, value_of(in, slot));
}

struct view adb_blob(const struct adb_slots *in, uint32_t slot)
{
	uint32_t value = value_of(in, slot);
	struct view none = { NULL, 0 };
	struct adb *db = in->of;
	size_t at = low_of(value), head;
	uint64_t len;

	if (value == NULL_VALUE)
		return none;
	switch (type_of(value)) {
	case TYPE_BLOB8:
		head = 1;
		break;
	case TYPE_BLOB16:
		head = 2;
		break;
	case TYPE_BLOB32:
		head = 4;
		break;
	default:
		wrong_type(db, value, "a text");
		return none;
	}
	if (!has(db, at, head, "a text"))
		return none;
	len = number_at(db, at, head);
	if (!has(db, at + head, len, "a text") || !may_read(db, len))
		return none;
	return view_make(db->bytes.ptr + at + head, (size_t)len);
}

uint64_t adb_number(const struct adb_slots *in, uint32_t slot)
{
	uint32_t value = value_of(in, slot);
	struct adb *db = in->of;
	size_t n;

	if (value == NULL_VALUE)
		return 0;
	switch (type_of(value)) {
	case TYPE_INT:
		return low_of(value);
	case TYPE_INT32:
		n = 4;
		break;
	case TYPE_INT64:
		n = 8;
		break;
	default:
		wrong_type(db, value, "a number");
		return 0;
	}
	return has(db, low_of(value), n, "a number") ? number_at(db, low_of(value), n) : 0;
}
