/* SPDX-License-Identifier: Apache-2.0 */
/* Tells apk 3's files from version 2's; see adb.h. */
#include "pkg/apk/adb.h"

int apk_adb_refuse(struct view start, const char *name, struct err *e)
{
	if (!view_starts(start, "ADB.") && !view_starts(start, "ADBd") &&
	    !view_starts(start, "ADBc"))
		return 0;
	return fail(e, FAIL_UNSUPPORTED,
		    "%s is in the format of apk 3 (ADB), which pare doesn't read\n"
		    "take a repository in the format of apk 2, as Alpine publishes them",
		    name);
}
