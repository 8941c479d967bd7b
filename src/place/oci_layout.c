/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting an image into an image layout: blobs first, linked, cloned or copied, whichever the file
 * systems can do, then the index. A layout that is there keeps its other images.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/basic.h"
#include "place/put.h"
#include "place/store_private.h"
#include "place/walk.h"
#include "sys/fd.h"
#include "sys/files.h"

/* The blob's bytes into the file: shared blocks where that works, else read, checked, written. */
static int fill(struct store *from, const struct descriptor *d, int to_fd, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_source source = NULL;
	auto_sink sink = NULL;
	auto_fd fd = -1;
	int r;

	sha256_to_hex(&d->digest, hex);
	if (store_blob_fd(from, &d->digest, false, &fd, e) == 0 && ioctl(to_fd, FICLONE, fd) == 0)
		return 0;
	r = store_open_blob(from, &d->digest, &source, e);
	if (r)
		return r;
	sink = fd_sink_new(to_fd, hex);
	r = stream_copy(source, sink, NULL, e);
	return r ? r : sink_finish(sink, e);
}

static int copy_blob(const struct layout *to, struct store *from, const struct descriptor *d,
		     const char *hex, struct err *e)
{
	auto_atomic_file f = ATOMIC_FILE_NONE;
	int r = atomic_file_open(&f, to->blobs_fd, 0644, e);

	if (!r)
		r = fill(from, d, f.fd, e);
	return r ? r : atomic_file_commit(&f, hex, ATOMIC_REPLACE, e);
}

static bool is_one_file(const struct layout *to, const struct store *from, const char *hex)
{
	struct stat a, b;

	return fstatat(to->blobs_fd, hex, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstatat(from->layout.blobs_fd, hex, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* A blob that is there already is believed when it is the store's own file, or its digest holds. */
static int put_blob(const struct layout *to, struct store *from, const struct descriptor *d,
		    struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&d->digest, hex);
	if (!layout_has_blob(&from->layout, &d->digest, d->size))
		return fail(e, FAIL_NOT_FOUND, "'%s' has no blob sha256:%s of %llu bytes",
			    from->layout.path, hex, (unsigned long long)d->size);
	if (is_one_file(to, from, hex) || layout_blob_is_right(to, &d->digest, d->size))
		return 0;
	if (linkat(from->layout.blobs_fd, hex, to->blobs_fd, hex, 0) == 0)
		return 0;
	return copy_blob(to, from, d, hex, e);
}

int put_oci_layout(const struct place *to, struct store *from, const struct descriptor *root,
		   struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	auto_walk w = { .store = from, .arena = &a };
	auto_layout layout = LAYOUT_NONE;
	int r = walk_image(&w, root, e);

	if (!r)
		r = layout_open(to->path, 0755, &layout, e);
	for (size_t i = 0; !r && i < w.n; i++)
		r = put_blob(&layout, from, &w.at[i], e);
	/* the links must be on the disk before the index names them */
	if (!r && fsync(layout.blobs_fd) < 0 && errno != EINVAL && errno != EBADF)
		r = fail_sys(e, "write the folder '%s/blobs/sha256' to the disk", to->path);
	if (r)
		return err_context(e, "oci:%s", to->path);
	return layout_set_ref(&layout, to->ref, root, e);
}
