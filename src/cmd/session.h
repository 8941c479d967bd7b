/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs that start from a recipe share: the recipe itself, its lock file, and the
 * context that the build engine works in, made from options and environment.
 */
#pragma once

#include "build/build.h"
#include "build/derive.h"
#include "build/host_hash.h"
#include "cmd/program_options.h"
#include "cmd/recipe_options.h"
#include "cmd/remote.h"
#include "cmd/verb.h"

struct session {
	struct build_context ctx;
	struct host_memo memo;
	struct recipe *recipe;
	const char *lock_path; /* NULL: a profile, which has no file to lie beside */
	struct strings archs;  /* that were asked for, else the recipe's, else the host's */
	struct deb_mirrors mirrors;
	struct remote remote; /* where a base may be; open only if there is one */
	bool only_look;	      /* session_lock() writes no lock file */
	/* When a program was given instead of a recipe; else NULL. */
	const struct program *program;
	const struct derived *derived; /* `recipe` is its text, read */
	struct buf derived_text;
};

struct session_options {
	const struct recipe_options *recipe;
	const char *store; /* NULL: the user's own */
	uint64_t jobs;
	bool needs_store;		       /* a base needs one anyway */
	const struct program_options *program; /* NULL: the verb takes recipes only */
	bool program_only;		       /* … or programs only */
	bool builds;			       /* the program will be read for an image */
};

/*
 * Loads the recipe or profile that is named; or, of a program, derives one. FAIL_USAGE for options
 * that don't go together.
 */
/* The option, $PARE_CACHE, $XDG_CACHE_HOME/pare or ~/.cache/pare; always absolute. */
int cache_folder(const char *option, struct arena *a, const char **ret, struct err *e);

/* $PARE_TIMEOUT, in milliseconds; 0 where it isn't set. */
int http_timeout_ms(uint32_t *ret, struct err *e);

int session_open(struct command *c, const struct session_options *o, struct session *ret,
		 struct err *e);
/* Without a recipe: caches, mirrors and connections only, for looking things up in archives. */
int session_open_archives(struct command *c, const struct recipe_options *o, struct session *ret,
			  struct err *e);
void session_close(struct session *s);

/*
 * The recipe's lock: from its file if that is current; else resolved and, unless `locked`, which
 * makes that an error, written to the file.
 */
int session_lock(struct session *s, bool locked, struct lock **ret, struct err *e);
/* Writes the lock beside the recipe. */
int session_save_lock(const struct session *s, const struct lock *l, struct err *e);
/* The lock file as it is, or NULL in *ret when there's none. */
int session_read_lock(const struct session *s, struct lock **ret, struct err *e);

#define auto_session __attribute__((cleanup(session_close))) struct session
