/* SPDX-License-Identifier: Apache-2.0 */
/* One walk over the merged tree, for all rules that look at each file by itself. */
#include "audit/private.h"

#include "base/interrupt.h"

#include <string.h>

static bool is_executable(const struct node *n)
{
	return n && n->inode->type == NODE_FILE && n->inode->mode & 0111;
}

/* ---- names ---- */

/* A link counts for the file that it leads to; only the file itself costs bytes. */
static void name_program(struct auditing *x, const struct node *n, const char *path)
{
	const struct node *target = n;
	const struct path_rule *row;
	size_t at = 0;

	/* scripts that start, rotate or complete a program have its name */
	if (strncmp(path, "etc/", 4) == 0 || strncmp(path, "usr/share/", 10) == 0)
		return;

	if (n->inode->type == NODE_SYMLINK)
		target = tree_find(x->tree, path, true);
	if (!is_executable(target))
		return;
	while ((row = path_rules_next(x->path_rules, PATH_PROGRAM, n->name, &at))) {
		const struct heap_item item = {
			.rule = row->rule,
			.key = row->words,
			.by_package = true,
			.bytes = target == n ? n->inode->content.size : 0,
			.detail = path_of(x, n),
		};

		if (row->rule == RULE_SETUID_PACKAGED)
			continue;
		heap_add(x, &item, target);
		return;
	}
}

static void name_file(struct auditing *x, const struct node *n, const char *path,
		      enum audit_group group)
{
	const struct path_rule *row = path_rules_file(x->path_rules, path, group);
	struct heap_item item = { .bytes = n->inode->content.size };

	if (!row || row->kind == PATH_KEEP)
		return;
	if (row->kind == PATH_STRANGE && view_package_of(x->view, n))
		return;
	item.rule = row->rule;
	item.key = row->words;
	if (group == AUDIT_HYGIENE)
		item.bytes = 0;
	heap_add(x, &item, n);
}

static void node_named(struct auditing *x, const struct node *n, const char *path)
{
	if (n->inode->type == NODE_SYMLINK || is_executable(n))
		name_program(x, n, path);
	if (n->inode->type != NODE_FILE || n->inode->content.size == 0)
		return;
	name_file(x, n, path, AUDIT_WASTE);
	name_file(x, n, path, AUDIT_HYGIENE);
}

/* ---- links ---- */

static bool is_made_at_run_time(const char *target, const char *path)
{
	static const char *const heads[] = { "/proc/", "/dev/",	    "/sys/", "/run/",
					     "/proc",  "/var/run/", "/dev",  "/sys" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strncmp(target, heads[i], strlen(heads[i])) == 0)
			return true;
	return strncmp(path, "dev/", 4) == 0 || strncmp(path, "proc/", 5) == 0;
}

static void node_links(struct auditing *x, const struct node *n, const char *path)
{
	const char *target = n->inode->target;
	struct heap_item item = { .rule = RULE_LINK_BROKEN, .key = "links that lead nowhere" };

	if (n->inode->type != NODE_SYMLINK || is_made_at_run_time(target, path) ||
	    tree_find(x->tree, path, true))
		return;
	item.detail = arena_printf(x->a, "/%s -> %s", path, target);
	heap_add(x, &item, n);
}

/* ---- programs ---- */

/* x.py beside x.pyc, or above __pycache__/x.cpython-311.pyc */
static const struct node *source_of_bytecode(struct auditing *x, const struct node *n)
{
	struct view name = view_of(n->name);
	const struct node *folder = n->parent;
	const char *source;

	if (!view_ends(name, ".pyc") || !folder)
		return NULL;
	if (strcmp(folder->name, "__pycache__") == 0 && folder->parent) {
		const char *dot = memchr(name.ptr, '.', name.len);

		folder = folder->parent;
		name.len = (size_t)(dot - name.ptr);
	} else {
		name.len -= strlen(".pyc");
	}
	source = arena_printf(x->a, "%.*s.py", VIEW_ARG(name));
	return map_get(&folder->children, view_of(source));
}

static void check_bytecode(struct auditing *x, const struct node *n)
{
	const struct heap_item item = {
		.rule = RULE_WASTE_BYTECODE,
		.key = "bytecode beside its source",
		.bytes = n->inode->content.size,
	};

	if (source_of_bytecode(x, n))
		heap_add(x, &item, n);
}

/* Symbol tables of a few kB are in every library with plugins; debug data starts where they end. */
enum { MIN_DEBUG_BYTES = 16 << 10 };

static void check_debug(struct auditing *x, const struct node *n, const struct elf_facts *f)
{
	uint64_t bytes = f->debug_bytes + f->symbol_bytes;
	const struct heap_item item = {
		.rule = RULE_WASTE_DEBUG_DATA,
		.key = "debug data and symbol tables in programs",
		.bytes = bytes < n->inode->content.size ? bytes : n->inode->content.size,
	};

	if (bytes >= MIN_DEBUG_BYTES)
		heap_add(x, &item, n);
}

/* What scanners read out of a program itself. */
static bool names_itself(const struct elf_facts *f)
{
	return f->go.module.len || f->rust.present || f->package_note.len;
}

static void check_foreign(struct auditing *x, const struct node *n, const char *path, bool named)
{
	const struct heap_item item = {
		.rule = RULE_FILES_FOREIGN,
		.key = "programs and libraries of no package",
		.bytes = n->inode->content.size,
	};

	/* the scripts of packages are of packages, though no list has them */
	if (named || view_package_of(x->view, n) || strncmp(path, "var/lib/dpkg/", 13) == 0)
		return;
	x->n_foreign_programs++;
	if (x->view->n_packages)
		heap_add(x, &item, n);
}

static int node_program(struct auditing *x, const struct node *n, const char *path, struct err *e)
{
	struct elf_facts facts = { 0 };
	auto_arena a = ARENA_EMPTY; /* a megabyte of facts for some programs */
	enum file_kind kind = node_kind(x, n);
	bool known = false;

	if (n->inode->type != NODE_FILE)
		return 0;
	x->n_files++;
	if (kind == FILE_ELF) {
		if (link_facts(x->link, n, &a, &facts, &known, e) < 0)
			return -(int)e->code;
		if (known)
			check_debug(x, n, &facts);
	}
	if (kind == FILE_ELF || (kind == FILE_SCRIPT && is_executable(n))) {
		x->n_programs++;
		check_foreign(x, n, path, names_itself(&facts));
	}
	check_bytecode(x, n);
	return 0;
}

static int visit(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct auditing *x = ctx;

	if (interrupt_check(e) < 0)
		return -(int)e->code;
	node_access(x, n, path);
	node_named(x, n, path);
	node_links(x, n, path);
	return node_program(x, n, path, e);
}

int rules_tree(struct auditing *x, struct err *e)
{
	return tree_walk(x->tree, visit, x, e);
}
