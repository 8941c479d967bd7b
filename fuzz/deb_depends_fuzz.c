/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dependency fields and versions: any bytes are parsed or refused, what is parsed lies inside of
 * the input, and version order is a mirror image of itself.
 */
#include "base/arena.h"
#include "pkg/deb/depends.h"
#include "pkg/deb/version.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_atom(const struct atom *atom, struct view field)
{
	if (atom->name.len == 0 || atom->name.ptr < field.ptr ||
	    atom->name.ptr + atom->name.len > field.ptr + field.len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view field = view_make((const char *)data, size);
	struct view a = view_make(field.ptr, size / 2);
	struct view b = view_make(field.ptr + size / 2, size - size / 2);
	auto_arena arena = ARENA_EMPTY;
	struct clause *clauses;
	struct atom wish;
	struct err e;
	size_t n;

	if (deb_depends_parse(field, "Depends", &arena, &clauses, &n, &e) == 0) {
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < clauses[i].n; k++)
				check_atom(&clauses[i].atoms[k], field);
	}
	if (deb_world.parse_wish(field, &wish, &e) == 0)
		check_atom(&wish, field);
	if ((deb_version_compare(a, b) < 0) != (deb_version_compare(b, a) > 0) ||
	    deb_version_compare(field, field) != 0)
		abort();
	(void)deb_version_check(field, &e);
	return 0;
}
