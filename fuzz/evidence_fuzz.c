/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of evidence, and bytes that are searched for their texts. */
#include "recipe/evidence.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_make((const char *)data, size);
	struct evidence_rules rules;
	struct evidence_found *found;
	auto_arena a = ARENA_EMPTY;
	struct scan *s;
	struct err e;

	if (evidence_rules_parse(bytes, "fuzz", &a, &rules, &e) < 0)
		return 0;
	s = malloc(sizeof(*s));
	scan_init(s, rules.texts, rules.n_texts);
	(void)evidence_find(&rules, scan_bytes(s, bytes), size & 1, NULL, 0, &a, &found);
	free(s);
	return 0;
}
