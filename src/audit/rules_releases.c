/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are the packages of one release? dpkg's database doesn't say where a package came from, so this
 * goes by what can't be in two releases: the version of base-files, of the C library and of GCC's
 * libraries, marks in versions that name a release, and the repositories that packages come from.
 */
#include "audit/os_release.h"
#include "audit/private.h"
#include "base/buf.h"
#include "recipe/release.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_TEXT_BYTES = 64 << 10, /* of a list of repositories */
	MAX_SAMPLES = 5,
};

struct mix {
	struct auditing *x;
	struct release *releases; /* of Debian, those that are known */
	size_t n_releases;
	struct view os_release;
	struct buf list;
	size_t n;
};

static int read_repositories(struct auditing *x, struct view *ret, struct err *e)
{
	const struct node *n = tree_find(x->tree, "/etc/apk/repositories", true);

	*ret = view_make("", 0);
	if (!n || n->inode->type != NODE_FILE || n->inode->content.size > MAX_TEXT_BYTES)
		return 0;
	return inode_read(n->inode, MAX_TEXT_BYTES, x->a, ret, e);
}

static void say_mixed(struct auditing *x, const char *message, const char *detail)
{
	struct finding *f = find_image(x, RULE_RELEASES_MIXED);

	if (!f)
		return;
	f->message = message;
	f->detail = detail;
}

/* ---- Debian ---- */

static uint64_t number_at(const char *text, const char *digits)
{
	uint64_t n = 0;

	return view_to_u64(view_make(text, strspn(text, digits)), &n) ? n : 0;
}

/* "+deb13u2", "~deb13u1": made for that release; 0: doesn't say. */
static uint64_t release_of_mark(const char *version)
{
	uint64_t found = 0;

	for (const char *at = version; (at = strstr(at, "deb")); at += 3) {
		size_t digits = strspn(at + 3, "0123456789");

		if (at > version && (at[-1] == '+' || at[-1] == '~') && at[3 + digits] == 'u')
			(void)view_to_u64(view_make(at + 3, digits), &found);
	}
	return found;
}

/* What of a release's version names a package's version must begin with: "2.36", "12"; or NULL. */
static const char *library_version(const struct release *r, const char *package, struct arena *a)
{
	static const struct {
		const char *package, *prefix;
		bool major;
	} libraries[] = {
		{ "libc6", "GLIBC_", false },
		{ "libc-bin", "GLIBC_", false },
		{ "libgcc-s1", "GCC_", true },
		{ "libstdc++6", "GCC_", true },
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		size_t len = strlen(libraries[i].prefix);

		for (size_t k = 0; k < r->n_provides && strcmp(libraries[i].package, package) == 0;
		     k++) {
			const char *version = r->provides[k] + len;

			if (strncmp(r->provides[k], libraries[i].prefix, len) == 0)
				return arena_strndup(
					a, version,
					strcspn(version, libraries[i].major ? "." : ""));
		}
	}
	return NULL;
}

static bool has_version(const char *version, const char *wanted)
{
	size_t len = strlen(wanted);

	return strncmp(version, wanted, len) == 0 && !strchr("0123456789", version[len]);
}

/* The release that the C library or GCC's is of, if that isn't `own`; else 0. */
static uint64_t release_of_library(struct mix *m, const struct view_package *p, uint64_t own)
{
	uint64_t found = 0;

	for (size_t i = 0; i < m->n_releases; i++) {
		const char *wanted = library_version(&m->releases[i], p->name, m->x->a);
		uint64_t release = number_at(m->releases[i].version, "0123456789");

		if (!wanted || !has_version(p->version, wanted))
			continue;
		if (release == own)
			return 0;
		found = release;
	}
	return found;
}

/* 0: of this release, as far as its version says. */
static uint64_t other_release(struct mix *m, const struct view_package *p, uint64_t own)
{
	uint64_t of = release_of_mark(p->version);

	if (strcmp(p->name, "base-files") == 0 && !of)
		of = number_at(p->version, "0123456789");
	/* an older mark stays on what the next release took over unchanged */
	if (of > own || (of && of != own && strcmp(p->name, "base-files") == 0))
		return of;
	return release_of_library(m, p, own);
}

