/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe's `paths`: each entry's keys, and which of them its type needs or can't have. Files
 * of the host are only named here; the engine reads them.
 */
#include "base/array.h"
#include "recipe/reader.h"
#include "tree/tree.h"

#include <string.h>

/* What each type does with `source`, `content` and `recursive`. */
enum need { NEVER, MAY, MUST };

static const struct path_type {
	const char *name;
	enum recipe_path_type type;
	enum need source, content;
	bool recursive;
	bool host; /* the source is a file of the host */
} types[] = {
	{ "directory", PATH_DIRECTORY, NEVER, NEVER, true, false },
	{ "empty-file", PATH_EMPTY_FILE, NEVER, NEVER, false, false },
	{ "hardlink", PATH_HARDLINK, MUST, NEVER, false, false },
	{ "symlink", PATH_SYMLINK, MUST, NEVER, false, false },
	{ "permissions", PATH_PERMISSIONS, NEVER, NEVER, true, false },
	{ "file", PATH_FILE, MAY, MAY, false, true },
	{ "tree", PATH_TREE, MUST, NEVER, false, true },
	{ "archive", PATH_ARCHIVE, MUST, NEVER, false, true },
};

static int read_path_path(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	return read_absolute(rd, n, &p->path);
}

static int read_path_type(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	for (size_t i = 0; n->kind == YAML_SCALAR && i < COUNT_OF(types); i++) {
		if (strcmp(n->text, types[i].name) == 0) {
			p->type = types[i].type;
			return 0;
		}
	}
	return fail_value(rd, n,
			  "directory, empty-file, hardlink, symlink, permissions, file, tree "
			  "or archive");
}

static int read_path_uid(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	p->has_uid = true;
	return read_id(rd, n, &p->uid);
}

static int read_path_gid(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	p->has_gid = true;
	return read_id(rd, n, &p->gid);
}

static int read_path_mode(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	p->has_mode = true;
	return read_mode(rd, n, &p->mode);
}

static int read_path_source(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;
	int r = read_text(rd, n, &p->source);

	if (r == 0 && (!*p->source || strlen(p->source) >= TREE_MAX_PATH))
		return fail_value(rd, n, "a path of 1 to 4095 bytes");
	return r;
}

static int read_path_content(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	return read_long_text(rd, n, &p->content);
}

static int read_path_recursive(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	return read_bool(rd, n, &p->recursive);
}

static int read_path_strip(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_path *p = to;

	return read_bool(rd, n, &p->strip);
}

static int check_key(const struct reader *rd, const struct yaml_node *map, const char *key,
		     enum need need, const char *type)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n && need == NEVER)
		return fail_node(rd, n, FAIL_FORMAT, "a path of type %s has no '%s'", type, key);
	if (!n && need == MUST)
		return fail_node(rd, map, FAIL_FORMAT, "a path of type %s needs '%s'", type, key);
	return 0;
}

/* The keys that go with the entry's type. */
static int check_path(const struct reader *rd, const struct yaml_node *map,
		      const struct recipe_path *p)
{
	const struct path_type *t = &types[p->type];
	int r = check_key(rd, map, "source", t->source, t->name);

	if (r == 0)
		r = check_key(rd, map, "content", t->content, t->name);
	if (r == 0)
		r = check_key(rd, map, "recursive", t->recursive ? MAY : NEVER, t->name);
	if (r < 0)
		return r;
	r = check_key(rd, map, "strip", p->type == PATH_FILE && p->source ? MAY : NEVER, t->name);
	if (r < 0)
		return r;
	if (p->type == PATH_FILE && !p->source == !p->content)
		return fail_node(rd, map, FAIL_FORMAT,
				 "a path of type file needs either 'source' or 'content'");
	if (p->type == PATH_PERMISSIONS && !p->has_uid && !p->has_gid && !p->has_mode)
		return fail_node(rd, map, FAIL_FORMAT,
				 "a path of type permissions needs 'permissions', 'uid' or 'gid'");
	if (p->type == PATH_HARDLINK && p->source[0] != '/')
		return fail_node(rd, yaml_get(map, "source"), FAIL_FORMAT,
				 "the source of a hardlink must be an absolute path");
	return 0;
}

static int read_path(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "path", read_path_path, NULL },	 { "type", read_path_type, NULL },
		{ "uid", read_path_uid, NULL },		 { "gid", read_path_gid, NULL },
		{ "permissions", read_path_mode, NULL }, { "source", read_path_source, NULL },
		{ "content", read_path_content, NULL },	 { "recursive", read_path_recursive, NULL },
		{ "strip", read_path_strip, NULL },
	};
	struct recipe *recipe = rd->recipe;
	struct recipe_path p = { 0 };
	int r = read_map(rd, n, rules, COUNT_OF(rules), &p);

	(void)to;
	if (r == 0)
		r = require_key(rd, n, "path");
	if (r == 0)
		r = require_key(rd, n, "type");
	if (r == 0)
		r = check_path(rd, n, &p);
	if (r < 0)
		return r;
	if (recipe->n_paths >= RECIPE_MAX_ITEMS)
		return fail_node(rd, n, FAIL_LIMIT, "more than %d paths in all", RECIPE_MAX_ITEMS);
	if (p.source && types[p.type].host)
		p.source = join_path(rd->a, rd->dir, p.source);
	p.where = arena_printf(rd->a, "%s:%u:%u", rd->file, n->line, n->column);
	*append(rd->a, recipe->paths, recipe->n_paths) = p;
	return 0;
}

int read_paths(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_path, to);
}
