/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the text of an APKINDEX. */
#include "fuzz.h"

#include <assert.h>

#include "pkg/apk/index_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct index_writer *w = index_writer_new();
	struct err e = { 0 };
	struct view text = view_make((const char *)data, size);

	if (apk_index_read(text, "APKINDEX", "x86_64", "x86_64", w, &e) < 0)
		assert(e.code && e.msg[0]);
	index_writer_free(w);
	return 0;
}
