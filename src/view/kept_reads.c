/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of pieces, each with a checksum that is looked at when it is first read, for most are not;
 * see kept_reads.h. It is read, not mapped: its pages would count as memory in use.
 */
#include "view/kept_reads.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "pkg/index_file.h"
#include "sys/fd.h"
#include "view/cache.h"
#include "view/kept_reads_file.h"
#include "view/mapped.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct kept_reads {
	int fd;
	struct kept_piece *pieces;
	size_t n;
	bool *checked;
	char bytes[KEPT_READS_PIECE_BYTES];
};

static void key_of(const struct image_view *v, size_t layer, struct sha256 *ret)
{
	const struct view_layer *l = &v->layers[layer];
	auto_hasher h = hasher_new(DIGEST_SHA256);

	hasher_update(h, l->diff_id.bytes, SHA256_BYTES);
	if (l->descriptor)
		hasher_update(h, l->descriptor->digest.bytes, SHA256_BYTES);
	sha256_final(h, ret);
}

uint64_t kept_reads_hash(const void *bytes, size_t n)
{
	struct index_lanes lanes = INDEX_LANES_START;

	index_lanes_add(&lanes, bytes, n);
	return index_lanes_end(&lanes);
}

uint64_t kept_reads_check(const struct kept_head *h, const struct kept_piece *pieces)
{
	struct {
		uint64_t pieces, head;
	} both = { kept_reads_hash(pieces, h->n_pieces * sizeof(*pieces)),
		   kept_reads_hash(h, offsetof(struct kept_head, check)) };

	return kept_reads_hash(&both, sizeof(both));
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool read_at(int fd, uint64_t at, void *to, size_t n)
{
	char *next = to;

	while (n) {
		ssize_t got = pread(fd, next, n, (off_t)at);

		if (got <= 0)
			return false;
		next += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

/* Pieces lie in order, in the tar as in the file, and fill it. */
static bool is_sound(const struct kept_head *h, const struct kept_piece *pieces)
{
	uint64_t at = sizeof(*h) + h->n_pieces * sizeof(*pieces), end = 0;

	for (uint64_t i = 0; i < h->n_pieces; i++) {
		const struct kept_piece *p = &pieces[i];

		if (p->size == 0 || p->size > KEPT_READS_PIECE_BYTES || p->at != at ||
		    p->offset < end || p->offset > UINT64_MAX / 2)
			return false;
		at += p->size;
		end = p->offset + p->size;
	}
	return at == h->file_bytes;
}

static bool read_head(int fd, const struct sha256 *key, struct kept_head *h)
{
	struct stat st;

	return fstat(fd, &st) == 0 && read_at(fd, 0, h, sizeof(*h)) &&
	       memcmp(h->magic, KEPT_READS_MAGIC, sizeof(h->magic)) == 0 &&
	       h->version == KEPT_READS_VERSION && h->order == MAPPED_ORDER &&
	       memcmp(h->key, key->bytes, SHA256_BYTES) == 0 &&
	       h->file_bytes == (uint64_t)st.st_size &&
	       h->n_pieces <= h->file_bytes / sizeof(struct kept_piece) &&
	       h->file_bytes <= 2 * (uint64_t)KEPT_READS_MAX_BYTES;
}

struct kept_reads *kept_reads_of(int given, const struct sha256 *key)
{
	auto_fd fd = given;
	struct kept_reads *k;
	struct kept_head h;

	if (!read_head(fd, key, &h))
		return NULL;
	k = mem_zalloc(sizeof(*k));
	k->n = (size_t)h.n_pieces;
	k->pieces = mem_alloc((k->n + 1) * sizeof(*k->pieces));
	k->checked = mem_zalloc(k->n + 1);
	k->fd = fd_steal(&fd);
	if (read_at(k->fd, sizeof(h), k->pieces, k->n * sizeof(*k->pieces)) &&
	    h.check == kept_reads_check(&h, k->pieces) && is_sound(&h, k->pieces))
		return k;
	kept_reads_free(k);
	return NULL;
}

struct kept_reads *kept_reads_open(const struct image_view *v, size_t layer)
{
	struct sha256 key;
	int fd;

	key_of(v, layer, &key);
	fd = view_cache_open(v, CACHE_READS, &key, KEPT_READS_VERSION);
	return fd < 0 ? NULL : kept_reads_of(fd, &key);
}

void kept_reads_free(struct kept_reads *k)
{
	if (!k)
		return;
	fd_cleanup(&k->fd);
	free(k->pieces);
	free(k->checked);
	free(k);
}

/* The piece with the byte at `offset`, or SIZE_MAX. */
static size_t find_piece(const struct kept_reads *k, uint64_t offset)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (k->pieces[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || offset - k->pieces[low - 1].offset >= k->pieces[low - 1].size)
		return SIZE_MAX;
	return low - 1;
}

static bool is_whole(struct kept_reads *k, size_t i)
{
	const struct kept_piece *p = &k->pieces[i];

	if (!k->checked[i])
		k->checked[i] = read_at(k->fd, p->at, k->bytes, (size_t)p->size) &&
				kept_reads_hash(k->bytes, (size_t)p->size) == p->check;
	return k->checked[i];
}

/* Their end in the tar is where the next begins, and so it is in the file. */
struct kept_source {
	struct source s;
	int fd; /* borrowed */
	uint64_t at, left;
};

static int kept_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct kept_source *k = (struct kept_source *)s;

	if (size > k->left)
		size = (size_t)k->left;
	*ret_n = 0;
	if (!read_at(k->fd, k->at, to, size))
		return fail(e, FAIL_IO, "what the cache has of a layer can't be read any more");
	*ret_n = size;
	k->at += size;
	k->left -= size;
	return 0;
}

static void kept_close(struct source *s)
{
	free(s);
}

bool kept_reads_get(struct kept_reads *k, uint64_t offset, uint64_t size, struct source **ret)
{
	static const struct source_ops ops = { kept_read, kept_close };
	size_t first = find_piece(k, offset), i = first;
	struct kept_source *s;
	uint64_t end;

	if (first == SIZE_MAX)
		return false;
	for (end = k->pieces[i].offset;; i++) {
		if (i == k->n || k->pieces[i].offset != end || !is_whole(k, i))
			return false;
		end += k->pieces[i].size;
		if (end - offset >= size)
			break;
	}
	s = mem_zalloc(sizeof(*s));
	source_init(&s->s, &ops);
	s->fd = k->fd;
	s->at = k->pieces[first].at + (offset - k->pieces[first].offset);
	s->left = size;
	*ret = &s->s;
	return true;
}

size_t kept_reads_ranges(struct kept_reads *k, struct read_range **ret)
{
	size_t n = 0;

	*ret = mem_alloc((k->n + 1) * sizeof(**ret));
	for (size_t i = 0; i < k->n; i++)
		if (is_whole(k, i))
			(*ret)[n++] = (struct read_range){ k->pieces[i].offset, k->pieces[i].size };
	return n;
}

/* ---- writing ----------------------------------------------------------------------------- */

static int by_offset(const void *a, const void *b)
{
	const struct read_range *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Those that overlap or touch become one. */
static size_t join(struct read_range *at, size_t n)
{
	size_t to = 0;

	if (n == 0)
		return 0;
	qsort(at, n, sizeof(*at), by_offset);
	for (size_t i = 1; i < n; i++) {
		uint64_t end = at[to].offset + at[to].size, next = at[i].offset + at[i].size;

		if (at[i].offset > end)
			at[++to] = at[i];
		else if (next > end)
			at[to].size = next - at[to].offset;
	}
	return to + 1;
}

struct writing {
	struct kept_head head;
	struct kept_piece *pieces;
	struct content_provider *from;
};

static size_t cut(const struct read_range *at, size_t n, struct kept_piece *ret)
{
	size_t n_pieces = 0;

	for (size_t i = 0; i < n; i++) {
		for (uint64_t done = 0; done < at[i].size; n_pieces++) {
			uint64_t left = at[i].size - done;
			struct kept_piece p = { .offset = at[i].offset + done };

			p.size = left < KEPT_READS_PIECE_BYTES ? left : KEPT_READS_PIECE_BYTES;
			done += p.size;
			if (ret)
				ret[n_pieces] = p;
		}
	}
	return n_pieces;
}

static int write_piece(const struct writing *w, int fd, struct kept_piece *p, struct err *e)
{
	char bytes[KEPT_READS_PIECE_BYTES];
	auto_source from = NULL;
	int rc = w->from->ops->open(w->from, p->offset, p->size, &from, e);

	if (rc == 0)
		rc = source_read_full(from, bytes, (size_t)p->size, e);
	if (rc < 0)
		return rc;
	p->check = kept_reads_hash(bytes, (size_t)p->size);
	if (pwrite(fd, bytes, (size_t)p->size, (off_t)p->at) != (ssize_t)p->size)
		return fail_sys(e, "write what was read of a layer to the cache");
	return interrupt_check(e);
}

static int write_to(void *ctx, int fd, struct err *e)
{
	struct writing *w = ctx;
	size_t n = (size_t)w->head.n_pieces, bytes = n * sizeof(*w->pieces);
	uint64_t at = sizeof(w->head) + bytes;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		w->pieces[i].at = at;
		at += w->pieces[i].size;
		rc = write_piece(w, fd, &w->pieces[i], e);
	}
	if (rc < 0)
		return rc;
	w->head.file_bytes = at;
	w->head.check = kept_reads_check(&w->head, w->pieces);
	if (pwrite(fd, &w->head, sizeof(w->head), 0) != (ssize_t)sizeof(w->head) ||
	    pwrite(fd, w->pieces, bytes, sizeof(w->head)) != (ssize_t)bytes)
		return fail_sys(e, "write what was read of a layer to the cache");
	return 0;
}

int kept_reads_write(const struct image_view *v, size_t layer, struct read_range *at, size_t n,
		     struct content_provider *from, struct err *e)
{
	struct writing w = { .head = { .version = KEPT_READS_VERSION, .order = MAPPED_ORDER },
			     .from = from };
	struct sha256 key;
	uint64_t sum = 0;
	int rc;

	n = join(at, n);
	for (size_t i = 0; i < n; i++)
		sum += at[i].size;
	if (sum > KEPT_READS_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "more than %d bytes", KEPT_READS_MAX_BYTES);
	key_of(v, layer, &key);
	memcpy(w.head.magic, KEPT_READS_MAGIC, sizeof(w.head.magic));
	memcpy(w.head.key, key.bytes, SHA256_BYTES);
	w.head.n_pieces = cut(at, n, NULL);
	w.pieces = mem_zalloc((w.head.n_pieces + 1) * sizeof(*w.pieces));
	cut(at, n, w.pieces);
	rc = view_cache_write(v, CACHE_READS, &key, KEPT_READS_VERSION, write_to, &w, NULL, e);
	free(w.pieces);
	return rc;
}
