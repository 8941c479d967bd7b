/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the cache keeps of layers that were looked at. The first byte says what the rest is: one of
 * the scanners' findings, or a file of kept reads, its checksums made right, so that what comes
 * behind them is reached.
 */
#include "fuzz.h"

#include "audit/scan.h"
#include "base/mem.h"
#include "io/stream.h"
#include "sys/fd.h"
#include "view/kept_reads.h"
#include "view/kept_reads_file.h"
#include "view/mapped.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static const struct sha256 key;

static void make_right(char *bytes, size_t size)
{
	struct kept_piece *pieces;
	struct kept_head h;
	size_t n;

	memcpy(&h, bytes, sizeof(h));
	memcpy(h.magic, KEPT_READS_MAGIC, sizeof(h.magic));
	memcpy(h.key, key.bytes, sizeof(h.key));
	h.version = KEPT_READS_VERSION;
	h.order = MAPPED_ORDER;
	h.file_bytes = size;
	h.n_pieces %= (size - sizeof(h)) / sizeof(*pieces) + 1;
	n = (size_t)h.n_pieces;
	pieces = calloc(n + 1, sizeof(*pieces));
	memcpy(pieces, bytes + sizeof(h), n * sizeof(*pieces));
	for (size_t i = 0; i < n; i++)
		if (pieces[i].size <= size && pieces[i].at <= size - pieces[i].size)
			pieces[i].check =
				kept_reads_hash(bytes + pieces[i].at, (size_t)pieces[i].size);
	h.check = kept_reads_check(&h, pieces);
	memcpy(bytes + sizeof(h), pieces, n * sizeof(*pieces));
	memcpy(bytes, &h, sizeof(h));
	free(pieces);
}

static void read_range(struct kept_reads *k, uint64_t offset, uint64_t size)
{
	char bytes[256];
	auto_source from = NULL;
	uint64_t sum = 0;
	struct err e;
	size_t n;

	if (!kept_reads_get(k, offset, size, &from))
		return;
	while (source_read(from, bytes, sizeof(bytes), &n, &e) == 0 && n)
		sum += n;
	assert(sum == size);
}

static void read_file(const uint8_t *data, size_t size)
{
	auto_fd fd = memfd_create("kept", MFD_CLOEXEC);
	char *copy = malloc(size + 1);
	struct read_range *ranges;
	struct kept_reads *k = NULL;
	size_t n;

	memcpy(copy, data, size);
	make_right(copy, size);
	if (fd >= 0 && write(fd, copy, size) == (ssize_t)size)
		k = kept_reads_of(fd_steal(&fd), &key);
	free(copy);
	if (!k)
		return;
	n = kept_reads_ranges(k, &ranges);
	for (size_t i = 0; i < n; i++) {
		read_range(k, ranges[i].offset, ranges[i].size);
		read_range(k, ranges[i].offset + 1, ranges[i].size);
	}
	free(ranges);
	kept_reads_free(k);
}

static void load_found(size_t which, const uint8_t *data, size_t size)
{
	const struct view_scanner *scanners;
	const struct scan_hit *hits;
	struct audit_scan *s;
	struct err e;
	size_t n;

	if (audit_scan_new(&s, &e) < 0)
		abort();
	scanners = audit_scanners(s, &n);
	scanners += which % n;
	scanners->load(scanners->ctx, 0, view_make((const char *)data, size));
	hits = scan_hits(s, &n);
	for (size_t i = 0; i < n; i++)
		assert(hits[i].layer == 0 && hits[i].title && hits[i].masked);
	audit_scan_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] < '9')
		load_found(data[0], data + 1, size - 1);
	else if (size > sizeof(struct kept_head))
		read_file(data + 1, size - 1);
	return 0;
}
