/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in profiles, which tools/embed made a table of. */
#include "base/array.h"
#include "base/embed.h"
#include "base/suggest.h"
#include "recipe/load.h"

#include <string.h>

extern const struct embedded pare_profiles[];
extern const char *const pare_profile_names[];
extern const size_t pare_profile_names_count;

const char *recipe_profile_text(const char *name)
{
	size_t len = strlen(name);

	for (const struct embedded *p = pare_profiles; p->name; p++) {
		if (strncmp(p->name, name, len) == 0 && strcmp(p->name + len, ".yaml") == 0)
			return (const char *)p->bytes;
	}
	return NULL;
}

const char *const *recipe_profile_list(size_t *ret_n)
{
	*ret_n = pare_profile_names_count;
	return pare_profile_names;
}

const char *profile_suggest(const char *name)
{
	return suggest_nearest(name, pare_profile_names, pare_profile_names_count);
}
