/* SPDX-License-Identifier: Apache-2.0 */
/* Reads data/releases.txt and alpine-releases.txt, and compares them with what programs need. */
#include "recipe/release.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/embed.h"
#include "recipe/reader.h"

#include <ctype.h>
#include <string.h>

extern const struct embedded pare_releases[];

static bool read_names(struct view *line, struct arena *a, struct strings *to)
{
	struct view list, word;

	if (!view_word(line, &list))
		return false;
	while (view_split(&list, ',', &word))
		strings_add(a, to, arena_view(a, word));
	return true;
}

static int read_line(struct view line, struct arena *a, struct release *ret, struct err *e)
{
	struct strings archs = { 0 }, suites = { 0 }, provides = { 0 };
	struct view codename, version, word;

	if (!view_word(&line, &codename) || !view_word(&line, &version) ||
	    !read_names(&line, a, &archs) || !read_names(&line, a, &suites))
		return fail(e, FAIL_FORMAT, "releases.txt: a line has less than four words");
	while (view_word(&line, &word))
		strings_add(a, &provides, arena_view(a, word));
	*ret = (struct release){ .codename = arena_view(a, codename),
				 .version = arena_view(a, version),
				 .name = arena_view(a, codename),
				 .archs = archs,
				 .suites = suites.at,
				 .n_suites = suites.n,
				 .provides = provides.at,
				 .n_provides = provides.n };
	return 0;
}

int releases_builtin(struct arena *a, struct release **ret, size_t *ret_n, struct err *e)
{
	struct view text = view_make((const char *)pare_releases[0].bytes, pare_releases[0].size);
	struct release *all = NULL;
	struct view line;
	size_t n = 0;

	while (view_split(&text, '\n', &line)) {
		int rc;

		if (!view_trim(line).len || line.ptr[0] == '#')
			continue;
		rc = read_line(line, a, append(a, all, n), e);
		if (rc < 0)
			return rc;
	}
	*ret = all;
	*ret_n = n;
	return 0;
}

int release_find(const char *codename, struct arena *a, struct release *ret, struct err *e)
{
	auto_buf names = BUF_EMPTY;
	struct release *all;
	size_t n;
	int rc = releases_builtin(a, &all, &n, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].codename, codename) == 0 ||
		    strcmp(all[i].version, codename) == 0) {
			*ret = all[i];
			return 0;
		}
		buf_printf(&names, "%s%s", i ? ", " : "", all[i].codename);
	}
	return fail(e, FAIL_USAGE, "no release '%.40s'; there are %s", codename, buf_str(&names));
}

/* ---- Alpine's ---- */

static int read_alpine_line(struct view line, struct arena *a, struct release *ret, struct err *e)
{
	struct strings archs = { 0 }, repositories = { 0 };
	struct view version;

	if (!view_word(&line, &version) || !read_names(&line, a, &archs) ||
	    !read_names(&line, a, &repositories))
		return fail(e, FAIL_FORMAT,
			    "alpine-releases.txt: a line has less than three words");
	*ret = (struct release){ .alpine = true,
				 .codename = arena_printf(a, "v%.*s", VIEW_ARG(version)),
				 .version = arena_view(a, version),
				 .name = arena_view(a, version),
				 .archs = archs,
				 .suites = repositories.at,
				 .n_suites = repositories.n };
	return 0;
}

int releases_alpine(struct arena *a, struct release **ret, size_t *ret_n, struct err *e)
{
	const struct embedded *file = &pare_releases[1];
	struct view text = view_make((const char *)file->bytes, file->size), line;
	struct release *all = NULL;
	size_t n = 0;

	while (view_split(&text, '\n', &line)) {
		int rc;

		if (!view_trim(line).len || line.ptr[0] == '#')
			continue;
		rc = read_alpine_line(line, a, append(a, all, n), e);
		if (rc < 0)
			return rc;
	}
	*ret = all;
	*ret_n = n;
	return 0;
}

