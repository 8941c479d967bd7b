/* SPDX-License-Identifier: Apache-2.0 */
/* What engines answer, in pieces, addresses of engines, and contexts that hold some. */
#include "fuzz.h"

#include "engine/answer.h"
#include "engine/endpoint.h"
#include "engine/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);
	struct engine_report report = { 0 };
	auto_sink sink = report_sink_new(&report);
	struct engine_host host = { .named_by = "DOCKER_HOST" };
	struct engine_endpoint at;
	struct engine_image image;
	auto_arena a = ARENA_EMPTY;
	size_t half = size / 2;
	struct err e;

	if (sink_write(sink, text.ptr, half, &e) == 0 &&
	    sink_write(sink, text.ptr + half, size - half, &e) == 0)
		(void)!sink_finish(sink, &e);
	host.text = arena_view(&a, text);
	(void)engine_endpoint_parse(&host, &a, &at, &e);
	host.tls = true;
	(void)engine_endpoint_parse(&host, &a, &at, &e);
	(void)!engine_image_read(text, &a, &image, &e);
	if (engine_context_read(text, "fuzz", &a, &host, &e) == 0)
		(void)engine_endpoint_parse(&host, &a, &at, &e);
	return 0;
}
