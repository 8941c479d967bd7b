/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling a pkg_contents from the tar streams of a package file. What the outer format is (ar,
 * gzip members) is the world's. Errors name the entry; sources stay the caller's.
 */
#pragma once

#include "io/stream.h"
#include "pkg/contents.h"

/*
 * Opens the package file, which must have the contents' digest, at its start. FAIL_VERIFY, with
 * c->damaged set, when it has another.
 */
int pkg_open_checked(struct pkg_contents *c, int *ret_fd, uint64_t *ret_size, struct err *e);
/* What the data of a package file of this size may unpack to. */
uint64_t pkg_max_unpacked(uint64_t size);
/*
 * The data tar: its files' bytes, at most `max_bytes`, go to a spool that the contents own from
 * then on. With `c` listed already only that, and the listing stays as it is. FAIL_FORMAT as
 * tree_read_tar(), and for devices.
 */
int pkg_unpack_data(struct pkg_contents *c, struct source *tar, uint64_t max_bytes, struct err *e);
/* All regular files of the control tar, by their base names; nothing with `c` listed already. */
int pkg_unpack_control(struct pkg_contents *c, struct source *tar, struct err *e);
