/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine says while it loads an image: a stream of JSON objects, one a line, that ends in
 * what was loaded, or in an error. Docker Engine API, POST /images/load.
 */
#pragma once

#include "base/monitor.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	REPORT_MAX_LINE_BYTES = 64 << 10, /* progress is below 300; an error may quote a program */
	REPORT_MAX_BYTES = 256 << 20,	  /* a line for each half MiB of the largest image */
	REPORT_MAX_NOTES = 16,		  /* lines for people; more is a flood */
};

struct engine_report {
	struct monitor *monitor; /* is told what is meant for people */
	bool loaded;		 /* an image was */
	unsigned n_notes;
	uint64_t n_bytes;
};

/* The engine's error is FAIL_NET, with its words; what is no JSON is FAIL_FORMAT. `r` is borrowed.
 */
struct sink *report_sink_new(struct engine_report *r) __attribute__((returns_nonnull));
