/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a config's history and the layers that they made (OCI image-spec config.md). */
#pragma once

#include "oci/image.h"

/*
 * Copies `n` entries to `to`, which has room for n + n_layers, so that n_layers of them have made a
 * layer: `filler` stands for those that the history lacks, and the last ones of too many made none.
 * Returns how many there are.
 */
size_t history_fit(const struct history *at, size_t n, size_t n_layers, const char *filler,
		   struct history *to);
