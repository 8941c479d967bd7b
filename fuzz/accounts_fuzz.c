/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image's account files and os-release, each any bytes: who a user is, and what is wrong. The
 * input's four parts end in a NUL.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "audit/accounts.h"
#include "audit/os_release.h"
#include "base/array.h"
#include "run/account.h"

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "fuzz" };

static void fill(struct tree *t, struct view rest)
{
	static const char *const paths[] = { "etc/passwd", "etc/group", "etc/shadow",
					     "usr/lib/os-release" };
	struct view part;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(paths) && view_split(&rest, '\0', &part); i++) {
		struct inode file = inode_file(part.ptr, part.len, 0644, &origin);

		(void)!tree_put(t, paths[i], &file, NULL, &e);
	}
}

static void look_at(const struct account_file *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct account_line *l = &f->at[i];

		assert(l->line > 0 && (l->malformed || f->node));
		if (!l->malformed && l->has_id)
			assert(account_by_id(f, l->id) && account_by_name(f, l->name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const users[] = { NULL, "app", "app:staff", "7", "7:staff", ":", "-1" };
	auto_arena a = ARENA_EMPTY;
	struct accounts accounts;
	struct view text, value;
	struct tree t;
	struct err e;

	tree_init(&t, &origin);
	fill(&t, view_make((const char *)data, size));
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		struct account got = { 0 };

		if (account_find(&t, users[i], &a, &got, &e) == 0)
			assert(got.home[0] == '/' && got.n_groups <= ACCOUNT_MAX_GROUPS);
	}
	if (accounts_read(&t, &a, &accounts, &e) == 0) {
		look_at(&accounts.passwd);
		look_at(&accounts.group);
		look_at(&accounts.shadow);
	}
	if (os_release_read(&t, &a, &text, &e) == 0) {
		value = os_release_value(text, "VERSION_ID");
		assert(value.len <= text.len);
	}
	tree_done(&t);
	return 0;
}
