/* SPDX-License-Identifier: Apache-2.0 */
/* Detection and decompression of arbitrary bytes; what comes out is bounded. */
#include "io/basic.h"
#include "io/codec.h"

#include <stdint.h>
#include <stdlib.h>

enum { MAX_OUTPUT = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct view input = view_make((const char *)bytes, size);
	auto_source s = NULL;
	auto_sink nowhere = null_sink_new();
	uint64_t out = 0;
	struct err e = { 0 };

	if (decode_source_new(codec_detect(input), mem_source_new(input), "input", &s, &e) < 0)
		return 0;
	s = limit_source_new(s, MAX_OUTPUT, "output");
	if (stream_copy(s, nowhere, &out, &e) < 0 && (e.code == FAIL_NONE || !e.msg[0]))
		abort();
	if (out > MAX_OUTPUT)
		abort();
	return 0;
}
