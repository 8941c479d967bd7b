/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside link/: the files of a tree as they are parsed, each once (file.c), who starts a process
 * and how (start.c, user.c, exec.c), and one program being loaded (closure.c) by the rules of its
 * loader (loader.c, search.c, symbols.c).
 */
#pragma once

#include "base/map.h"
#include "link/link.h"

enum link_file_kind { LINK_FILE_OTHER, LINK_FILE_ELF, LINK_FILE_SCRIPT, LINK_FILE_DAMAGED };

struct link_file {
	const struct inode *inode;
	enum link_file_kind kind;
	const char *why; /* damaged: what elf_read() said */
	struct elf elf;
	struct view first_line; /* script: after "#!", at most what Linux looks at */
	bool line_is_cut;
	bool seen; /* by link_check_tree() */

	/* Until link_kept_limit(). */
	bool symbols_read, uses_read;
	bool names_known; /* to link.names */
	unsigned round;	  /* link.round when the symbols were asked for last */
	struct arena symbols_arena;
	const char *symbols_why; /* why they can't be had, or NULL */
	struct elf_symbols symbols;
	uint32_t *slots; /* defined symbols by name: index + 1, chained by `next` */
	uint32_t *next;
	size_t n_slots;

	const struct loader *loader; /* as an interpreter; NULL: not asked for yet */
};

struct ldcache_entry {
	const char *path;
	struct ldcache_entry *next; /* the same name again */
	struct ldcache_entry *last; /* of these; in the first */
	bool hwcaps;		    /* only for some processors */
};

/* What a loader looks at besides the program. */
struct loader {
	bool musl;
	const char **folders; /* where it searches without being told */
	size_t n_folders;
	const char *lib;      /* $LIB, or NULL */
	const char *platform; /* $PLATFORM, or NULL */
};

/* Hashes of names, for asking whether one is there. */
struct link_names {
	uint64_t *slots; /* 0 is free */
	size_t n, n_slots;
};

struct link {
	const struct tree *tree;
	struct arena arena;
	struct map files;	 /* address of an inode → struct link_file */
	bool knows_all;		 /* these are all of the tree's */
	link_is_other *is_other; /* or NULL */
	void *is_other_ctx;
	struct link_names names; /* that some file defines of which symbols were read */
	size_t kept_bytes;	 /* of files' symbols */
	unsigned round;
	bool ldcache_read;
	struct map ldcache; /* library name → struct ldcache_entry */
};

/* A file that something led to. */
struct candidate {
	const char *path;
	struct node *node;
	struct link_file *file; /* once it was parsed */
	const char *why;	/* it can't be loaded */
};

enum { LINK_USER_MAX_GROUPS = 64, MAY_READ = 4, MAY_EXECUTE = 1 };

struct link_user {
	uint32_t uid;
	uint32_t gids[LINK_USER_MAX_GROUPS];
	size_t n_gids;
};

struct start {
	const struct link_process *process;
	struct link_user user;
	struct node *work_dir;
};

/* file.c: parsed on first sight. Errors are of reading, never of what is read. */
int link_file_get(struct link *l, const struct node *n, struct link_file **ret, struct err *e);
/* Whether link_know_others() tells that the file is neither ELF nor a script. */
bool link_is_known_other(const struct link *l, const struct node *n);
int link_file_symbols(struct link *l, struct link_file *f, struct err *e);
/* The next definition of a name, after `after` (NULL: the first). */
const struct elf_symbol *link_file_defines(const struct link_file *f, struct view name,
					   const struct elf_symbol *after);
/* Fills `use` of the undefined symbols. */
int link_file_uses(struct link *l, struct link_file *f, struct err *e);
/* kept.c: counts the symbols that were just read, and remembers the names. */
void link_kept_add(struct link *l, struct link_file *f);
void link_kept_drop(struct link *l, struct link_file *f);
/* Drops symbols until few enough are left, between one program and the next. */
void link_kept_limit(struct link *l);
bool link_names_has(const struct link_names *names, struct view name);
/* A small text file's bytes; ptr is NULL when it isn't there. */
int link_text(struct link *l, const char *path, struct view *ret, struct err *e);

