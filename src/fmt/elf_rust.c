/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cargo-auditable leaves in `.dep-v0`: the crates of a program, as JSON compressed with zlib
 * (its PARSING.md). Data that breaks these rules is no reason to refuse a program.
 */
#include "fmt/elf_parts.h"

#include "base/buf.h"
#include "base/mem.h"
#include "fmt/json.h"
#include "io/basic.h"
#include "io/codec.h"

/* False: not what cargo-auditable writes. */
static bool inflated(struct view packed, struct buf *to)
{
	auto_sink sink = buf_sink_new(to, ELF_MAX_RUST_JSON_BYTES);
	auto_source plain = NULL;
	struct err ignored;
	uint64_t n;

	return decode_source_new(CODEC_ZLIB, mem_source_new(packed), "Rust audit data", &plain,
				 &ignored) == 0 &&
	       stream_copy(plain, sink, &n, &ignored) == 0 && sink_finish(sink, &ignored) == 0;
}

static struct view text_of(const struct json *object, const char *key, struct arena *a)
{
	const char *text = json_str(json_get(object, key));

	return text ? view_of(arena_strdup(a, text)) : (struct view){ NULL, 0 };
}

static void read_crates(const struct json *root, struct arena *a, struct elf_rust *to)
{
	const struct json *crates = json_get(root, "packages");

	to->n_crates = json_length(crates);
	for (size_t i = 0; i < to->n_crates; i++) {
		const struct json *crate = json_at(crates, i);

		if (!json_bool(json_get(crate, "root"), false))
			continue;
		to->crate = text_of(crate, "name", a);
		to->version = text_of(crate, "version", a);
	}
}

int elf_read_rust(struct elf_reader *r, const struct elf_section *s, struct elf_rust *ret,
		  struct err *e)
{
	auto_buf text = BUF_EMPTY;
	auto_json doc = NULL;
	auto_free char *packed = NULL;
	struct err ignored;

	*ret = (struct elf_rust){ .present = true };
	if (s->size > ELF_MAX_RUST_BYTES)
		return fail(e, FAIL_LIMIT, "ELF: over %d bytes of Rust audit data",
			    ELF_MAX_RUST_BYTES);
	packed = mem_alloc((size_t)s->size + 1);
	if (elf_get(r, s->offset, packed, (size_t)s->size, "Rust audit data", e) < 0)
		return -(int)e->code;
	if (!inflated(view_make(packed, (size_t)s->size), &text) ||
	    json_parse(buf_view(&text), "Rust audit data", &doc, &ignored) < 0)
		return 0;
	ret->json = view_make(arena_view(r->arena, buf_view(&text)), text.len);
	read_crates(json_root(doc), r->arena, ret);
	return 0;
}
