/* SPDX-License-Identifier: Apache-2.0 */
/* What is used of libcurl, as libcurl.NAME(); all of it is in net/. See base/library.h. */
#pragma once

#include <curl/curl.h>

#include "base/library.h"

/* clang-format off */
#define LIBCURL_FUNCTIONS(F) \
	F(curl_, easy_cleanup) \
	F(curl_, easy_getinfo) \
	F(curl_, easy_init) \
	F(curl_, easy_pause) \
	F(curl_, easy_reset) \
	F(curl_, easy_setopt) \
	F(curl_, easy_strerror) \
	F(curl_, free) \
	F(curl_, global_cleanup) \
	F(curl_, global_init) \
	F(curl_, multi_add_handle) \
	F(curl_, multi_cleanup) \
	F(curl_, multi_info_read) \
	F(curl_, multi_init) \
	F(curl_, multi_perform) \
	F(curl_, multi_poll) \
	F(curl_, multi_remove_handle) \
	F(curl_, multi_setopt) \
	F(curl_, multi_strerror) \
	F(curl_, multi_wakeup) \
	F(curl_, slist_append) \
	F(curl_, slist_free_all) \
	F(curl_, url) \
	F(curl_, url_cleanup) \
	F(curl_, url_get) \
	F(curl_, url_set)
/* clang-format on */

LIBRARY_DECLARE(libcurl, LIBCURL_FUNCTIONS)
