/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares an image's Alpine packages with the signed indexes of its release. Indexes name no
 * CVEs, so that these are updates of which nobody says what they repair.
 */
#include "audit/updates.h"

#include "pkg/apk/version.h"
#include "recipe/release.h"

#include <string.h>

struct opened {
	struct apk_repository **at;
	size_t n;
};

/* "3.23.2" is of the release 3.23; "3.24_alpha20260501" is edge. */
static bool find_release(const char *version, struct arena *a, struct release *ret)
{
	size_t digits = strspn(version, "0123456789");
	size_t end = version[digits] == '.' ? digits + 1 : digits;
	struct err unknown;

	if (strstr(version, "_alpha"))
		return release_find_alpine("edge", a, ret, &unknown) == 0;
	end += strspn(version + end, "0123456789");
	return release_find_alpine(arena_strndup(a, version, end), a, ret, &unknown) == 0;
}

static int open_all(struct apk_context *apk, const struct release *r, const struct arch *arch,
		    struct arena *a, struct opened *o, struct err *e)
{
	struct strings lines = { 0 };

	release_write_repositories(r, a, &lines);
	o->at = arena_array(a, lines.n + 1, sizeof(struct apk_repository *));
	for (size_t i = 0; i < lines.n; i++) {
		struct apk_source source;
		int rc = apk_source_parse(view_of(lines.at[i]), a, &source, e);

		if (rc == 0)
			rc = apk_repository_open(apk, &source, &arch->alpine, 1, &o->at[o->n], e);
		if (rc < 0)
			return err_context(e, "repository '%s'", lines.at[i]);
		o->n++;
	}
	return 0;
}

/* The newest version in one index that is newer than `*than`; false if there's none. */
static bool look_in(const struct index *x, const struct view_package *p, struct view *than)
{
	const uint32_t *ids;
	size_t n = index_named(x, view_of(p->name), &ids);
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		struct package candidate;

		if (!index_package(x, ids[i], &candidate) || !view_is(candidate.name, p->name) ||
		    apk_version_compare(candidate.version, *than) <= 0)
			continue;
		*than = candidate.version;
		found = true;
	}
	return found;
}

static void compare_package(const struct opened *o, const struct view_package *p, struct arena *a,
			    struct audit_update *all, size_t *n)
{
	struct view than = view_of(p->version);
	const char *archive = NULL;

	for (size_t i = 0; i < o->n; i++)
		for (size_t k = 0; k < o->at[i]->n_indexes; k++)
			if (look_in(o->at[i]->indexes[k].index, p, &than))
				archive = o->at[i]->uri + strlen(APK_URI_ALPINE);
	if (archive)
		all[(*n)++] = (struct audit_update){
			.package = p,
			.version = arena_view(a, than),
			.archive = arena_strdup(a, archive),
		};
}

int audit_find_alpine_updates(const struct image_view *v, const char *version,
			      const struct arch *arch, struct apk_context *apk, struct arena *a,
			      struct audit_update **ret, size_t *ret_n, struct err *e)
{
	struct opened o = { 0 };
	struct release release;
	int rc;

	if (!find_release(version, a, &release) || !arch->alpine) {
		monitor_warn(apk->monitor,
			     "updates are not known: '%.40s' for %s is no release of Alpine",
			     version, arch->oci);
		return 0;
	}
	*ret = arena_array(a, v->n_packages + 1, sizeof(**ret));
	rc = open_all(apk, &release, arch, a, &o, e);
	for (size_t i = 0; rc == 0 && i < v->n_packages; i++)
		if (v->packages[i].kind == VIEW_APK && v->packages[i].version)
			compare_package(&o, &v->packages[i], a, *ret, ret_n);
	for (size_t i = 0; i < o.n; i++)
		apk_repository_close(o.at[i]);
	return rc;
}