/* "3.19": digits, a dot, digits. */
static bool is_version(const char *s)
{
	size_t major = strspn(s, "0123456789");
	size_t minor = s[major] == '.' ? strspn(s + major + 1, "0123456789") : 0;

	return major && minor && !s[major + 1 + minor];
}

int release_find_alpine(const char *name, struct arena *a, struct release *ret, struct err *e)
{
	bool rolling = strcmp(name, "edge") == 0 || strcmp(name, "latest-stable") == 0;
	const char *version = name[0] == 'v' ? name + 1 : name;
	struct release *all;
	size_t n;
	int rc = releases_alpine(a, &all, &n, e);

	if (rc < 0)
		return rc;
	if (!rolling && !is_version(version))
		return fail(e, FAIL_USAGE,
			    "no release '%.40s' of Alpine; it is such as %s, edge or latest-stable",
			    name, all[0].version);
	*ret = all[0];
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].version, version) == 0)
			*ret = all[i];
	ret->codename = rolling ? arena_strdup(a, name) : arena_printf(a, "v%s", version);
	ret->name = ret->version = rolling ? ret->codename : ret->codename + 1;
	return 0;
}

/* ---- both ---- */

const char *release_lacks_arch(const struct release *r, const struct arch *arch, struct arena *a)
{
	const char *name = r->alpine ? arch->alpine : arch->debian;

	if (name && strings_have(&r->archs, name))
		return NULL;
	return arena_printf(a, "it is for %s, which %s %s is not supported for",
			    name ? name : arch->oci, r->alpine ? "Alpine" : "Debian", r->name);
}

struct view release_lacks(const struct release *r, const struct elf_symbols *s,
			  const char **ret_has)
{
	for (size_t i = 0; i < r->n_provides; i++) {
		const char *under = strchr(r->provides[i], '_');
		char prefix[32];
		struct view needed;
		size_t len = under ? (size_t)(under - r->provides[i]) + 1 : 0;

		if (!len || len >= sizeof(prefix))
			continue;
		memcpy(prefix, r->provides[i], len);
		prefix[len] = '\0';
		needed = program_newest_version(s, prefix);
		if (needed.ptr && program_compare_versions(needed, view_of(r->provides[i])) > 0) {
			*ret_has = r->provides[i];
			return needed;
		}
	}
	return (struct view){ NULL, 0 };
}

void release_write_repositories(const struct release *r, struct arena *a, struct strings *to)
{
	for (size_t i = 0; i < r->n_suites; i++) {
		bool security = view_ends(view_of(r->suites[i]), "-security");

		if (r->alpine) {
			strings_add(a, to,
				    arena_printf(a, "alpine:%s/%s", r->codename, r->suites[i]));
			continue;
		}
		strings_add(a, to,
			    arena_printf(a, "deb %s %s main",
					 security ? "debian-security:" : "debian:", r->suites[i]));
	}
}

const char *release_os_release(const struct release *r, struct arena *a)
{
	if (r->alpine)
		return arena_printf(a,
				    "NAME=\"Alpine Linux\"\n"
				    "ID=alpine\n"
				    "VERSION_ID=%s\n"
				    "PRETTY_NAME=\"Alpine Linux %s\"\n"
				    "HOME_URL=\"https://alpinelinux.org/\"\n",
				    r->version, r->codename);
	return arena_printf(a,
			    "PRETTY_NAME=\"Debian GNU/Linux %s (%s)\"\n"
			    "NAME=\"Debian GNU/Linux\"\n"
			    "VERSION_ID=\"%s\"\n"
			    "VERSION=\"%s (%s)\"\n"
			    "VERSION_CODENAME=%s\n"
			    "ID=debian\n"
			    "HOME_URL=\"https://www.debian.org/\"\n",
			    r->version, r->codename, r->version, r->version, r->codename,
			    r->codename);
}
