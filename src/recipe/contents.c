/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe's `contents`: packages and what is cut from them; contents_sources.c has where they
 * come from. Packages' names are only checked for their form.
 */
#include "base/array.h"
#include "pkg/apk/depends.h"
#include "recipe/reader.h"

#include <ctype.h>
#include <string.h>

/* Debian policy 5.6.7 and 5.6.12; an architecture may follow the name after a colon. */
bool is_debian_package(const char *s)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
	static const char version[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.+-~:";
	size_t n = strspn(s, lower);

	if (n < 2 || !isalnum((unsigned char)s[0]))
		return false;
	s += n;
	if (*s == ':') {
		n = strspn(s + 1, lower);
		if (n == 0)
			return false;
		s += n + 1;
	}
	if (!*s)
		return true;
	n = strspn(s, "=<>~");
	if (n == 2 && strncmp(s, "<=", 2) != 0 && strncmp(s, ">=", 2) != 0)
		return false;
	return (n == 1 || n == 2) && isalnum((unsigned char)s[n]) && !s[n + strspn(s + n, version)];
}

/* What Alpine has besides: so:, cmd:, pc: and paths, '!' in front, '@tag', other operators. */
static bool is_alpine_package(const char *s)
{
	struct atom atom;
	struct err why;

	return !strpbrk(s, " \t\n'\"\\") && apk_atom_parse(view_of(s), &atom, &why) == 0;
}

static int read_package(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char *name = NULL;
	int r = read_text(rd, n, &name);

	(void)to;
	if (r < 0)
		return r;
	if (strlen(name) > 256 || (!is_debian_package(name) && !is_alpine_package(name)))
		return fail_value(rd, n,
				  "a package: name, name=VERSION, name~VERSION, "
				  "name<VERSION, name<=VERSION, name>VERSION or "
				  "name>=VERSION");
	if (strings_have(&rd->recipe->packages, name))
		return 0;
	strings_add(rd->a, &rd->recipe->packages, name);
	strings_add(rd->a, &rd->recipe->package_places,
		    arena_printf(rd->a, "%s:%u:%u", rd->file, n->line, n->column));
	return 0;
}

static int read_packages(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_package, to);
}

static int read_depends(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct {
		const char *name;
		enum recipe_depends value;
	} values[] = {
		{ "none", DEPENDS_NONE },
		{ "runtime", DEPENDS_RUNTIME },
		{ "full", DEPENDS_FULL },
	};

	(void)to;
	for (size_t i = 0; n->kind == YAML_SCALAR && i < COUNT_OF(values); i++) {
		if (strcmp(n->text, values[i].name) == 0) {
			rd->recipe->depends = values[i].value;
			rd->recipe->has_depends = true;
			return 0;
		}
	}
	return fail_value(rd, n, "'none', 'runtime' or 'full'");
}

static int read_database(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const char *const names[] = {
		[DATABASE_STATUS] = "status", [DATABASE_NONE] = "none", [DATABASE_FULL] = "full"
	};

	(void)to;
	for (size_t i = 0; n->kind == YAML_SCALAR && i < COUNT_OF(names); i++) {
		if (strcmp(n->text, names[i]) == 0) {
			rd->recipe->database = (enum recipe_database)i;
			return 0;
		}
	}
	return fail_value(rd, n, "'none', 'status' or 'full'");
}

static int read_keep(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	if (n->kind == YAML_SCALAR && strcmp(n->text, "packages") == 0)
		rd->recipe->keep = KEEP_PACKAGES;
	else if (n->kind == YAML_SCALAR && strcmp(n->text, "reached") == 0)
		rd->recipe->keep = KEEP_REACHED;
	else
		return fail_value(rd, n, "'packages' or 'reached'");
	return 0;
}

static int add_cut(struct reader *rd, const struct yaml_node *n, bool include)
{
	struct recipe *r = rd->recipe;
	const char *pattern = NULL;
	int rc = read_text(rd, n, &pattern);

	if (rc < 0)
		return rc;
	if (pattern[0] != '/' || !pattern[1])
		return fail_value(rd, n, "a path pattern that begins with '/'");
	if (r->n_cuts >= RECIPE_MAX_ITEMS)
		return fail_node(rd, n, FAIL_LIMIT, "more than %d patterns in all",
				 RECIPE_MAX_ITEMS);
	*append(rd->a, r->cuts, r->n_cuts) = (struct recipe_cut){ pattern, include };
	return 0;
}

static int add_exclude(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return add_cut(rd, n, false);
}

static int add_include(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return add_cut(rd, n, true);
}

static int read_exclude(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, add_exclude, to);
}

/* Waits until the file's excludes are there, whichever of the two keys is written first. */
static int read_include(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)rd;
	*(const struct yaml_node **)to = n;
	return 0;
}

int read_contents(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "repositories", read_repositories, NULL },
		{ "keyring", read_keyring, NULL },
		{ "packages", read_packages, NULL },
		{ "depends", read_depends, NULL },
		{ "keep", read_keep, NULL },
		{ "database", read_database, NULL },
		{ "exclude", read_exclude, NULL },
		{ "include", read_include, NULL },
		{ "build_repositories", read_build_repositories, NULL },
		{ "runtime_repositories", read_runtime_repositories, NULL },
		{ "runtime_keyring", read_runtime_keyring, NULL },
		{ "baseimage", NULL, "write 'base', an image in any place" },
	};
	const struct yaml_node *include = NULL;
	int r = read_map(rd, n, rules, COUNT_OF(rules), &include);

	(void)to;
	if (r < 0 || !include)
		return r;
	rd->what = "contents.include";
	r = read_list(rd, include, add_include, NULL);
	rd->what = "contents";
	return r;
}
