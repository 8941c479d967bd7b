/* SPDX-License-Identifier: Apache-2.0 */
/* Inside net/: a part of a URL that curl has taken apart. */
#pragma once

#include "net/libcurl.h"
#include "net/url.h"

/* A copy in `a`; NULL: there is none. */
const char *url_part(CURLU *u, CURLUPart what, unsigned flags, struct arena *a);
