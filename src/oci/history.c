/* SPDX-License-Identifier: Apache-2.0 */
/* See history.h. */
#include "oci/history.h"

size_t history_fit(const struct history *at, size_t n, size_t n_layers, const char *filler,
		   struct history *to)
{
	size_t n_made = 0;

	for (size_t i = 0; i < n; i++) {
		to[i] = at[i];
		if (!to[i].empty_layer && n_made == n_layers)
			to[i].empty_layer = true;
		n_made += !to[i].empty_layer;
	}
	for (; n_made < n_layers; n_made++)
		to[n++] = (struct history){ .created_by = filler };
	return n;
}
