/* SPDX-License-Identifier: Apache-2.0 */
/* See hash.h. */
#include "io/hash.h"

#include "base/interrupt.h"
#include "base/mem.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_BYTES = 128 << 10 };

struct watch {
	struct monitor *monitor;
	uint32_t task;
};

static int feed(int fd, const char *name, uint64_t from, const struct watch *w, struct hasher *h,
		uint64_t *ret_end, struct err *e)
{
	auto_free char *bytes = mem_alloc(STEP_BYTES);
	uint64_t at = from;
	ssize_t n;

	while ((n = pread(fd, bytes, STEP_BYTES, (off_t)at)) != 0) {
		if (interrupt_check(e) < 0)
			return -(int)e->code;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_sys(e, "read '%s'", name);
		hasher_update(h, bytes, (size_t)n);
		at += (uint64_t)n;
		monitor_advance(w->monitor, w->task, (uint64_t)n);
	}
	if (ret_end)
		*ret_end = at;
	return 0;
}

int hash_fd(int fd, const char *name, uint64_t from, struct hasher *h, uint64_t *ret_end,
	    struct err *e)
{
	const struct watch nobody = { 0 };

	return feed(fd, name, from, &nobody, h, ret_end, e);
}

bool hash_is(int fd, uint64_t size_bytes, const struct sha256 *digest)
{
	return hash_is_watched(fd, size_bytes, digest, NULL, 0);
}

bool hash_is_watched(int fd, uint64_t size_bytes, const struct sha256 *digest, struct monitor *m,
		     uint32_t task)
{
	const struct watch w = { m, task };
	auto_hasher h = NULL;
	struct err ignored;
	struct sha256 got;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != size_bytes)
		return false;
	h = hasher_new(DIGEST_SHA256);
	if (feed(fd, "", 0, &w, h, NULL, &ignored) < 0)
		return false;
	sha256_final(h, &got);
	return sha256_eq(&got, digest);
}
