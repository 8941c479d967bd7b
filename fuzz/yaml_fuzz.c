/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as YAML: the tree must be whole and within its limits. */

#include "fuzz.h"

#include "fmt/yaml.h"

#include <stdlib.h>

static uint32_t weigh(const struct yaml_node *n)
{
	uint32_t sum = 1;

	for (size_t i = 0; n->kind == YAML_SEQUENCE && i < n->n; i++)
		sum += weigh(n->items[i]);
	for (size_t i = 0; n->kind == YAML_MAP && i < n->n; i++)
		sum += weigh(n->entries[i].key) + weigh(n->entries[i].value);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_EMPTY;
	const struct yaml_node *root = NULL;
	struct err e = { 0 };

	if (yaml_parse(view_make((const char *)data, size), "fuzz", &a, &root, &e) < 0)
		return 0;
	if (root && (weigh(root) != root->weight || root->weight > YAML_MAX_NODES))
		abort();
	return 0;
}
