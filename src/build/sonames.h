/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries that nearly every program needs: data/sonames.txt. */
#pragma once

#include "base/arena.h"

/* The Debian package, or NULL. */
const char *soname_package(const char *soname, struct arena *a);
