/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What packages ask for of one another, as data: dpkg's status, apk's database, and each need as
 * "by field on: clause", by the package that is asked for. Expectations follow Debian's policy 7
 * and apk-package(5).
 */
#include "view/needs.h"

#include "base/buf.h"
#include "view/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define STANZA(name, more) "Package: " name "\nVersion: 2:1.5-1\n" more "\n"

struct needs_case {
	const char *name, *status, *installed, *expected;
	size_t n_complaints;
};

static const struct needs_case cases[] = {
	{ "strongest field", STANZA("a", "Depends: b\nPre-Depends: b (>= 1)\n") STANZA("b", ""),
	  NULL, "a Pre-Depends b: b (>= 1)\n", 0 },
	{ "epoch", STANZA("a", "Depends: b (>= 2:1.5), b (<< 2:1.5)\n") STANZA("b", ""), NULL,
	  "a Depends b: b (>= 2:1.5)\n", 0 },
	{ "version that isn't there", STANZA("a", "Depends: b (>> 2:1.5-1)\n") STANZA("b", ""),
	  NULL, "", 0 },
	{ "old signs", STANZA("a", "Depends: b (> 2:1.5-1)\n") STANZA("b", ""), NULL,
	  "a Depends b: b (> 2:1.5-1)\n", 0 },
	{ "all alternatives that are there",
	  STANZA("a", "Depends: c | x | b\n") STANZA("b", "") STANZA("c", ""), NULL,
	  "a Depends b: c | x | b\na Depends c: c | x | b\n", 0 },
	{ "virtual with a version",
	  STANZA("a", "Depends: v (>= 2)\n") STANZA("b", "Provides: v\n")
		  STANZA("c", "Provides: x, v (= 2.1)\n") STANZA("d", "Provides: v (= 1)\n"),
	  NULL, "a Depends c: v (>= 2)\n", 0 },
	{ "own name and itself", STANZA("a", "Depends: a, v\nProvides: v\n"), NULL, "", 0 },
	{ "same architecture first",
	  STANZA("a", "Architecture: i386\nDepends: b, c\n") STANZA("b", "Architecture: amd64\n")
		  STANZA("b", "Architecture: i386\n") STANZA("c", "Architecture: amd64\n"),
	  NULL, "a Depends b: b\na Depends c: c\n", 0 },
	{ "named architecture",
	  STANZA("a", "Architecture: i386\nDepends: b:amd64, c:amd64\n")
		  STANZA("b", "Architecture: amd64\n") STANZA("c", "Architecture: i386\n"),
	  NULL, "a Depends b: b:amd64\n", 0 },
	{ "malformed", STANZA("a", "Depends: b, (\nPre-Depends: b\n") STANZA("b", ""), NULL,
	  "a Pre-Depends b: b\n", 1 },
	{ "what was removed asks for nothing",
	  STANZA("a", "Status: deinstall ok config-files\nDepends: b\n") STANZA("b", ""), NULL, "",
	  0 },
	{ "apk: libraries, refusals, likeness", NULL,
	  "P:a\nV:1\nD:so:x.so.1 !c b~1.2 b>3\n\nP:b\nV:1.2.5\n\nP:c\nV:1\n\nP:d\nV:1\n"
	  "p:so:x.so.1=1.0 cmd:d\n",
	  "a Depends b: b~1.2\na Depends d: so:x.so.1\n", 0 },
	{ "apk: a provided name without version has none", NULL,
	  "P:a\nV:1\nD:v>=1\n\nP:b\nV:2\np:v\n", "", 0 },
	{ "apk: install_if needs all", NULL,
	  "P:a\nV:1\n\nP:b\nV:1\n\nP:more\nV:1\ni:a b=1\n\nP:less\nV:1\ni:a x\n",
	  "a install_if more: a b=1\nb install_if more: a b=1\n", 0 },
	{ "worlds don't mix", STANZA("a", "Depends: b\n"), "P:b\nV:1\nD:a\n", "", 0 },
};

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "test" };

static void put(struct tree *t, const char *path, const char *text)
{
	struct inode i = inode_file(text, strlen(text), 0644, &origin);
	struct err e;

	assert_int_equal(tree_put(t, path, &i, NULL, &e), 0);
}

static void tell(const struct image_view *v, const struct needs *n, struct buf *to)
{
	for (size_t i = 0; i < n->n; i++)
		buf_printf(to, "%s %s %s: %.*s\n", v->packages[n->at[i].by].name,
			   need_field_name(n->at[i].field), v->packages[n->at[i].on].name,
			   VIEW_ARG(n->at[i].text));
}

static void test_needs(void **state)
{
	const struct needs_case *c = *state;
	struct image_view v = { 0 };
	struct needs n;
	auto_buf said = BUF_EMPTY;
	struct err e;

	tree_init(&v.tree, &origin);
	if (c->status)
		put(&v.tree, "var/lib/dpkg/status", c->status);
	if (c->installed)
		put(&v.tree, "lib/apk/db/installed", c->installed);
	assert_int_equal(view_find_owners(&v, &e), 0);
	assert_int_equal(needs_make(&v, &n, &e), 0);
	tell(&v, &n, &said);
	assert_string_equal(buf_str(&said), c->expected);
	assert_int_equal(n.n_complaints, c->n_complaints);
	needs_done(&n);
	free(v.packages);
	free(v.complaints.at);
	tree_done(&v.tree);
	arena_done(&v.arena);
}

int main(void)
{
	enum { N = sizeof(cases) / sizeof(cases[0]) };
	struct CMUnitTest tests[N];

	for (size_t i = 0; i < N; i++)
		tests[i] = (struct CMUnitTest){ cases[i].name, test_needs, NULL, NULL,
						(void *)(uintptr_t)&cases[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
