/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe's `contents`: repositories, keys, packages and what is cut from them. Lines and
 * package names are only checked for their form; their meaning is the package world's.
 */
#include "base/array.h"
#include "pkg/apk/depends.h"
#include "pkg/apk/repository.h"
#include "recipe/reader.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* "debian:", "debian-security:", "https://…": a scheme and a colon. */
static bool is_uri(struct view word)
{
	size_t n = 0;

	while (n < word.len &&
	       (isalnum((unsigned char)word.ptr[n]) || (n && memchr("+-.", word.ptr[n], 3))))
		n++;
	return n && n < word.len && word.ptr[n] == ':' && isalpha((unsigned char)word.ptr[0]);
}

/* Key files are named relative to the recipe; apt also takes fingerprints there. */
static bool is_key_file(struct view key)
{
	return key.len && (memchr(key.ptr, '/', key.len) || view_ends(key, ".gpg") ||
			   view_ends(key, ".asc") || view_ends(key, ".pgp"));
}

static void write_signed_by(struct reader *rd, struct view keys, struct buf *to)
{
	struct view key;
	bool first = true;

	buf_add_str(to, "signed-by=");
	while (view_split(&keys, ',', &key)) {
		if (!first)
			buf_add_char(to, ',');
		first = false;
		if (is_key_file(key))
			buf_add_str(to, join_path(rd->a, rd->dir, arena_view(rd->a, key)));
		else
			buf_add_view(to, key);
	}
}

/* The options between brackets, each a name=value. */
static int write_options(struct reader *rd, const struct yaml_node *n, struct view options,
			 struct buf *to)
{
	struct view word;

	buf_add_str(to, " [");
	for (bool first = true; view_word(&options, &word); first = false) {
		if (!first)
			buf_add_char(to, ' ');
		if (!memchr(word.ptr, '=', word.len))
			return fail_node(rd, n, FAIL_FORMAT, "option '%.*s' has no '='",
					 VIEW_ARG(word));
		if (view_starts(word, "signed-by="))
			write_signed_by(rd, view_make(word.ptr + 10, word.len - 10), to);
		else
			buf_add_view(to, word);
	}
	buf_add_char(to, ']');
	return 0;
}

/* URI, suite, and at least one component unless the suite is a path that ends in '/'. */
static int write_source(struct reader *rd, const struct yaml_node *n, struct view rest,
			struct buf *to)
{
	struct view word, suite = { NULL, 0 };
	size_t i = 0;

	for (; view_word(&rest, &word); i++) {
		if (i == 0 && !is_uri(word))
			return fail_node(rd, n, FAIL_FORMAT, "'%.*s' is no URI", VIEW_ARG(word));
		if (i == 1)
			suite = word;
		buf_add_char(to, ' ');
		buf_add_view(to, word);
	}
	if (i < 2)
		return fail_node(rd, n, FAIL_FORMAT,
				 "a repository is 'deb [OPTION=VALUE…] URI SUITE COMPONENT…'");
	if (view_ends(suite, "/") != (i == 2))
		return fail_node(rd, n, FAIL_FORMAT,
				 i == 2 ? "no component after the suite, such as 'main'"
					: "no component may follow a suite that ends in '/'");
	return 0;
}

static int read_deb_line(struct reader *rd, const struct yaml_node *n, struct view line,
			 struct buf *to)
{
	struct view rest = line, type;
	int r = 0;

	(void)view_word(&rest, &type);
	rest = view_trim(rest);
	buf_add_str(to, "deb");
	if (rest.len && rest.ptr[0] == '[') {
		const char *end = memchr(rest.ptr, ']', rest.len);

		if (!end)
			return fail_node(rd, n, FAIL_FORMAT, "no ']' after the options");
		r = write_options(rd, n, view_make(rest.ptr + 1, (size_t)(end - rest.ptr) - 1), to);
		rest = view_make(end + 1, rest.len - (size_t)(end - rest.ptr) - 1);
	}
	return r < 0 ? r : write_source(rd, n, rest, to);
}

/* Without quotes, YAML takes "deb debian: trixie main" for a map: what was written is clear. */
static int read_line(struct reader *rd, const struct yaml_node *n, const char **ret)
{
	const struct yaml_entry *only = n->kind == YAML_MAP && n->n == 1 ? &n->entries[0] : NULL;

	if (!only || !only->key->plain || strncmp(only->key->text, "deb ", 4) != 0 ||
	    only->value->kind != YAML_SCALAR)
		return read_text(rd, n, ret);
	*ret = arena_printf(rd->a, "%s: %s", only->key->text, only->value->text);
	return 0;
}

/* "https://…", "/folder", "./folder", or a tag, or the index's form, before these. */
static bool is_alpine(const char *text, struct view first)
{
	return view_is(first, "v2") || view_is(first, "v3") || view_is(first, "ndx") ||
	       text[0] == '@' || text[0] == '/' || text[0] == '.' || is_uri(first);
}

static void add_once(struct reader *rd, struct strings *to, const char *text)
{
	if (!strings_have(to, text))
		strings_add(rd->a, to, text);
}

static int read_alpine_line(struct reader *rd, const struct yaml_node *n, const char *text,
			    struct strings *to)
{
	struct view rest, component = { NULL, 0 };
	struct apk_source source;
	struct err why;
	bool more;

	if (apk_source_parse(view_of(text), rd->a, &source, &why) < 0)
		return fail_node(rd, n, FAIL_FORMAT, "%s", why.msg);
	if (apk_uri_is_local(source.uri))
		source.uri = join_path(rd->a, rd->dir, source.uri);
	rest = source.components;
	more = view_word(&rest, &component);
	do {
		text = apk_source_write(&source, component, rd->a);
		add_once(rd, &rd->recipe->repositories, text);
		if (to)
			add_once(rd, to, text);
	} while (more && view_word(&rest, &component));
	return 0;
}

