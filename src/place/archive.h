/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar archive as an image's place: written beside its name and moved there when whole, or
 * straight into what is no regular file (/dev/stdout, a pipe). Members carry no trace of the
 * machine.
 */
#pragma once

#include "place/source.h"
#include "sys/result.h"

struct archive {
	int64_t mtime_s;
	struct sink *to;
	struct result_file file; /* open unless archive_start() gave the sink */
	const char *path;
	struct monitor *monitor; /* with `task`, from archive_watch() on */
	uint32_t task;		 /* 0: none */
};

#define ARCHIVE_NONE                     \
	{                                \
		.file = RESULT_FILE_NONE \
	}

/* `path` is borrowed. archive_done() drops what was not committed. */
int archive_open(struct archive *t, const char *path, int64_t mtime_s, struct err *e);
/* Tells the monitor of what is written from now on, about `total_bytes`. */
void archive_watch(struct archive *t, struct monitor *m, uint64_t total_bytes);
/* Takes `to`, which archive_commit() finishes. */
void archive_start(struct archive *t, struct sink *to, int64_t mtime_s);
int archive_commit(struct archive *t, struct err *e);
void archive_done(struct archive *t);

int archive_dir(struct archive *t, const char *path, struct err *e);
int archive_bytes(struct archive *t, const char *path, struct view bytes, struct err *e);
/* Takes `from`, which must give exactly `size` bytes. */
int archive_stream(struct archive *t, const char *path, struct source *from, uint64_t size,
		   struct err *e);
int archive_blob(struct archive *t, const char *path, struct place_source *from,
		 const struct descriptor *d, struct err *e);

#define auto_archive __attribute__((cleanup(archive_done))) struct archive
