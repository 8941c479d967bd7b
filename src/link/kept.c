/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays of the symbols of a tree: tables of those files that were asked for last, within a
 * bound, as thousands of libraries have gigabytes of names; and of all that were ever read, which
 * names somebody defines.
 */
#include "base/mem.h"
#include "link/private.h"

enum {
	/* Of all tables; a large program with its libraries has some MB. */
	MAX_KEPT_BYTES = 16 << 20,
	FIRST_SLOTS = 1 << 12,
};

/* ---- names ------------------------------------------------------------------------------- */

/* FNV-1a with a final mix; never 0. */
static uint64_t hash_of(struct view name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (uint8_t)name.ptr[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 29;
	return h ? h : 1;
}

/* Where the name is, or the free slot where it would go. */
static uint64_t *slot_of(const struct link_names *names, uint64_t hash)
{
	size_t i = (size_t)hash & (names->n_slots - 1);

	while (names->slots[i] && names->slots[i] != hash)
		i = (i + 1) & (names->n_slots - 1);
	return &names->slots[i];
}

static void grow(struct link_names *names)
{
	struct link_names more = { .n = names->n };

	more.n_slots = names->n_slots ? names->n_slots * 2 : FIRST_SLOTS;
	more.slots = mem_zalloc(more.n_slots * sizeof(*more.slots));
	for (size_t i = 0; i < names->n_slots; i++)
		if (names->slots[i])
			*slot_of(&more, names->slots[i]) = names->slots[i];
	free(names->slots);
	*names = more;
}

static void names_add(struct link_names *names, struct view name)
{
	uint64_t *slot, hash = hash_of(name);

	if (names->n >= names->n_slots / 4 * 3)
		grow(names);
	slot = slot_of(names, hash);
	names->n += *slot == 0;
	*slot = hash;
}

bool link_names_has(const struct link_names *names, struct view name)
{
	return names->n && *slot_of(names, hash_of(name));
}

/* ---- tables ------------------------------------------------------------------------------ */

static size_t bytes_of(const struct link_file *f)
{
	const struct elf_symbols *s = &f->symbols;

	return f->symbols_arena.bytes + (f->n_slots + s->n_defined) * sizeof(*f->slots);
}

void link_kept_add(struct link *l, struct link_file *f)
{
	l->kept_bytes += bytes_of(f);
	for (size_t i = 0; !f->names_known && i < f->symbols.n_defined; i++)
		names_add(&l->names, f->symbols.defined[i].name);
	f->names_known = true;
}

void link_kept_drop(struct link *l, struct link_file *f)
{
	if (!f->symbols_read)
		return;
	l->kept_bytes -= bytes_of(f);
	free(f->slots);
	f->slots = f->next = NULL;
	f->n_slots = 0;
	arena_done(&f->symbols_arena);
	f->symbols = (struct elf_symbols){ 0 };
	f->symbols_read = f->uses_read = false;
}

static void drop_older(struct link *l, unsigned round)
{
	for (size_t i = 0; i < l->files.n; i++) {
		struct link_file *f = l->files.at[i].value;

		if (f->round < round)
			link_kept_drop(l, f);
	}
}

void link_kept_limit(struct link *l)
{
	if (l->kept_bytes <= MAX_KEPT_BYTES)
		return;
	drop_older(l, l->round);
	l->round++;
	if (l->kept_bytes > MAX_KEPT_BYTES / 2)
		drop_older(l, l->round);
}
