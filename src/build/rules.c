/* SPDX-License-Identifier: Apache-2.0 */
/* The rules in their order. */
#include "build/rules.h"

#include "base/array.h"

typedef int rule(struct build *b, struct err *e);

static int apply(rule *const *rules, size_t n, struct build *b, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int rc = rules[i](b, e);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int rules_before_cut(struct build *b, struct err *e)
{
	static rule *const alpine[] = { rule_apk_accounts, rule_apk_owners, rule_certificates,
					rule_debug, rule_busybox };
	static rule *const rules[] = {
		rule_status,   rule_base_files,	  rule_tzdata,
		rule_nsswitch, rule_certificates, rule_debug,
	};

	if (b->alpine)
		return apply(alpine, COUNT_OF(alpine), b, e);
	return apply(rules, COUNT_OF(rules), b, e);
}

int rules_after_paths(struct build *b, struct err *e)
{
	/* What is reached may be so through alternatives; what isn't needs no configuration. */
	static rule *const rules[] = { rule_alternatives, build_reach,	rule_scripts,
				       rule_accounts,	  rule_md5sums, rule_ldcache };
	static rule *const alpine[] = { build_reach, rule_apk_scripts, rule_accounts,
					rule_apk_database };

	if (b->alpine)
		return apply(alpine, COUNT_OF(alpine), b, e);
	return apply(rules, COUNT_OF(rules), b, e);
}
