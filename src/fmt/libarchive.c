/* SPDX-License-Identifier: Apache-2.0 */
/* See libarchive.h. */
#include "fmt/libarchive.h"

LIBRARY_NOTE(libarchive, "\"libarchive.so.13\"", "tar", "Reads packages and layers")
LIBRARY_DEFINE(libarchive, LIBARCHIVE_FUNCTIONS, "libarchive13", "libarchive.so.13")
