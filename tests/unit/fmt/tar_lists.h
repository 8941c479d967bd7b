/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of tars share: archives made of entries or by other programs, and what is in one, as
 * text: a line "f 0644 1:2 @mtime name [> link] [{xattr=value}] [=content]" per entry, and an
 * error as "CODE: message". Each test is in a folder of its own.
 */
#pragma once

#include "base/buf.h"
#include "fmt/tar.h"
#include "io/stream.h"

int tar_enter_folder(void **state);
int tar_leave_folder(void **state);
/* What the shell's command prints, on the heap. The test fails with the command. */
char *tar_run(const char *script);
void tar_load(const char *path, struct buf *ret);
void tar_save(const char *path, const struct buf *bytes);

/* Takes `from`. */
void tar_list(struct source *from, struct buf *to);
void assert_tar_lists(struct view bytes, const char *expected);
void assert_tar_file_lists(const char *path, const char *expected);

/* With `content`, or NULL, the header alone. */
void tar_add(struct buf *to, struct tar_entry t, const char *content);
void tar_end(struct buf *to);
/* `unit` over and over, `len` bytes of it, on the heap. */
char *tar_repeat(const char *unit, size_t len);
