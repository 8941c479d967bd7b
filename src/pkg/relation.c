/* SPDX-License-Identifier: Apache-2.0 */
/* What the signs between a name and a version ask for, in all worlds alike. */
#include "pkg/world.h"

bool relation_holds(enum relation r, int order)
{
	switch (r) {
	case RELATION_ANY:
		return true;
	case RELATION_LESS:
	case RELATION_LIKE_OR_LESS:
		return order < 0;
	case RELATION_AT_MOST:
		return order <= 0;
	case RELATION_EQUAL:
	case RELATION_LIKE:
		return order == 0;
	case RELATION_AT_LEAST:
		return order >= 0;
	case RELATION_MORE:
	case RELATION_LIKE_OR_MORE:
		return order > 0;
	}
	return false;
}