/* `to` is another list that it's in, too, or NULL. */
static int read_repository(struct reader *rd, const struct yaml_node *n, void *to)
{
	auto_buf line = BUF_EMPTY;
	const char *text = NULL;
	struct view rest, type;
	int r = read_line(rd, n, &text);

	if (r < 0)
		return r;
	rest = view_of(text);
	if (strchr(text, '\n') || !view_word(&rest, &type))
		return fail_value(rd, n, "one line");
	if (is_alpine(text, type))
		return read_alpine_line(rd, n, text, to);
	if (view_is(type, "deb-src"))
		return fail_node(rd, n, FAIL_FORMAT, "an image is not made from source packages");
	if (!view_is(type, "deb"))
		return fail_value(rd, n, "'deb [OPTION=VALUE…] URI SUITE COMPONENT…'");
	r = read_deb_line(rd, n, view_of(text), &line);
	if (r < 0)
		return r;
	add_once(rd, &rd->recipe->repositories, arena_strdup(rd->a, buf_str(&line)));
	return 0;
}

static int read_repositories(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return read_list(rd, n, read_repository, &rd->recipe->listed_repositories);
}

static int read_build_repositories(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return read_list(rd, n, read_repository, NULL);
}

/* What apk in the image reads: its paths are the image's. */
static int read_runtime_repository(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct apk_source source;
	const char *text = NULL;
	struct err why;
	struct view rest, first;
	int r = read_text(rd, n, &text);

	(void)to;
	if (r < 0)
		return r;
	rest = view_of(text);
	if (strchr(text, '\n') || !apk_source_is(text) || !view_word(&rest, &first) ||
	    !is_alpine(text, first) || apk_source_parse(view_of(text), rd->a, &source, &why) < 0)
		return fail_value(rd, n, "an Alpine repository: [v2|v3|ndx] [@TAG] URI");
	add_once(rd, &rd->recipe->runtime_repositories, text);
	return 0;
}

/* Only for what the image holds: whether it holds that is known at the end, see load.c. */
static void note_runtime_place(struct reader *rd, const struct yaml_node *n)
{
	if (!rd->recipe->runtime_place)
		rd->recipe->runtime_place =
			arena_printf(rd->a, "%s:%u:%u", rd->file, n->line, n->column);
}

static int read_runtime_repositories(struct reader *rd, const struct yaml_node *n, void *to)
{
	note_runtime_place(rd, n);
	return read_list(rd, n, read_runtime_repository, to);
}

static int is_key_name(const struct dirent *d)
{
	return view_ends(view_of(d->d_name), ".pub");
}

/* A folder stands for the keys in it. */
static int add_key_folder(struct reader *rd, const char *path)
{
	struct dirent **files;
	int n = scandir(path, &files, is_key_name, alphasort);

	for (int i = 0; i < n; i++) {
		const char *file = join_path(rd->a, path, files[i]->d_name);

		if (!strings_have(&rd->recipe->keyring, file))
			strings_add(rd->a, &rd->recipe->keyring, file);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
	return n;
}

static int read_skipped(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)rd;
	(void)n;
	(void)to;
	return 0;
}

/* A key in the recipe itself, as in apko's runtime_keyring. */
static int read_key_text(struct reader *rd, const struct yaml_node *n, struct recipe_key *ret)
{
	static const struct key_rule name_rules[] = { { "name", read_text, NULL },
						      { "content", read_skipped, NULL } };
	static const struct key_rule content_rules[] = { { "name", read_skipped, NULL },
							 { "content", read_long_text, NULL } };
	struct recipe_key key = { 0 };
	int r = require_key(rd, n, "name");

	if (r == 0)
		r = require_key(rd, n, "content");
	if (r == 0)
		r = read_map(rd, n, name_rules, COUNT_OF(name_rules), &key.name);
	if (r == 0)
		r = read_map(rd, n, content_rules, COUNT_OF(content_rules), &key.content);
	if (r == 0 && (!*key.name || strchr(key.name, '/')))
		return fail_node(rd, n, FAIL_FORMAT,
				 "a key's name is that of its file, without '/'");
	if (r == 0)
		*ret = key;
	return r;
}

static int read_runtime_key(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_key key = { 0 };
	int r = n->kind == YAML_MAP ? read_key_text(rd, n, &key)
				    : fail_value(rd, n, "a map of name and content");

	(void)to;
	if (r == 0)
		*append(rd->a, rd->recipe->runtime_keys, rd->recipe->n_runtime_keys) = key;
	return r;
}

static int read_runtime_keyring(struct reader *rd, const struct yaml_node *n, void *to)
{
	note_runtime_place(rd, n);
	return read_list(rd, n, read_runtime_key, to);
}

static int read_key(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_key key = { 0 };
	const char *path = NULL;
	int r;

	(void)to;
	if (n->kind == YAML_MAP) {
		r = read_key_text(rd, n, &key);
		if (r == 0)
			*append(rd->a, rd->recipe->keys, rd->recipe->n_keys) = key;
		return r;
	}
	r = read_text(rd, n, &path);
	if (r < 0)
		return r;
	if (!*path)
		return fail_value(rd, n, "the path of a key file");
	if (strstr(path, "://"))
		return fail_node(
			rd, n, FAIL_UNSUPPORTED,
			"keys are not fetched from URLs: give a file that you have checked");
	path = join_path(rd->a, rd->dir, path);
	if (add_key_folder(rd, path) > 0)
		return 0;
	if (!strings_have(&rd->recipe->keyring, path))
		strings_add(rd->a, &rd->recipe->keyring, path);
	return 0;
}

static int read_keyring(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_key, to);
}

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
