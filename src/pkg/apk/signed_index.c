/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts an index into its members and checks the signatures of the first. */
#include "pkg/apk/signed_index.h"

#include "base/array.h"
#include "fmt/adb_file.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "io/gzip_members.h"
#include "pkg/apk/index_adb.h"
#include "pkg/apk/index_text.h"
#include "pkg/apk/signed_adb.h"

#include <string.h>

struct signature {
	enum digest_kind kind;
	const char *algorithm, *key; /* key is NULL for what isn't known */
	struct view bytes;
};

struct signatures {
	struct signature at[APK_MAX_SIGNATURES];
	size_t n;
};

static void reader_cleanup(struct tar_reader **r)
{
	tar_reader_free(*r);
}

static void members_cleanup(struct gzip_members **m)
{
	gzip_members_free(*m);
}

/* ".SIGN.RSA256.KEY" */
static void parse_name(const char *path, struct arena *a, struct signature *ret)
{
	static const struct {
		const char *prefix;
		enum digest_kind kind;
	} known[] = { { "RSA.", DIGEST_SHA1 },
		      { "RSA256.", DIGEST_SHA256 },
		      { "RSA512.", DIGEST_SHA512 } };
	const char *rest = path + strlen(".SIGN.");

	ret->algorithm = arena_strndup(a, rest, strcspn(rest, "."));
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		size_t len = strlen(known[i].prefix);

		if (strncmp(rest, known[i].prefix, len) == 0) {
			ret->kind = known[i].kind;
			ret->key = arena_strdup(a, rest + len);
		}
	}
}

static int read_file(struct tar_reader *tar, const struct tar_entry *t, uint64_t limit,
		     struct buf *to, struct err *e)
{
	char part[16384];
	size_t n;
	int rc;

	if (t->size > limit)
		return fail(e, FAIL_LIMIT, "'%.80s' has more than %llu bytes", t->path,
			    (unsigned long long)limit);
	while ((rc = tar_reader_read(tar, part, sizeof(part), &n, e)) == 0 && n > 0)
		buf_add(to, part, n);
	return rc;
}

static int read_signature(struct tar_reader *tar, const struct tar_entry *t, struct arena *a,
			  struct signatures *ret, struct err *e)
{
	struct signature s = { 0 };
	auto_buf bytes = BUF_EMPTY;
	int rc;

	if (t->type != TAR_FILE || t->size > APK_MAX_SIGNATURE_BYTES ||
	    ret->n == APK_MAX_SIGNATURES)
		return 0;
	parse_name(t->path, a, &s);
	rc = read_file(tar, t, APK_MAX_SIGNATURE_BYTES, &bytes, e);
	if (rc < 0)
		return rc;
	s.bytes = view_make(arena_view(a, buf_view(&bytes)), bytes.len);
	ret->at[ret->n++] = s;
	return 0;
}

/* The signatures of the first member; none if it isn't one of them. */
static int read_signatures(struct source *member, const char *name, struct arena *a,
			   struct signatures *ret, struct err *e)
{
	__attribute__((cleanup(reader_cleanup))) struct tar_reader *tar = NULL;
	struct tar_entry t;
	int rc = tar_reader_new(limit_source_new(member, APK_MAX_SIGNATURE_TAR, name), name, &tar,
				e);

	while (rc == 0 && (rc = tar_reader_next(tar, &t, e)) == 1) {
		if (strncmp(t.path, ".SIGN.", strlen(".SIGN.")) != 0)
			return 0;
		rc = read_signature(tar, &t, a, ret, e);
	}
	return rc;
}

static bool is_good(const struct public_key *key, const struct signature *s, struct view body)
{
	uint8_t digest[DIGEST_MAX_BYTES];
	auto_hasher h = hasher_new(s->kind);

	hasher_update(h, body.ptr, body.len);
	hasher_final(h, digest);
	return public_key_verify_digest(key, s->kind, digest, s->bytes);
}

static int fail_signatures(const struct signatures *all, const struct apk_keyring *keys,
			   const char *name, struct err *e)
{
	auto_buf why = BUF_EMPTY;

	for (size_t i = 0; i < all->n; i++) {
		const struct signature *s = &all->at[i];

		buf_add_str(&why, i ? "; " : "");
		if (!s->key)
			buf_printf(&why, "the algorithm %.20s is not known", s->algorithm);
		else if (!apk_keyring_find(keys, s->key))
			buf_printf(&why, "the key '%.100s' is not trusted", s->key);
		else
			buf_printf(&why, "the signature by '%.100s' is over other bytes", s->key);
	}
	return apk_keyring_refuse(keys, name, buf_str(&why), e);
}

