/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The regular files of a tar archive, found once and then read in any order. A compressed archive,
 * and one that comes through a pipe, is first copied to an unnamed temporary file.
 */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "io/stream.h"

enum {
	MEMBERS_MAX = 1 << 16,		   /* docker save writes four for a layer */
	MEMBERS_MAX_NAME_BYTES = 16 << 20, /* of all together */
};

/* What a compressed archive may unpack to: an image of this size fits no registry. */
#define MEMBERS_MAX_COPY_BYTES (UINT64_C(64) << 30)

struct members {
	const char *path; /* for messages; borrowed */
	int fd;
	struct arena *arena;
	struct map by_name; /* without './' → struct member */
};

struct member_range {
	uint64_t offset, size;
};

#define MEMBERS_NONE                 \
	{                            \
		.path = "", .fd = -1 \
	}

int members_open(const char *path, struct arena *a, struct members *ret, struct err *e);
/* The same of a plain tar in a file, which is taken; `name` is for messages, and borrowed. */
int members_of_file(int fd, const char *name, struct arena *a, struct members *ret, struct err *e);
void members_done(struct members *m);
/*
 * Where a file's bytes are; links inside of the archive are followed. FAIL_NOT_FOUND. The last of
 * several members of a name counts.
 */
int members_find(const struct members *m, const char *name, struct member_range *ret,
		 struct err *e);
struct source *members_source(const struct members *m, const struct member_range *at)
	__attribute__((returns_nonnull));
/* A small file, whole, in the arena. */
int members_read(const struct members *m, const char *name, uint64_t limit, struct view *ret,
		 struct err *e);

#define auto_members __attribute__((cleanup(members_done))) struct members
