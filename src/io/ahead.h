/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source that reads the one below ahead of its reader, in a thread of its own, so that a
 * transfer, its decoding and the work on the result overlap. What is below must not be used by
 * anyone else meanwhile.
 */
#pragma once

#include "io/stream.h"

#include <stddef.h>

/* Takes `below`, reads at most `size` (> 0) bytes ahead. Closing waits for a read under way. */
struct source *ahead_source_new(struct source *below, size_t size) __attribute__((returns_nonnull));
