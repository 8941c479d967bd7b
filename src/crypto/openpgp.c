/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenPGP through librnp. Signatures are checked as detached ones over the text that
 * crypto/cleartext.c hands out: what the caller gets is what was hashed, whatever librnp makes of
 * cleartext documents. librnp answers for the mathematics, self-signatures and bindings; which
 * keys and algorithms are good enough, and whether a key is valid at a given time, is decided
 * here.
 */
#include "crypto/openpgp.h"

#include <pthread.h>
#include <rnp/rnp_err.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/cleartext.h"
#include "crypto/librnp.h"

enum {
	MAX_KEYRING_BYTES = 16 << 20, /* Debian's has 56 kB; all of Debian's developers 30 MB */
	MAX_SIGNATURES = 64,	      /* Debian's Release files carry three */
	MIN_RSA_BITS = 2048,
	CLOCK_SKEW_S = 300, /* a signature may seem to come from the future by that much */
};

struct openpgp_keyring {
	rnp_ffi_t ffi;
	FILE *silence; /* /dev/null, or NULL */
};

static int fail_rnp(struct err *e, enum fail_code code, rnp_result_t rc, const char *what)
{
	return fail(e, code, "%s: %s", what, librnp.result_to_string(rc));
}

/* ---- strings and handles of librnp ---- */

static void rnp_string_cleanup(char **s)
{
	librnp.buffer_destroy(*s);
}

static void rnp_input_cleanup(rnp_input_t *in)
{
	librnp.input_destroy(*in);
}

static void rnp_verify_cleanup(rnp_op_verify_t *op)
{
	librnp.op_verify_destroy(*op);
}

static void rnp_key_cleanup(rnp_key_handle_t *key)
{
	librnp.key_handle_destroy(*key);
}

static void rnp_signature_cleanup(rnp_signature_handle_t *sig)
{
	librnp.signature_handle_destroy(*sig);
}

#define auto_rnp_string __attribute__((cleanup(rnp_string_cleanup))) char *
#define auto_rnp_input __attribute__((cleanup(rnp_input_cleanup))) rnp_input_t
#define auto_rnp_verify __attribute__((cleanup(rnp_verify_cleanup))) rnp_op_verify_t
#define auto_rnp_key __attribute__((cleanup(rnp_key_cleanup))) rnp_key_handle_t
#define auto_rnp_signature __attribute__((cleanup(rnp_signature_cleanup))) rnp_signature_handle_t

/* ---- silence ---- */

/*
 * Debian builds librnp with its debugging log always on, to stderr, and nothing in its interface
 * turns that off. So the stream is another one while librnp works; what writes to descriptor 2
 * doesn't notice. The lock is for keyrings in several threads.
 */
static pthread_mutex_t silence_lock = PTHREAD_MUTEX_INITIALIZER;

static FILE *silence_begin(const struct openpgp_keyring *k)
{
	FILE *kept;

	pthread_mutex_lock(&silence_lock);
	kept = stderr;
#ifdef __GLIBC__
	if (k->silence)
		stderr = k->silence;
#else
	(void)k;
#endif
	return kept;
}

static void silence_end(FILE *kept)
{
#ifdef __GLIBC__
	stderr = kept;
#else
	(void)kept;
#endif
	pthread_mutex_unlock(&silence_lock);
}

/* ---- keyrings ---- */

int openpgp_keyring_new(struct openpgp_keyring **ret, struct err *e)
{
	struct openpgp_keyring *k;
	rnp_result_t rc;

	if (librnp_need(e) < 0)
		return -(int)e->code;
	k = mem_zalloc(sizeof(*k));
	rc = librnp.ffi_create(&k->ffi, RNP_KEYSTORE_GPG, RNP_KEYSTORE_GPG);
	if (rc) {
		free(k);
		return fail_rnp(e, FAIL_IO, rc, "start OpenPGP");
	}
	k->silence = fopen("/dev/null", "we");
	*ret = k;
	return 0;
}

void openpgp_keyring_free(struct openpgp_keyring *k)
{
	if (!k)
		return;
	librnp.ffi_destroy(k->ffi);
	if (k->silence)
		fclose(k->silence);
	free(k);
}

