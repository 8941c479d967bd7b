/* SPDX-License-Identifier: Apache-2.0 */
/* Records of an APKINDEX into a binary index. */
#include "pkg/apk/index_text.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/interrupt.h"
#include "pkg/apk/checksum.h"
#include "pkg/apk/index_record.h"
#include "pkg/apk/version.h"

#include <string.h>

enum { N_FIELDS = 128 };

struct record {
	const char *name; /* of the index */
	const char *arch, *folder;
	size_t line; /* of the record's first */
	struct view field[N_FIELDS];
	bool any;
	bool newer; /* has a field that changes its meaning in a way nobody here knows */
	struct buf filename;
	struct arena arena; /* of lists on several lines */
};

static int bad(const struct record *r, const char *what, char field, struct err *e)
{
	struct view v = r->field[(unsigned char)field];

	return fail(e, FAIL_FORMAT, "%s: line %zu: package '%.*s': %s %c: '%.*s'", r->name, r->line,
		    (int)(r->field['P'].len > 80 ? 80 : r->field['P'].len),
		    r->field['P'].ptr ? r->field['P'].ptr : "", what, field,
		    (int)(v.len > 80 ? 80 : v.len), v.ptr ? v.ptr : "");
}

static int fill(struct record *r, struct package *p, struct err *e)
{
	struct view *f = r->field;
	struct apk_checksum unused;
	uint64_t priority = 0;

	if (!apk_is_name(f['P']))
		return bad(r, "no name in", 'P', e);
	/* Alpine itself has had versions that are none, such as aspell-ru's 0.99f7-r0. */
	if (!apk_is_name(f['V']) || f['V'].len > APK_MAX_VERSION_BYTES)
		return bad(r, "no version in", 'V', e);
	if (!apk_checksum_parse(f['C'], &unused))
		return bad(r, "no checksum in", 'C', e);
	if (f['A'].ptr && !apk_is_name(f['A']))
		return bad(r, "no architecture in", 'A', e);
	*p = (struct package){
		.name = f['P'],
		.version = f['V'],
		.arch = f['A'].ptr ? f['A'] : view_of(r->arch),
		.source = f['o'].len ? f['o'] : f['P'],
		.depends = f['D'],
		.provides = f['p'],
		.joins = f['i'],
		.checksum = f['C'],
	};
	buf_clear(&r->filename);
	buf_printf(&r->filename, "%s%s%.*s-%.*s.apk", r->folder, r->folder[0] ? "/" : "",
		   VIEW_ARG(p->name), VIEW_ARG(p->version));
	p->filename = buf_view(&r->filename);
	if (!view_to_u64(f['S'], &p->size_bytes))
		return bad(r, "no size in", 'S', e);
	if (f['I'].len && !view_to_u64(f['I'], &p->installed_bytes))
		return bad(r, "no size in", 'I', e);
	if (f['k'].len && (!view_to_u64(f['k'], &priority) || priority > UINT32_MAX))
		return bad(r, "no priority in", 'k', e);
	p->provider_priority = (uint32_t)priority;
	return 0;
}

static int end_record(struct record *r, struct index_writer *w, struct err *e)
{
	struct package p;
	int rc;

	if (!r->any || r->newer)
		return 0;
	rc = fill(r, &p, e);
	if (rc == 0 && !apk_provides_are_names(p.provides))
		rc = bad(r, "no names in", 'p', e);
	return rc < 0 ? rc : apk_index_add(w, &p, e);
}

static int take_line(struct record *r, struct view line, size_t number, struct err *e)
{
	static const char capitals[] = "CPVASITULDFMRZ";
	unsigned char letter;

	if (!r->any)
		r->line = number;
	r->any = true;
	if (line.len < 2 || line.ptr[1] != ':' || (unsigned char)line.ptr[0] >= N_FIELDS)
		return fail(e, FAIL_FORMAT, "%s: line %zu: expected a letter and ':'", r->name,
			    number);
	letter = (unsigned char)line.ptr[0];
	if (letter >= 'A' && letter <= 'Z' && !strchr(capitals, letter))
		r->newer = true;
	line = view_make(line.ptr + 2, line.len - 2);
	/* Lists may go on on another line of the same letter. */
	if (r->field[letter].len && strchr("Dpi", letter)) {
		const char *both = arena_printf(&r->arena, "%.*s %.*s", VIEW_ARG(r->field[letter]),
						VIEW_ARG(line));

		line = view_of(both);
	}
	r->field[letter] = line;
	return 0;
}

static void begin_record(struct record *r)
{
	memset(r->field, 0, sizeof(r->field));
	r->any = r->newer = false;
	arena_done(&r->arena);
	r->arena = (struct arena)ARENA_EMPTY;
}

int apk_index_read(struct view text, const char *name, const char *arch, const char *folder,
		   struct index_writer *w, struct err *e)
{
	struct record r = { .name = name, .arch = arch, .folder = folder };
	struct view line;
	int rc = 0;

	for (size_t number = 1; rc == 0 && view_split(&text, '\n', &line); number++) {
		if (line.len) {
			rc = take_line(&r, line, number, e);
			continue;
		}
		rc = interrupt_check(e);
		if (rc == 0)
			rc = end_record(&r, w, e);
		begin_record(&r);
	}
	if (rc == 0)
		rc = end_record(&r, w, e);
	buf_done(&r.filename);
	arena_done(&r.arena);
	return rc;
}
