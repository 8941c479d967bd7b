/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small records in the cache: one JSON object under a key, closed by a checksum of key and text.
 * What is odd about one makes it as good as absent: whoever made it makes it again.
 */
#pragma once

#include "base/buf.h"
#include "fmt/json.h"

#include <stdbool.h>

bool record_read(int dir_fd, const char *key, struct json_doc **ret);
/* Only a cache: that one can't be written is no error. */
void record_write(int dir_fd, const char *key, const struct buf *json);
