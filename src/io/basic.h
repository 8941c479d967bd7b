/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plain streams: memory, file descriptors, limits, digests, a look ahead. None of these
 * constructors can fail. A `below` is taken; names and `what` are copied; the rest is borrowed
 * and must outlive the stream.
 */
#pragma once

#include "base/buf.h"
#include "base/monitor.h"
#include "base/view.h"
#include "crypto/digest.h"
#include "io/stream.h"

#include <stddef.h>
#include <stdint.h>

struct source *mem_source_new(struct view bytes) __attribute__((returns_nonnull));
/* Takes `fd`; `name` is for messages. */
struct source *fd_source_new(int fd, const char *name) __attribute__((returns_nonnull));
/*
 * `size` bytes of a file from `offset`, read with pread(): several may share one `fd`, in
 * different threads. A file that ends earlier is FAIL_FORMAT.
 */
struct source *range_source_new(int fd, uint64_t offset, uint64_t size, const char *name)
	__attribute__((returns_nonnull));
/* The byte after `max_bytes` is FAIL_LIMIT: "'what' is larger than max_bytes bytes". */
struct source *limit_source_new(struct source *below, uint64_t max_bytes, const char *what)
	__attribute__((returns_nonnull));
/* Feeds what passes to `hasher` and adds its length to *count; either may be NULL. */
struct source *digest_source_new(struct source *below, struct hasher *hasher, uint64_t *count)
	__attribute__((returns_nonnull));
/* Lets the first `size` bytes be seen before they are read. */
struct source *peek_source_new(struct source *below, size_t size) __attribute__((returns_nonnull));
/*
 * The first bytes of a peek source: `size` of them, fewer only if the stream is shorter. Valid
 * until the first read, which is also the last moment to call this.
 */
int source_peek(struct source *peek, struct view *ret, struct err *e)
	__attribute__((warn_unused_result));
/* For who takes its source: through this one, `below` stays the caller's. */
struct source *source_borrow(struct source *below) __attribute__((returns_nonnull));

/* Adds to `to`; a `to` longer than `limit` bytes is FAIL_LIMIT. */
struct sink *buf_sink_new(struct buf *to, uint64_t limit) __attribute__((returns_nonnull));
/* Borrows `fd` and never syncs it; `name` is for messages. */
struct sink *fd_sink_new(int fd, const char *name) __attribute__((returns_nonnull));
/* Feeds what passes to `hasher` and adds its length to *count; either may be NULL. */
struct sink *digest_sink_new(struct sink *below, struct hasher *hasher, uint64_t *count)
	__attribute__((returns_nonnull));
/* Takes `below`. The byte after `max_bytes` is FAIL_LIMIT, as of limit_source_new(). */
struct sink *limit_sink_new(struct sink *below, uint64_t max_bytes, const char *what)
	__attribute__((returns_nonnull));
/* Reports the length of what passes as progress of a task that is under way. */
struct sink *monitor_sink_new(struct sink *below, struct monitor *monitor, uint32_t task)
	__attribute__((returns_nonnull));
/* The same for what is read; closing the source ends the task. */
struct source *monitor_source_new(struct source *below, struct monitor *monitor, uint32_t task)
	__attribute__((returns_nonnull));
/* Takes everything, keeps nothing. */
struct sink *null_sink_new(void) __attribute__((returns_nonnull));
