/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses a form of a listed file, streams it, and checks size and digest of both ends. */
#include "pkg/deb/signed_file.h"

#include "base/array.h"
#include "io/ahead.h"
#include "io/basic.h"
#include "io/codec.h"
#include "pkg/deb/expect.h"

#include <string.h>

enum {
	FETCH_AHEAD_BYTES = 1 << 20,   /* compressed bytes that wait for the decoder */
	DECODED_AHEAD_BYTES = 2 << 20, /* text that waits for the parser */
	GUESSED_RATIO = 6,	       /* of text to compressed bytes, where nothing is said */
};

/* Bytes of text per second and core that each decoder yields; measured on 2.x GHz x86-64. */
#define XZ_SPEED 45e6
#define GZIP_SPEED 450e6
#define ZSTD_SPEED 700e6
#define PLAIN_SPEED 1e12
/* Of the link, until something was measured: a household's 40 Mbit/s. */
#define GUESSED_LINK_SPEED 5e6

static const struct form {
	const char *suffix;
	enum codec codec;
	double speed;
} forms[] = {
	{ "", CODEC_PLAIN, PLAIN_SPEED },
	{ ".zst", CODEC_ZSTD, ZSTD_SPEED },
	{ ".gz", CODEC_GZIP, GZIP_SPEED },
	{ ".xz", CODEC_XZ, XZ_SPEED },
};

enum { N_FORMS = COUNT_OF(forms) };

struct candidate {
	const struct form *form;
	const struct deb_release_file *file;
	double seconds; /* until it will be read to its end */
};

struct candidates {
	const char *what;	      /* for people */
	struct candidate at[N_FORMS]; /* the soonest first */
	size_t n;
	const struct deb_release_file *plain; /* listed, even if no server has it; or NULL */
	struct sha256 key;		      /* names the text, whatever the form */
};

static void insert(struct candidates *all, struct candidate c)
{
	size_t i = all->n++;

	for (; i > 0 && all->at[i - 1].seconds > c.seconds; i--)
		all->at[i] = all->at[i - 1];
	all->at[i] = c;
}

static double estimate(const struct form *form, uint64_t size, uint64_t text_bytes, double link)
{
	double download_s = (double)size / link;
	double decode_s = (double)text_bytes / form->speed;

	return download_s > decode_s ? download_s : decode_s;
}

static int find_candidates(const struct deb_context *ctx, const struct deb_inrelease *from,
			   const struct deb_signed_file *file, struct candidates *ret,
			   struct err *e)
{
	double link = ctx->offline ? 0 : http_bytes_per_second(ctx->http);
	const char *path = file->path;
	auto_arena a = ARENA_EMPTY;

	*ret = (struct candidates){ .what = file->name };
	ret->plain = deb_release_find(&from->release, path);
	for (size_t i = 0; i < N_FORMS; i++) {
		const struct deb_release_file *form = deb_release_find(
			&from->release, arena_printf(&a, "%s%s", path, forms[i].suffix));
		uint64_t text_bytes;

		if (!form)
			continue;
		text_bytes = ret->plain ? ret->plain->size_bytes : form->size_bytes * GUESSED_RATIO;
		if (ret->n == 0)
			ret->key = form->digest;
		insert(ret, (struct candidate){ &forms[i], form,
						estimate(&forms[i], form->size_bytes, text_bytes,
							 link > 0 ? link : GUESSED_LINK_SPEED) });
	}
	if (ret->n == 0)
		return fail(e, FAIL_NOT_FOUND, "%s/InRelease lists no '%s'", from->dist_url, path);
	return 0;
}

/* ---- one form ---- */

struct stream {
	const char *url;
	bool has_text;		   /* the text is expected to be something, too */
	struct expect_result sent; /* what the server sends */
	struct expect_result text; /* what that decodes to */
};

/* From the transfer up to the text. */
static int open_text(const struct deb_context *ctx, const struct candidates *all,
		     const struct candidate *c, struct stream *s, struct source **ret,
		     struct err *e)
{
	struct expectation sent = { s->url, c->file->size_bytes, c->file->digest };
	struct source *from;
	int rc = http_open(ctx->http, s->url, all->what, c->file->size_bytes, &from, e);