size_t openpgp_keyring_count(const struct openpgp_keyring *k)
{
	size_t n = 0;

	librnp.get_public_key_count(k->ffi, &n);
	return n;
}

static bool is_keybox(struct view bytes)
{
	return bytes.len > 12 && memcmp(bytes.ptr + 8, "KBXf", 4) == 0;
}

/* Keys in formats and algorithms that librnp doesn't know are passed over, the rest is used. */
static rnp_result_t import_keys(struct openpgp_keyring *k, struct view bytes, char **ret_report)
{
	auto_rnp_input in = NULL;
	rnp_result_t rc =
		librnp.input_from_memory(&in, (const uint8_t *)bytes.ptr, bytes.len, false);
	FILE *kept;

	if (rc)
		return rc;
	kept = silence_begin(k);
	rc = librnp.import_keys(k->ffi, in, RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_PERMISSIVE,
				ret_report);
	silence_end(kept);
	return rc;
}

int openpgp_keyring_add(struct openpgp_keyring *k, struct view bytes, const char *name,
			struct err *e)
{
	size_t before = openpgp_keyring_count(k);
	auto_rnp_string report = NULL;
	rnp_result_t rc;

	if (bytes.len > MAX_KEYRING_BYTES)
		return fail(e, FAIL_LIMIT, "keyring '%s' is over %d bytes", name,
			    MAX_KEYRING_BYTES);
	if (bytes.len == 0)
		return fail(e, FAIL_FORMAT, "keyring '%s' is empty", name);
	if (is_keybox(bytes))
		return fail(e, FAIL_FORMAT,
			    "keyring '%s' is a GnuPG keybox; export it with 'gpg --export'", name);
	rc = import_keys(k, bytes, &report);
	if (rc)
		return fail(e, FAIL_FORMAT, "keyring '%s': %s", name, librnp.result_to_string(rc));
	if (openpgp_keyring_count(k) == before && (!report || !strstr(report, "fingerprint")))
		return fail(e, FAIL_FORMAT, "keyring '%s' holds no public key", name);
	return 0;
}

/* ---- signatures ---- */

/* Why `hash` won't do, or NULL. A list of good ones, so that what is new or unknown is refused. */
static const char *weak_hash(const char *hash)
{
	static const char *const good[] = { "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512" };

	for (size_t i = 0; hash && i < sizeof(good) / sizeof(good[0]); i++) {
		if (strcmp(hash, good[i]) == 0)
			return NULL;
	}
	return "weak hash";
}

static const char *weak_key(rnp_key_handle_t key)
{
	auto_rnp_string alg = NULL;
	uint32_t bits = 0;

	if (librnp.key_get_alg(key, &alg) || librnp.key_get_bits(key, &bits))
		return "unknown key algorithm";
	if (strcmp(alg, "RSA") == 0)
		return bits < MIN_RSA_BITS ? "weak RSA key" : NULL;
	if (strcmp(alg, "EDDSA") == 0 || strcmp(alg, "ED25519") == 0 || strcmp(alg, "ED448") == 0 ||
	    strcmp(alg, "ECDSA") == 0)
		return NULL;
	return "weak key algorithm";
}

/*
 * Why `key` is not valid at `now_s`, or NULL. librnp's own idea of validity is as of the time when
 * the key was loaded, so only the dates and the revocations are asked for.
 */
static const char *invalid_key(rnp_key_handle_t key, int64_t now_s)
{
	uint64_t until_s = 0;
	uint32_t created_s = 0;
	bool revoked = true;

	if (librnp.key_is_revoked(key, &revoked) || revoked)
		return "key is revoked";
	if (librnp.key_get_creation(key, &created_s) || (int64_t)created_s > now_s + CLOCK_SKEW_S)
		return "key is from the future";
	if (librnp.key_valid_till64(key, &until_s) || until_s == 0)
		return "key has no valid self-signature";
	if (until_s != UINT64_MAX && now_s >= 0 && until_s <= (uint64_t)now_s)
		return "key has expired";
	return NULL;
}

