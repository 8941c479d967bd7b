/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the data of an Alpine package: they pass through unchanged as far as they pass, and
 * each line of checksums is one.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "io/basic.h"
#include "pkg/apk/checked_tar.h"

#include <assert.h>

static void check_sums(const struct buf *sums)
{
	assert(sums->len == 0 || sums->data[sums->len - 1] == '\n');
	assert(sums->len == 0 || strspn(sums->data, "0123456789abcdef") == 40);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_make((const char *)data, size);
	auto_buf sums = BUF_EMPTY;
	auto_source s = checked_tar_new(mem_source_new(bytes), &sums);
	char part[1000];
	size_t n = 0, at = 0;
	struct err e;

	while (source_read(s, part, sizeof(part), &n, &e) == 0 && n > 0) {
		assert(at + n <= size && memcmp(part, data + at, n) == 0);
		at += n;
	}
	check_sums(&sums);
	return 0;
}
