/* SPDX-License-Identifier: Apache-2.0 */
/* What the value of an option means: numbers, sizes, ages, choices. */
#pragma once

#include "cmd/verb.h"

/*
 * Stores `value` at `to` as the option's kind says. `shown` is the option as it was written, for
 * messages (FAIL_USAGE). Lists grow in `a`; strings are borrowed.
 */
int value_store(const struct option *o, void *to, const char *shown, const char *value,
		struct arena *a, struct err *e);

/* "64k", "1.5G", "20Mi" → bytes. */
bool value_to_size(const char *text, uint64_t *ret_bytes);
/* "90", "10m", "7d" → seconds. */
bool value_to_age(const char *text, int64_t *ret_s);
