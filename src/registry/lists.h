/* SPDX-License-Identifier: Apache-2.0 */
/* One page of a registry's lists, as lists.c joins them. */
#pragma once

#include "base/arena.h"
#include "fmt/json.h"
#include "registry/registry.h"

struct referrers {
	struct referrer *at; /* the heap's */
	size_t n, cap;
};

/*
 * Add what a page's document has to `list`, a struct strings with a heap array and a struct
 * referrers; texts are copied into `a`. Return how many there were; `name` is for messages.
 */
int tags_take(const struct json *root, const char *name, void *list, struct arena *a,
	      struct err *e);
int referrers_take(const struct json *root, const char *name, void *list, struct arena *a,
		   struct err *e);
