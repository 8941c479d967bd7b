/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store's blobs: written through a temporary file under a running digest, read with their
 * digest checked. A blob that is asked for, or written once more, becomes young, so that garbage
 * collection leaves it to who asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/basic.h"
#include "io/behind.h"
#include "place/store_private.h"
#include "place/verified.h"
#include "sys/fd.h"
#include "sys/files.h"

enum { YOUNG_S = 60 };

/* Dates are not changed more often than need be: see store_stamp_blob(). */
static bool is_young(const struct store *s, const char *hex)
{
	int64_t now_s = time(NULL);
	struct stat st;

	return fstatat(s->layout.blobs_fd, hex, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_mtime <= now_s && now_s - st.st_mtime < YOUNG_S;
}

bool store_has_blob(struct store *s, const struct sha256 *digest, uint64_t size)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_fd guard = -1;
	struct err ignored;

	/* in a store that can't be written nobody removes either: no lock, no new date */
	(void)store_guard(s, LOCK_SHARED, &guard, &ignored);
	if (!layout_has_blob(&s->layout, digest, size))
		return false;
	sha256_to_hex(digest, hex);
	if (!is_young(s, hex))
		(void)utimensat(s->layout.blobs_fd, hex, NULL, AT_SYMLINK_NOFOLLOW);
	return true;
}

bool store_stamp_blob(struct store *s, const struct sha256 *digest, uint64_t size, struct hasher *h)
{
	char hex[SHA256_HEX_CHARS + 1];
	struct stat st;

	sha256_to_hex(digest, hex);
	if (fstatat(s->layout.blobs_fd, hex, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size)
		return false;
	hasher_update(h, hex, SHA256_HEX_CHARS);
	hasher_update(h, &st.st_dev, sizeof(st.st_dev));
	hasher_update(h, &st.st_ino, sizeof(st.st_ino));
	hasher_update(h, &st.st_ctim, sizeof(st.st_ctim));
	return true;
}

int store_blob_fd(struct store *s, const struct sha256 *digest, bool or_link, int *ret_fd,
		  struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	int rc;

	sha256_to_hex(digest, hex);
	rc = file_open_regular(s->layout.blobs_fd, hex, or_link ? 0 : O_NOFOLLOW, ret_fd, e);
	if (rc == -FAIL_NOT_FOUND)
		return fail(e, FAIL_NOT_FOUND, "'%s' has no blob sha256:%s", s->layout.path, hex);
	return rc < 0 ? err_context(e, "'%s/blobs/sha256'", s->layout.path) : 0;
}

int store_open_blob(struct store *s, const struct sha256 *digest, struct source **ret,
		    struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	int fd = -1, r = store_blob_fd(s, digest, true, &fd, e);

	if (r)
		return r;
	sha256_to_hex(digest, hex);
	*ret = verified_source_new(fd_source_new(fd, hex), digest, UINT64_MAX);
	return 0;
}

bool store_blob_is_right(struct store *s, const struct sha256 *digest, uint64_t size)
{
	return store_has_blob(s, digest, size) && layout_blob_is_right(&s->layout, digest, size);
}

int store_read_blob(struct store *s, const struct sha256 *digest, uint64_t limit, struct arena *a,
		    struct view *ret, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_buf text = BUF_EMPTY;
	struct sha256 got;
	int r;

	sha256_to_hex(digest, hex);
	r = file_read(s->layout.blobs_fd, hex, limit, &text, e);
	if (r == -FAIL_NOT_FOUND)
		return fail(e, FAIL_NOT_FOUND, "'%s' has no blob sha256:%s", s->layout.path, hex);
	if (r)
		return err_context(e, "store '%s'", s->layout.path);
	sha256_of(buf_str(&text), text.len, &got);
	if (!sha256_eq(&got, digest))
		return fail(e, FAIL_VERIFY,
			    "store '%s': blob sha256:%s holds other bytes than its name says",
			    s->layout.path, hex);
	*ret = view_make(arena_view(a, buf_view(&text)), text.len);
	return 0;
}

struct blob_writer {
	struct sink sink;
	struct store *store;
	struct atomic_file file;
	struct hasher *hasher;
	struct behind *behind;
	uint64_t size;
};

static int blob_write(struct sink *sink, const void *bytes, size_t size, struct err *e)
{
	struct blob_writer *w = (struct blob_writer *)sink;

	w->size += size;
	return behind_add(w->behind, bytes, size, e);
}

static int blob_finish(struct sink *sink, struct err *e)
{
	(void)sink;
	(void)e;
	return 0;
}

/* The writer owns the sink: a stream stacked on it may close it before the commit. */
static void blob_close(struct sink *sink)
{
	(void)sink;
}

static const struct sink_ops blob_ops = { blob_write, blob_finish, blob_close };

int blob_writer_new(struct store *s, struct blob_writer **ret, struct err *e)
{
	auto_free char *what = mem_printf("to the store '%s'", s->layout.path);
	struct blob_writer *w = mem_zalloc(sizeof(*w));
	int r = atomic_file_open(&w->file, s->layout.blobs_fd, 0644, e);

	if (r) {
		free(w);
		return err_context(e, "store '%s'", s->layout.path);
	}
	sink_init(&w->sink, &blob_ops);
	w->store = s;
	w->hasher = hasher_new(DIGEST_SHA256);
	w->behind = behind_new(w->file.fd, 0, w->hasher, BEHIND_TO_DISK, what);
	*ret = w;
	return 0;
}

struct sink *blob_writer_sink(struct blob_writer *w)
{
	return &w->sink;
}

int blob_writer_commit(struct blob_writer *w, struct sha256 *ret_digest, uint64_t *ret_size,
		       struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	struct sha256 digest;
	auto_fd guard = -1;
	int r;

	if (w->sink.failed.code) {
		*e = w->sink.failed;
		return -(int)e->code;
	}
	r = behind_settle(w->behind, e);
	if (r)
		return r;
	sha256_final(w->hasher, &digest);
	sha256_to_hex(&digest, hex);
	r = store_guard(w->store, LOCK_SHARED, &guard, e);
	if (r)
		return r;
	(void)futimens(w->file.fd, NULL); /* writing may have begun long ago */
	/* in place of one that is there: it may be cut short or changed */
	r = atomic_file_commit(&w->file, hex, ATOMIC_REPLACE, e);
	if (r)
		return err_context(e, "store '%s'", w->store->layout.path);
	*ret_digest = digest;
	*ret_size = w->size;
	return 0;
}

void blob_writer_free(struct blob_writer *w)
{
	if (!w)
		return;
	behind_free(w->behind);
	atomic_file_done(&w->file);
	hasher_free(w->hasher);
	free(w);
}

int store_put_blob(struct store *s, const void *bytes, size_t len, struct sha256 *ret_digest,
		   struct err *e)
{
	struct blob_writer *w = NULL;
	uint64_t size;
	int r;

	sha256_of(bytes, len, ret_digest);
	if (store_blob_is_right(s, ret_digest, len))
		return 0;
	r = blob_writer_new(s, &w, e);
	if (r)
		return r;
	r = sink_write(&w->sink, bytes, len, e);
	if (!r)
		r = blob_writer_commit(w, ret_digest, &size, e);
	blob_writer_free(w);
	return r;
}
