/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences about findings; see words.h. */
#include "report/words.h"

#include "crypto/digest.h"

#include <stdio.h>
#include <string.h>

void words_digits(uint64_t n, struct buf *to)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(to, ',');
		buf_add_char(to, digits[i]);
	}
}

void words_number(uint64_t n, const char *one, const char *many, struct buf *to)
{
	words_digits(n, to);
	buf_printf(to, " %s", n == 1 ? one : many);
}

static void add_count(struct buf *to, size_t start, uint64_t n, const char *one, const char *many)
{
	if (n == 0)
		return;
	if (to->len > start)
		buf_add_str(to, ", ");
	words_number(n, one, many, to);
}

void words_counts(const struct finding_counts *c, struct buf *to)
{
	size_t start = to->len;

	add_count(to, start, c->errors, "error", "errors");
	add_count(to, start, c->warnings, "warning", "warnings");
	add_count(to, start, c->notes, "note", "notes");
	if (to->len == start)
		buf_add_str(to, "nothing found");
	add_count(to, start, c->ignored, "ignored", "ignored");
}

enum { SHORT_HASH_CHARS = 12 };

/* "COPY file:<64 digits> in /": of the hash only the beginning. */
static void add_short_hashes(struct view v, struct buf *to)
{
	static const char hex[] = "0123456789abcdef";

	while (v.len) {
		size_t run = 0;

		while (run < v.len && memchr(hex, v.ptr[run], sizeof(hex) - 1))
			run++;
		if (run == SHA256_HEX_CHARS) {
			buf_add(to, v.ptr, SHORT_HASH_CHARS);
		} else {
			run += run < v.len;
			buf_add(to, v.ptr, run);
		}
		v = view_make(v.ptr + run, v.len - run);
	}
}

/*
 * Builders write "/bin/sh -c #(nop) COPY …" for what isn't run, "|1 ARG=value /bin/sh -c make" for
 * what is, and BuildKit "RUN /bin/sh -c make # buildkit".
 */
static void add_instruction(const char *text, struct buf *to)
{
	static const char shell[] = "/bin/sh -c ", nop[] = "#(nop) ", buildkit[] = " # buildkit";
	struct view v = view_of(text);
	const char *at = NULL;

	if (view_starts(v, shell) || view_starts(v, "RUN /bin/sh -c ") || text[0] == '|')
		at = strstr(text, shell);
	if (at) {
		at += sizeof(shell) - 1;
		v = view_of(at);
		if (view_starts(v, nop))
			v = view_of(at + sizeof(nop) - 1);
		else
			buf_add_str(to, "RUN ");
	}
	if (view_ends(v, buildkit))
		v.len -= sizeof(buildkit) - 1;
	add_short_hashes(view_trim(v), to);
}

void words_layer(const struct finding *f, struct buf *to)
{
	if (f->layer == FINDING_NO_LAYER) {
		if (f->instruction)
			add_instruction(f->instruction, to);
		return;
	}
	buf_printf(to, "layer %d", f->layer + 1);
	if (!f->instruction)
		return;
	buf_add_str(to, " (");
	add_instruction(f->instruction, to);
	buf_add_char(to, ')');
}

void words_place(const struct finding *f, struct buf *to)
{
	if (!f->path)
		return;
	buf_add_str(to, f->path);
	if (f->line)
		buf_printf(to, ":%llu", (unsigned long long)f->line);
	if (f->n_paths > 1) {
		buf_add_str(to, " and ");
		words_digits(f->n_paths - 1, to);
		buf_add_str(to, " more");
	}
}

size_t words_group_end(const struct findings *f, size_t i)
{
	size_t end = i + 1;

	while (end < f->n && f->at[end].rule == f->at[i].rule && f->at[end].level == f->at[i].level)
		end++;
	return end;
}
