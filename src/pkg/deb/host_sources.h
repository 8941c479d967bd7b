/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Debian archive in a host's apt sources, one-line (*.list) and deb822 (*.sources) forms. What
 * apt understands and this doesn't is passed over: these files are apt's, not ours.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "pkg/deb/mirror.h"

/*
 * The first URIs of the Debian and the Debian security archive, or NULL: entries signed by the
 * Debian keyring, or by no named key and at a path that ends in debian…; other vendors' archives
 * never count. No apt on the host is no error.
 */
int deb_host_sources(const char *root, struct arena *a, struct deb_mirrors *ret, struct err *e);
