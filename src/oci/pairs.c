/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and values; see image.h. */
#include <string.h>

#include "oci/image.h"

static const char *find(const struct pair *at, size_t n, const char *key)
{
	for (size_t i = n; i-- > 0;)
		if (strcmp(at[i].key, key) == 0)
			return at[i].value;
	return NULL;
}

const char *pairs_get(const struct pairs *p, const char *key)
{
	return find(p->at, p->n, key);
}

const char *descriptor_annotation(const struct descriptor *d, const char *key)
{
	return find(d->annotations, d->n_annotations, key);
}
