/* SPDX-License-Identifier: Apache-2.0 */
/* Compares an image's packages with the archives of its release; see updates.h. */
#include "audit/updates.h"

#include "audit/os_release.h"
#include "io/codec.h"
#include "pkg/arch.h"
#include "pkg/deb/package_file.h"
#include "pkg/deb/repository.h"
#include "pkg/deb/version.h"
#include "recipe/release.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <string.h>
#include <sys/stat.h>

/* A package of the image that the archive has newer. */
struct newer {
	const struct view_package *installed;
	struct package candidate; /* in the repository's index */
	const struct deb_repository *from;
	bool security;
};

struct updates {
	const struct image_view *view;
	struct deb_context *deb;
	const char *cache;
	struct arena *a;
	const struct arch *arch;
	struct deb_repository **repositories;
	size_t n_repositories;
	struct newer *newer;
	size_t n_newer;
	int packages_fd;
};

/* ---- the release ---- */

static bool find_release(const struct updates *u, struct view text, struct release *ret)
{
	struct view number = os_release_value(text, "VERSION_ID");
	struct err unknown;

	if (view_is(os_release_value(text, "ID"), "debian") && number.len &&
	    release_find(arena_view(u->a, number), u->a, ret, &unknown) == 0)
		return true;
	monitor_warn(u->deb->monitor,
		     "updates are not known: the image's os-release names no release of "
		     "Debian or Alpine that is supported");
	return false;
}

/* ---- archives ---- */

static int open_repositories(struct updates *u, const struct release *r, struct err *e)
{
	struct strings lines = { 0 };

	release_write_repositories(r, u->a, &lines);
	u->repositories = arena_array(u->a, lines.n + 1, sizeof(struct deb_repository *));
	for (size_t i = 0; i < lines.n; i++) {
		struct deb_source source;
		int rc = deb_source_parse(view_of(lines.at[i]), NULL, u->a, &source, e);

		if (rc == 0)
			rc = deb_repository_open(u->deb, &source, &u->arch->debian, 1,
						 &u->repositories[u->n_repositories], e);
		if (rc < 0)
			return err_context(e, "repository '%s'", lines.at[i]);
		u->n_repositories++;
	}
	return 0;
}

/* The newest version in one index that is newer than `*than`. */
static void look_in(const struct index *x, const struct view_package *p, struct package *best,
		    struct view *than, const struct deb_repository *from,
		    const struct deb_repository **ret_from)
{
	const uint32_t *ids;
	size_t n = index_named(x, view_of(p->name), &ids);

	for (size_t i = 0; i < n; i++) {
		struct package candidate;

		if (!index_package(x, ids[i], &candidate) || !view_is(candidate.name, p->name) ||
		    deb_version_compare(candidate.version, *than) <= 0)
			continue;
		*best = candidate;
		*than = candidate.version;
		*ret_from = from;
	}
}

static void compare_package(struct updates *u, const struct view_package *p)
{
	struct view installed = view_of(p->version), than = installed;
	struct newer found = { .installed = p };

	for (size_t i = 0; i < u->n_repositories; i++) {
		const struct deb_repository *r = u->repositories[i];
		const struct deb_repository *before = found.from;
		struct view least = r->security ? installed : than;
		struct package best = found.candidate;

		for (size_t k = 0; k < r->n_indexes; k++) {
			look_in(r->indexes[k].index, p, &best, &least, r, &before);
			if (before != r)
				continue;
			found.security |= r->security;
			if (deb_version_compare(least, than) > 0 || r->security) {
				found.candidate = best;
				found.from = r;
				than = least;
			}
		}
	}
	if (found.from)
		u->newer[u->n_newer++] = found;
}

/* ---- changelogs ---- */

static const char *source_of(const struct newer *n)
{
	return n->installed->source ? n->installed->source : n->installed->name;
}

static const char *hex_name(struct updates *u, const struct newer *n)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&n->candidate.digest, hex);
	return arena_strdup(u->a, hex);
}

/* The smallest package of each source: all of them have the same changelog. */
static bool is_smallest(const struct updates *u, size_t at)
{
	const struct newer *mine = &u->newer[at];

	for (size_t i = 0; i < u->n_newer; i++) {
		const struct newer *other = &u->newer[i];

		if (i == at || strcmp(source_of(other), source_of(mine)) != 0)
			continue;
		if (other->candidate.size_bytes < mine->candidate.size_bytes ||
		    (other->candidate.size_bytes == mine->candidate.size_bytes && i < at))
			return false;
	}
	return true;
}

static int ignore_fetched(const struct http_file *f, void *ctx, struct err *e)
{
	(void)f;
	(void)ctx;
	(void)e;
	return 0;
}

static bool is_cached(const struct updates *u, const struct newer *n, const char *name)
{
	struct stat st;

	return fstatat(u->packages_fd, name, &st, 0) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == n->candidate.size_bytes;
}

static int fetch(struct updates *u, struct err *e)
{
	struct http_file *files = arena_array(u->a, u->n_newer + 1, sizeof(*files));
	size_t n = 0;

	for (size_t i = 0; i < u->n_newer; i++) {
		struct newer *x = &u->newer[i];
		const char *name = hex_name(u, x);
		const char **url = arena_new(u->a, const char *);

		if (!is_smallest(u, i) || is_cached(u, x, name))
			continue;
		*url = arena_printf(u->a, "%s/%.*s", x->from->base_url,
				    VIEW_ARG(x->candidate.filename));
		files[n++] = (struct http_file){
			.urls = url,
			.n_urls = 1,
			.what = arena_printf(u->a, "%s %.*s", x->installed->name,
					     VIEW_ARG(x->candidate.version)),
			.dir_fd = u->packages_fd,
			.name = name,
			.size_bytes = x->candidate.size_bytes,
			.digest = x->candidate.digest,
		};
	}
	return n ? http_get_files(u->deb->http, files, n, ignore_fetched, u, e) : 0;
}

