/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexes of layers: the input as a file in the cache, its checksums made right, so that what comes
 * behind them is reached; every entry is read.
 */
#include "fuzz.h"

#include "pkg/index_file.h"
#include "sys/fd.h"
#include "view/layer_index.h"
#include "view/layer_index_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void make_right(char *bytes, size_t size)
{
	struct index_lanes lanes = INDEX_LANES_START;
	struct mapped_head h;

	if (size < sizeof(h))
		return;
	memcpy(&h, bytes, sizeof(h));
	h.file_bytes = size;
	index_lanes_add(&lanes, bytes + sizeof(h), size - sizeof(h));
	h.body = index_lanes_end(&lanes);
	h.check = index_hash(&h, offsetof(struct mapped_head, check));
	memcpy(bytes, &h, sizeof(h));
}

static void read_all(const struct layer_index *x)
{
	static struct layer_entry entry;
	struct view kept;
	size_t at;

	for (size_t i = 0; i < layer_index_count(x); i++) {
		if (!layer_index_get(x, i, &entry))
			continue;
		assert(entry.tar.path && entry.tar.link && entry.tar.n_xattrs <= TAR_MAX_XATTRS);
		(void)layer_index_at(x, entry.tar.offset, &at);
		if (layer_index_kept(x, entry.tar.offset, &kept) && kept.len)
			(void)(*(const volatile char *)(kept.ptr + kept.len - 1));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_fd fd = memfd_create("index", MFD_CLOEXEC);
	struct layer_index *x;
	char *copy = malloc(size + 1);
	struct err e;

	memcpy(copy, data, size);
	make_right(copy, size);
	if (fd >= 0 && write(fd, copy, size) == (ssize_t)size &&
	    layer_index_open(fd_steal(&fd), NULL, &x, &e) == 0) {
		read_all(x);
		layer_index_free(x);
	}
	free(copy);
	return 0;
}
