/* SPDX-License-Identifier: Apache-2.0 */
/* See platform.h. */
#include "oci/platform.h"

#include <string.h>

const char *platform_text(const struct platform *p, struct arena *a)
{
	return arena_printf(a, "%s/%s%s%s", p->os ? p->os : "unknown",
			    p->architecture ? p->architecture : "unknown", p->variant ? "/" : "",
			    p->variant ? p->variant : "");
}

bool platform_is(const struct platform *p, const char *wanted, struct arena *a)
{
	const char *full = platform_text(p, a), *slash = strchr(full, '/');

	return strcmp(full, wanted) == 0 || strcmp(slash + 1, wanted) == 0 ||
	       (p->architecture && strcmp(p->architecture, wanted) == 0);
}

bool platform_is_none(const struct platform *p)
{
	return p && p->architecture && strcmp(p->architecture, "unknown") == 0;
}
