/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heap memory that never comes back NULL: running out ends the program with one message. A size
 * that comes from input is checked against a named limit before it gets here.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* Zeroed. */
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/* Room for n items of `size` bytes; an overflow of the product counts as out of memory. */
void *mem_resize(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
char *mem_strdup(const char *s)
	__attribute__((malloc, returns_nonnull, nonnull, warn_unused_result));
/* A NUL-terminated copy of `len` bytes. */
char *mem_strndup(const char *s, size_t len)
	__attribute__((malloc, returns_nonnull, warn_unused_result));
char *mem_printf(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull, warn_unused_result));

static inline void mem_cleanup(void *p)
{
	free(*(void **)p);
}

/* auto_free char *p = …; is freed when it goes out of scope. */
#define auto_free __attribute__((cleanup(mem_cleanup)))

/* Hands ownership on: yields the pointer and leaves NULL behind. */
#define steal(p)                                      \
	__extension__({                               \
		__typeof__(p) *steal_from_ = &(p);    \
		__typeof__(p) stolen_ = *steal_from_; \
		*steal_from_ = NULL;                  \
		stolen_;                              \
	})
