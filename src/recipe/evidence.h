/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program is seen to need besides its libraries, and by which evidence: the rules of
 * data/evidence.txt applied to what is in the files.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "fmt/elf.h"
#include "recipe/scan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What --with and --without name. */
enum extra {
	EXTRA_CERTIFICATES,
	EXTRA_TZDATA,
	EXTRA_LOCALE,
	EXTRA_NSS,
	EXTRA_GCONV,
	EXTRA_PASSWD,
	EXTRA_TMP,
	EXTRA_DLOPEN,
	EXTRA_MODULES,
	EXTRA_SHELL,
	EXTRAS,
};

/* "ca-certificates"; never NULL. */
const char *extra_name(enum extra x);
/* False when there's none of that name. */
bool extra_by_name(const char *name, enum extra *ret);
/* All names, separated by ", ". */
const char *extra_list(struct arena *a);

enum evidence_kind {
	EVIDENCE_HOLDS,
	EVIDENCE_IMPORTS,
	EVIDENCE_REACHES,
	EVIDENCE_LINKS,
	EVIDENCE_SAYS
};

struct evidence_rule {
	enum evidence_kind kind;
	const char *pattern;
	enum extra extra;    /* of a `load`: whose files they are */
	const char *package; /* of a `load`; NULL: one that is there anyway */
	const char *paths;   /* of a `load`: patterns, joined by commas; else NULL */
	const char *reason;
	unsigned text; /* EVIDENCE_HOLDS, EVIDENCE_SAYS: number in evidence_rules.texts */
};

struct evidence_rules {
	struct evidence_rule *at;
	size_t n;
	struct evidence_deaf {
		const char *library, *function;
	} * deaf;
	size_t n_deaf;
	struct view texts[SCAN_MAX_TEXTS];
	size_t n_texts;
};

/* The built-in rules; everything in `a`. */
int evidence_rules_builtin(struct arena *a, struct evidence_rules *ret, struct err *e);
/* The same from a text; `name` is for messages. FAIL_FORMAT with "name: line N: ". */
int evidence_rules_parse(struct view text, const char *name, struct arena *a,
			 struct evidence_rules *ret, struct err *e);

/*
 * Sets `s` up for the texts that count for a script, or for any other program: the fewer short
 * ones, the faster. ret[i] is the number in rules->texts of the scan's text i.
 */
void evidence_scan_init(struct scan *s, const struct evidence_rules *rules, bool script,
			uint8_t ret[SCAN_MAX_TEXTS]);

/* One ELF file that will be loaded. */
struct evidence_object {
	const char *name; /* soname, or the program's name */
	const struct elf *elf;
	const struct elf_symbols *symbols;
	bool own; /* the program, or a library that comes with it */
};

struct evidence_found {
	const struct evidence_rule *rule;
	const char *reason; /* with what it was seen by */
};

/*
 * At most one finding for each extra and each `load`, in the order of the rules. `texts` is the set
 * of evidence_rules.texts that the program (a script: EVIDENCE_SAYS) has.
 */
size_t evidence_find(const struct evidence_rules *rules, uint64_t texts, bool script,
		     const struct evidence_object *objects, size_t n, struct arena *a,
		     struct evidence_found **ret);
