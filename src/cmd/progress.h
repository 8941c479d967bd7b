/* SPDX-License-Identifier: Apache-2.0 */
/* The running tasks and the text of their lines; where they are drawn is console.c's business. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress_task {
	uint32_t id;
	char *what; /* owned, already harmless */
	uint64_t done_bytes, total_bytes, begun_ms;
	bool gathers;	      /* later tasks are parts of it */
	uint64_t shown_bytes; /* of one that gathers: it never goes back */
};

struct progress {
	struct {
		struct progress_task *at;
		size_t n, cap;
	} tasks; /* running, oldest first */
	uint32_t last_id;
	uint64_t n_finished, finished_bytes;
};

void progress_done(struct progress *p);
uint32_t progress_begin(struct progress *p, const char *what, uint64_t total_bytes,
			uint64_t now_ms);
/* NULL for an id that doesn't run. */
struct progress_task *progress_find(struct progress *p, uint32_t id);
/* Forgets the task after counting it. */
void progress_end(struct progress *p, uint32_t id);

/*
 * One line for each of the first `max_lines` tasks, and one that counts the others when there are
 * more; each at most `columns` wide. Returns the number of lines.
 */
size_t progress_lines(struct progress *p, size_t max_lines, size_t columns, uint64_t now_ms,
		      struct buf *to);
