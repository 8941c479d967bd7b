/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of an image's packages are older than in the signed archives of their release, and which
 * CVEs the newer ones' changelogs name. Debian's releases only (data/releases.txt).
 */
#pragma once

#include "audit/audit.h"
#include "pkg/deb/context.h"

enum {
	UPDATES_MAX_CVES = 1000,		/* of one package: kernels name some hundred */
	UPDATES_MAX_CHANGELOG_BYTES = 64 << 20, /* unpacked; the longest has 5 MB */
};

/*
 * `deb` is ready for opening repositories; `cache` is its cache folder's path. What can't be told,
 * such as an unknown release, is a warning of the monitor, and no update. In `a`.
 */
int audit_find_updates(const struct image_view *v, struct deb_context *deb, const char *cache,
		       struct arena *a, struct audit_update **ret, size_t *ret_n, struct err *e);

/* CVE ids in the entries of a changelog (deb-changelog(5)) newer than `installed`; in `a`. */
size_t changelog_cves(struct view text, struct view installed, struct arena *a, const char ***ret);
