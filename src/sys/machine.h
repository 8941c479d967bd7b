/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine is and allows. */
#pragma once

#include "base/err.h"

/* The kernel's architecture under its OCI name: "amd64", "arm64"; "" for one without. */
const char *machine_architecture(void) __attribute__((returns_nonnull));

/*
 * Whether this user may make user namespaces. If not, FAIL_UNSUPPORTED names the setting that is
 * in the way and the command that changes it.
 */
int machine_check_user_namespaces(struct err *e);
/*
 * What to try when a program that makes user namespaces fails although one can be made: AppArmor
 * lets only programs with a profile do something in them. NULL when it isn't that.
 */
const char *machine_user_namespace_hint(void);
