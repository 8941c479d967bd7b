/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a recipe's packages come from: repositories and keys, for the build and for apk in the
 * image. Lines are only checked for their form; their meaning is the package world's.
 */
#include "base/array.h"
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

int read_repositories(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return read_list(rd, n, read_repository, &rd->recipe->listed_repositories);
}

int read_build_repositories(struct reader *rd, const struct yaml_node *n, void *to)
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

int read_runtime_repositories(struct reader *rd, const struct yaml_node *n, void *to)
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

int read_runtime_keyring(struct reader *rd, const struct yaml_node *n, void *to)
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

int read_keyring(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_key, to);
}
