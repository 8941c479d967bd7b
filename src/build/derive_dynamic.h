/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the strategy for dynamic programs share. */
#pragma once

#include "build/derive.h"
#include "pkg/deb/owners.h"
#include "pkg/deb/repository.h"

/* What packages fill, and loaders search by themselves: what is there is no program's own. */
bool derive_is_system_folder(const char *dir, const char *tuple);

/* A library that packages have to bring, and who needs it. */
struct wanted {
	const char *soname, *by;
};

struct wanted_list {
	struct wanted *at;
	size_t n;
};

/*
 * The program's own libraries, which its search paths lead to on this machine, into the recipe's
 * paths, at the places where the same search paths lead to in the image; and what is left.
 */
int derive_own(struct deriving *x, struct wanted_list *ret, struct err *e);

/* Where packages with a library are looked for: the archive of one release. */
struct supply {
	struct deriving *x;
	const struct release *release;
	struct deb_owners *owners; /* NULL until something isn't in data/sonames.txt */
	struct host_view *host;	   /* --libs=host: look there instead */
	struct strings *opened;	   /* … and put what is opened at run time here, by its path */
};

/* The package with a library, or its path on the host; *ret is NULL when none has it. */
int supply_find(struct supply *ar, const char *soname, const char **ret, struct err *e);
void supply_done(struct supply *ar);

/* The tree of all packages so far, before anything is left out, and what is reached in it. */
struct probe {
	struct recipe *recipe;
	struct lock *lock;
	struct build build;
	bool filled;
	struct link *link;
	struct link_result reached;
};

/* Libraries that notes name (`.note.dlopen`), or that the program names without a note. */
int derive_dlopen(struct supply *ar, struct probe *p, struct err *e);
/* The converters, all of them or those of --charset. */
int derive_gconv(struct deriving *x, struct probe *p, struct err *e);
