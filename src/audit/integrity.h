/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the package databases say about the bytes of files: dpkg's md5sums (info/ and status.d/) and
 * conffiles, apk's checksums. Databases of all layers count for telling whether a file is as some
 * package brought it; those that are visible in the end for what is missing or changed.
 */
#pragma once

#include "audit/scan.h"

enum file_state {
	FILE_UNKNOWN,	/* in no list */
	FILE_UNCHANGED, /* as a package has it */
	FILE_CHANGED,	/* listed with other bytes */
};

struct integrity_entry {
	uint64_t path; /* hash of the path, without leading "usr/" */
	uint8_t digest[SHA1_BYTES];
	bool sha1; /* else MD5 */
};

struct integrity {
	struct integrity_entry *at; /* sorted */
	size_t n, cap;
	struct audit_scan *scan;
};

void integrity_read(const struct image_view *v, struct audit_scan *s, struct integrity *ret);
void integrity_done(struct integrity *i);
/* Whether the bytes with this digest are what a package has at that path. */
enum file_state integrity_check(const struct integrity *i, const char *path,
				const struct sha256 *content);

/* One file of a package's list, as integrity_list() gives it. */
struct listed_file {
	struct view path; /* without leading '/' */
	uint8_t digest[SHA1_BYTES];
	bool sha1;
};
/* Whether the content that was seen is the listed one. `d` may be NULL. */
enum file_state integrity_compare(const struct listed_file *f, const struct scan_digests *d);

typedef void listed_file_fn(void *ctx, const struct listed_file *f);

/* Lines of an md5sums file. */
void integrity_md5sums(struct view text, listed_file_fn *fn, void *ctx);
/* Of an apk database; all packages, or just the one. */
void integrity_apk(struct view text, const char *package, struct arena *a, listed_file_fn *fn,
		   void *ctx);
