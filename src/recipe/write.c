/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recipes as canonical JSON and as the digest that locks carry. Neither may depend on where a
 * checkout lies: paths are written as seen from the recipe's folder, keys as digests.
 */
#include "base/array.h"
#include "base/mem.h"
#include "fmt/json.h"
#include "recipe/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const depends_names[] = {
	[DEPENDS_RUNTIME] = "runtime",
	[DEPENDS_NONE] = "none",
	[DEPENDS_FULL] = "full",
};

static const char *const path_type_names[] = {
	[PATH_DIRECTORY] = "directory",
	[PATH_EMPTY_FILE] = "empty-file",
	[PATH_HARDLINK] = "hardlink",
	[PATH_SYMLINK] = "symlink",
	[PATH_PERMISSIONS] = "permissions",
	[PATH_FILE] = "file",
	[PATH_TREE] = "tree",
	[PATH_ARCHIVE] = "archive",
};

static void put_strings(struct json_writer *w, const char *key, const struct strings *list)
{
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < list->n; i++)
		json_put_string(w, list->at[i]);
	json_close_array(w);
}

static void put_pairs(struct json_writer *w, const char *key, const struct pairs *pairs)
{
	json_key(w, key);
	json_open_object(w);
	for (size_t i = 0; i < pairs->n; i++)
		json_member_string(w, pairs->at[i].key, pairs->at[i].value);
	json_close_object(w);
}

