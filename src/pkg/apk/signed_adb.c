/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the blocks of an index and holds its signatures against the keys. */
#include "pkg/apk/signed_adb.h"

#include "base/array.h"
#include "fmt/adb.h"
#include "fmt/adb_file.h"
#include "io/basic.h"
#include "pkg/apk/signed_index.h"

#include <stdlib.h>
#include <string.h>

/* A signature's head: version, digest's number, key's id. */
enum { VERSION_AT, DIGEST_AT, ID_AT, HEAD_BYTES = ID_AT + PUBLIC_KEY_ID_BYTES };

/* Numbers of digests. */
enum { DIGEST_NUMBER_SHA256 = 3, DIGEST_NUMBER_SHA512 = 4 };

struct signatures {
	struct buf *at;
	size_t n, cap;
};

static void signatures_done(struct signatures *s)
{
	for (size_t i = 0; i < s->n; i++)
		buf_done(&s->at[i]);
	free(s->at);
}

static bool digest_kind_of(struct view signature, enum digest_kind *ret)
{
	int number = (unsigned char)signature.ptr[DIGEST_AT];

	*ret = number == DIGEST_NUMBER_SHA256 ? DIGEST_SHA256 : DIGEST_SHA512;
	return number == DIGEST_NUMBER_SHA256 || number == DIGEST_NUMBER_SHA512;
}

/* What the key has signed: the schema in little endian, the signature's head, the digest. */
static void add_message(struct view signature, enum digest_kind kind, const struct buf *values,
			struct buf *to)
{
	uint8_t digest[DIGEST_MAX_BYTES];
	auto_hasher h = hasher_new(kind);

	for (unsigned i = 0; i < 4; i++)
		buf_add_char(to, (char)((unsigned)ADB_SCHEMA_INDEX >> (8 * i)));
	buf_add(to, signature.ptr, HEAD_BYTES);
	hasher_update(h, values->data, values->len);
	hasher_final(h, digest);
	buf_add(to, digest, digest_bytes(kind));
}

/* The name of the key that made it, or NULL, with the reason added to `why`. */
static const char *check_one(struct view signature, const struct buf *values,
			     const struct apk_keyring *keys, struct buf *why)
{
	const struct public_key *key;
	auto_buf message = BUF_EMPTY;
	enum digest_kind kind;
	const char *name;
	const uint8_t *id;

	buf_add_str(why, why->len ? "; " : "");
	if (signature.len <= HEAD_BYTES) {
		buf_add_str(why, "a signature is cut off");
		return NULL;
	}
	if (signature.ptr[VERSION_AT] != 0 || !digest_kind_of(signature, &kind)) {
		buf_printf(why, "the algorithm (version %d, digest %d) is not known",
			   (unsigned char)signature.ptr[VERSION_AT],
			   (unsigned char)signature.ptr[DIGEST_AT]);
		return NULL;
	}
	id = (const uint8_t *)signature.ptr + ID_AT;
	key = apk_keyring_find_id(keys, id, &name);
	if (!key) {
		buf_add_str(why, "the key with the id ");
		for (size_t i = 0; i < PUBLIC_KEY_ID_BYTES; i++)
			buf_printf(why, "%02x", id[i]);
		buf_add_str(why, " is not trusted");
		return NULL;
	}
	add_message(signature, kind, values, &message);
	if (public_key_verify(key, DIGEST_SHA512, buf_view(&message),
			      view_make(signature.ptr + HEAD_BYTES, signature.len - HEAD_BYTES)))
		return name;
	buf_printf(why, "the signature by '%.100s' is over other bytes", name);
	return NULL;
}

static int read_blocks(struct adb_file *f, const char *name, struct buf *values,
		       struct signatures *all, struct err *e)
{
	struct adb_block block;
	int rc;

	while ((rc = adb_file_next(f, &block, e)) == 1) {
		if (block.type == ADB_BLOCK_DATA)
			return fail(e, FAIL_FORMAT, "%s holds data, which an index has none of",
				    name);
		if (block.type == ADB_BLOCK_VALUES) {
			rc = adb_file_read_block(f, ADB_MAX_BYTES, values, e);
		} else if (all->n < APK_MAX_SIGNATURES) {
			struct buf *to = array_push(all);

			*to = (struct buf)BUF_EMPTY;
			rc = adb_file_read_block(f, ADB_MAX_SIGNATURE_BYTES, to, e);
		}
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int check(const struct signatures *all, const struct buf *values, const char *name,
		 const struct apk_keyring *keys, struct arena *a, const char **ret_signer,
		 struct err *e)
{
	auto_buf why = BUF_EMPTY;

	if (all->n == 0)
		return fail(e, FAIL_VERIFY, "%s is not signed", name);
	for (size_t i = 0; i < all->n; i++) {
		const char *signer = check_one(buf_view(&all->at[i]), values, keys, &why);

		if (signer) {
			*ret_signer = arena_strdup(a, signer);
			return 0;
		}
	}
	return apk_keyring_refuse(keys, name, buf_str(&why), e);
}

int apk_adb_index_verify(struct view bytes, const char *name, const struct apk_keyring *keys,
			 struct arena *a, struct buf *values, const char **ret_signer,
			 struct err *e)
{
	auto_adb_file f = NULL;
	struct signatures all = { 0 };
	int rc = adb_file_open(mem_source_new(bytes), name, ADB_SCHEMA_INDEX,
			       APK_MAX_INDEX_TEXT_BYTES, &f, e);

	if (rc == 0)
		rc = read_blocks(f, name, values, &all, e);
	if (rc == 0)
		rc = check(&all, values, name, keys, a, ret_signer, e);
	signatures_done(&all);
	return rc;
}