static void add_sample(struct mix *m, const char *text)
{
	if (m->n++ < MAX_SAMPLES)
		buf_printf(&m->list, "%s%s", m->list.len ? "\n" : "", text);
}

static void check_debian_packages(struct mix *m, uint64_t own)
{
	struct auditing *x = m->x;

	for (size_t i = 0; i < x->view->n_packages; i++) {
		const struct view_package *p = &x->view->packages[i];
		uint64_t of = p->kind != VIEW_APK && p->version ? other_release(m, p, own) : 0;

		if (of)
			add_sample(m, arena_printf(x->a, "%s %s, of Debian %llu", p->name,
						   p->version, (unsigned long long)of));
	}
	if (m->n)
		say_mixed(x,
			  arena_printf(
				  x->a,
				  m->n == 1
					  ? "os-release says Debian %llu, and %zu package is of "
					    "another release"
					  : "os-release says Debian %llu, and %zu packages are of "
					    "other releases",
				  (unsigned long long)own, m->n),
			  arena_strdup(x->a, buf_str(&m->list)));
}

static int check_debian(struct mix *m, struct err *e)
{
	struct view id = os_release_value(m->os_release, "ID");
	struct view version = os_release_value(m->os_release, "VERSION_ID");
	uint64_t own = number_at(arena_view(m->x->a, version), "0123456789");
	int rc;

	if (!view_is(id, "debian") || !own)
		return 0;
	rc = releases_builtin(m->x->a, &m->releases, &m->n_releases, e);
	if (rc == 0)
		check_debian_packages(m, own);
	return rc;
}

/* ---- Alpine ---- */

/* "v3.20" and "edge" are folders of a repository's address. */
static struct view alpine_release(struct view address)
{
	struct view part;

	while (view_split(&address, '/', &part))
		if (view_is(part, "edge") || view_starts(part, "v3."))
			return part;
	return view_make("", 0);
}

/* "v3.20" of VERSION_ID=3.20.3; empty for what is no release, such as edge's 3.21_alpha. */
static struct view installed_release(struct mix *m)
{
	const char *version = arena_view(m->x->a, os_release_value(m->os_release, "VERSION_ID"));
	size_t n = strspn(version, "0123456789.");
	const char *dot = strchr(version, '.'), *second = dot ? strchr(dot + 1, '.') : NULL;

	if (!view_is(os_release_value(m->os_release, "ID"), "alpine") || version[n] || !second)
		return view_make("", 0);
	return view_of(arena_printf(m->x->a, "v%.*s", (int)(second - version), version));
}

/* What is installed and each repository, for apk takes the newest of all; two that differ are a
 * mix. */
static void check_alpine(struct mix *m, struct view repositories)
{
	struct view line, first = installed_release(m);
	bool installed = first.len > 0;

	while (view_split(&repositories, '\n', &line)) {
		struct view release = alpine_release(line = view_trim(line));

		if (line.len == 0 || line.ptr[0] == '#' || release.len == 0)
			continue;
		if (first.len && !view_eq(first, release)) {
			say_mixed(m->x,
				  arena_printf(m->x->a,
					       installed
						       ? "os-release says %.*s, and "
							 "/etc/apk/repositories has %.*s"
						       : "/etc/apk/repositories has %.*s and %.*s",
					       VIEW_ARG(first), VIEW_ARG(release)),
				  NULL);
			return;
		}
		first = release;
	}
}

int rules_releases(struct auditing *x, struct err *e)
{
	struct mix m = { .x = x, .list = BUF_EMPTY };
	struct view repositories;
	int rc;

	if (!rule_is_on(x, RULE_RELEASES_MIXED))
		return 0;
	rc = os_release_read(x->tree, x->a, &m.os_release, e);
	if (rc == 0)
		rc = read_repositories(x, &repositories, e);
	if (rc == 0)
		rc = check_debian(&m, e);
	if (rc == 0)
		check_alpine(&m, repositories);
	buf_done(&m.list);
	return rc;
}