static int check(const struct signatures *all, const struct apk_keyring *keys, const char *name,
		 struct apk_index_parts *parts, struct err *e)
{
	if (all->n == 0)
		return fail(e, FAIL_VERIFY, "%s is not signed", name);
	for (size_t i = 0; i < all->n; i++) {
		const struct signature *s = &all->at[i];
		const struct public_key *key = s->key ? apk_keyring_find(keys, s->key) : NULL;

		if (key && is_good(key, s, parts->body)) {
			parts->signer = s->key;
			return 0;
		}
	}
	return fail_signatures(all, keys, name, e);
}

static int verify_members(struct view bytes, const char *name, const struct apk_keyring *keys,
			  struct arena *a, struct apk_index_parts *ret, struct err *e)
{
	__attribute__((cleanup(members_cleanup))) struct gzip_members *m =
		gzip_members_new(mem_source_new(bytes), name);
	struct signatures all = { .n = 0 };
	struct source *member;
	uint64_t start = 0;
	int rc = gzip_members_next(m, NULL, &member, e);

	if (rc == 0)
		rc = fail(e, FAIL_FORMAT, "'%s' is empty", name);
	if (rc > 0)
		rc = read_signatures(member, name, a, &all, e);
	if (rc < 0)
		return err_context(e, "signatures of the index");
	if (all.n) {
		/* Opening the second one reads the first to its end. */
		rc = gzip_members_next(m, NULL, &member, e);
		if (rc == 0)
			rc = fail(e, FAIL_FORMAT, "%s ends behind its signatures", name);
		if (rc < 0)
			return rc;
		start = gzip_members_offset(m);
		source_close(member);
	}
	ret->body = view_make(bytes.ptr + start, bytes.len - start);
	return check(&all, keys, name, ret, e);
}

int apk_index_verify(struct view bytes, const char *name, const struct apk_keyring *keys,
		     struct arena *a, struct apk_index_parts *ret, struct err *e)
{
	int rc;

	*ret = (struct apk_index_parts){ .is_adb = adb_is(bytes) };
	if (!ret->is_adb)
		return verify_members(bytes, name, keys, a, ret, e);
	rc = apk_adb_index_verify(bytes, name, keys, a, &ret->values, &ret->signer, e);
	ret->body = buf_view(&ret->values);
	return rc;
}

void apk_index_parts_done(struct apk_index_parts *p)
{
	buf_done(&p->values);
}

int apk_index_text(struct view body, const char *name, struct buf *ret, struct err *e)
{
	__attribute__((cleanup(members_cleanup))) struct gzip_members *m =
		gzip_members_new(mem_source_new(body), name);
	__attribute__((cleanup(reader_cleanup))) struct tar_reader *tar = NULL;
	struct source *all;
	struct tar_entry t;
	int rc = gzip_members_rest(m, NULL, &all, e);

	if (rc == 0)
		return fail(e, FAIL_FORMAT, "%s holds no index", name);
	if (rc > 0)
		rc = tar_reader_new(limit_source_new(all, APK_MAX_INDEX_TEXT_BYTES, name), name,
				    &tar, e);
	while (rc == 0 && (rc = tar_reader_next(tar, &t, e)) == 1) {
		if (strcmp(t.path, "APKINDEX") == 0 && t.type == TAR_FILE)
			return read_file(tar, &t, APK_MAX_INDEX_TEXT_BYTES, ret, e);
		rc = 0;
	}
	return rc < 0 ? rc : fail(e, FAIL_FORMAT, "%s has no file APKINDEX", name);
}

int apk_index_read_body(const struct apk_index_parts *p, const char *name, const char *arch,
			const char *folder, struct index_writer *w, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int rc;

	if (p->is_adb)
		return apk_index_adb_read(p->body, name, arch, folder, w, e);
	rc = apk_index_text(p->body, name, &text, e);
	return rc < 0 ? rc : apk_index_read(buf_view(&text), name, arch, folder, w, e);
}
