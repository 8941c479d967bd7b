/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a program to the recipe of its image: strategy, release, packages, and what the evidence in
 * the program and in the libraries that it reaches asks for besides.
 */
#pragma once

#include "build/build.h"
#include "recipe/derived.h"

/*
 * Relative paths in the wishes are seen from the folder `cwd`. Everything in `ret` lives in `a` or
 * is the program's or the wishes'. Looks things up in the
 * archive where packages are needed.
 */
int build_derive(const struct build_context *ctx, const struct program *p,
		 const struct evidence_rules *rules, const struct program_wishes *w,
		 const char *cwd, struct arena *a, struct derived *ret, struct err *e);

/*
 * Once the image is built: FAIL_IO when a file that the recipe was derived from isn't what it was
 * then, for the image holds what it is now, and perhaps not what that needs.
 */
int build_derived_check(const struct derived *d, struct err *e);

/* Within the engine: the strategies, each in its file. */
struct deriving {
	const struct build_context *ctx;
	const struct program *program;
	const struct evidence_rules *rules;
	const struct program_wishes *wishes;
	struct arena *a;
	struct derived *d;
	const char *cwd; /* that relative paths are seen from */
	uint64_t texts;	 /* of evidence: the program's, and of libraries that come with it */
};

struct archive;
int derive_packages(struct deriving *x, const struct archive *archive, struct err *e); /* dynamic */
int derive_script(struct deriving *x, struct err *e);
/* What a script imports, if it is one for python3. */
int derive_python(struct deriving *x, struct err *e);
int derive_host(struct deriving *x, struct err *e); /* --libs=host */
/* What was found by evidence, into the derived recipe: extras, modules. */
void derive_evidence(struct deriving *x, const struct evidence_object *objects, size_t n);
/* The release that the wishes name, else the newest; for what only needs data. */
int derive_newest_release(struct deriving *x, struct err *e);
/* What scanners know a release by. */
void derive_os_release(struct deriving *x);