/* As seen from the recipe's folder, if it is in there. */
static const char *relative(const struct recipe *r, const char *path)
{
	size_t len = strlen(r->dir);

	return strncmp(path, r->dir, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

/* A folder of Alpine packages is named as seen from the recipe. */
static void put_plain_repository(struct json_writer *w, const struct recipe *r, const char *line)
{
	const char *path = line[0] == '@' ? strchr(line, ' ') : line;
	auto_buf text = BUF_EMPTY;

	path += path && *path == ' ';
	if (!path || *path != '/') {
		json_put_string(w, line);
		return;
	}
	buf_add(&text, line, (size_t)(path - line));
	buf_add_str(&text, relative(r, path));
	json_put_view(w, buf_view(&text));
}

/* A repository line whose key files are named by what stays the same everywhere. */
static void put_repository(struct json_writer *w, const struct recipe *r, const char *line,
			   bool with_names)
{
	const char *at = strstr(line, "signed-by=");
	const char *end = strchr(line, ']');
	auto_buf text = BUF_EMPTY;
	struct view keys, key;

	if (!at || !end || at > end) {
		put_plain_repository(w, r, line);
		return;
	}
	at += strlen("signed-by=");
	buf_add(&text, line, (size_t)(at - line));
	keys = view_make(at, strcspn(at, " ]"));
	line = at + keys.len;
	for (bool first = true; view_split(&keys, ',', &key); first = false) {
		auto_free char *name = mem_strndup(key.ptr, key.len);

		if (!first)
			buf_add_char(&text, ',');
		if (!strchr(name, '/'))
			buf_add_str(&text, name);
		else
			buf_add_str(&text, with_names ? relative(r, name) : "file");
	}
	buf_add_str(&text, line);
	json_put_view(w, buf_view(&text));
}

static void put_repositories(struct json_writer *w, const struct recipe *r, bool with_names)
{
	json_key(w, "repositories");
	json_open_array(w);
	for (size_t i = 0; i < r->repositories.n; i++)
		put_repository(w, r, r->repositories.at[i], with_names);
	json_close_array(w);
}

static void put_key_digests(struct json_writer *w, const struct recipe *r)
{
	json_key(w, "keys");
	json_open_array(w);
	for (size_t i = 0; i < r->n_key_digests; i++) {
		char hex[SHA256_HEX_CHARS + 1];

		sha256_to_hex(&r->key_digests[i], hex);
		json_put_string(w, hex);
	}
	json_close_array(w);
}

static void put_cuts(struct json_writer *w, const struct recipe *r)
{
	json_key(w, "cuts");
	json_open_array(w);
	for (size_t i = 0; i < r->n_cuts; i++) {
		json_open_object(w);
		json_member_string(w, r->cuts[i].include ? "include" : "exclude",
				   r->cuts[i].pattern);
		json_close_object(w);
	}
	json_close_array(w);
}

/* What apk in the image goes on with: names of keys, besides the digests of all that sign. */
static void put_apk_lists(struct json_writer *w, const struct recipe *r)
{
	struct strings names = { 0 };

	put_strings(w, "listed-repositories", &r->listed_repositories);
	put_strings(w, "runtime-repositories", &r->runtime_repositories);
	for (size_t i = 0; i < r->keyring.n; i++) {
		const char *slash = strrchr(r->keyring.at[i], '/');

		*array_push(&names) = slash ? slash + 1 : r->keyring.at[i];
	}
	for (size_t i = 0; i < r->n_keys; i++)
		*array_push(&names) = r->keys[i].name;
	put_strings(w, "key-names", &names);
	free(names.at);
	json_key(w, "runtime-keyring");
	json_open_object(w);
	for (size_t i = 0; i < r->n_runtime_keys; i++)
		json_member_string(w, r->runtime_keys[i].name, r->runtime_keys[i].content);
	json_close_object(w);
}

static void put_contents(struct json_writer *w, const struct recipe *r)
{
	json_key(w, "contents");
	json_open_object(w);
	put_repositories(w, r, true);
	put_key_digests(w, r);
	put_strings(w, "packages", &r->packages);
	json_member_string(w, "depends", depends_names[r->depends]);
	if (r->keep == KEEP_REACHED)
		json_member_string(w, "keep", "reached");
	if (r->database != DATABASE_STATUS)
		json_member_string(w, "database", r->database == DATABASE_NONE ? "none" : "full");
	if (r->database == DATABASE_FULL)
		put_apk_lists(w, r);
	put_cuts(w, r);
	json_close_object(w);
}

/* Link targets are paths of the image, the other sources of the host. */
static const char *source_of(const struct recipe *r, const struct recipe_path *p)
{
	if (!p->source || p->type == PATH_SYMLINK || p->type == PATH_HARDLINK)
		return p->source;
	return relative(r, p->source);
}

static void put_path(struct json_writer *w, const struct recipe *r, const struct recipe_path *p)
{
	char mode[16];

	json_open_object(w);
	json_member_string(w, "path", p->path);
	json_member_string(w, "type", path_type_names[p->type]);
	if (p->has_uid)
		json_member_u64(w, "uid", p->uid);
	if (p->has_gid)
		json_member_u64(w, "gid", p->gid);
	if (p->has_mode) {
		snprintf(mode, sizeof(mode), "0%o", p->mode);
		json_member_string(w, "permissions", mode);
	}
	json_member_string(w, "source", source_of(r, p));
	json_member_string(w, "content", p->content);
	if (p->recursive)
		json_member_bool(w, "recursive", true);
	if (p->strip)
		json_member_bool(w, "strip", true);
	json_close_object(w);
}

static void put_paths(struct json_writer *w, const struct recipe *r)
{
	json_key(w, "paths");
	json_open_array(w);
	for (size_t i = 0; i < r->n_paths; i++)
		put_path(w, r, &r->paths[i]);
	json_close_array(w);
}

static void put_user(struct json_writer *w, const struct recipe_user *u)
{
	json_open_object(w);
	json_member_string(w, "username", u->name);
	json_member_u64(w, "uid", u->uid);
	json_member_u64(w, "gid", u->gid);
	json_member_string(w, "gecos", u->gecos);
	json_member_string(w, "homedir", u->home);
	json_member_string(w, "shell", u->shell);
	json_close_object(w);
}

static void put_accounts(struct json_writer *w, const struct recipe *r)
{
	json_key(w, "accounts");
	json_open_object(w);
	json_member_string(w, "run-as", r->run_as);
	json_key(w, "users");
	json_open_array(w);
	for (size_t i = 0; i < r->n_users; i++)
		put_user(w, &r->users[i]);
	json_close_array(w);
	json_key(w, "groups");
	json_open_array(w);
	for (size_t i = 0; i < r->n_groups; i++) {
		json_open_object(w);
		json_member_string(w, "groupname", r->groups[i].name);
		json_member_u64(w, "gid", r->groups[i].gid);
		put_strings(w, "members", &r->groups[i].members);
		json_close_object(w);
	}
	json_close_array(w);
	json_close_object(w);
}

static void put_certificates(struct json_writer *w, const struct recipe *r)
{
	json_key(w, "certificates");
	json_open_array(w);
	for (size_t i = 0; i < r->n_certificates; i++) {
		json_open_object(w);
		json_member_string(w, "name", r->certificates[i].name);
		json_member_string(w, "content", r->certificates[i].content);
		json_close_object(w);
	}
	json_close_array(w);
}

void recipe_write(const struct recipe *r, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	json_open_object(&w);
	json_member_string(&w, "profile", r->profile);
	json_member_string(&w, "base", r->base);
	put_contents(&w, r);
	put_paths(&w, r);
	put_accounts(&w, r);
	put_strings(&w, "entrypoint", &r->entrypoint);
	put_strings(&w, "cmd", &r->cmd);
	if (r->own_entrypoint && r->entrypoint.n == 0)
		json_member_bool(&w, "no-entrypoint", true);
	if (r->own_cmd && r->cmd.n == 0)
		json_member_bool(&w, "no-cmd", true);
	put_pairs(&w, "environment", &r->environment);
	json_member_string(&w, "work-dir", r->work_dir);
	json_member_string(&w, "stop-signal", r->stop_signal);
	put_strings(&w, "volumes", &r->volumes);
	put_strings(&w, "ports", &r->ports);
	put_pairs(&w, "annotations", &r->annotations);
	put_pairs(&w, "labels", &r->labels);
	put_strings(&w, "archs", &r->archs);
	put_certificates(&w, r);
	if (r->history.n)
		put_strings(&w, "history", &r->history);
	json_member_u64(&w, "layer-budget", r->layer_budget);
	json_member_bool(&w, "debug", r->debug);
	json_close_object(&w);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In an order that doesn't depend on the recipe's: moving a line around changes no resolution. */
static void put_sorted(struct json_writer *w, const char *key, const struct strings *list)
{
	struct strings sorted = { 0 };

	for (size_t i = 0; i < list->n; i++)
		*array_push(&sorted) = list->at[i];
	if (sorted.n)
		qsort(sorted.at, sorted.n, sizeof(*sorted.at), compare_strings);
	put_strings(w, key, &sorted);
	free(sorted.at);
}

void recipe_resolution_digest(const struct recipe *r, struct sha256 *ret)
{
	auto_buf text = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &text, 0);
	json_open_object(&w);
	json_member_string(&w, "base", r->base);
	put_repositories(&w, r, false);
	put_key_digests(&w, r);
	put_sorted(&w, "packages", &r->packages);
	json_member_string(&w, "depends", depends_names[r->depends]);
	put_sorted(&w, "archs", &r->archs);
	json_member_bool(&w, "debug", r->debug);
	json_close_object(&w);
	sha256_of(text.data, text.len, ret);
}
