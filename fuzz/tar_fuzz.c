/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads any bytes as tar. What the reader lets through obeys its limits and, where the writer
 * takes it, comes back the same.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "fmt/tar.h"
#include "io/basic.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void check_same(const struct tar_entry *a, const struct tar_entry *b)
{
	assert(a->type == b->type && a->mode == b->mode && a->uid == b->uid && a->gid == b->gid);
	assert(a->mtime_s == b->mtime_s && a->size == b->size && a->n_xattrs == b->n_xattrs);
	assert(strncmp(a->path, b->path, strlen(a->path)) == 0);
	assert(strcmp(a->link, b->link) == 0);
	for (size_t i = 0; i < a->n_xattrs; i++) {
		assert(strcmp(a->xattrs[i].name, b->xattrs[i].name) == 0);
		assert(view_eq(a->xattrs[i].value, b->xattrs[i].value));
	}
}

/* Without the content: a reader sees the header before it misses that. */
static void write_and_read(const struct tar_entry *t)
{
	auto_buf bytes = BUF_EMPTY;
	struct sink *to = buf_sink_new(&bytes, SIZE_MAX);
	struct tar_reader *r;
	struct tar_entry again;
	struct err e;

	if (tar_write_header(to, t, &e) == 0) {
		assert(tar_write_end(to, &e) == 0);
		assert(bytes.len % TAR_BLOCK_BYTES == 0);
		assert(tar_reader_new(mem_source_new(buf_view(&bytes)), "again", &r, &e) == 0);
		assert(tar_reader_next(r, &again, &e) == 1);
		check_same(t, &again);
		tar_reader_free(r);
	}
	sink_close(to);
}

static void check_entry(const struct tar_entry *t)
{
	assert(t->path[0] && strlen(t->path) <= TAR_MAX_PATH && strlen(t->link) <= TAR_MAX_PATH);
	assert(t->mode <= 07777 && t->n_xattrs <= TAR_MAX_XATTRS);
	assert(t->type == TAR_FILE || t->size == 0);
	for (size_t i = 0; i < t->n_xattrs; i++)
		assert(t->xattrs[i].value.len <= TAR_MAX_XATTR_BYTES);
	write_and_read(t);
}

/* Else hardly a changed header would get past its checksum. */
static void repair_checksums(char *bytes, size_t size)
{
	for (; size >= TAR_BLOCK_BYTES; size -= TAR_BLOCK_BYTES, bytes += TAR_BLOCK_BYTES) {
		unsigned sum = 0;

		if (memcmp(bytes + 257, "ustar", 5) != 0)
			continue;
		memset(bytes + 148, ' ', 8);
		for (size_t i = 0; i < TAR_BLOCK_BYTES; i++)
			sum += (unsigned char)bytes[i];
		snprintf(bytes + 148, 8, "%06o", sum);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_buf bytes = BUF_EMPTY;
	struct tar_reader *r;
	struct tar_entry t;
	struct err e;

	buf_add(&bytes, data, size);
	if (size)
		repair_checksums(bytes.data, size);
	assert(tar_reader_new(mem_source_new(buf_view(&bytes)), "fuzz", &r, &e) == 0);
	while (tar_reader_next(r, &t, &e) == 1) {
		uint64_t total = 0;
		char some[1000];
		size_t n;

		check_entry(&t);
		while (tar_reader_read(r, some, sizeof(some), &n, &e) == 0 && n) {
			/* who reads the archive itself finds the same there */
			assert(t.offset + total + n <= size);
			assert(memcmp(bytes.data + t.offset + total, some, n) == 0);
			total += n;
		}
		assert(total <= t.size && total <= size);
	}
	tar_reader_free(r);
	return 0;
}
