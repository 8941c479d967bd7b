/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of an image's packages are older than in the signed archives of their release, and which
 * CVEs the newer ones' changelogs name. Debian's releases (data/releases.txt) and Alpine's.
 */
#pragma once

#include "audit/audit.h"
#include "pkg/apk/repository.h"
#include "pkg/arch.h"
#include "pkg/deb/context.h"

enum {
	UPDATES_MAX_CVES = 1000,		/* of one package: kernels name some hundred */
	UPDATES_MAX_CHANGELOG_BYTES = 64 << 20, /* unpacked; the longest has 5 MB */
};

/*
 * Both contexts are ready for opening repositories: the image's release decides which is used.
 * Their keys are the caller's or this machine's, never the image's own, which whoever made the
 * image chose. `cache` is their cache folder's path.
 */
struct update_sources {
	struct deb_context *deb;
	struct apk_context *apk;
	const char *cache;
};

/*
 * What can't be told, such as an unknown release, is a warning of the monitor, and no update. In
 * `a`.
 */
int audit_find_updates(const struct image_view *v, const struct update_sources *from,
		       struct arena *a, struct audit_update **ret, size_t *ret_n, struct err *e);

/* The same for what os-release calls a version of Alpine. */
int audit_find_alpine_updates(const struct image_view *v, const char *version,
			      const struct arch *arch, struct apk_context *apk, struct arena *a,
			      struct audit_update **ret, size_t *ret_n, struct err *e);

/* CVE ids in the entries of a changelog (deb-changelog(5)) newer than `installed`; in `a`. */
size_t changelog_cves(struct view text, struct view installed, struct arena *a, const char ***ret);
