/* SPDX-License-Identifier: Apache-2.0 */
/* Reads any bytes as an ar archive, every other member only in part. */
#include "fuzz.h"

#include "fmt/ar.h"
#include "io/basic.h"

#include <assert.h>
#include <string.h>

static void read_member(struct ar_reader *r, const struct ar_member *m, int whole)
{
	struct source *s;
	uint64_t total = 0;
	char some[100];
	struct err e;
	size_t n;

	assert(ar_reader_open(r, &s, &e) == 0);
	while (source_read(s, some, sizeof(some), &n, &e) == 0 && n && whole)
		total += n;
	assert(total <= m->size);
	source_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ar_reader *r;
	struct ar_member m;
	struct err e;
	int i = 0;

	if (ar_reader_new(mem_source_new(view_make((const char *)data, size)), "fuzz", &r, &e) < 0)
		return 0;
	while (ar_reader_next(r, &m, &e) == 1) {
		assert(m.name[0] && strlen(m.name) <= 16 && !strchr(m.name, '/'));
		read_member(r, &m, i++ % 2);
	}
	ar_reader_free(r);
	return 0;
}
