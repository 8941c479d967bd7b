/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/ld.so.cache computed from a tree: byte for byte what the ldconfig of the tree's own glibc
 * writes (`ldconfig -X`), for any of Debian's architectures on any machine. Nothing is run and the
 * tree isn't changed: sonames that no file or link in it bears are not made, as packages bring
 * them.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "tree/tree.h"

enum {
	LDCACHE_MAX_CONF_BYTES = 1 << 20,    /* of one ld.so.conf; real ones have 100 */
	LDCACHE_MAX_CONF_DEPTH = 16,	     /* of includes: deeper ones are loops */
	LDCACHE_MAX_CONF_FILES = 1024,	     /* read in all; a full desktop has 10 */
	LDCACHE_MAX_DIRS = 4096,	     /* to be searched; a full desktop has 20 */
	LDCACHE_MAX_LIBRARIES = 100000,	     /* a full desktop has 4,000 */
	LDCACHE_MAX_STRING_BYTES = 64 << 20, /* of all names and paths, so that offsets fit */
};

/*
 * `arch` is Debian's name; FAIL_UNSUPPORTED for one that isn't known. Adds the file to `ret`.
 * Files that look like libraries and aren't ELF are passed over, as ldconfig does.
 */
int ldcache_make(const struct tree *t, const char *arch, struct buf *ret, struct err *e);