/* changelog.Debian.gz; of native packages changelog.gz. */
static const struct pkg_file *find_changelog(const struct pkg_contents *c)
{
	const struct pkg_file *native = NULL;

	for (size_t i = 0; i < c->n_files; i++) {
		const struct pkg_file *f = &c->files[i];
		struct view path = view_of(f->path);

		if (f->inode.type != NODE_FILE || !view_starts(path, "usr/share/doc/"))
			continue;
		if (view_ends(path, "/changelog.Debian.gz"))
			return f;
		if (view_ends(path, "/changelog.gz"))
			native = f;
	}
	return native;
}

static int read_changelog(const struct pkg_file *f, struct buf *ret, struct err *e)
{
	struct source *packed, *text;
	char bytes[16 << 10];
	size_t n;
	int rc = inode_open(&f->inode, &packed, e);

	if (rc == 0)
		rc = decode_source_new(CODEC_GZIP, packed, f->path, &text, e);
	if (rc < 0)
		return rc;
	while ((rc = source_read(text, bytes, sizeof(bytes), &n, e)) == 0 && n > 0) {
		if (ret->len + n > UPDATES_MAX_CHANGELOG_BYTES) {
			rc = fail(e, FAIL_LIMIT, "'%s' is over 64 MiB", f->path);
			break;
		}
		buf_add(ret, bytes, n);
	}
	source_close(text);
	return rc;
}

static int add_cves(struct updates *u, const struct newer *n, struct audit_update *to,
		    struct err *e)
{
	const char *path = arena_printf(u->a, "%s/packages/%s", u->cache, hex_name(u, n));
	const char *version =
		n->installed->source_version ? n->installed->source_version : n->installed->version;
	struct pkg_contents *contents = NULL;
	const struct pkg_file *f;
	auto_buf text = BUF_EMPTY;
	int rc = deb_package_open(path, &n->candidate.digest, u->packages_fd, &contents, e);

	if (rc < 0)
		return rc;
	f = find_changelog(contents);
	if (f)
		rc = read_changelog(f, &text, e);
	if (f && rc == 0)
		to->n_cves = changelog_cves(buf_view(&text), view_of(version), u->a, &to->cves);
	pkg_contents_free(contents);
	return rc;
}

static void share_cves(const struct updates *u, struct audit_update *all, size_t from)
{
	for (size_t i = 0; i < u->n_newer; i++) {
		if (strcmp(source_of(&u->newer[i]), source_of(&u->newer[from])) != 0)
			continue;
		all[i].cves = all[from].cves;
		all[i].n_cves = all[from].n_cves;
	}
}

static int read_changelogs(struct updates *u, struct audit_update *all, struct err *e)
{
	int rc = fetch(u, e);

	for (size_t i = 0; rc == 0 && i < u->n_newer; i++) {
		if (!is_smallest(u, i))
			continue;
		rc = add_cves(u, &u->newer[i], &all[i], e);
		share_cves(u, all, i);
	}
	return rc;
}

/* ---- the whole ---- */

static int compare(struct updates *u, struct audit_update **ret, size_t *ret_n, struct err *e)
{
	struct audit_update *all;
	auto_fd packages = -1;
	int rc;

	u->newer = arena_array(u->a, u->view->n_packages + 1, sizeof(*u->newer));
	for (size_t i = 0; i < u->view->n_packages; i++)
		if (u->view->packages[i].kind != VIEW_APK && u->view->packages[i].version)
			compare_package(u, &u->view->packages[i]);
	all = arena_array(u->a, u->n_newer + 1, sizeof(*all));
	for (size_t i = 0; i < u->n_newer; i++)
		all[i] = (struct audit_update){
			.package = u->newer[i].installed,
			.version = arena_view(u->a, u->newer[i].candidate.version),
			.security = u->newer[i].security,
			.archive = arena_strdup(u->a, u->newer[i].from->suite),
		};
	rc = dir_open_at(u->deb->cache_fd, "packages", 0755, &packages, e);
	u->packages_fd = packages;
	if (rc == 0 && u->n_newer)
		rc = read_changelogs(u, all, e);
	*ret = all;
	*ret_n = u->n_newer;
	return rc;
}

static int find_debian_updates(struct updates *u, const struct release *release,
			       struct audit_update **ret, size_t *ret_n, struct err *e)
{
	int rc = open_repositories(u, release, e);

	if (rc == 0)
		rc = compare(u, ret, ret_n, e);
	for (size_t i = 0; i < u->n_repositories; i++)
		deb_repository_close(u->repositories[i]);
	return rc;
}

int audit_find_updates(const struct image_view *v, const struct update_sources *from,
		       struct arena *a, struct audit_update **ret, size_t *ret_n, struct err *e)
{
	struct updates u = { .view = v, .deb = from->deb, .cache = from->cache, .a = a };
	const struct platform *p = &v->platform.config.platform;
	struct release release;
	struct view text;
	int rc = os_release_read(&v->tree, a, &text, e);

	*ret_n = 0;
	u.arch = p->architecture
			 ? arch_by_oci(p->variant ? arena_printf(a, "%s/%s", p->architecture,
								 p->variant)
						  : p->architecture)
			 : arch_host();
	if (rc < 0 || !u.arch)
		return rc;
	if (view_is(os_release_value(text, "ID"), "alpine"))
		return audit_find_alpine_updates(
			v, arena_view(a, os_release_value(text, "VERSION_ID")), u.arch, from->apk,
			a, ret, ret_n, e);
	return find_release(&u, text, &release) ? find_debian_updates(&u, &release, ret, ret_n, e)
						: 0;
}
