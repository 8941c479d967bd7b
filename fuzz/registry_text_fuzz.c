/* SPDX-License-Identifier: Apache-2.0 */
/* What registries and files about them say: challenges, names, registries.conf. */
#include "fuzz.h"

#include "registry/challenge.h"
#include "registry/conf.h"
#include "registry/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);
	auto_arena a = ARENA_EMPTY;
	struct challenge challenge = { 0 };
	struct reference ref;
	struct conf conf = { 0 };
	struct err e;

	challenge_parse(text, &a, &challenge);
	(void)reference_parse(arena_view(&a, text), &a, &ref, &e);
	if (conf_read(text, "conf", &a, &conf, &e) == 0) {
		const struct conf_registry *found = conf_find(&conf, "r.example", "team/app:1");

		if (found)
			(void)conf_rewrite(found, "m.example/x:1", "r.example", "team/app", &a);
	}
	conf_done(&conf);
	return 0;
}
