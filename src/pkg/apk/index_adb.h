/* SPDX-License-Identifier: Apache-2.0 */
/* The values of an index of apk 3 (apk-v3(5), schema "indx"). */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "pkg/index.h"

/*
 * Adds each package to `w`, with file names below `folder` ("": the index's own), or as the index
 * itself says where they are. `name` is for messages. FAIL_FORMAT names the package.
 */
int apk_index_adb_read(struct view values, const char *name, const char *arch, const char *folder,
		       struct index_writer *w, struct err *e);
