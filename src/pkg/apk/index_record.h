/* SPDX-License-Identifier: Apache-2.0 */
/* What both forms of an index, text and ADB, ask of a package before it goes into ours. */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "pkg/index.h"

#include <stdbool.h>

/* Part of a file name, and of nothing else: no '/', no spaces, not hidden. */
bool apk_is_name(struct view v);
/* Whether each word begins with a name. */
bool apk_provides_are_names(struct view provides);
/* Adds the package under its own name and those that it provides. */
int apk_index_add(struct index_writer *w, const struct package *p, struct err *e);

/*
 * A package's file name, from an index's pkgname-spec (apk-repositories(5)): "${name}",
 * "${version}",
 * "${arch}" and "${hash}", the latter `hash` in hex, each also as "${hash:8}", its first
 * characters. FAIL_UNSUPPORTED for other variables and addresses, FAIL_FORMAT for a name that leads
 * elsewhere than below the repository.
 */
int apk_package_path(struct view spec, const struct package *p, struct view hash, struct buf *to,
		     struct err *e);
