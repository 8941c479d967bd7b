/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and values; see image.h. */
#include <string.h>

#include "oci/image.h"

const char *pairs_get(const struct pairs *p, const char *key)
{
	for (size_t i = p->n; i-- > 0;)
		if (strcmp(p->at[i].key, key) == 0)
			return p->at[i].value;
	return NULL;
}
