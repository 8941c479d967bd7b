/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build tool: writes pare-audit-rules(7) as scdoc, from the table that the program explains rules
 * by, so that both say the same.
 */
#include "audit/rule.h"

#include <stdio.h>
#include <string.h>

/* What scdoc would take for markup. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\#`", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void put_rule(const struct audit_rule *r)
{
	printf("## ");
	put(r->id);
	printf("\n\n");
	put(r->title);
	printf(". Level: *%s*.\n\n", audit_level_name(r->level));
	put(r->text);
	printf("\n\n");
	put(r->advice);
	printf("\n\n");
	if (!r->peers)
		return;
	printf("In other tools: ");
	put(r->peers);
	printf(".\n\n");
}

int main(void)
{
	printf("pare-audit-rules(7)\n\n# NAME\n\npare-audit-rules - what pare audit looks for\n\n"
	       "# DESCRIPTION\n\nThe rules of *pare-audit*(1), by topic. A policy names a rule by its id, "
	       "or a whole topic by the word in brackets. The level is what a rule has by itself; "
	       "policies change it.\n\n");
	for (size_t g = 0; g < AUDIT_GROUPS; g++) {
		printf("# ");
		for (const char *p = audit_group_title((enum audit_group)g); *p; p++)
			putchar(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
		printf(" (%s)\n\n", audit_group_name((enum audit_group)g));
		for (size_t i = 0; i < AUDIT_RULES; i++)
			if (audit_rules[i].group == g)
				put_rule(&audit_rules[i]);
	}
	printf("# SEE ALSO\n\n*pare-audit*(1)\n");
	return ferror(stdout) ? 1 : 0;
}
