/* SPDX-License-Identifier: Apache-2.0 */
/* See libcurl.h; Debian has the library twice, with different ones for TLS. */
#include "net/libcurl.h"

LIBRARY_NOTE(libcurl, "\"libcurl.so.4\",\"libcurl-gnutls.so.4\"", "transfers",
	     "Downloads packages, and speaks to registries")
LIBRARY_DEFINE(libcurl, LIBCURL_FUNCTIONS, "libcurl4", "libcurl.so.4", "libcurl-gnutls.so.4")
