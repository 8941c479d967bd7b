/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A writer turned into a source: for who makes bytes by writing them to a sink, and gives them to
 * one who reads. The writer runs in a thread of its own, at most a pipe's length ahead.
 */
#pragma once

#include "io/stream.h"

/* Writes everything and finishes `to`, which it takes. */
typedef int push_fn(void *ctx, struct sink *to, struct err *e);

/*
 * `ctx` must outlive the source. The writer's failure is the reader's, instead of an end; closing
 * before the end makes the writer's next write fail, and waits for it.
 */
int pushed_source_new(push_fn *push, void *ctx, struct source **ret, struct err *e);
