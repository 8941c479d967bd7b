/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of an APKINDEX (apk-package(5), "index format"): lines of a letter, a colon and a
 * value; an empty line ends a package.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "pkg/index.h"

/*
 * Adds each package of the text to `w`, with file names below `folder` ("": the index's own).
 * `name` is for messages.
 * FAIL_FORMAT with the line and the package for what identifies none. Packages that need a newer
 * apk (fields in capitals that aren't known) are passed over.
 */
int apk_index_read(struct view text, const char *name, const char *arch, const char *folder,
		   struct index_writer *w, struct err *e);
