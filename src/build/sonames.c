/* SPDX-License-Identifier: Apache-2.0 */
/* Looks names up in the embedded table; see sonames.h. */
#include "build/sonames.h"

#include "base/embed.h"

extern const struct embedded pare_sonames[];

const char *soname_package(const char *soname, struct arena *a)
{
	struct view text = view_make((const char *)pare_sonames[0].bytes, pare_sonames[0].size);
	struct view line, name, package;

	while (view_split(&text, '\n', &line))
		if (view_word(&line, &name) && view_is(name, soname) && view_word(&line, &package))
			return arena_view(a, package);
	return NULL;
}
