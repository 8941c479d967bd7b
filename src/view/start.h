/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an image would start: the question of a build, asked of one that is there. */
#pragma once

#include "link/link.h"
#include "view/image_view.h"

/* A view_want: what has to be read for it. */
bool view_wants_programs(void *ctx, const struct tar_entry *t, enum file_kind kind);
/* The view's tree for link/, which knows what needs no reading. */
struct link *view_link_new(const struct image_view *v) __attribute__((returns_nonnull));
/*
 * FAIL_FINDING, with the chain from the entrypoint, for a command that could not start; further
 * problems go to the monitor. An image that starts nothing is right.
 */
int view_prove_start(struct image_view *v, struct monitor *m, struct err *e);
