/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Go's linker writes into `.go.buildinfo`: since Go 1.18 two strings, each after its length
 * as a varint; before, two pointers to string headers (Go's debug/buildinfo reads the same).
 */
#include "fmt/elf_parts.h"

#include "base/checked.h"
#include "base/mem.h"

enum {
	GO_HEAD_BYTES = 32,
	GO_MAGIC_BYTES = 14,
	GO_FLAG_BIG_ENDIAN = 1,
	GO_FLAG_INLINE = 2,
	GO_SENTINEL_BYTES = 16, /* around the module information */
	VARINT_BYTES = 10,
};

static int bad(struct err *e, const char *why)
{
	return fail(e, FAIL_FORMAT, "ELF: Go build information: %s", why);
}

static int copy(struct elf_reader *r, uint64_t offset, uint64_t n, struct view *ret, struct err *e)
{
	char *text;

	if (n > ELF_MAX_GO_BYTES)
		return fail(e, FAIL_LIMIT,
			    "ELF: Go build information of more than %d bytes is not read",
			    ELF_MAX_GO_BYTES);
	if (n > r->in->size)
		return bad(e, "a string is longer than the file");
	text = arena_alloc(r->arena, (size_t)n + 1);
	*ret = view_make(text, (size_t)n);
	return elf_get(r, offset, text, (size_t)n, "Go build information", e);
}

/* A string after its length; *offset moves past it. */
static int read_inline(struct elf_reader *r, uint64_t *offset, struct view *ret, struct err *e)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < VARINT_BYTES; i++) {
		uint8_t byte;

		if (elf_get(r, *offset, &byte, 1, "Go build information", e) < 0)
			return -(int)e->code;
		(*offset)++;
		n |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		if (copy(r, *offset, n, ret, e) < 0)
			return -(int)e->code;
		*offset += n;
		return 0;
	}
	return bad(e, "a length that doesn't end");
}

/* A string header (address, length) at an address. */
static int read_pointed(struct elf_reader *r, uint64_t address, size_t size, struct view *ret,
			struct err *e)
{
	uint8_t head[16];

	*ret = view_make("", 0);
	if (address == 0)
		return 0;
	if (elf_get(r, elf_offset_of(r, address), head, 2 * size, "Go build information", e) < 0)
		return -(int)e->code;
	return copy(r, elf_offset_of(r, elf_number(r, head, size)),
		    elf_number(r, head + size, size), ret, e);
}

static struct view field(struct view *rest)
{
	struct view word = { NULL, 0 };

	view_split(rest, '\t', &word);
	return word;
}

/* Lines of tab-separated words: path, mod, dep, build. */
static void read_modules(struct view text, struct elf_go *to)
{
	struct view line;

	if (text.len >= 2 * GO_SENTINEL_BYTES + 1 &&
	    text.ptr[text.len - GO_SENTINEL_BYTES - 1] == '\n')
		text = view_make(text.ptr + GO_SENTINEL_BYTES, text.len - 2 * GO_SENTINEL_BYTES);
	while (view_split(&text, '\n', &line)) {
		struct view kind = field(&line);

		if (view_is(kind, "path")) {
			to->path = field(&line);
		} else if (view_is(kind, "mod")) {
			to->module = field(&line);
			to->module_version = field(&line);
		} else if (view_is(kind, "dep")) {
			to->n_modules++;
		} else if (view_is(kind, "build") && view_starts(line, "CGO_ENABLED=")) {
			to->cgo = view_make(line.ptr + 12, line.len - 12);
		}
	}
}

static int read_both(struct elf_reader *r, const struct elf_section *s, const uint8_t *head,
		     struct elf_go *to, struct view *modules, struct err *e)
{
	uint64_t offset;
	size_t size = head[GO_MAGIC_BYTES];
	bool big_endian = r->big_endian;
	int rc;

	if (head[GO_MAGIC_BYTES + 1] & GO_FLAG_INLINE) {
		if (!checked_add(s->offset, GO_HEAD_BYTES, &offset))
			return bad(e, "at the end of all offsets");
		rc = read_inline(r, &offset, &to->version, e);
		return rc < 0 ? rc : read_inline(r, &offset, modules, e);
	}
	if (size != 4 && size != 8)
		return bad(e, "pointers of neither 4 nor 8 bytes");
	r->big_endian = head[GO_MAGIC_BYTES + 1] & GO_FLAG_BIG_ENDIAN;
	rc = read_pointed(r, elf_number(r, head + 16, size), size, &to->version, e);
	if (rc == 0)
		rc = read_pointed(r, elf_number(r, head + 16 + size, size), size, modules, e);
	r->big_endian = big_endian;
	return rc;
}

int elf_read_go(struct elf_reader *r, const struct elf_section *s, struct elf_go *ret,
		struct err *e)
{
	struct elf_go go = { .present = true };
	uint8_t head[GO_HEAD_BYTES];
	struct view modules = { NULL, 0 };

	if (s->size < sizeof(head))
		return bad(e, "less than its header");
	if (elf_get(r, s->offset, head, sizeof(head), "Go build information", e) < 0)
		return -(int)e->code;
	if (memcmp(head, "\xff Go buildinf:", GO_MAGIC_BYTES) != 0)
		return bad(e, "without its magic");
	if (read_both(r, s, head, &go, &modules, e) < 0)
		return -(int)e->code;
	read_modules(modules, &go);
	*ret = go;
	return 0;
}
