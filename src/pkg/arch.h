/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The architectures that an image and the packages of at least one world can be of, under the names
 * that each gives them.
 */
#pragma once

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>

struct arch {
	const char *oci;	  /* as users write it: "arm/v7" */
	const char *architecture; /* of an OCI platform, "arm" */
	const char *variant;	  /* of an OCI platform, "v7", or NULL */
	const char *debian;	  /* "armhf"; NULL: Debian hasn't got it */
	const char *tuple;	  /* Debian's multiarch tuple, "arm-linux-gnueabihf", or NULL */
	bool released;		  /* part of a Debian release: what `archs: [all]` stands for */
	const char *alpine;	  /* "armv7"; NULL: Alpine hasn't got it */
};

/* NULL when there's no such architecture. The first also takes "arm64/v8" for "arm64". */
const struct arch *arch_by_oci(const char *oci);
const struct arch *arch_by_debian(const char *debian);
/* Either of the two names, or one that uname(1), apko or GNU use: x86_64, aarch64, armv7, … */
const struct arch *arch_by_any(const char *name);
/* The same, but as Alpine means it: its armhf is arm/v6. */
const struct arch *arch_by_alpine(const char *name);
/* What this program was built for; NULL when that isn't in the table. */
const struct arch *arch_host(void);
/* The whole table, in the order of the OCI names. */
const struct arch *arch_table(size_t *ret_n);
