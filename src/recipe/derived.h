/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe in the making: what build/derive.c decides about a program, each line with its reason,
 * and its text as pare.yaml. The text is what gets built, and what `pare init` writes, so that both
 * give the same image.
 */
#pragma once

#include "base/buf.h"
#include "recipe/program.h"
#include "recipe/recipe.h"
#include "recipe/release.h"

/* What the user says besides the program. Texts as on the command line. */
struct program_wishes {
	struct strings arguments; /* behind "--" */
	const char *entrypoint, *cmd, *user, *work_dir, *stop_signal;
	struct strings ports, env, labels, volumes, files;
	struct strings with, without, charsets;
	struct strings keyring; /* that signs the archive; none: Debian's */
	const char *release;
	const char *base;   /* build on this image, which has what the program needs */
	bool libs_host;	    /* the host's libraries instead of packages */
	bool keep_packages; /* whole packages */
	bool strip;
};

struct derived_line {
	const char *value;
	const char *why; /* or NULL */
};

struct derived_lines {
	struct derived_line *at;
	size_t n;
};

struct derived_path {
	const char *path, *type; /* as in a recipe */
	const char *source, *content;
	const char *mode, *uid, *gid; /* or NULL */
	bool strip;
	const char *why;
};

/* A library, interpreter or module, who has it, and how it was seen. */
struct derived_need {
	const char *name;
	const char *from; /* package, path, or "the program's own" */
	const char *evidence;
};

/* An extra, and why the image has it or not. */
struct derived_extra {
	bool on;
	const char *reason; /* NULL: nothing was seen that asks for it */
};

/* A file of this machine that was read to decide something. */
struct derived_seen {
	const char *path;
	struct stat state;
};

struct derived {
	struct arena *a;
	const struct program *program;
	const struct program_wishes *wishes;
	const struct release *release; /* NULL: no packages */
	const char *strategy;	       /* "scratch", "packages", "host libraries" */
	const char *reason;	       /* why this strategy, and this release */
	const char *image_path;	       /* of the program */
	struct derived_need *needs;
	size_t n_needs;
	size_t n_own_needs; /* of these, the program's own libraries, which come first */
	struct derived_lines packages, includes, excludes;
	struct derived_path *paths;
	size_t n_paths;
	struct derived_extra extras[EXTRAS];
	struct strings entrypoint, cmd;
	struct pairs environment;
	struct derived_seen *seen; /* must be the same when the image is built */
	size_t n_seen;
	struct strings notes; /* what could be smaller, safer, or isn't done */
	bool reached;	      /* contents.keep */
	bool resolved;	      /* the archive's indexes were looked at, and are in the cache */
};

/* Whether data, too, is this machine's instead of packages': see derive_host.c. */
bool derived_from_host(const struct derived *d);
/* Appends unless the value is there. */
void derived_add(struct derived *d, struct derived_lines *to, const char *value, const char *why);
/* One of each name. */
void derived_need(struct derived *d, const char *name, const char *from, const char *evidence);
/* That the file was read in this state; both are copied. */
void derived_saw(struct derived *d, const char *path, const struct stat *state);
/* Unless the path is there: what the user says comes first. */
void derived_add_path(struct derived *d, struct derived_path path);

/*
 * The program, its user, folders and settings, as the wishes have them; FAIL_USAGE for a wish that
 * can't be read. Packages and libraries are the engine's to add.
 */
int derived_init(struct derived *d, const struct program *p, const struct program_wishes *w,
		 struct arena *a, struct err *e);
/* What the extras that are on mean: packages, files, environment. Once all of them are decided. */
/* May be called again when more is decided. */
void derived_apply_extras(struct derived *d);
/* Decides an extra by evidence, unless the wishes have. The first reason stays. */
void derived_extra(struct derived *d, enum extra x, const char *reason);

/* Appends a note, once. */
void derived_note(struct derived *d, const char *text);

/* The recipe's text. `command` is how it could be had again, for its head. */
void derived_write(const struct derived *d, const char *command, struct buf *to);
