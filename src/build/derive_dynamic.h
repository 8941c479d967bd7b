/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the strategy for dynamic programs share. */
#pragma once

#include "build/derive.h"

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

struct supply;

/* A package world as derivations see it. */
struct archive {
	const char *title;  /* "Debian" */
	const char *libc;   /* the package with the loader */
	const char *advice; /* what to do when no release fits */
	/* Those to try, the best first; the one that the wishes name. */
	int (*releases)(const struct deriving *x, struct release **ret, size_t *ret_n,
			struct err *e);
	/* NULL, or what of the program's needs the release is too old for; or NULL itself. */
	const char *(*lacks)(const struct deriving *x, const struct release *r);
	/* Opens the release where that is known to be needed; *ret_lacks is set when the mirror
	 * doesn't have it. Or NULL. */
	int (*open)(struct supply *ar, const char **ret_lacks, struct err *e);
	/* As supply_find; may put what it opened into `of`. */
	int (*find)(struct supply *ar, const char *soname, const char **ret, struct err *e);
	void (*close)(void *of);
	/* The reason for a release; `before` is why the one before it didn't fit, or NULL. */
	const char *(*why)(const struct deriving *x, const struct release *r, const char *before);
};

extern const struct archive archive_debian, archive_alpine;

/* Where packages with a library are looked for: the archive of one release. */
struct supply {
	struct deriving *x;
	const struct archive *archive;
	const struct release *release;
	const char
		*detail; /* behind open's ret_lacks; not for images, since it names this host's */
	void *of;	 /* the archive's own; NULL until something is looked for there */
	struct host_view *host; /* --libs=host: look there instead */
	struct strings *opened; /* … and put what is opened at run time here, by its path */
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

struct deb_owners;

/* Debian's Contents of a release; `arch` as Debian names it, or "all"; `what` is for messages. */
int derive_open_owners(const struct deriving *x, const struct release *r, const char *arch,
		       const char *what, struct deb_owners **ret, struct err *e);
/* Adds what evidence asks for until nothing is new: packages, includes, extras, needs. */
int derive_rounds(struct supply *ar, struct err *e);
/* Libraries that notes name (`.note.dlopen`), or that the program names without a note. */
int derive_dlopen(struct supply *ar, struct probe *p, struct err *e);
/* The converters, all of them or those of --charset. */
int derive_gconv(struct deriving *x, struct probe *p, struct err *e);
