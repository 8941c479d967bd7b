/* SPDX-License-Identifier: Apache-2.0 */
/* The table of contents: every verb, in the order in which people see them. */
#include "cmd/verbs.h"

#include "base/array.h"

#include <string.h>

const struct verb *const verbs[] = {
	&verb_build,  &verb_explain, &verb_init,    &verb_lock,	 &verb_packages, &verb_vendor,
	&verb_images, &verb_inspect, &verb_ls,	    &verb_cat,	 &verb_export,	 &verb_history,
	&verb_why,    &verb_diff,    &verb_compare, &verb_audit, &verb_run,	 &verb_copy,
	&verb_rebase, &verb_push,    &verb_pull,    &verb_tags,	 &verb_resolve,	 &verb_referrers,
	&verb_attach, &verb_login,   &verb_logout,  &verb_rm,	 &verb_gc,	 &verb_completion,
	&verb_help,
};

const size_t n_verbs = COUNT_OF(verbs);

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < n_verbs; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}
