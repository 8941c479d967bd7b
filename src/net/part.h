/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside net/: a file while it is fetched. NAME.part is what all processes that fetch NAME use,
 * under a lock, and stays for the next run when this one is cut off; its bytes are hashed again
 * then. Who can't have it writes a temporary file of its own instead.
 */
#pragma once

#include "io/behind.h"
#include "net/http.h"
#include "sys/files.h"

enum { PART_MAX_NAME = 255 };

struct part {
	const struct http_file *f;
	int fd; /* -1: not open */
	bool own;
	struct atomic_file temp; /* when `own` */
	uint64_t size;		 /* bytes added */
	struct hasher *hasher;
	struct behind *behind; /* NULL: nothing was added yet */
};

#define PART_NONE                                                \
	{                                                        \
		NULL, -1, false, ATOMIC_FILE_NONE, 0, NULL, NULL \
	}

enum part_state {
	PART_READY,    /* open; `size` bytes of an earlier run are kept */
	PART_BUSY,     /* another process has it */
	PART_FINISHED, /* the file is there under its name, size and digest are right */
};

int part_open(struct part *p, const struct http_file *f, enum part_state *ret, struct err *e);
/* Instead of NAME.part. */
int part_open_own(struct part *p, const struct http_file *f, struct err *e);
/* How far whoever has NAME.part is; 0 when nothing is there. */
uint64_t part_size_of_other(const struct http_file *f);

/* A failure may be that of bytes which came before. */
int part_add(struct part *p, const void *bytes, size_t n, struct err *e);
/* Forgets all bytes. */
int part_restart(struct part *p, struct err *e);
/* Until all bytes are written and hashed. */
int part_settle(struct part *p, struct err *e);
/* Of all bytes, once they are settled; adding more needs a restart first. */
void part_digest(struct part *p, struct sha256 *ret);
/* Gives it its name, on disk when this returns unless it is `cached`, and closes it. */
int part_commit(struct part *p, struct err *e);
/* Removes the file. */
void part_remove(struct part *p);
/* Lets go; NAME.part stays if it holds bytes. Safe at any time. */
void part_close(struct part *p);
