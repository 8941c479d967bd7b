/* SPDX-License-Identifier: Apache-2.0 */
/* Files of this machine as URLs (RFC 8089): what a URL gives another meaning is escaped. */
#pragma once

#include "base/arena.h"

/* "file://" and the absolute path; in the arena. */
const char *file_url(const char *path, struct arena *a) __attribute__((returns_nonnull));
/* The path of such a URL, in the arena; NULL of another. */
const char *file_url_path(const char *url, struct arena *a);
