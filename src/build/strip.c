/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the sections that are loaded, where they are, and the notes and comments among the others;
 * what debuggers and linkers want goes. At last the loaded segments are copied over as they were,
 * so that nothing of the process depends on what the section headers say.
 */
#include "build/strip.h"

#include "base/mem.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_SECTIONS = 1 << 16,
	PIECE_BYTES = 64 << 10,
};

#define NAMES ".shstrtab"

struct kept {
	GElf_Shdr header;
	Elf_Scn *from;
	const char *name;
	size_t index; /* in the output */
};

struct stripping {
	const char *name;
	Elf *in, *out;
	struct kept *sections; /* by index in the input; from == NULL: left out */
	size_t n;
	char *names; /* of the output's sections */
	size_t names_bytes;
	uint64_t size; /* of the input */
	uint64_t end;  /* of what is kept */
	bool leaves_out;
};

static int elf_failed(const struct stripping *s, struct err *e)
{
	return fail(e, FAIL_IO, "strip '%s': %s", s->name, elf_errmsg(-1));
}

static bool is_kept(const GElf_Shdr *header, const char *name)
{
	if (header->sh_flags & SHF_ALLOC)
		return true;
	return header->sh_type == SHT_NOTE || strcmp(name, ".comment") == 0 ||
	       strcmp(name, ".gnu_debuglink") == 0;
}

/* Lying headers would make a huge file of a small one. */
static bool is_inside(const struct stripping *s, const GElf_Shdr *h)
{
	return h->sh_type == SHT_NOBITS ||
	       (h->sh_size <= s->size && h->sh_offset <= s->size - h->sh_size &&
		h->sh_addralign <= s->size);
}

static int choose(struct stripping *s, bool *ret_ok, struct err *e)
{
	size_t names, n;
	Elf_Scn *scn = NULL;

	*ret_ok = false;
	if (elf_getshdrnum(s->in, &n) < 0 || n < 2 || n > MAX_SECTIONS ||
	    elf_getshdrstrndx(s->in, &names) < 0)
		return 0;
	s->n = n;
	s->sections = mem_zalloc(n * sizeof(*s->sections));
	while ((scn = elf_nextscn(s->in, scn))) {
		struct kept *k = &s->sections[elf_ndxscn(scn)];
		const char *name;

		if (!gelf_getshdr(scn, &k->header))
			return elf_failed(s, e);
		name = elf_strptr(s->in, names, k->header.sh_name);
		if (!name || !is_inside(s, &k->header))
			return 0;
		k->name = name;
		if (is_kept(&k->header, name))
			k->from = scn;
		else if (elf_ndxscn(scn) != names)
			s->leaves_out = true;
	}
	*ret_ok = s->leaves_out;
	return 0;
}

static uint64_t aligned(uint64_t at, uint64_t to)
{
	return to > 1 ? (at + to - 1) / to * to : at;
}

static int end_of_segments(struct stripping *s, struct err *e)
{
	size_t n;

	if (elf_getphdrnum(s->in, &n) < 0)
		return elf_failed(s, e);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(s->in, (int)i, &p))
			return elf_failed(s, e);
		if (p.p_type != PT_LOAD)
			continue;
		if (p.p_filesz > s->size || p.p_offset > s->size - p.p_filesz)
			return fail(e, FAIL_FORMAT,
				    "strip '%s': a segment ends past the file's end", s->name);
		if (p.p_offset + p.p_filesz > s->end)
			s->end = p.p_offset + p.p_filesz;
	}
	return 0;
}

/* Sections that aren't loaded move up behind what is. */
static void place(struct stripping *s)
{
	for (size_t i = 1; i < s->n; i++) {
		const GElf_Shdr *h = &s->sections[i].header;
		uint64_t end = h->sh_offset + (h->sh_type == SHT_NOBITS ? 0 : h->sh_size);

		if (s->sections[i].from && h->sh_flags & SHF_ALLOC && end > s->end)
			s->end = end;
	}
	for (size_t i = 1; i < s->n; i++) {
		GElf_Shdr *h = &s->sections[i].header;

		if (!s->sections[i].from || h->sh_flags & SHF_ALLOC)
			continue;
		h->sh_offset = aligned(s->end, h->sh_addralign);
		s->end = h->sh_offset + h->sh_size;
	}
}

static size_t add_name(struct stripping *s, const char *name)
{
	size_t at = s->names_bytes, len = strlen(name) + 1;

	s->names = mem_resize(s->names, at + len, 1);
	memcpy(s->names + at, name, len);
	s->names_bytes += len;
	return at;
}

static void number_sections(struct stripping *s)
{
	size_t next = 1;

	(void)add_name(s, "");
	for (size_t i = 1; i < s->n; i++) {
		if (!s->sections[i].from)
			continue;
		s->sections[i].index = next++;
		s->sections[i].header.sh_name = (GElf_Word)add_name(s, s->sections[i].name);
	}
}

static size_t new_index(const struct stripping *s, size_t old)
{
	return old < s->n ? s->sections[old].index : 0;
}

