/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are compiled into the program: tools/embed makes a table of these, ended by an entry
 * whose name is NULL, and its length as NAME_count.
 */
#pragma once

#include <stddef.h>

struct embedded {
	const char *name;	    /* path below the folder that was given to tools/embed */
	const unsigned char *bytes; /* followed by a NUL that `size` doesn't count */
	size_t size;
};
