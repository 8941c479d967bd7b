/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one package file holds: its files with their attributes and digests, and its control
 * members. The same for every package world. A listing of it is kept in the cache, so that the
 * package itself is decoded only when somebody wants a file's bytes that no cached layer has.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/view.h"
#include "tree/spool.h"
#include "tree/tree.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PKG_MAX_FILES = 1 << 20,	  /* the largest Debian packages have about 100,000 */
	PKG_MAX_CONTROL_BYTES = 10 << 20, /* apko's limit for control members */
	PKG_MAX_CONTROL_MEMBERS = 256,	  /* real ones have at most a dozen */
	PKG_MAX_CONTROL_TAR = 32 << 20,	  /* all of them together; real ones have a few MiB */
	PKG_LISTING_VERSION = 2,
};
/*
 * What a package of some size may unpack to. Compression of 100 to 1 is far beyond what programs
 * and data reach; the constant is for small packages full of zeros (images of firmware).
 */
#define PKG_MAX_RATIO 100
#define PKG_FREE_DATA_BYTES (UINT64_C(256) << 20)
#define PKG_MAX_DATA_BYTES (UINT64_C(16) << 30) /* apko's limit for data members */

struct pkg_file {
	const char *path;     /* without "./" and without a trailing '/' */
	const char *hardlink; /* path of an earlier file in the same package, or NULL */
	struct inode inode;   /* content.provider is the pkg_contents */
};

struct pkg_control {
	const char *name; /* "control", "md5sums", "postinst", … */
	struct view text;
};

struct pkg_contents;

/* Decodes a package file once more and writes its files' bytes, in listing order, to a spool. */
typedef int pkg_respool(struct pkg_contents *c, struct err *e);

struct pkg_contents {
	struct content_provider provider;
	struct arena arena;
	struct pkg_file *files;
	size_t n_files, cap_files;
	struct pkg_control *control;
	size_t n_control, cap_control;
	int64_t newest_s; /* the latest mtime of its files */

	/* Where the bytes are, once they are wanted. */
	const char *package_path;
	struct sha256 digest;		  /* of the package file: checked before every decoding */
	bool damaged;			  /* the package file was found to have another one */
	int spool_dir_fd;		  /* borrowed: where unnamed spool files are made */
	struct spool *spool;		  /* NULL: not decoded in this process yet */
	struct content_provider *spooled; /* the spool's; NULL when there are no bytes */
	pkg_respool *respool;
	pthread_mutex_t mutex;
};

struct pkg_contents *pkg_contents_new(const char *package_path, const struct sha256 *digest,
				      int spool_dir_fd, pkg_respool *respool);
void pkg_contents_free(struct pkg_contents *c);

/* A new one, decoded by `decode`. Errors name the file. */
int pkg_contents_open(const char *package_path, const struct sha256 *digest, int spool_dir_fd,
		      pkg_respool *decode, struct pkg_contents **ret, struct err *e);
/* The same from its listing; `decode` is for the first who wants a file's bytes. */
int pkg_contents_open_listed(const char *package_path, const struct sha256 *digest,
			     int spool_dir_fd, pkg_respool *decode, struct view listing,
			     struct pkg_contents **ret, struct err *e);

/* A control member's text; ptr is NULL when the package has none of that name. */
struct view pkg_contents_control(const struct pkg_contents *c, const char *name);

/* Adds one; both texts are copied. */
void pkg_contents_add_control(struct pkg_contents *c, const char *name, struct view text);

/* The listing's binary form, ending in its own SHA-256. */
void pkg_listing_write(const struct pkg_contents *c, struct buf *to);
/* Fills an empty `c`; a damaged or outdated listing, or one of another package, is FAIL_FORMAT and
 * leaves `c` empty. */
int pkg_listing_read(struct view bytes, struct pkg_contents *c, struct err *e);
