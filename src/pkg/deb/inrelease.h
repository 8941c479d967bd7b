/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signed Release of one suite, as an InRelease or as a Release beside its Release.gpg: fetched
 * (or, offline, the one seen last), verified, and remembered, so that an older one is refused
 * later.
 */
#pragma once

#include "pkg/deb/context.h"
#include "pkg/deb/release.h"
#include "pkg/deb/source.h"

struct deb_inrelease {
	const char *base_url; /* that stands for the source's URI */
	const char *dist_url; /* of the folder that the Release is in */
	struct view bytes; /* as served; of a Release with the armor of its Release.gpg behind it */
	struct sha256 digest; /* of the InRelease, or of the Release alone */
	const char *signer;   /* primary key's fingerprint; NULL: not verified */
	struct deb_release release;
};

/* Everything lives in the arena. */
int deb_inrelease_get(struct deb_context *ctx, const struct deb_source *source, struct arena *a,
		      struct deb_inrelease *ret, struct err *e);
/* Makes it the newest one seen, for later runs and offline use. Does nothing if it already is. */
int deb_inrelease_remember(const struct deb_context *ctx, const struct deb_inrelease *r,
			   struct err *e);
