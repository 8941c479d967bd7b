/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary index: any bytes behind a header that passes its checksums are walked without
 * leaving the file. The checksums are put right first, or nothing would get past it.
 */
#include "base/mem.h"
#include "pkg/index.h"
#include "pkg/index_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend(uint8_t *bytes, size_t size)
{
	struct index_lanes l = INDEX_LANES_START;
	struct index_header h;

	if (size < sizeof(h))
		return;
	memcpy(&h, bytes, sizeof(h));
	memcpy(h.magic, INDEX_MAGIC, sizeof(h.magic));
	h.version = INDEX_VERSION;
	h.order = INDEX_ORDER;
	h.file_bytes = size;
	index_lanes_add(&l, bytes + sizeof(h), size - sizeof(h));
	h.body = index_lanes_end(&l);
	h.check = index_hash(&h, offsetof(struct index_header, check));
	memcpy(bytes, &h, sizeof(h));
}

static void walk(const struct index *x)
{
	struct package p;

	for (uint32_t i = 0; i < index_count(x) && i < 100; i++) {
		const uint32_t *ids;
		size_t n;

		(void)index_package(x, i, &p);
		n = index_named(x, p.name, &ids);
		for (size_t k = 0; k < n; k++)
			(void)index_package(x, ids[k], &p);
		n = index_providing(x, p.provides, &ids);
		for (size_t k = 0; k < n; k++)
			(void)index_package(x, ids[k], &p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free uint8_t *copy = mem_alloc(size);
	int fd = memfd_create("index", MFD_CLOEXEC);
	struct index *x;
	struct err e;
	char path[64];

	if (fd < 0)
		abort();
	if (size)
		memcpy(copy, data, size);
	mend(copy, size);
	if (write(fd, copy, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (index_open(fd, path, &x, &e) == 0) {
		walk(x);
		index_close(x);
	}
	close(fd);
	return 0;
}
