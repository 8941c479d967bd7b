/* SPDX-License-Identifier: Apache-2.0 */
/* What an audit reads of its own: policies, lists of checksums, changelogs. */
#include "audit/integrity.h"
#include "audit/path_rules.h"
#include "audit/policy.h"
#include "audit/updates.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(void *ctx, const struct listed_file *f)
{
	volatile char *last = ctx;

	if (f->path.len)
		*last = f->path.ptr[f->path.len - 1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_make((const char *)data, size);
	struct path_rules paths;
	struct policy policy;
	auto_arena a = ARENA_EMPTY;
	const char **cves;
	char last = 0;
	struct err e;

	if (policy_parse(bytes, "fuzz", &a, &policy, &e) == 0)
		(void)policy_ignored(&policy, &audit_rules[0], "/a", 0);
	(void)path_rules_parse(bytes, "fuzz", &a, &paths, &e);
	integrity_md5sums(bytes, look, &last);
	integrity_apk(bytes, NULL, &a, look, &last);
	(void)changelog_cves(bytes, view_of("1.0-1"), &a, &cves);
	return 0;
}