struct signature {
	const char *key_id;
	const char *signer;
	const char *primary;
	int64_t made_s;
	const char *wrong; /* NULL for a good one */
};

static const char *status_text(rnp_result_t status)
{
	switch (status) {
	case RNP_SUCCESS:
		return NULL;
	case RNP_ERROR_KEY_NOT_FOUND:
		return "unknown key";
	case RNP_ERROR_SIGNATURE_EXPIRED:
		return "signature has expired";
	case RNP_ERROR_SIGNATURE_UNKNOWN:
		return "signature of an unknown kind";
	default:
		return "bad signature";
	}
}

static const char *check_key(const struct openpgp_keyring *k, rnp_key_handle_t key, int64_t now_s,
			     struct arena *a, struct signature *s)
{
	auto_rnp_string signer = NULL;
	auto_rnp_string primary = NULL;
	auto_rnp_key primary_key = NULL;
	const char *wrong;
	bool may_sign = false;

	if (librnp.key_get_fprint(key, &signer) || !signer)
		return "unknown key";
	s->signer = arena_strdup(a, signer);
	s->primary = s->signer;
	wrong = invalid_key(key, now_s);
	if (!wrong)
		wrong = weak_key(key);
	if (!wrong && (librnp.key_allows_usage(key, "sign", &may_sign) || !may_sign))
		wrong = "key is not for signing";
	if (wrong || librnp.key_get_primary_fprint(key, &primary) || !primary)
		return wrong;
	s->primary = arena_strdup(a, primary);
	if (librnp.locate_key(k->ffi, "fingerprint", primary, &primary_key) || !primary_key)
		return "primary key is missing";
	wrong = invalid_key(primary_key, now_s);
	return wrong ? arena_printf(a, "primary %s", wrong) : NULL;
}

static const char *check_algorithms(rnp_signature_handle_t handle, const char *wanted)
{
	auto_rnp_string type = NULL;
	auto_rnp_string hash = NULL;

	if (librnp.signature_get_type(handle, &type) || strcmp(type, wanted) != 0)
		return "signature of another type";
	if (librnp.signature_get_hash_alg(handle, &hash))
		return "unknown hash";
	return weak_hash(hash);
}

static void check_signature(const struct openpgp_keyring *k, rnp_op_verify_signature_t sig,
			    const char *type, int64_t now_s, struct arena *a, struct signature *s)
{
	rnp_result_t status = librnp.op_verify_signature_get_status(sig);
	auto_rnp_signature handle = NULL;
	auto_rnp_string key_id = NULL;
	auto_rnp_key key = NULL;
	const char *wrong_key, *weak = NULL;
	uint32_t made_s = 0;

	*s = (struct signature){ .key_id = "?", .wrong = status_text(status) };
	if (librnp.op_verify_signature_get_handle(sig, &handle) || !handle) {
		s->wrong = "signature of an unknown kind";
		return;
	}
	if (librnp.signature_get_keyid(handle, &key_id) == 0 && key_id)
		s->key_id = arena_strdup(a, key_id);
	if (status != RNP_ERROR_KEY_NOT_FOUND) {
		/* librnp calls these plainly invalid, which would hide the reason. */
		weak = check_algorithms(handle, type);
		s->wrong = weak ? weak : s->wrong;
	}
	if (librnp.signature_get_creation(handle, &made_s))
		s->wrong = "signature without a date";
	else if (made_s > now_s + CLOCK_SKEW_S)
		s->wrong = "signature is from the future";
	if (s->wrong && status != RNP_ERROR_SIGNATURE_INVALID)
		return;
	if (librnp.op_verify_signature_get_key(sig, &key) || !key) {
		s->wrong = "unknown key";
		return;
	}
	/* librnp calls a good signature by a revoked key invalid: the key's fault says more. */
	wrong_key = check_key(k, key, now_s, a, s);
	s->wrong = wrong_key && !weak ? wrong_key : s->wrong;
	s->made_s = made_s;
}

/* Looks at all signatures: *ret is the first good one, else the reasons are in `e`. */
static int choose_signature(const struct openpgp_keyring *k, rnp_op_verify_t op, rnp_result_t ran,
			    const char *type, int64_t now_s, struct arena *a, struct signature *ret,
			    struct err *e)
{
	auto_buf reasons = BUF_EMPTY;
	size_t n = 0;

