/* SPDX-License-Identifier: Apache-2.0 */
/* apk's rules for files that two packages have (apk-package(5): replaces, replaces_priority). */
#include "build/assemble_apk.h"

#include "pkg/apk/depends.h"
#include "pkg/apk/package_file.h"
#include "pkg/apk/pkginfo.h"
#include "pkg/world.h"

#include <string.h>

/* Does the word name `other`, in its version? */
static bool names(struct view word, const struct lock_package *other)
{
	struct atom atom;
	struct err ignored;

	return apk_atom_parse(word, &atom, &ignored) == 0 && view_is(atom.name, other->name) &&
	       apk_world.version_fits(view_of(other->version), atom.relation, atom.version);
}

/* -1: doesn't replace it. Else the priority with which it does. */
static int64_t priority_over(const struct build_package *p, const struct build_package *other)
{
	struct view text = pkg_contents_control(p->contents, APK_PKGINFO), rest = text;
	struct view key, value, word;
	uint64_t priority = 0;
	bool replaces = false;

	while (apk_pkginfo_next(&rest, &key, &value)) {
		if (!view_is(key, "replaces"))
			continue;
		while (view_word(&value, &word))
			replaces |= names(word, other->locked);
	}
	value = apk_pkginfo_get(text, "replaces_priority");
	if (value.len && (!view_to_u64(value, &priority) || priority > INT32_MAX))
		priority = 0;
	return replaces ? (int64_t)priority : -1;
}

int alpine_settle(const struct build_package *p, const struct build_package *owner,
		  const char *path, bool *ret_put, struct err *e)
{
	int64_t mine = priority_over(p, owner), theirs = priority_over(owner, p);
	const char *a = owner->locked->name, *b = p->locked->name;

	*ret_put = mine > theirs;
	if (mine != theirs)
		return 0;
	if (mine >= 0)
		return fail(e, FAIL_CONFLICT,
			    "packages '%s' and '%s' both hold '/%s' and replace each other, with "
			    "the same replaces_priority",
			    a, b, path);
	*ret_put = strcmp(p->locked->source, owner->locked->source) == 0;
	if (*ret_put)
		return 0;
	return fail(e, FAIL_CONFLICT,
		    "packages '%s' and '%s' both hold '/%s', with other contents, and neither "
		    "replaces the other",
		    a, b, path);
}
