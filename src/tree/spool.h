/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One unnamed temporary file that takes the bytes of any number of files, one after the other,
 * hashes them on the way, and serves them as a content_provider. One thread adds; any number of
 * threads may read what was added before, meanwhile too.
 */
#pragma once

#include "tree/tree.h"

struct spool;

/*
 * The file lies in the folder `dir_fd`, is gone when the process is, and holds at most `max_bytes`:
 * more is FAIL_LIMIT, so that what is unpacked can't fill a disk.
 */
int spool_new(int dir_fd, uint64_t max_bytes, struct spool **ret, struct err *e);
void spool_free(struct spool *s);

/* FAIL_LIMIT when so many bytes more would be too many: said before they are unpacked. */
int spool_check_room(const struct spool *s, uint64_t size, struct err *e);
/* Bytes of the file that is being added. */
int spool_write(struct spool *s, const void *bytes, size_t size, struct err *e);
/* The end of that file, which may be empty. */
void spool_end(struct spool *s, struct content *ret);
/* Forgets that file instead, as one must after a failure in its middle. */
void spool_drop(struct spool *s);

static inline void spool_cleanup(struct spool **s)
{
	spool_free(*s);
}

#define auto_spool __attribute__((cleanup(spool_cleanup))) struct spool *
