/* SPDX-License-Identifier: Apache-2.0 */
/* What the completions of all shells share: words that are only known to other folders. */
#include "cmd/complete.h"

#include "recipe/recipe.h"

void complete_profiles(struct buf *to)
{
	size_t n;
	const char *const *names = recipe_profile_list(&n);

	for (size_t i = 0; i < n; i++)
		buf_printf(to, "%s%s", i ? " " : "", names[i]);
}
