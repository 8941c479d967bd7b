/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses a compression, streams, checks and indexes one Packages file. */
#include "pkg/deb/list.h"

#include <stdio.h>

#include "base/array.h"
#include "io/ahead.h"
#include "io/basic.h"
#include "io/codec.h"
#include "pkg/deb/expect.h"
#include "pkg/deb/packages.h"
#include "pkg/index_file.h"
#include "sys/fd.h"
#include "sys/files.h"

#define INDEXES "indexes"

enum {
	FETCH_AHEAD_BYTES = 1 << 20,   /* compressed bytes that wait for the decoder */
	DECODED_AHEAD_BYTES = 2 << 20, /* text that waits for the parser */
	GUESSED_RATIO = 6,	       /* of text to compressed bytes, where nothing is said */
	PACKAGES_VERSION = 1,	       /* raise it when deb_packages_read keeps something else */
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
			   const struct deb_list *list, struct candidates *ret, struct err *e)
{
	double link = ctx->offline ? 0 : http_bytes_per_second(ctx->http);
	auto_arena a = ARENA_EMPTY;

	*ret = (struct candidates){ .what = list->name };
	ret->plain = deb_release_find(&from->release, arena_printf(&a, "%sPackages", list->dir));
	for (size_t i = 0; i < N_FORMS; i++) {
		const char *path = arena_printf(&a, "%sPackages%s", list->dir, forms[i].suffix);
		const struct deb_release_file *file = deb_release_find(&from->release, path);
		uint64_t text_bytes;

		if (!file)
			continue;
		text_bytes = ret->plain ? ret->plain->size_bytes : file->size_bytes * GUESSED_RATIO;
		if (ret->n == 0)
			ret->key = file->digest;
		insert(ret, (struct candidate){ &forms[i], file,
						estimate(&forms[i], file->size_bytes, text_bytes,
							 link > 0 ? link : GUESSED_LINK_SPEED) });
	}
	if (ret->n == 0)
		return fail(e, FAIL_NOT_FOUND, "%s/InRelease lists no '%sPackages'", from->dist_url,
			    list->dir);
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
		from = limit_source_new(from, INDEX_MAX_BYTES, s->url);
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
		     const struct candidate *c, const char *url, struct index_writer *w,
		     struct err *e)
{
	struct stream s = { .url = url };
	struct source *text;
	int rc;

	rc = open_text(ctx, all, c, &s, &text, e);
	if (rc == 0)
		rc = deb_packages_read(text, url, w, e);
	return judge(&s, rc, e);
}

/* Where the digest is part of the name, a mirror that is being updated still has it. */
static const char *hash_url(const struct deb_inrelease *from, const struct deb_list *list,
			    const struct deb_release_file *file, struct arena *a)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&file->digest, hex);
	return arena_printf(a, "%s/%sby-hash/SHA256/%s", from->dist_url, list->dir, hex);
}

static int fetch_form(const struct deb_context *ctx, const struct deb_inrelease *from,
		      const struct deb_list *list, const struct candidates *all,
		      const struct candidate *c, struct index_writer **w, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	const char *urls[2];
	size_t n = 0;
	int rc = -FAIL_NOT_FOUND;

	if (from->release.by_hash)
		urls[n++] = hash_url(from, list, c->file, &a);
	urls[n++] = arena_printf(&a, "%s/%s", from->dist_url, c->file->path);
	for (size_t i = 0; i < n && rc == -FAIL_NOT_FOUND; i++) {
		index_writer_free(*w);
		*w = index_writer_new();
		rc = read_form(ctx, all, c, urls[i], *w, e);
	}
	return rc;
}

/* The soonest form that the mirror has. */
static int fetch(const struct deb_context *ctx, const struct deb_inrelease *from,
		 const struct deb_list *list, const struct candidates *all, int dir_fd,
		 const char *name, struct err *e)
{
	struct index_writer *w = NULL;
	int rc = -FAIL_NOT_FOUND;

	for (size_t i = 0; i < all->n && rc == -FAIL_NOT_FOUND; i++)
		rc = fetch_form(ctx, from, list, all, &all->at[i], &w, e);
	if (rc == 0)
		rc = index_writer_save(w, dir_fd, name, e);
	else if (rc == -FAIL_NOT_FOUND)
		rc = err_hint(e, "its InRelease names it; the mirror may be in the middle of an "
				 "update: try again later, or another one");
	index_writer_free(w);
	return rc;
}

int deb_list_open(struct deb_context *ctx, const struct deb_inrelease *from,
		  const struct deb_list *list, struct index **ret, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	char name[SHA256_HEX_CHARS + 32];
	struct candidates all;
	auto_fd dir_fd = -1;
	int rc = find_candidates(ctx, from, list, &all, e);

	if (rc == 0)
		rc = dir_open_at(ctx->cache_fd, INDEXES, 0755, &dir_fd, e);
	if (rc < 0)
		return rc;
	sha256_to_hex(&all.key, hex);
	snprintf(name, sizeof(name), "%s-deb%d.%d", hex, INDEX_VERSION, PACKAGES_VERSION);
	rc = index_open(dir_fd, name, ret, e);
	/* A damaged one is made anew. */
	if (rc == 0 || (rc != -FAIL_NOT_FOUND && rc != -FAIL_FORMAT))
		return rc;
	if (ctx->offline)
		return fail(e, FAIL_NOT_FOUND,
			    "the index of %s is not in the cache, and this is "
			    "offline",
			    list->name);
	rc = fetch(ctx, from, list, &all, dir_fd, name, e);
	return rc < 0 ? rc : index_open(dir_fd, name, ret, e);
}
