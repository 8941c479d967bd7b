/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Packages file. */
#include "fuzz.h"

#include <assert.h>

#include "io/basic.h"
#include "pkg/deb/packages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct index_writer *w = index_writer_new();
	struct err e = { 0 };
	struct view text = view_make((const char *)data, size);

	if (deb_packages_read(mem_source_new(text), "Packages", w, &e) < 0)
		assert(e.code && e.msg[0]);
	index_writer_free(w);
	return 0;
}
