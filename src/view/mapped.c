/* SPDX-License-Identifier: Apache-2.0 */
/* See mapped.h. What is read later was written by pare, as the checksum says, which is no
 * signature. */
#include "view/mapped.h"

#include "io/basic.h"
#include "pkg/index_file.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static bool is_whole(const struct mapped_head *h, size_t bytes, const struct mapped_kind *kind,
		     const struct sha256 *key)
{
	struct index_lanes lanes = INDEX_LANES_START;

	if (memcmp(h->magic, kind->magic, MAPPED_MAGIC_BYTES) != 0 || h->version != kind->version ||
	    h->order != MAPPED_ORDER || h->file_bytes != bytes ||
	    h->check != index_hash(h, offsetof(struct mapped_head, check)) ||
	    (key && memcmp(h->key, key->bytes, SHA256_BYTES) != 0))
		return false;
	index_lanes_add(&lanes, h + 1, bytes - sizeof(*h));
	return index_lanes_end(&lanes) == h->body;
}

int mapped_open(int fd_, const struct mapped_kind *kind, const struct sha256 *key, size_t min_bytes,
		struct mapped *ret, struct err *e)
{
	auto_fd fd = fd_;
	struct stat st;
	char *map;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, "look at an index in the cache");
	if ((uint64_t)st.st_size < sizeof(struct mapped_head) + min_bytes)
		return fail(e, FAIL_FORMAT, "an index in the cache that is cut off");
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return fail_sys(e, "map an index in the cache");
	if (!is_whole((const struct mapped_head *)(const void *)map, (size_t)st.st_size, kind,
		      key)) {
		munmap(map, (size_t)st.st_size);
		return fail(e, FAIL_FORMAT,
			    "no whole index of what was asked for, in this version");
	}
	*ret = (struct mapped){ map, (size_t)st.st_size };
	return 0;
}

void mapped_close(struct mapped *m)
{
	if (m->at)
		munmap((void *)(uintptr_t)m->at, m->bytes);
	*m = (struct mapped){ 0 };
}

/* Lanes take blocks of INDEX_BLOCK bytes, so what is hashed is one run: pieces are joined. */
struct run {
	struct index_lanes lanes;
	char block[INDEX_BLOCK];
	size_t n;
};

static void run_add(struct run *r, const char *bytes, size_t len)
{
	size_t part;

	if (len == 0)
		return;
	if (r->n) {
		part = INDEX_BLOCK - r->n < len ? INDEX_BLOCK - r->n : len;
		memcpy(r->block + r->n, bytes, part);
		r->n += part;
		bytes += part;
		len -= part;
		if (r->n < INDEX_BLOCK)
			return;
		index_lanes_add(&r->lanes, r->block, INDEX_BLOCK);
		r->n = 0;
	}
	part = len - len % INDEX_BLOCK;
	if (part)
		index_lanes_add(&r->lanes, bytes, part);
	r->n = len - part;
	if (r->n)
		memcpy(r->block, bytes + part, r->n);
}

static void finish_head(struct mapped_head *h, const struct view *pieces, size_t n)
{
	struct run r = { .lanes = INDEX_LANES_START };

	h->file_bytes = sizeof(*h);
	for (size_t i = 0; i < n; i++) {
		run_add(&r, pieces[i].ptr, pieces[i].len);
		h->file_bytes += pieces[i].len;
	}
	if (r.n)
		index_lanes_add(&r.lanes, r.block, r.n);
	h->body = index_lanes_end(&r.lanes);
	h->check = index_hash(h, offsetof(struct mapped_head, check));
}

int mapped_write(int fd, const struct mapped_kind *kind, const struct sha256 *key,
		 const struct view *pieces, size_t n, struct err *e)
{
	auto_sink to = fd_sink_new(fd, "an index in the cache");
	struct mapped_head h = { .version = kind->version, .order = MAPPED_ORDER };
	int rc;

	memcpy(h.magic, kind->magic, MAPPED_MAGIC_BYTES);
	memcpy(h.key, key->bytes, SHA256_BYTES);
	finish_head(&h, pieces, n);
	rc = sink_write(to, &h, sizeof(h), e);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (pieces[i].len)
			rc = sink_write(to, pieces[i].ptr, pieces[i].len, e);
	return rc == 0 ? sink_finish(to, e) : rc;
}
