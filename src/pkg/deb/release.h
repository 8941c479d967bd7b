/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A repository's Release: who published it, when, until when it holds, and the digests of its
 * indexes (wiki.debian.org/DebianRepository/Format). The text must have been verified before; what
 * is checked here is whether it is the one that was asked for, and fresh.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RELEASE_MAX_BYTES = 16 << 20,  /* as a deb822 stanza; Debian's largest has 260 kB */
	RELEASE_MAX_FILES = 200000,    /* Debian's largest lists 1,500 */
	RELEASE_MAX_WORDS = 1024,      /* architectures or components */
	RELEASE_CLOCK_SKEW_S = 5 * 60, /* a Date may seem to be in the future by that much */
};

struct deb_release_file {
	const char *path; /* below the folder that the Release is in */
	uint64_t size_bytes;
	struct sha256 digest;
};

struct deb_release {
	const char *origin, *label, *suite, *codename; /* NULL where there's none */
	int64_t date_s;
	int64_t valid_until_s; /* 0: for ever */
	bool by_hash;	       /* Acquire-By-Hash */
	bool all_included;     /* packages for all architectures are in each one's index */
	const char *const *archs;
	size_t n_archs;
	const char *const *components; /* without the folder that the security suites prepend */
	size_t n_components;
	const struct deb_release_file *files; /* sorted by path */
	size_t n_files;
};

/* In the arena. `name` is for messages. A Release without Date or SHA256 is FAIL_FORMAT. */
int deb_release_parse(struct view text, const char *name, struct arena *a, struct deb_release *ret,
		      struct err *e);
/* NULL when it isn't listed. */
const struct deb_release_file *deb_release_find(const struct deb_release *r, const char *path);
bool deb_release_has_arch(const struct deb_release *r, const char *arch);
/* Does the archive say that this suite is for security updates? */
bool deb_release_is_security(const struct deb_release *r);

struct deb_release_wishes {
	const char *suite; /* must be the suite or the codename; NULL: any */
	int64_t now_s;
	bool check_valid_until;
	int64_t not_before_s; /* the newest Date seen so far, or 0: an older one is a rollback */
};

/* FAIL_VERIFY with the reason unless the Release is what is wished for. */
int deb_release_check(const struct deb_release *r, const char *name,
		      const struct deb_release_wishes *w, struct err *e);