	if (librnp.op_verify_get_signature_count(op, &n) || n == 0)
		return fail_rnp(e, FAIL_VERIFY, ran, "no readable signature");
	if (n > MAX_SIGNATURES)
		return fail(e, FAIL_LIMIT, "more than %d signatures", MAX_SIGNATURES);
	for (size_t i = 0; i < n; i++) {
		rnp_op_verify_signature_t sig = NULL;

		if (librnp.op_verify_get_signature_at(op, i, &sig))
			continue;
		check_signature(k, sig, type, now_s, a, ret);
		if (!ret->wrong)
			return 0;
		buf_printf(&reasons, "%s%s: %s", reasons.len ? ", " : "", ret->key_id, ret->wrong);
	}
	return fail(e, FAIL_VERIFY, "no good signature by a trusted key (%s)", buf_str(&reasons));
}

/* `type`, librnp's name for it, says what of the text is signed: its lines, or its bytes. */
static int check_detached(const struct openpgp_keyring *k, struct view text, struct view signature,
			  const char *type, int64_t now_s, struct arena *a, struct signature *ret,
			  struct err *e)
{
	auto_rnp_input text_in = NULL;
	auto_rnp_input signature_in = NULL;
	auto_rnp_verify op = NULL;
	rnp_result_t rc;
	FILE *kept;

	if (now_s < 1)
		return fail(e, FAIL_VERIFY, "the clock is not set");
	if (text.len == 0)
		return fail(e, FAIL_VERIFY, "the signed text is empty");
	rc = librnp.input_from_memory(&text_in, (const uint8_t *)text.ptr, text.len, false);
	if (rc == 0)
		rc = librnp.input_from_memory(&signature_in, (const uint8_t *)signature.ptr,
					      signature.len, false);
	if (rc == 0)
		rc = librnp.set_timestamp(k->ffi, (uint64_t)(now_s + CLOCK_SKEW_S));
	if (rc == 0)
		rc = librnp.op_verify_detached_create(&op, k->ffi, text_in, signature_in);
	if (rc)
		return fail_rnp(e, FAIL_VERIFY, rc, "check signature");
	/* Its result mixes all signatures; each one's own status is what counts. */
	kept = silence_begin(k);
	rc = librnp.op_verify_execute(op);
	silence_end(kept);
	return choose_signature(k, op, rc, type, now_s, a, ret, e);
}

static struct openpgp_verdict verdict_of(const struct signature *good, struct view text)
{
	return (struct openpgp_verdict){
		.text = text,
		.signer = good->signer,
		.primary = good->primary,
		.signed_s = good->made_s,
	};
}

int openpgp_verify_cleartext(const struct openpgp_keyring *k, struct view document, int64_t now_s,
			     struct arena *a, struct openpgp_verdict *ret, struct err *e)
{
	struct signature good = { 0 };
	struct cleartext parts;
	struct view covered;
	int rc;

	rc = cleartext_parse(document, a, &parts, e);
	if (rc < 0)
		return rc;
	covered = view_make(parts.text.ptr, parts.text.len ? parts.text.len - 1 : 0);
	rc = check_detached(k, covered, parts.signature, "text", now_s, a, &good, e);
	if (rc < 0)
		return rc;
	*ret = verdict_of(&good, parts.text);
	return 0;
}

int openpgp_verify_detached(const struct openpgp_keyring *k, struct view text,
			    struct view signature, int64_t now_s, struct arena *a,
			    struct openpgp_verdict *ret, struct err *e)
{
	struct signature good = { 0 };
	int rc;

	if (signature.len > CLEARTEXT_MAX_SIGNATURE_BYTES)
		return fail(e, FAIL_LIMIT, "the signature is over %d bytes",
			    CLEARTEXT_MAX_SIGNATURE_BYTES);
	rc = check_detached(k, text, signature, "binary", now_s, a, &good, e);
	if (rc < 0)
		return rc;
	*ret = verdict_of(&good, text);
	return 0;
}
