/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's supported releases, and which of them is new enough for a program. */
#pragma once

#include "recipe/program.h"

struct release {
	const char *codename, *version; /* "trixie", "13" */
	struct strings archs;		/* that get security updates, as Debian names them */
	const char *const *suites;
	size_t n_suites;
	const char *const *provides; /* the newest version names: "GLIBC_2.41", … */
	size_t n_provides;
};

/* All of them, the oldest first; in `a`. */
int releases_builtin(struct arena *a, struct release **ret, size_t *ret_n, struct err *e);
/* One, by its codename; FAIL_USAGE names those that there are. */
int release_find(const char *codename, struct arena *a, struct release *ret, struct err *e);
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