/* ldcache.c: NULL when the cache doesn't have the name. */
int ldcache_find(struct link *l, const char *name, const struct ldcache_entry **ret, struct err *e);

/* machine.c */
bool same_machine(const struct elf *a, const struct elf *b);
/* As OCI names it, else in words. */
const char *machine_text(const struct elf *f, struct arena *a);
/* NULL when the image's platform runs it, else why not. */
const char *machine_mismatch(const struct link_process *p, const struct elf *f, struct arena *a);

/* loader.c */
int loader_of(struct link *l, const char *interpreter, struct link_file *f,
	      const struct loader **ret, struct err *e);
/* For a library without a program: a loader that the tree has for it; path NULL: none. */
int loader_for_library(struct link *l, const struct elf *f, struct candidate *ret, struct err *e);
/* The rules and folders of a loader that isn't there. */
const struct loader *loader_without(struct link *l, const struct elf *f);

/* user.c */
/* *ret_ok false: passwd or group lack a name, which is a problem in `r`. */
int user_find(struct link *l, const char *config_user, struct link_result *r, struct link_user *ret,
	      bool *ret_ok, struct err *e);
/* By the node's permissions and those of every folder above it. */
bool user_may(const struct link_user *u, const struct node *n, uint32_t what);
const char *why_not_executable(struct link *l, const struct link_user *u, const struct node *n);

/* start.c */
/* The last value of that name, or NULL. */
const char *process_env(const struct link_process *p, const char *name);
/* A path as it is, a name through PATH; the first that can be executed, else the first there is. */
bool find_command(struct link *l, const struct start *s, const char *name, struct candidate *ret);

/* exec.c: with `only_lines` a script is followed to its program, which isn't loaded. */
int exec_file(struct link *l, const struct candidate *at, const struct start *s, bool only_lines,
	      struct link_result *r, struct err *e);

/* One object of a program on its way. */
struct loaded {
	struct link_object object;
	struct link_file *file;
	const struct loaded *by; /* who asked first */
	struct {
		const char **at;
		size_t n;
	} names; /* it answers to */
};

struct closure {
	struct link *link;
	const struct link_process *process;
	struct link_user user;
	struct node *work_dir;
	struct link_result *result;
	const struct link_object *before; /* last script of the chain, or NULL */
	bool secure;			  /* set-user-id: the environment doesn't count */
	bool is_library;		  /* without a program: link_check_tree()'s rules */
	const struct loader *loader;
	struct loaded *main;
	struct loaded *interpreter; /* or NULL */
	struct loaded **scope;	    /* in load order, what symbols are looked up in */
	size_t n_scope, cap_scope;
	struct map by_name, by_file;
	bool symbols_ok;
	struct {
		const char **at;
		size_t n, cap;
	} library_path; /* LD_LIBRARY_PATH's folders */
	size_t n_lookups;
	struct loaded *variant; /* of the name that is being looked for, or NULL */
	const char **searched;	/* for the name that is being looked for */
	size_t n_searched, cap_searched;
};

enum found { FOUND_NOT, FOUND, FOUND_BAD, FOUND_OTHER_MACHINE };

/* search.c: FAIL_LIMIT past LINK_MAX_LOOKUPS. */
int search_library(struct closure *c, const struct loaded *by, const char *name,
		   enum found *ret_found, struct candidate *ret, struct err *e);
/* closure.c */
struct loaded *closure_add(struct closure *c, const struct candidate *found, const char *name,
			   enum link_role role, const struct loaded *by);
int closure_of(struct link *l, const struct candidate *program, const struct link_object *before,
	       const struct start *s, bool is_library, struct link_result *r, struct err *e);
/* symbols.c */
int check_versions(struct closure *c, struct err *e);
int check_symbols(struct closure *c, struct err *e);

/* problem.c: the chain ends in `by`. */
struct link_problem *problem_add(struct link *l, struct link_result *r, enum link_problem_kind kind,
				 const struct link_object *by, const char *object);
