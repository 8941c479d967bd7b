/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The architectures that both an image and a Debian package can be of, under the names that each
 * world gives them. What none of the two worlds calls by a name is not here.
 */
#pragma once

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct arch {
	const char *oci;	  /* as users write it: "arm/v7" */
	const char *architecture; /* of an OCI platform, "arm" */
	const char *variant;	  /* of an OCI platform, "v7", or NULL */
	const char *debian;	  /* "armhf" */
	const char *tuple;	  /* Debian's multiarch tuple, "arm-linux-gnueabihf" */
	bool released;		  /* part of a Debian release: what `archs: [all]` stands for */
};

/* NULL when there's no such architecture. The first also takes "arm64/v8" for "arm64". */
const struct arch *arch_by_oci(const char *oci);
const struct arch *arch_by_debian(const char *debian);
/* Either of the two names, or one that uname(1), apko or GNU use: x86_64, aarch64, armv7, … */
const struct arch *arch_by_any(const char *name);
/* What this program was built for; NULL when that isn't in the table. */
const struct arch *arch_host(void);
/* The whole table, in the order of the OCI names. */
const struct arch *arch_table(size_t *ret_n);