	if (rc < 0)
		return rc;
	from = expect_source_new(from, &sent, &s->sent);
	if (c->form->codec == CODEC_PLAIN) {
		*ret = ahead_source_new(from, DECODED_AHEAD_BYTES);
		return 0;
	}
	from = ahead_source_new(from, FETCH_AHEAD_BYTES);
	rc = decode_source_new(c->form->codec, from, s->url, &from, e);
	if (rc < 0)
		return rc;
	if (all->plain) {
		struct expectation text = { s->url, all->plain->size_bytes, all->plain->digest };

		s->has_text = true;
		from = expect_source_new(from, &text, &s->text);
	} else {
		from = limit_source_new(from, SIGNED_FILE_MAX_BYTES, s->url);
	}
	*ret = ahead_source_new(from, DECODED_AHEAD_BYTES);
	return 0;
}

/*
 * The outcome of reading (`rc`, `e`) in the light of the digests: bytes that were tampered with
 * show as broken in many ways, and digests are the cause that gets reported; and without a
 * digest's consent nothing is good.
 */
static int judge(const struct stream *s, int rc, struct err *e)
{
	const struct expect_result *wrong = s->sent.wrong.code ? &s->sent : &s->text;

	if (wrong->wrong.code) {
		*e = wrong->wrong;
		return -(int)e->code;
	}
	if (rc == 0 && (!s->sent.right || (s->has_text && !s->text.right)))
		return fail(e, FAIL_VERIFY, "%s: could not be checked to its end", s->url);
	return rc;
}

static int read_form(const struct deb_context *ctx, const struct candidates *all,
		     const struct candidate *c, const char *url, deb_text_reader *read, void *arg,
		     struct err *e)
{
	struct stream s = { .url = url };
	struct source *text;
	int rc;

	rc = open_text(ctx, all, c, &s, &text, e);
	if (rc == 0)
		rc = read(text, url, arg, e);
	return judge(&s, rc, e);
}

/* Where the digest is part of the name, a mirror that is being updated still has it. */
static const char *hash_url(const struct deb_inrelease *from, const struct deb_release_file *file,
			    struct arena *a)
{
	const char *slash = strrchr(file->path, '/');
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&file->digest, hex);
	return arena_printf(a, "%s/%.*sby-hash/SHA256/%s", from->dist_url,
			    slash ? (int)(slash - file->path) + 1 : 0, file->path, hex);
}

static int fetch_form(const struct deb_context *ctx, const struct deb_inrelease *from,
		      const struct candidates *all, const struct candidate *c,
		      deb_text_reader *read, void *arg, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	const char *urls[2];
	size_t n = 0;
	int rc = -FAIL_NOT_FOUND;

	if (from->release.by_hash)
		urls[n++] = hash_url(from, c->file, &a);
	urls[n++] = arena_printf(&a, "%s/%s", from->dist_url, c->file->path);
	for (size_t i = 0; i < n && rc == -FAIL_NOT_FOUND; i++)
		rc = read_form(ctx, all, c, urls[i], read, arg, e);
	return rc;
}

int deb_signed_file_key(const struct deb_inrelease *from, const struct deb_signed_file *file,
			struct sha256 *ret, struct err *e)
{
	static const struct deb_context offline = { .offline = true };
	struct candidates all;
	int rc = find_candidates(&offline, from, file, &all, e);

	if (rc == 0)
		*ret = all.key;
	return rc;
}

int deb_signed_file_read(const struct deb_context *ctx, const struct deb_inrelease *from,
			 const struct deb_signed_file *file, deb_text_reader *read, void *arg,
			 struct err *e)
{
	struct candidates all;
	int rc = find_candidates(ctx, from, file, &all, e);

	if (rc < 0)
		return rc;
	if (ctx->offline)
		return fail(e, FAIL_NOT_FOUND,
			    "the index of %s is not in the cache, and this is "
			    "offline",
			    file->name);
	rc = -FAIL_NOT_FOUND;
	for (size_t i = 0; i < all.n && rc == -FAIL_NOT_FOUND; i++)
		rc = fetch_form(ctx, from, &all, &all.at[i], read, arg, e);
	return rc;
}
