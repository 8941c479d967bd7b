/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock: everything that makes an image's bytes, besides the recipe and its local files. JSON,
 * sorted, one package a line, so that a change reads well in a review; see pare.lock(5).
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LOCK_VERSION = 1,
	LOCK_MAX_BYTES = 64 << 20,
	LOCK_MAX_PACKAGES = 100000, /* more than a whole Debian release */
};

/* A signed index that vouched for packages. */
struct lock_index {
	const char *uri; /* as in the recipe: "debian:" stays symbolic */
	const char *suite;
	const char *codename;
	const char *date;     /* the Release's Date, RFC 3339 UTC; NULL: Alpine's have none */
	struct sha256 digest; /* of the InRelease file, or Alpine's index */
	/* Fingerprint of the primary key, or a key's file name; NULL if it was let in unsigned. */
	const char *signer;
	bool security;
	bool alpine;	 /* an APKINDEX; `suite` is its architecture */
	const char *tag; /* of an Alpine repository, or NULL */
};

struct lock_package {
	const char *name, *version, *arch;
	const char *source;
	const char *url; /* uri + '/' + filename, uri as in its index */
	uint64_t size_bytes, installed_bytes;
	struct sha256 digest;
	uint32_t index;	      /* into lock.indexes */
	const char *checksum; /* by which an APKINDEX names it, "Q1…"; else NULL */
	const char *asked_by; /* "recipe" or the name of the first package that needs it */
};

/* The image that the recipe builds on. */
struct lock_base {
	const char *place; /* as in the recipe */
	const char *media_type;
	struct sha256 digest; /* of the manifest or index that it named when it was locked */
	uint64_t size_bytes;
};

struct lock_arch {
	const char *arch;	       /* as OCI names it */
	struct lock_package *packages; /* sorted by name */
	size_t n_packages;
};

struct lock {
	struct arena arena;
	struct sha256 recipe;	/* of what decides the resolution: see lock_is_current */
	struct lock_base *base; /* NULL: none */
	struct lock_index *indexes;
	size_t n_indexes;
	struct lock_arch *archs; /* sorted */
	size_t n_archs;
};

int lock_read(struct view json, const char *name, struct lock **ret, struct err *e);
int lock_read_file(const char *path, struct lock **ret, struct err *e);
void lock_write(const struct lock *l, struct buf *to);
void lock_free(struct lock *l);
const struct lock_arch *lock_find_arch(const struct lock *l, const char *arch);

/* What an update changed about one package of one architecture. */
struct lock_change {
	const char *arch, *name;
	const char *old_version; /* NULL: added */
	const char *new_version; /* NULL: removed */
	bool security;		 /* the new one comes from a security archive */
};

/*
 * The differences from `old` to `new`, sorted by architecture and name, in `a`; their strings are
 * the locks' own. A package whose version is the same but whose bytes are not counts as changed.
 */
size_t lock_diff(const struct lock *old, const struct lock *new, struct arena *a,
		 struct lock_change **ret);

static inline void lock_cleanup(struct lock **l)
{
	lock_free(*l);
}

#define auto_lock __attribute__((cleanup(lock_cleanup))) struct lock *
