/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads Packages files. One pass over a stanza's fields: names are told apart by their length and
 * then compared, since this runs a million times for one Debian release.
 */
#include "pkg/deb/packages.h"

#include <stddef.h>
#include <strings.h>

#include "base/checked.h"
#include "base/interrupt.h"
#include "fmt/deb822.h"

/* What is kept of a stanza. */
enum slot {
	SLOT_PACKAGE,
	SLOT_VERSION,
	SLOT_ARCHITECTURE,
	SLOT_SOURCE,
	SLOT_FILENAME,
	SLOT_DEPENDS,
	SLOT_PRE_DEPENDS,
	SLOT_PROVIDES,
	SLOT_CONFLICTS,
	SLOT_BREAKS,
	SLOT_REPLACES,
	SLOT_SIZE,
	SLOT_INSTALLED_SIZE,
	SLOT_SHA256,
	SLOT_MULTI_ARCH,
	SLOT_PRIORITY,
	SLOT_ESSENTIAL,
	SLOTS,
};

static const char *const slot_names[SLOTS] = {
	[SLOT_PACKAGE] = "Package",
	[SLOT_VERSION] = "Version",
	[SLOT_ARCHITECTURE] = "Architecture",
	[SLOT_SOURCE] = "Source",
	[SLOT_FILENAME] = "Filename",
	[SLOT_DEPENDS] = "Depends",
	[SLOT_PRE_DEPENDS] = "Pre-Depends",
	[SLOT_PROVIDES] = "Provides",
	[SLOT_CONFLICTS] = "Conflicts",
	[SLOT_BREAKS] = "Breaks",
	[SLOT_REPLACES] = "Replaces",
	[SLOT_SIZE] = "Size",
	[SLOT_INSTALLED_SIZE] = "Installed-Size",
	[SLOT_SHA256] = "SHA256",
	[SLOT_MULTI_ARCH] = "Multi-Arch",
	[SLOT_PRIORITY] = "Priority",
	[SLOT_ESSENTIAL] = "Essential",
};

/* Which slot a name may be; the name is still compared. */
static int slot_guess(struct view name)
{
	char first = (char)(name.ptr[0] | 0x20);

	switch (name.len) {
	case 4:
		return SLOT_SIZE;
	case 6:
		return (name.ptr[1] | 0x20) == 'h' ? SLOT_SHA256
						   : (first == 'b' ? SLOT_BREAKS : SLOT_SOURCE);
	case 7:
		return first == 'p' ? SLOT_PACKAGE : (first == 'v' ? SLOT_VERSION : SLOT_DEPENDS);
	case 8:
		if (first == 'r')
			return SLOT_REPLACES;
		if (first == 'f')
			return SLOT_FILENAME;
		return (name.ptr[2] | 0x20) == 'o' ? SLOT_PROVIDES : SLOT_PRIORITY;
	case 9:
		return first == 'c' ? SLOT_CONFLICTS : SLOT_ESSENTIAL;
	case 10:
		return SLOT_MULTI_ARCH;
	case 11:
		return SLOT_PRE_DEPENDS;
	case 12:
		return SLOT_ARCHITECTURE;
	case 14:
		return SLOT_INSTALLED_SIZE;
	default:
		return -1;
	}
}

static void sort_fields(const struct deb822_stanza *s, struct view slots[SLOTS])
{
	memset(slots, 0, SLOTS * sizeof(*slots));
	for (size_t i = 0; i < s->n_fields; i++) {
		struct view name = s->fields[i].name;
		int slot = name.len ? slot_guess(name) : -1;

		if (slot >= 0 && slot_names[slot][name.len] == '\0' &&
		    strncasecmp(slot_names[slot], name.ptr, name.len) == 0)
			slots[slot] = s->fields[i].value;
	}
}

struct context {
	const char *name; /* of the file, for messages */
	size_t line;	  /* of the stanza */
};

static int bad(const struct context *c, enum slot slot, const char *what, struct err *e)
{
	return fail(e, FAIL_FORMAT, "%s: line %zu: %s '%s'", c->name, c->line, what,
		    slot_names[slot]);
}

static int check_required(const struct context *c, const struct view slots[SLOTS], struct err *e)
{
	static const enum slot required[] = { SLOT_PACKAGE,  SLOT_VERSION, SLOT_ARCHITECTURE,
					      SLOT_FILENAME, SLOT_SIZE,	   SLOT_SHA256 };

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		if (slots[required[i]].len == 0)
			return bad(c, required[i], "stanza without", e);
	}
	return 0;
}

