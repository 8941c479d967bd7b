/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree's files as they are parsed, each once, however many names it has: what kind of program
 * it is, its ELF headers, and, when somebody looks one up, its symbols in a table.
 */
#include "base/mem.h"
#include "link/private.h"
#include "tree/windows.h"

#include <string.h>

struct link *link_new(const struct tree *t)
{
	struct link *l = mem_zalloc(sizeof(*l));

	l->tree = t;
	return l;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->files.n; i++)
		link_kept_drop(l, l->files.at[i].value);
	free(l->names.slots);
	map_done(&l->files);
	map_done(&l->ldcache);
	arena_done(&l->arena);
	free(l);
}

void link_know_others(struct link *l, link_is_other *fn, void *ctx)
{
	l->is_other = fn;
	l->is_other_ctx = ctx;
}

bool link_is_known_other(const struct link *l, const struct node *n)
{
	return l->is_other && l->is_other(l->is_other_ctx, n);
}

static struct elf_input input_of(struct windows *w)
{
	return (struct elf_input){ .size = w->inode->content.size, .read = windows_read, .ctx = w };
}

/* What a reader said of a file's content; what it said of reading is an error. */
static int verdict(struct link *l, const struct windows *w, int rc, const char **ret_why,
		   struct err *e)
{
	if (rc == 0)
		return 0;
	if (w->failed || (e->code != FAIL_FORMAT && e->code != FAIL_LIMIT))
		return rc;
	*ret_why = arena_strdup(&l->arena, e->msg);
	return 0;
}

static int parse_elf(struct link *l, struct link_file *f, struct windows *w, struct err *e)
{
	struct elf_input in = input_of(w);
	int rc = elf_read(&in, &l->arena, &f->elf, e);

	rc = verdict(l, w, rc, &f->why, e);
	if (rc == 0 && !f->why && f->elf.missing_bytes)
		f->why = arena_printf(&l->arena, "ELF: the last %llu bytes are missing",
				      (unsigned long long)f->elf.missing_bytes);
	f->kind = f->why ? LINK_FILE_DAMAGED : LINK_FILE_ELF;
	return rc;
}

static void parse_script(struct link *l, struct link_file *f, struct view start)
{
	const char *newline = memchr(start.ptr, '\n', start.len);
	size_t len = newline ? (size_t)(newline - start.ptr) : start.len;

	f->kind = LINK_FILE_SCRIPT;
	f->line_is_cut = !newline && start.len == LINK_SCRIPT_BYTES;
	f->first_line = view_make(arena_strndup(&l->arena, start.ptr + 2, len - 2), len - 2);
}

static int parse(struct link *l, struct link_file *f, struct err *e)
{
	struct windows w = { .inode = f->inode };
	char bytes[LINK_SCRIPT_BYTES];
	uint64_t size = f->inode->content.size;
	struct view start = view_make(bytes, size < sizeof(bytes) ? (size_t)size : sizeof(bytes));
	int rc = windows_read(&w, 0, bytes, start.len, e);

	if (rc == 0 && elf_has_magic(start))
		rc = parse_elf(l, f, &w, e);
	else if (rc == 0 && view_starts(start, "#!"))
		parse_script(l, f, start);
	windows_done(&w);
	return rc;
}

int link_file_get(struct link *l, const struct node *n, struct link_file **ret, struct err *e)
{
	const struct inode *i = n->inode;
	struct link_file *f = map_get(&l->files, view_make((const char *)&i, sizeof(i)));

	if (!f) {
		struct link_file made = { .inode = i };

		if (i->type == NODE_FILE && !link_is_known_other(l, n) && parse(l, &made, e) < 0)
			return err_context(e, "read '%s'", node_path(n, &l->arena));
		f = arena_new(&l->arena, struct link_file);
		*f = made;
		*map_put(&l->files, view_make((const char *)&f->inode, sizeof(f->inode))) = f;
	}
	*ret = f;
	return 0;
}

static uint32_t hash_name(struct view name)
{
	uint32_t h = 5381;

	for (size_t i = 0; i < name.len; i++)
		h = h * 33 + (unsigned char)name.ptr[i];
	return h;
}

