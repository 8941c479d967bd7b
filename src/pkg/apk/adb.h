/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of apk 3 (apk-v3(5)), for indexes and packages: recognised, not read. "ADB." and a
 * schema, or "ADBd" and "ADBc" for the same compressed.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"

enum { APK_ADB_START_BYTES = 4 };

/* FAIL_UNSUPPORTED, saying what helps, when the bytes begin as a file of apk 3 does; else 0. */
int apk_adb_refuse(struct view start, const char *name, struct err *e);
