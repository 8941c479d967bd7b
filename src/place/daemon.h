/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images in an engine, which mean the same to it as to us. */
#pragma once

#include "base/arena.h"
#include "base/err.h"

/* NAME[:TAG], NAME@sha256:HEX or sha256:HEX; FAIL_USAGE else. */
int daemon_ref_check(const char *ref, struct arena *a, struct err *e);