static void make_table(struct link_file *f)
{
	size_t n = f->symbols.n_defined, n_slots = 16;

	while (n_slots < n)
		n_slots *= 2;
	f->slots = mem_zalloc((n_slots + n) * sizeof(*f->slots));
	f->next = f->slots + n_slots;
	f->n_slots = n_slots;
	for (size_t i = n; i > 0; i--) {
		uint32_t *slot =
			&f->slots[hash_name(f->symbols.defined[i - 1].name) & (n_slots - 1)];

		f->next[i - 1] = *slot;
		*slot = (uint32_t)i;
	}
}

int link_file_symbols(struct link *l, struct link_file *f, struct err *e)
{
	struct windows w = { .inode = f->inode };
	struct elf_input in = input_of(&w);
	int rc;

	f->round = l->round;
	if (f->symbols_read)
		return 0;
	rc = elf_read_symbols(&in, &f->elf, &f->symbols_arena, &f->symbols, e);
	rc = verdict(l, &w, rc, &f->symbols_why, e);
	windows_done(&w);
	if (rc < 0) {
		arena_done(&f->symbols_arena);
		return rc;
	}
	make_table(f);
	f->symbols_read = true;
	link_kept_add(l, f);
	return 0;
}

const struct elf_symbol *link_file_defines(const struct link_file *f, struct view name,
					   const struct elf_symbol *after)
{
	uint32_t i;

	if (!f->slots)
		return NULL;
	i = after ? f->next[after - f->symbols.defined]
		  : f->slots[hash_name(name) & (f->n_slots - 1)];
	while (i && !view_eq(f->symbols.defined[i - 1].name, name))
		i = f->next[i - 1];
	return i ? &f->symbols.defined[i - 1] : NULL;
}

int link_file_uses(struct link *l, struct link_file *f, struct err *e)
{
	struct windows w = { .inode = f->inode };
	struct elf_input in = input_of(&w);
	const char *why = NULL;
	int rc;

	if (f->uses_read)
		return 0;
	rc = elf_read_uses(&in, &f->elf, &f->symbols, e);
	rc = verdict(l, &w, rc, &why, e);
	windows_done(&w);
	f->uses_read = rc == 0;
	return rc;
}

int link_elf(struct link *l, const struct node *n, const struct elf **ret, struct err *e)
{
	struct link_file *f;

	if (link_file_get(l, n, &f, e) < 0)
		return -(int)e->code;
	*ret = f->kind == LINK_FILE_ELF ? &f->elf : NULL;
	return 0;
}

int link_symbols(struct link *l, const struct node *n, const struct elf_symbols **ret,
		 struct err *e)
{
	struct link_file *f;

	if (link_file_get(l, n, &f, e) < 0)
		return -(int)e->code;
	*ret = NULL;
	if (f->kind != LINK_FILE_ELF)
		return 0;
	if (link_file_symbols(l, f, e) < 0)
		return -(int)e->code;
	if (!f->symbols_why)
		*ret = &f->symbols;
	return 0;
}

int link_text(struct link *l, const char *path, struct view *ret, struct err *e)
{
	const struct node *n = tree_find(l->tree, path, true);

	*ret = view_make(NULL, 0);
	if (!n || n->inode->type != NODE_FILE)
		return 0;
	if (inode_read(n->inode, LINK_MAX_CONFIG_BYTES, &l->arena, ret, e) < 0)
		return err_context(e, "read '/%s'", path);
	if (!ret->ptr)
		*ret = view_make("", 0);
	return 0;
}

int link_facts(struct link *l, const struct node *n, struct arena *a, struct elf_facts *ret,
	       bool *ret_known, struct err *e)
{
	struct windows w = { .inode = n->inode };
	struct elf_input in = input_of(&w);
	const char *why = NULL;
	struct link_file *f = NULL;
	int rc = link_file_get(l, n, &f, e);

	*ret_known = false;
	if (rc < 0 || !f || f->kind != LINK_FILE_ELF)
		return rc;
	rc = verdict(l, &w, elf_read_facts(&in, &f->elf, a, ret, e), &why, e);
	windows_done(&w);
	*ret_known = rc == 0 && !why;
	return rc;
}
