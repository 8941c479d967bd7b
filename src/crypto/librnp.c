/* SPDX-License-Identifier: Apache-2.0 */
/* See librnp.h. */
#include "crypto/librnp.h"

LIBRARY_NOTE(librnp, "\"librnp.so.0\"", "openpgp", "Verifies the signatures of package archives")
LIBRARY_DEFINE(librnp, LIBRNP_FUNCTIONS, "librnp0", "librnp.so.0")
