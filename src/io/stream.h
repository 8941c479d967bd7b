/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stackable byte streams. A source is read, a sink is written; each is a small const vtable plus
 * the state behind it. A stream stacked on another owns the one below and closes it. Errors stick:
 * after the first one every call fails the same way.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;
struct sink;

struct source_ops {
	/* Up to `size` (> 0) bytes into `to`; *ret_n == 0 means the end. */
	int (*read)(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e);
	/* Frees the stream and what is below it. */
	void (*close)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	bool ended;
	struct err failed; /* code != 0: the sticky error */
};

struct sink_ops {
	/* All of the bytes, or an error. */
	int (*write)(struct sink *s, const void *bytes, size_t size, struct err *e);
	/* Everything written reaches the sink below, trailers included, which is finished too. */
	int (*finish)(struct sink *s, struct err *e);
	/* Frees the stream and what is below it; without finish() before, the output is abandoned.
	 */
	void (*close)(struct sink *s);
};

struct sink {
	const struct sink_ops *ops;
	bool finished;
	struct err failed;
};

/* For implementers: sets up the common part. */
void source_init(struct source *s, const struct source_ops *ops);
void sink_init(struct sink *s, const struct sink_ops *ops);

int source_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
	__attribute__((warn_unused_result));
/* Exactly `size` bytes; the end before that is FAIL_FORMAT. */
int source_read_full(struct source *s, void *to, size_t size, struct err *e)
	__attribute__((warn_unused_result));
/* Reads and drops exactly `size` bytes. */
int source_skip(struct source *s, uint64_t size, struct err *e) __attribute__((warn_unused_result));
void source_close(struct source *s);

int sink_write(struct sink *s, const void *bytes, size_t size, struct err *e)
	__attribute__((warn_unused_result));
/* Once; a second call does nothing and returns the first one's result. */
int sink_finish(struct sink *s, struct err *e) __attribute__((warn_unused_result));
void sink_close(struct sink *s);

/* All of `from` into `to`, which is not finished; *ret_bytes may be NULL. */
int stream_copy(struct source *from, struct sink *to, uint64_t *ret_bytes, struct err *e)
	__attribute__((warn_unused_result));

static inline void source_cleanup(struct source **s)
{
	source_close(*s);
}

static inline void sink_cleanup(struct sink **s)
{
	sink_close(*s);
}

/* auto_source s = NULL; closes at the end of the scope; NULL is fine. */
#define auto_source __attribute__((cleanup(source_cleanup))) struct source *
#define auto_sink __attribute__((cleanup(sink_cleanup))) struct sink *