/* Below the repository's root, and nowhere else. */
static bool is_safe_filename(struct view v)
{
	struct view part;

	if (v.len == 0 || v.ptr[0] == '/')
		return false;
	for (size_t i = 0; i < v.len; i++) {
		if ((unsigned char)v.ptr[i] <= ' ' || v.ptr[i] == 0x7f || v.ptr[i] == '\\')
			return false;
	}
	while (view_split(&v, '/', &part)) {
		if (view_is(part, "..") || part.len == 0)
			return false;
	}
	return true;
}

static enum package_multi_arch multi_arch(struct view v)
{
	if (view_is(v, "same"))
		return MULTI_ARCH_SAME;
	if (view_is(v, "foreign"))
		return MULTI_ARCH_FOREIGN;
	return view_is(v, "allowed") ? MULTI_ARCH_ALLOWED : MULTI_ARCH_NO;
}

static enum package_priority priority(struct view v)
{
	static const struct {
		const char *name;
		enum package_priority is;
	} table[] = {
		{ "optional", PRIORITY_OPTIONAL }, { "extra", PRIORITY_EXTRA },
		{ "required", PRIORITY_REQUIRED }, { "important", PRIORITY_IMPORTANT },
		{ "standard", PRIORITY_STANDARD },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (view_is(v, table[i].name))
			return table[i].is;
	}
	return PRIORITY_UNKNOWN;
}

static int fill_package(const struct context *c, const struct view slots[SLOTS], struct package *p,
			struct err *e)
{
	uint64_t kib = 0;
	struct view source = slots[SLOT_SOURCE];

	*p = (struct package){
		.name = slots[SLOT_PACKAGE],
		.version = slots[SLOT_VERSION],
		.arch = slots[SLOT_ARCHITECTURE],
		.source = slots[SLOT_PACKAGE],
		.filename = slots[SLOT_FILENAME],
		.depends = slots[SLOT_DEPENDS],
		.pre_depends = slots[SLOT_PRE_DEPENDS],
		.provides = slots[SLOT_PROVIDES],
		.conflicts = slots[SLOT_CONFLICTS],
		.breaks = slots[SLOT_BREAKS],
		.replaces = slots[SLOT_REPLACES],
		.multi_arch = multi_arch(slots[SLOT_MULTI_ARCH]),
		.priority = priority(slots[SLOT_PRIORITY]),
		.essential = view_is(slots[SLOT_ESSENTIAL], "yes"),
	};
	/* "name (version)" when the versions differ. */
	if (source.len)
		view_word(&source, &p->source);
	while (view_starts(p->filename, "./"))
		p->filename = view_make(p->filename.ptr + 2, p->filename.len - 2);
	if (!is_safe_filename(p->filename))
		return bad(c, SLOT_FILENAME, "unsafe", e);
	if (!view_to_u64(slots[SLOT_SIZE], &p->size_bytes))
		return bad(c, SLOT_SIZE, "no number in", e);
	if (!sha256_from_hex(slots[SLOT_SHA256], &p->digest))
		return bad(c, SLOT_SHA256, "no digest in", e);
	if (slots[SLOT_INSTALLED_SIZE].len &&
	    (!view_to_u64(slots[SLOT_INSTALLED_SIZE], &kib) ||
	     !checked_mul(kib, (uint64_t)1024, &p->installed_bytes)))
		return bad(c, SLOT_INSTALLED_SIZE, "no number in", e);
	return 0;
}

/* The names only: what comes behind them is left to those who resolve. */
static int add_provides(struct index_writer *w, struct view provides, struct err *e)
{
	struct view one;

	if (provides.len == 0)
		return 0;
	while (view_split(&provides, ',', &one)) {
		size_t n = 0;
		int rc;

		one = view_trim(one);
		while (n < one.len && !strchr(" \t\n(:", one.ptr[n]))
			n++;
		if (n == 0)
			continue;
		rc = index_writer_provide(w, view_make(one.ptr, n), e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_stanza(const struct context *c, const struct deb822_stanza *s,
		      struct index_writer *w, struct err *e)
{
	struct view slots[SLOTS];
	struct package p;
	int rc;

	sort_fields(s, slots);
	rc = check_required(c, slots, e);
	if (rc == 0)
		rc = fill_package(c, slots, &p, e);
	if (rc == 0)
		rc = index_writer_add(w, &p, e);
	return rc < 0 ? rc : add_provides(w, p.provides, e);
}

int deb_packages_read(struct source *from, const char *name, struct index_writer *w, struct err *e)
{
	struct deb822_reader *r = deb822_reader_new(from, name);
	struct deb822_stanza s;
	int rc;

	while ((rc = deb822_reader_next(r, &s, e)) > 0) {
		struct context c = { name, s.line };

		rc = interrupt_check(e);
		if (rc == 0)
			rc = add_stanza(&c, &s, w, e);
		if (rc < 0)
			break;
	}
	deb822_reader_free(r);
	return rc;
}
