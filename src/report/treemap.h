/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Squarified treemaps (Bruls, Huizing and van Wijk, 2000): rectangles with areas in proportion to
 * weights, each as near to a square as can be.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rect {
	double x, y, w, h;
};

struct tile {
	uint64_t weight;
	struct rect at; /* filled in */
};

/* Lays out tiles, the heaviest first; those without weight get no area. */
void treemap_layout(struct tile *tiles, size_t n, struct rect within);
