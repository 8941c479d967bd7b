/* SPDX-License-Identifier: Apache-2.0 */
/* Contents texts into a table, and any bytes as a table that is searched. */
#include "io/basic.h"
#include "pkg/deb/owners.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void search(struct buf *table)
{
	struct deb_owners *o = NULL;
	struct deb_owner found;
	struct err e;

	if (owners_open_table(table, &o, &e) < 0)
		return;
	(void)deb_owners_of_soname(o, "libz.so.1", &found);
	(void)deb_owners_of_soname(o, "a", &found);
	(void)deb_owners_of_module(o, "yaml", &found);
	deb_owners_close(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_make((const char *)data, size);
	auto_buf made = BUF_EMPTY, given = BUF_EMPTY;
	struct err e;

	if (owners_make(mem_source_new(bytes), "fuzz", "x86_64-linux-gnu", &made, &e) == 0)
		search(&made);
	buf_add_str(&given, OWNERS_HEAD);
	buf_add_view(&given, bytes);
	buf_add_str(&given, "\n" OWNERS_END "1\n");
	search(&given);
	return 0;
}
