/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 with the standard alphabet and padding (RFC 4648, 4). */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

void base64_encode(struct view bytes, struct buf *to);
/* False, with `to` as it was, for anything but whole groups of the alphabet without stray bits. */
bool base64_decode(struct view text, struct buf *to);
