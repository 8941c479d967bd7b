/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts, written from the verbs' tables. */
#pragma once

#include "base/buf.h"

/* How places begin that aren't in the store, separated by spaces. */
#define COMPLETE_PLACES "oci: oci-archive: docker-archive: docker-daemon: docker:// rootfs:"

void complete_bash(struct buf *to);
void complete_zsh(struct buf *to);
void complete_fish(struct buf *to);

/* The built-in profiles, separated by spaces. */
void complete_profiles(struct buf *to);
