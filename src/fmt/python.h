/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which modules a Python program's text imports: the statements `import` and `from … import`
 * (Python reference, 7.11) among strings, comments and continued lines. What is imported by a name
 * that is computed can't be seen; relative imports stay in their package and are left out.
 */
#pragma once

#include "base/arena.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	PYTHON_MAX_IMPORTS = 4096, /* of one file; further ones are not looked at */
	PYTHON_MAX_BLOCKS = 100,   /* nested, as CPython's own parser has it */
};

struct python_import {
	struct view module; /* "a.b.c" */
	struct view member; /* of `from module import member`, which may be a module; else empty */
	size_t line;	    /* from 1 */
	/* Under try, except, if or else: the program may do without. */
	bool maybe;
};

/* In the order of the text, which is borrowed, and of any encoding that has ASCII. *ret is in `a`.
 */
size_t python_imports(struct view text, struct arena *a, struct python_import **ret);
