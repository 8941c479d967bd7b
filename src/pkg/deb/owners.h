/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which package a file is in, from an archive's signed Contents index: reduced to what a loader, a
 * `#!` line or an import of Python may ask for, which is libraries in default folders, programs and
 * modules. 170 MB of text become a table of 2 MB, kept in the cache by the digest of the text.
 */
#pragma once

#include "base/arena.h"
#include "pkg/deb/context.h"
#include "pkg/deb/source.h"

enum {
	OWNERS_MAX_TABLE_BYTES = 256 << 20, /* trixie's has 2 MB */
	OWNERS_MAX_LINE_BYTES = 64 << 10,   /* of a Contents file; trixie's longest has 3,000 */
	OWNERS_MAX_FOUND = 64,		    /* packages with one file; programs have about 5 */
};

struct deb_owner {
	struct view path;    /* "usr/lib/x86_64-linux-gnu/libz.so.1" */
	struct view package; /* "zlib1g" */
	struct view section; /* "libs"; may be empty */
};

struct deb_owners;

/*
 * Of one architecture, as Debian names it, or of "all", and the source's first component.
 * FAIL_NOT_FOUND for an archive without Contents.
 */
int deb_owners_open(struct deb_context *ctx, const struct deb_source *source, const char *arch,
		    struct deb_owners **ret, struct err *e);
void deb_owners_close(struct deb_owners *o);

/* Those with a file of this base name, sorted by path and package; at most `max`. */
size_t deb_owners_named(const struct deb_owners *o, struct view base_name, struct deb_owner *ret,
			size_t max);
/*
 * The package that a program needs for `soname`: a library before anything else, the package that
 * is named after it before others, then by name. False when there's none.
 */
bool deb_owners_of_soname(const struct deb_owners *o, const char *soname, struct deb_owner *ret);
/*
 * The package with a module of Python that is named in one or two parts ("google.protobuf"): one
 * called python3-… before others, then by name. False when there's none.
 */
bool deb_owners_of_module(const struct deb_owners *o, const char *module, struct deb_owner *ret);

static inline void deb_owners_cleanup(struct deb_owners **o)
{
	deb_owners_close(*o);
}

#define auto_owners __attribute__((cleanup(deb_owners_cleanup))) struct deb_owners *

/* Within pkg/deb, and for tests and fuzzers: the table's text. */

#define OWNERS_HEAD "pare owners\n"
#define OWNERS_MODULE "python3/" /* no base name has a '/' */
#define OWNERS_END "\177end "	 /* sorts behind all names */

/* Takes the text of a Contents file; adds the table to `to`. `tuple` is the multiarch tuple. */
int owners_make(struct source *contents, const char *name, const char *tuple, struct buf *to,
		struct err *e);
/* Over a table that stays; FAIL_FORMAT when it isn't one, or damaged. */
int owners_open_table(struct buf *table, struct deb_owners **ret, struct err *e);
