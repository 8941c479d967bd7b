/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One Packages file of a verified Release, as a binary index: from the cache when its digest was
 * parsed before, else streamed from the mirror in the form that will be ready soonest. Download,
 * decoding, digests and parsing overlap; nothing is kept of a file that isn't what was signed.
 */
#pragma once

#include "pkg/deb/inrelease.h"
#include "pkg/index.h"

struct deb_list {
	const char *dir;  /* in the Release: "main/binary-amd64/", or "" */
	const char *name; /* for messages: "trixie main amd64" */
	bool stale;	  /* set: the mirror lacks what the Release names, or has another */
};

/* FAIL_NOT_FOUND when the Release doesn't list it. */
int deb_list_open(struct deb_context *ctx, const struct deb_inrelease *from, struct deb_list *list,
		  struct index **ret, struct err *e);
