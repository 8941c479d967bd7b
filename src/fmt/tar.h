/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar: a reader for whatever is out there (ustar, GNU, PAX; libarchive behind it) and a writer
 * for one canonical form: ustar headers, PAX records only where ustar can't say it, numeric
 * owners, whole-second mtimes, no user names.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TAR_MAX_PATH = 4096,		/* PATH_MAX */
	TAR_MAX_XATTRS = 64,		/* per entry */
	TAR_MAX_XATTR_BYTES = 64 << 10, /* the kernel's XATTR_SIZE_MAX */
	TAR_MAX_PAX_BYTES = 1 << 20,	/* of one entry's records; Go's archive/tar takes no more */
	TAR_BLOCK_BYTES = 512,
};

/* No disk holds more; above it readers disagree about what a size means. */
#define TAR_MAX_FILE_BYTES (UINT64_C(1) << 50)

enum tar_type { TAR_FILE, TAR_HARDLINK, TAR_SYMLINK, TAR_CHAR, TAR_BLOCK, TAR_DIR, TAR_FIFO };

struct tar_xattr {
	const char *name; /* without the SCHILY.xattr. prefix */
	struct view value;
};

/* All pointers of an entry that was read are valid until the next one is. */
struct tar_entry {
	enum tar_type type;
	const char *path; /* as in the archive */
	const char *link; /* hard links and symlinks */
	uint32_t mode;	  /* 07777 */
	uint64_t uid, gid;
	int64_t mtime_s;
	uint64_t size;	 /* of regular files, else 0 */
	uint64_t offset; /* in the tar, of a regular file's bytes; not for writing */
	uint32_t dev_major, dev_minor;
	const struct tar_xattr *xattrs;
	size_t n_xattrs;
};

struct tar_reader;

/* Takes `from`, an uncompressed tar, also when it fails. `name` is for messages and is borrowed. */
int tar_reader_new(struct source *from, const char *name, struct tar_reader **ret, struct err *e);
void tar_reader_free(struct tar_reader *r);
/* 1 and the entry, 0 at the end, negative on error. What was not read of the last file is skipped.
 */
int tar_reader_next(struct tar_reader *r, struct tar_entry *ret, struct err *e);
/* The current file's next bytes; *ret_n == 0 at its end. */
int tar_reader_read(struct tar_reader *r, void *to, size_t size, size_t *ret_n, struct err *e);

/*
 * Writing: an entry's header to `to`, then its `size` bytes by the caller through sink_write, then
 * tar_write_padding(size); tar_write_end() closes the archive. Folders get a '/' at the end of
 * their path if they don't have one. Names are bytes: what fits into a ustar header stays raw
 * there, in whatever encoding. Xattrs may come in any order. FAIL_FORMAT for what no tar can say.
 */
int tar_write_header(struct sink *to, const struct tar_entry *entry, struct err *e);
int tar_write_padding(struct sink *to, uint64_t size, struct err *e);
int tar_write_end(struct sink *to, struct err *e);
