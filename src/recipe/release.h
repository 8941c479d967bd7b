/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's and Alpine's supported releases, and which of them is new enough for a program. */
#pragma once

#include "recipe/program.h"

struct release {
	bool alpine;
	const char *codename, *version; /* "trixie", "13"; of Alpine "v3.22", "3.22" */
	const char *name;		/* for people: Debian's codename, Alpine's version */
	struct strings archs;	   /* that get security updates, as Debian or Alpine names them */
	const char *const *suites; /* of Alpine: repositories */
	size_t n_suites;
	const char *const *provides; /* the newest version names: "GLIBC_2.41", … */
	size_t n_provides;
};

/* All of them, the oldest first; in `a`. */
int releases_builtin(struct arena *a, struct release **ret, size_t *ret_n, struct err *e);
/* One, by its codename; FAIL_USAGE names those that there are. */
int release_find(const char *codename, struct arena *a, struct release *ret, struct err *e);
/* The same for Alpine; the newest first. Any "3.N", "edge" and "latest-stable" can be found. */
int releases_alpine(struct arena *a, struct release **ret, size_t *ret_n, struct err *e);
int release_find_alpine(const char *name, struct arena *a, struct release *ret, struct err *e);
/* NULL when the release is supported for the architecture, else why not; in `a`. */
const char *release_lacks_arch(const struct release *r, const struct arch *arch, struct arena *a);
/*
 * The first version that the symbols need and the release lacks; ptr is NULL when it has all.
 * *ret_has is what it has instead.
 */
struct view release_lacks(const struct release *r, const struct elf_symbols *s,
			  const char **ret_has);
/* The lines for contents.repositories and /usr/lib/os-release. */
void release_write_repositories(const struct release *r, struct arena *a, struct strings *to);
const char *release_os_release(const struct release *r, struct arena *a);
