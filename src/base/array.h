/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable arrays: any struct with the members `at` (pointer to the items), `n` and `cap`.
 *
 *	struct names { const char **at; size_t n, cap; };
 *	*array_push(&names) = "x";
 *	free(names.at);
 */
#pragma once

#include "base/mem.h"

#include <stddef.h>

/* The capacity that comes after `cap`. */
static inline size_t array_next_cap(size_t cap)
{
	return cap ? cap + cap / 2 + 1 : 8;
}

/* Makes room for one more item at the end and yields a pointer to it; the item is not cleared. */
#define array_push(a)                                                                          \
	__extension__({                                                                        \
		__typeof__(a) array_ = (a);                                                    \
		if (array_->n == array_->cap) {                                                \
			array_->cap = array_next_cap(array_->cap);                             \
			array_->at = mem_resize(array_->at, array_->cap, sizeof(*array_->at)); \
		}                                                                              \
		&array_->at[array_->n++];                                                      \
	})

/* The same for arrays whose pointer, count and capacity are variables or members of their own. */
#define array_push_to(at_, n_, cap_)                                       \
	__extension__({                                                    \
		if ((n_) == (cap_)) {                                      \
			(cap_) = array_next_cap(cap_);                     \
			(at_) = mem_resize((at_), (cap_), sizeof(*(at_))); \
		}                                                          \
		&(at_)[(n_)++];                                            \
	})

/* for (size_t i = 0; i < COUNT_OF(table); i++) */
#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))