static int copy_section(struct stripping *s, struct kept *k, struct err *e)
{
	GElf_Shdr *h = &k->header;
	Elf_Scn *scn = elf_newscn(s->out);
	Elf_Data *from = elf_rawdata(k->from, NULL), *to;

	if (!scn)
		return elf_failed(s, e);
	h->sh_link = (GElf_Word)new_index(s, h->sh_link);
	if (h->sh_flags & SHF_INFO_LINK || h->sh_type == SHT_REL || h->sh_type == SHT_RELA)
		h->sh_info = (GElf_Word)new_index(s, h->sh_info);
	if (!gelf_update_shdr(scn, h))
		return elf_failed(s, e);
	if (h->sh_type == SHT_NOBITS || !from)
		return 0;
	to = elf_newdata(scn);
	if (!to)
		return elf_failed(s, e);
	*to = *from; /* raw: bytes as they are */
	return 0;
}

static int add_names(struct stripping *s, size_t *ret_index, struct err *e)
{
	GElf_Shdr h = { .sh_type = SHT_STRTAB, .sh_addralign = 1 };
	Elf_Scn *scn = elf_newscn(s->out);
	Elf_Data *data = scn ? elf_newdata(scn) : NULL;

	if (!data)
		return elf_failed(s, e);
	h.sh_name = (GElf_Word)add_name(s, NAMES);
	h.sh_offset = s->end;
	h.sh_size = s->names_bytes;
	s->end += s->names_bytes;
	*data = (Elf_Data){ .d_buf = s->names,
			    .d_size = s->names_bytes,
			    .d_align = 1,
			    .d_type = ELF_T_BYTE,
			    .d_version = EV_CURRENT };
	*ret_index = elf_ndxscn(scn);
	return gelf_update_shdr(scn, &h) ? 0 : elf_failed(s, e);
}

static int copy_headers(struct stripping *s, GElf_Ehdr *header, struct err *e)
{
	size_t n;

	if (!gelf_getehdr(s->in, header) || elf_getphdrnum(s->in, &n) < 0 ||
	    !gelf_newehdr(s->out, gelf_getclass(s->in)) || !gelf_update_ehdr(s->out, header) ||
	    (n && !gelf_newphdr(s->out, n)))
		return elf_failed(s, e);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(s->in, (int)i, &p) || !gelf_update_phdr(s->out, (int)i, &p))
			return elf_failed(s, e);
	}
	(void)elf_flagelf(s->out, ELF_C_SET, ELF_F_LAYOUT);
	return 0;
}

static int write_out(struct stripping *s, struct err *e)
{
	GElf_Ehdr header;
	size_t names = 0;
	int rc = copy_headers(s, &header, e);

	if (rc == 0)
		rc = end_of_segments(s, e);
	place(s);
	number_sections(s);
	for (size_t i = 1; rc == 0 && i < s->n; i++)
		if (s->sections[i].from)
			rc = copy_section(s, &s->sections[i], e);
	if (rc == 0)
		rc = add_names(s, &names, e);
	if (rc < 0)
		return rc;
	header.e_shoff = aligned(s->end, 8);
	header.e_shstrndx = (GElf_Half)names;
	if (!gelf_update_ehdr(s->out, &header) || elf_update(s->out, ELF_C_WRITE) < 0)
		return elf_failed(s, e);
	return 0;
}

/* ---- what no section describes ---- */

static int copy_bytes(const struct stripping *s, int from, int to, uint64_t at, uint64_t size,
		      struct err *e)
{
	auto_free char *piece = mem_alloc(PIECE_BYTES);

	while (size > 0) {
		size_t want = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;
		ssize_t n = pread(from, piece, want, (off_t)at);

		if (n <= 0)
			return fail(e, FAIL_IO, "strip '%s': its bytes at %llu are gone", s->name,
				    (unsigned long long)at);
		if (pwrite(to, piece, (size_t)n, (off_t)at) != n)
			return fail_sys(e, "write a temporary file");
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

/* Paddings and more: all of each loaded segment, but the ELF header with its new numbers. */
static int copy_segments(const struct stripping *s, int from, int to, struct err *e)
{
	size_t n, header = gelf_fsize(s->in, ELF_T_EHDR, 1, EV_CURRENT);
	int rc = 0;

	if (elf_getphdrnum(s->in, &n) < 0)
		return elf_failed(s, e);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		GElf_Phdr p;
		uint64_t skip;

		if (!gelf_getphdr(s->in, (int)i, &p))
			return elf_failed(s, e);
		skip = p.p_offset < header ? header - p.p_offset : 0;
		if (p.p_type == PT_LOAD && p.p_filesz > skip)
			rc = copy_bytes(s, from, to, p.p_offset + skip, p.p_filesz - skip, e);
	}
	return rc;
}

int strip_elf(int from, int to, const char *name, bool *ret, struct err *e)
{
	struct stripping s = { .name = name };
	bool ok = false;
	struct stat st;
	int rc = 0;

	*ret = false;
	if (fstat(from, &st) < 0)
		return fail_sys(e, "look at '%s'", name);
	s.size = (uint64_t)st.st_size;
	(void)elf_version(EV_CURRENT);
	s.in = elf_begin(from, ELF_C_READ, NULL);
	if (s.in && elf_kind(s.in) == ELF_K_ELF)
		rc = choose(&s, &ok, e);
	if (rc == 0 && ok) {
		s.out = elf_begin(to, ELF_C_WRITE, NULL);
		rc = s.out ? write_out(&s, e) : elf_failed(&s, e);
		if (rc == 0)
			rc = copy_segments(&s, from, to, e);
		*ret = rc == 0;
	}
	elf_end(s.out);
	elf_end(s.in);
	free(s.sections);
	free(s.names);
	return rc;
}
