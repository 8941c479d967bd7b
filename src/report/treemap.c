/* SPDX-License-Identifier: Apache-2.0 */
/* Row after row along the shorter side, each as long as its tiles get squarer; see treemap.h. */
#include "report/treemap.h"

static double worst_of(double most, double least, double sum, double side)
{
	double thickness = sum / side;
	double longest = most / thickness, shortest = least / thickness;
	double a = longest > thickness ? longest / thickness : thickness / longest;
	double b = shortest > thickness ? shortest / thickness : thickness / shortest;

	return a > b ? a : b;
}

/* How many of the tiles make the best first row; *ret_sum is their area. */
static size_t row_length(const struct tile *tiles, size_t n, double scale, double side,
			 double *ret_sum)
{
	double most = (double)tiles[0].weight * scale, sum = most;
	double worst = worst_of(most, most, sum, side);
	size_t k = 1;

	for (; k < n && tiles[k].weight; k++) {
		double area = (double)tiles[k].weight * scale;
		double next = worst_of(most, area, sum + area, side);

		if (next > worst)
			break;
		worst = next;
		sum += area;
	}
	*ret_sum = sum;
	return k;
}

static void place_row(struct tile *row, size_t n, double scale, double sum, struct rect *left)
{
	int upright = left->w >= left->h;
	double thickness = sum / (upright ? left->h : left->w);
	double at = upright ? left->y : left->x;

	for (size_t i = 0; i < n; i++) {
		double length = (double)row[i].weight * scale / thickness;

		if (upright)
			row[i].at = (struct rect){ left->x, at, thickness, length };
		else
			row[i].at = (struct rect){ at, left->y, length, thickness };
		at += length;
	}
	if (upright) {
		left->x += thickness;
		left->w = left->w > thickness ? left->w - thickness : 0;
	} else {
		left->y += thickness;
		left->h = left->h > thickness ? left->h - thickness : 0;
	}
}

void treemap_layout(struct tile *tiles, size_t n, struct rect within)
{
	double total = 0, scale;
	struct rect left = within;
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		total += (double)tiles[i].weight;
		tiles[i].at = (struct rect){ within.x, within.y, 0, 0 };
	}
	if (total <= 0 || within.w <= 0 || within.h <= 0)
		return;
	scale = within.w * within.h / total;
	while (done < n && tiles[done].weight && left.w > 1e-9 && left.h > 1e-9) {
		double side = left.w < left.h ? left.w : left.h, sum;
		size_t k = row_length(tiles + done, n - done, scale, side, &sum);

		place_row(tiles + done, k, scale, sum, &left);
		done += k;
	}
}
