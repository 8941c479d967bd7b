/* SPDX-License-Identifier: Apache-2.0 */
/* Users and groups as an image's own /etc/passwd and /etc/group have them. */
#pragma once

#include "tree/tree.h"

enum {
	ACCOUNT_MAX_FILE_BYTES = 4 << 20, /* about 50,000 users */
	ACCOUNT_MAX_GROUPS = 64,	  /* that one user is in besides its own */
};

struct account {
	uint32_t uid, gid;
	uint32_t groups[ACCOUNT_MAX_GROUPS];
	size_t n_groups;
	const char *home; /* never NULL */
};

/*
 * `user` is USER[:GROUP], each a name or a number (OCI image-spec conversion.md): a number needs
 * no entry; without GROUP it is the entry's, else 0; further groups are those of a user given by
 * name and without GROUP. NULL is 0. FAIL_NOT_FOUND for a name that the image doesn't have.
 */
int account_find(const struct tree *t, const char *user, struct arena *a, struct account *ret,
		 struct err *e);
