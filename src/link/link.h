/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel and the dynamic loader would do with a program inside a tree: which interpreter,
 * which libraries in which order, and what they would stumble over. glibc and musl each by its own
 * rules (ld.so(8), elf/dl-load.c; musl's ldso/dynlink.c); `#!` as Linux does it. Nothing is run
 * and nothing outside the tree is looked at.
 *
 * Results are data; link_problem_text() says one in words. One thread at a time per context.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/monitor.h"
#include "fmt/elf.h"
#include "tree/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LINK_MAX_OBJECTS = 8192,    /* of one program; the largest desktop programs load 500 */
	LINK_MAX_LOOKUPS = 1 << 20, /* paths tried for one program; real ones need 10 per object */
	LINK_MAX_SCRIPTS = 5,	    /* `#!` after `#!`: Linux gives up at the sixth */
	LINK_SCRIPT_BYTES = 256,    /* of a first line that Linux looks at: BINPRM_BUF_SIZE */
	LINK_MAX_CONFIG_BYTES = 1 << 20,   /* of ld.so.preload, passwd, …: hand-written files */
	LINK_MAX_LDCACHE_BYTES = 32 << 20, /* full desktops have 200 kB */
};

/* How a process would be started; {0}: as root in '/', with an empty environment. */
struct link_process {
	const char *const *env; /* NAME=value */
	size_t n_env;
	const char *work_dir; /* NULL: '/' */
	const char *user;     /* of an image's config: NAME|UID[:GROUP|GID]; NULL or "": root */
	/* The image's platform, as OCI names it; NULL: any machine will do. */
	const char *architecture, *variant;
};

enum link_role {
	LINK_SCRIPT,	  /* a file with `#!` */
	LINK_PROGRAM,	  /* what is run */
	LINK_INTERPRETER, /* the program's dynamic loader */
	LINK_PRELOAD,
	LINK_LIBRARY,
	LINK_VARIANT, /* a library in glibc-hwcaps that some processors get instead */
};

/* A file that takes part, in the order in which it is loaded. */
struct link_object {
	const struct node *node;
	const char *path; /* as it was found, which may lead through links */
	const char *name; /* as it was asked for */
	enum link_role role;
	const struct link_object *asked_by; /* who asked first; NULL for the start */
	const struct elf *elf;		    /* NULL for scripts */
};

enum link_problem_kind {
	LINK_NO_COMMAND,      /* the command isn't there */
	LINK_NOT_EXECUTABLE,  /* without x permission for the user, or no regular file */
	LINK_NOT_PROGRAM,     /* neither ELF nor `#!` */
	LINK_DAMAGED,	      /* an ELF file that is cut or lies */
	LINK_ARCHITECTURE,    /* for another machine than the image or the program */
	LINK_NO_INTERPRETER,  /* the loader or what is behind `#!` isn't there */
	LINK_CARRIAGE_RETURN, /* `#!` line of a DOS text file */
	LINK_SCRIPT_LOOP,     /* too many `#!` after another */
	LINK_NO_LIBRARY,      /* found in none of the searched folders */
	LINK_BAD_LIBRARY,     /* found, but nothing that can be loaded */
	LINK_NO_VERSION,      /* a library without a version that is needed of it */
	LINK_NO_SYMBOL,	      /* a symbol that no loaded object defines */
	LINK_NO_USER,	      /* a user or group name that passwd or group don't have */
	LINK_NO_FOLDER,	      /* the working directory can't be entered */
};

struct link_problem {
	enum link_problem_kind kind;
	bool fatal;	     /* keeps the program from starting; else it may fail later, or never */
	const char *object;  /* path of the file that has the problem; a command that isn't there */
	const char *name;    /* interpreter, library, version, symbol, user, folder; or NULL */
	const char *library; /* of a version; NULL otherwise */
	const char *detail;  /* more words on it, or NULL */
	unsigned n_more;     /* symbols of this object that are missing besides */
	bool musl;	     /* by musl's rules */
	const char **chain;  /* paths from the start to `object` */
	size_t n_chain;
	const char **searched; /* folders, for what was not found */
	size_t n_searched;
};

struct link_result {
	struct link_object **objects;
	size_t n_objects, cap_objects;
	struct link_problem *problems;
	size_t n_problems, cap_problems;
};

void link_result_done(struct link_result *r);
/* Whether a problem keeps the program from starting. */
bool link_result_fails(const struct link_result *r);

/* What is known about a tree's files; the tree must not change meanwhile. */
struct link;

struct link *link_new(const struct tree *t) __attribute__((returns_nonnull));
void link_free(struct link *l);

/*
 * Told before anything is looked at: which regular files are neither ELF nor scripts, for trees
 * that know it without reading them.
 */
typedef bool link_is_other(void *ctx, const struct node *n);
void link_know_others(struct link *l, link_is_other *fn, void *ctx);

/* What nobody needs for running an ELF file; false when it is none, or its sections are damaged. */
int link_facts(struct link *l, const struct node *n, struct arena *a, struct elf_facts *ret,
	       bool *ret_known, struct err *e);

static inline void link_cleanup(struct link **l)
{
	link_free(*l);
}

/* auto_link l = link_new(&tree); */
#define auto_link __attribute__((cleanup(link_cleanup))) struct link *

/*
 * The program at `path`, or the interpreters of a script, and all that it loads at its start. What
 * is wrong is in the result; an error is what kept pare from looking. Strings and objects live as
 * long as the context. `r` is filled further: start with {0}.
 */
int link_closure(struct link *l, const char *path, const struct link_process *p,
		 struct link_result *r, struct err *e);
/*
 * The same for a library, or a module that a program opens, as far as it says itself what it needs.
 * A file that isn't ELF adds nothing.
 */
int link_library(struct link *l, const char *path, const struct link_process *p,
		 struct link_result *r, struct err *e);
/*
 * What a container runtime would start: the first word, found through PATH of the environment as
 * the user, from the working directory. No words: nothing to start, no problem.
 */
int link_start(struct link *l, const char *const *command, size_t n, const struct link_process *p,
	       struct link_result *r, struct err *e);
/*
 * Every program, library and executable script of the tree, each for itself. Symbols that a
 * library lacks are a problem only when nothing in the tree defines them, and libraries only when
 * the tree has none of their name, as plugins have theirs from the program that loads them. No
 * objects in the result.
 */
int link_check_tree(struct link *l, const struct link_process *p, struct link_result *r,
		    struct err *e);

/* A file as it was parsed: NULL when it is no (whole) ELF file. */
int link_elf(struct link *l, const struct node *n, const struct elf **ret, struct err *e);
/* Its dynamic symbols and versions, until the next link_check_tree(); NULL as above. */
int link_symbols(struct link *l, const struct node *n, const struct elf_symbols **ret,
		 struct err *e);

/* One line: what is wrong with what. */
void link_problem_text(const struct link_problem *p, struct buf *to);
void link_problem_say(const struct link_problem *p, struct monitor *m, enum monitor_level level);
/* What kept it from starting: the first such problem, or NULL; says all others as warnings. */
const struct link_problem *link_verdict(const struct link_result *r, struct monitor *m);
/* A line of what is wrong, and one of the way that leads there. */
void link_refusal_text(const struct link_problem *p, struct buf *to);
