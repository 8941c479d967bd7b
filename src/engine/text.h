/* SPDX-License-Identifier: Apache-2.0 */
/* An engine's words as people may see them. */
#pragma once

/* Heap: one line without control characters, of a length that leaves room in a message. */
char *engine_text(const char *said) __attribute__((returns_nonnull, warn_unused_result));
