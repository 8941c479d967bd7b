/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling a pkg_contents from the tar streams of a package file: names are checked, contents are
 * hashed and appended to a spool. What the outer format is (ar, gzip members) is the world's.
 */
#pragma once

#include "fmt/tar.h"
#include "pkg/contents.h"

struct unpacker;

/*
 * Appends to `c`, whose spool file is made here (unnamed, in c->spool_dir_fd). With `c` already
 * listed, only the spool is filled and the listing stays as it is.
 */
int unpacker_new(struct pkg_contents *c, struct unpacker **ret, struct err *e);
void unpacker_free(struct unpacker *u);

/*
 * All entries of a data tar. FAIL_FORMAT names the entry: absolute names, '..' components, names
 * through a link of the same package, devices, hard links to nothing, one path twice.
 */
int unpacker_data(struct unpacker *u, struct tar_reader *tar, struct err *e);
/* All regular files of a control tar, by their base names. */
int unpacker_control(struct unpacker *u, struct tar_reader *tar, struct err *e);
/* Everything is spooled: hands the spool over to the contents. */
void unpacker_finish(struct unpacker *u);
