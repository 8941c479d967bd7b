/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a lock; what is accepted is read again as written, without a difference. */
#include "fuzz.h"

#include "pkg/lock.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf text = BUF_EMPTY;
	auto_lock first = NULL;
	auto_lock second = NULL;
	struct lock_change *changes;
	struct err e = { 0 };

	if (lock_read(view_make((const char *)data, size), "fuzz", &first, &e) < 0)
		return 0;
	lock_write(first, &text);
	if (lock_read(buf_view(&text), "written", &second, &e) < 0)
		abort();
	if (lock_diff(first, second, &a, &changes) != 0)
		abort();
	return 0;
}
