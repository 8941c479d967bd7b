/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine tells the person while it works: warnings, notes and running tasks. Engines call
 * these and never print; cmd/ decides what a terminal, a log or a test sees. Every function takes
 * a NULL monitor and then does nothing, and may be called from any thread.
 */
#pragma once

#include <stdint.h>

enum monitor_level { MONITOR_WARN, MONITOR_NOTE, MONITOR_DEBUG };

struct monitor {
	const struct monitor_ops *ops;
};

struct monitor_ops {
	void (*say)(struct monitor *m, enum monitor_level level, const char *text);
	/* `total` bytes to do, 0 if unknown. The returned id is never 0. */
	uint32_t (*begin)(struct monitor *m, const char *what, uint64_t total);
	void (*advance)(struct monitor *m, uint32_t task, uint64_t bytes);
	void (*end)(struct monitor *m, uint32_t task, int failed);
	void (*gather)(struct monitor *m, uint32_t task); /* NULL: nobody wants to know */
};

void monitor_say(struct monitor *m, enum monitor_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define monitor_warn(m, ...) monitor_say((m), MONITOR_WARN, __VA_ARGS__)
#define monitor_note(m, ...) monitor_say((m), MONITOR_NOTE, __VA_ARGS__)
#define monitor_debug(m, ...) monitor_say((m), MONITOR_DEBUG, __VA_ARGS__)

/* A piece of work with a size, such as one download or one layer. */
uint32_t monitor_begin(struct monitor *m, const char *what, uint64_t total_bytes);
void monitor_advance(struct monitor *m, uint32_t task, uint64_t bytes);
void monitor_end(struct monitor *m, uint32_t task, int failed);
/*
 * What tasks that begin later do is part of this one: shown as done while they run. When one of
 * them ends, its bytes are to be told of this one.
 */
void monitor_gather(struct monitor *m, uint32_t task);
