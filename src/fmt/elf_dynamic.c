/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the dynamic section: the libraries that a file needs, its own name, and where it has them
 * looked for.
 */
#include "base/array.h"
#include "base/checked.h"
#include "base/mem.h"
#include "fmt/elf_parts.h"

#include <inttypes.h>

enum {
	DT_NEEDED_ = 1,
	DT_AUXILIARY_ = 0x7ffffffd,
	DT_FILTER_ = 0x7fffffff,
	DT_SONAME_ = 14,
	DT_RPATH_ = 15,
	DT_RUNPATH_ = 29,
};

static int read_entries(struct elf_reader *r, struct err *e)
{
	const struct elf_segment *s = elf_segment(r, PT_DYNAMIC_);
	size_t size = r->is_64 ? 16 : 8;
	auto_free uint8_t *bytes = NULL;
	size_t n;

	if (!s || s->file_size < size)
		return 0;
	if (s->file_size > ELF_MAX_DYNAMIC_BYTES)
		return fail(e, FAIL_LIMIT,
			    "ELF: a dynamic section of %" PRIu64 " bytes, at most %d are read",
			    s->file_size, ELF_MAX_DYNAMIC_BYTES);
	n = (size_t)s->file_size / size;
	bytes = mem_alloc(n * size);
	if (elf_get(r, s->offset, bytes, n * size, "dynamic section", e) < 0)
		return -(int)e->code;
	r->parts->dynamic = arena_array(r->arena, n, sizeof(*r->parts->dynamic));
	for (size_t i = 0; i < n; i++) {
		struct elf_dynamic d = { elf_wide(r, bytes + i * size),
					 elf_wide(r, bytes + i * size + size / 2) };

		if (d.tag == 0)
			break;
		r->parts->dynamic[r->parts->n_dynamic++] = d;
	}
	return 0;
}

bool elf_dynamic_value(const struct elf_reader *r, uint64_t tag, uint64_t *ret)
{
	for (size_t i = r->parts->n_dynamic; i > 0; i--) {
		if (r->parts->dynamic[i - 1].tag == tag) {
			*ret = r->parts->dynamic[i - 1].value;
			return true;
		}
	}
	return false;
}

static int dynamic_string(struct elf_reader *r, uint64_t at, const char *what, struct view *ret,
			  struct err *e)
{
	uint64_t offset;

	if (!checked_add(r->parts->strings, at, &offset))
		offset = UINT64_MAX;
	return elf_get_string(r, offset, UINT64_MAX, what, ret, e);
}

static int read_needed(struct elf_reader *r, struct err *e)
{
	struct elf *f = r->elf;
	size_t n = 0;

	for (size_t i = 0; i < r->parts->n_dynamic; i++)
		n += r->parts->dynamic[i].tag == DT_NEEDED_;
	if (n > ELF_MAX_NEEDED)
		return fail(e, FAIL_LIMIT, "ELF: %zu needed libraries, at most %d are read", n,
			    ELF_MAX_NEEDED);
	f->needed = arena_array(r->arena, n ? n : 1, sizeof(*f->needed));
	for (size_t i = 0; i < r->parts->n_dynamic; i++) {
		if (r->parts->dynamic[i].tag != DT_NEEDED_)
			continue;
		if (dynamic_string(r, r->parts->dynamic[i].value, "name of a needed library",
				   &f->needed[f->n_needed], e) < 0)
			return -(int)e->code;
		f->n_needed++;
	}
	return 0;
}

static bool is_filtee(const struct elf_dynamic *d)
{
	return d->tag == DT_AUXILIARY_ || d->tag == DT_FILTER_;
}

static int read_filtees(struct elf_reader *r, struct err *e)
{
	struct elf *f = r->elf;
	size_t n = 0;

	for (size_t i = 0; i < r->parts->n_dynamic; i++)
		n += is_filtee(&r->parts->dynamic[i]);
	if (n > ELF_MAX_FILTEES)
		return fail(e, FAIL_LIMIT, "ELF: a filter for %zu libraries, at most %d are read",
			    n, ELF_MAX_FILTEES);
	f->filtees = arena_array(r->arena, n ? n : 1, sizeof(*f->filtees));
	for (size_t i = 0; f->n_filtees < n; i++) {
		const struct elf_dynamic *d = &r->parts->dynamic[i];
		struct elf_filtee *to = &f->filtees[f->n_filtees];

		if (!is_filtee(d))
			continue;
		if (dynamic_string(r, d->value, "name of a filtered library", &to->name, e) < 0)
			return -(int)e->code;
		to->optional = d->tag == DT_AUXILIARY_;
		f->n_filtees++;
	}
	return 0;
}

static int read_names(struct elf_reader *r, struct err *e)
{
	for (size_t i = 0; i < r->parts->n_dynamic; i++) {
		const struct elf_dynamic *d = &r->parts->dynamic[i];
		int rc = 0;

		if (d->tag == DT_SONAME_ && !r->elf->soname.ptr)
			rc = dynamic_string(r, d->value, "soname", &r->elf->soname, e);
		else if (d->tag == DT_RPATH_)
			rc = dynamic_string(r, d->value, "rpath", &r->elf->rpath, e);
		else if (d->tag == DT_RUNPATH_)
			rc = dynamic_string(r, d->value, "runpath", &r->elf->runpath, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int read_strings(struct elf_reader *r, struct err *e)
{
	uint64_t address;

	if (!elf_dynamic_value(r, DT_STRTAB_, &address))
		return 0;
	r->parts->strings = elf_offset_of(r, address);
	r->elf->has_dynamic = true;
	if (read_needed(r, e) < 0 || read_filtees(r, e) < 0)
		return -(int)e->code;
	return read_names(r, e);
}

int elf_read_dynamic(struct elf_reader *r, struct err *e)
{
	return read_entries(r, e) < 0 ? -(int)e->code : read_strings(r, e);
}
