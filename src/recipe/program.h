/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program is, seen in its file and nowhere else: it is never run. Decides which strategy can
 * work; what isn't a Linux program is an error that says what it is.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "fmt/elf.h"
#include "fmt/python.h"
#include "oci/image.h"
#include "pkg/arch.h"
#include "recipe/evidence.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	PROGRAM_MAX_SCRIPT_LINE = 256, /* of "#!", as the kernel reads it (BINPRM_BUF_SIZE) */
	PROGRAM_SNIFF_BYTES = 512,     /* the headers of Windows programs, too */
	PROGRAM_MAX_IMPORTING =
		4 << 20, /* of Python whose imports are read; generated data is more */
};

enum program_kind {
	PROGRAM_STATIC, /* needs nothing but the kernel */
	PROGRAM_GLIBC,
	PROGRAM_MUSL,
	PROGRAM_OTHER_LOADER, /* dynamic, by a loader of neither */
	PROGRAM_SCRIPT,
};

struct program {
	const char *path;     /* as given */
	const char *absolute; /* without links */
	const char *name;     /* last part of the path as given */
	enum program_kind kind;
	uint64_t size_bytes;
	struct stat seen;	 /* the file, when it was read */
	bool executable;	 /* has the owner's x bit */
	const struct arch *arch; /* NULL: a script */
	/* Of ELF files. */
	struct elf elf;
	struct elf_symbols symbols;
	struct elf_facts facts;
	uint64_t texts; /* which of evidence_rules.texts are compiled in */
	/* Of scripts. */
	const char *interpreter;       /* "/usr/bin/python3", also for "#!/usr/bin/env python3" */
	struct strings arguments;      /* that the first line gives the interpreter */
	struct python_import *imports; /* of one for python3 */
	size_t n_imports;
};

/* Whether a file's first bytes are a program's, of any system, rather than a recipe's. */
bool program_sniff(struct view start);
/*
 * Looks for the rules' texts, too (`rules` may be NULL). Everything lives in `a`. FAIL_UNSUPPORTED
 * or FAIL_FORMAT for what can't be a program of a Linux image; FAIL_IO when the file changes
 * meanwhile.
 */
int program_read(const char *path, const struct evidence_rules *rules, struct arena *a,
		 struct program *ret, struct err *e);

/* The same for a shared library, whose kind is not set. */
int program_read_library(const char *path, const struct evidence_rules *rules, struct arena *a,
			 struct program *ret, struct err *e);

/* "GLIBC_2.38" is newer than "GLIBC_2.4": compares two names with the same prefix and numbers. */
int program_compare_versions(struct view a, struct view b);
/*
 * The newest version with this prefix ("GLIBC_") that `s` needs of any file; ptr is NULL when none.
 */
struct view program_newest_version(const struct elf_symbols *s, const char *prefix);
/* "static program for linux/amd64", for people. */
const char *program_describe(const struct program *p, struct arena *a);
