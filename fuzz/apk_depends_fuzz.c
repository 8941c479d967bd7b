/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a list of Alpine's dependencies: what was read is read again as it is written. */
#include "fuzz.h"

#include <assert.h>

#include "pkg/apk/depends.h"

static void check_again(const struct atom *atom)
{
	auto_buf text = BUF_EMPTY;
	struct atom again;
	struct err e;

	apk_world.write_atom(atom, &text);
	assert(apk_atom_parse(buf_view(&text), &again, &e) == 0);
	assert(view_eq(again.name, atom->name) && view_eq(again.tag, atom->tag));
	assert(again.relation == atom->relation && again.refused == atom->refused);
	assert(atom->relation == RELATION_ANY || view_eq(again.version, atom->version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);
	auto_arena a = ARENA_EMPTY;
	struct err e = { 0 };
	struct atom *atoms;
	size_t n = 0;

	if (apk_depends_parse(text, "depend", &a, &atoms, &n, &e) < 0) {
		assert(e.code && e.msg[0]);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		check_again(&atoms[i]);
	return 0;
}
