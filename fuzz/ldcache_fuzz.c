/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes ld.so.cache for a tree whose configuration and libraries hold any bytes, and reads it
 * again. The input is a run of files: the number of its path, its length in two bytes, the lowest
 * first, and its bytes.
 */
#include "fuzz.h"

#include <assert.h>

#include "base/array.h"
#include "build/effects/ldcache.h"

enum { HEAD_BYTES = 3 };

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "fuzz" };

static const char *const paths[] = {
	"etc/ld.so.conf",
	"etc/ld.so.conf.d/a.conf",
	"etc/ld.so.conf.d/b.conf",
	"usr/lib/x86_64-linux-gnu/libc.so.6",
	"usr/lib/x86_64-linux-gnu/liba.so.1",
	"usr/lib/glibc-hwcaps/x86-64-v3/liba.so.1",
	"usr/lib/libb.so.10",
	"opt/libc.so.2",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const architectures[] = { "amd64", "armhf", "mips64el", "riscv64" };
	struct tree t;
	struct err e = { 0 };

	tree_init(&t, &origin);
	while (size >= HEAD_BYTES) {
		size_t n = (size_t)(data[1] | data[2] << 8);
		const char *path = paths[data[0] % COUNT_OF(paths)];
		struct inode file;

		n = n < size - HEAD_BYTES ? n : size - HEAD_BYTES;
		file = inode_file((const char *)data + HEAD_BYTES, n, 0755, &origin);
		(void)!tree_put(&t, path, &file, NULL, &e);
		data += HEAD_BYTES + n;
		size -= HEAD_BYTES + n;
	}
	for (size_t i = 0; i < COUNT_OF(architectures); i++) {
		auto_buf cache = BUF_EMPTY;

		if (ldcache_make(&t, architectures[i], &cache, &e) < 0)
			assert(e.code && e.msg[0]);
		else
			assert(view_starts(buf_view(&cache), "glibc-ld.so.cache1.1"));
	}
	tree_done(&t);
	return 0;
}
