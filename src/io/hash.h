/* SPDX-License-Identifier: Apache-2.0 */
/* The digests of whole files. Reading is by pread(): where `fd` stands doesn't matter. */
#pragma once

#include "crypto/digest.h"

#include "base/err.h"
#include "base/monitor.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Feeds the file's bytes from `from` on to `h`; *ret_end, which may be NULL, is where they end.
 * `name` is for messages.
 */
int hash_fd(int fd, const char *name, uint64_t from, struct hasher *h, uint64_t *ret_end,
	    struct err *e);

/* Whether it is a regular file of that size and digest. One that can't be read isn't. */
bool hash_is(int fd, uint64_t size_bytes, const struct sha256 *digest);
/* The same; `task` of the monitor advances by what is read. False also when interrupted. */
bool hash_is_watched(int fd, uint64_t size_bytes, const struct sha256 *digest, struct monitor *m,
		     uint32_t task);
