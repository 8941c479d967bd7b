/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the text of a Packages file into a binary index (pkg/index.h). */
#pragma once

#include "base/err.h"
#include "io/stream.h"
#include "pkg/index.h"

/*
 * Takes `from`, the uncompressed text, and adds each stanza to `w`. `name` is for messages. A
 * stanza without what identifies and checks a package is FAIL_FORMAT with its line.
 */
int deb_packages_read(struct source *from, const char *name, struct index_writer *w, struct err *e);
