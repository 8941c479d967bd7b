/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store and layouts as targets, and archives by way of a layout that is written out at the
 * end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "io/basic.h"
#include "io/hash.h"
#include "place/store_private.h"
#include "place/target_private.h"
#include "place/verified.h"
#include "sys/files.h"

struct layout_target {
	struct place_target base;
	struct store store;
	struct place to;
	struct monitor *monitor;
};

enum {
	SHORT_DIGITS = 12,
	WATCHED_BYTES = 8 << 20, /* what is smaller is read before anybody asks how long it takes */
};

static struct layout_target *of(struct place_target *t)
{
	return (struct layout_target *)t;
}

static int layout_has(struct place_target *t, const struct descriptor *d, bool *ret, struct err *e)
{
	struct layout_target *l = of(t);
	struct monitor *m = d->size < WATCHED_BYTES ? NULL : l->monitor;
	char hex[SHA256_HEX_CHARS + 1], what[32];
	uint32_t task;

	*ret = store_has_blob(&l->store, &d->digest, d->size);
	if (!*ret)
		return 0;
	sha256_to_hex(&d->digest, hex);
	snprintf(what, sizeof(what), "check %.*s", SHORT_DIGITS, hex);
	task = monitor_begin(m, what, d->size);
	*ret = layout_blob_check(&l->store.layout, &d->digest, d->size, m, task);
	monitor_end(m, task, !*ret);
	return interrupt_check(e);
}

static int layout_folder(const struct place_target *t)
{
	return ((const struct layout_target *)t)->store.layout.blobs_fd;
}

/* On one file system; elsewhere it is read once, for the copy. */
static bool can_link(const struct layout_target *t, const struct blob_file *from)
{
	struct stat folder, file;

	return fstat(t->store.layout.blobs_fd, &folder) == 0 && fstat(from->fd, &file) == 0 &&
	       folder.st_dev == file.st_dev;
}

/*
 * A file that is the whole blob gets a second name, where the file system can do that. It is
 * checked before it has the name: what others put there is never taken away.
 */
static bool link_whole(struct layout_target *t, const struct descriptor *d,
		       const struct blob_file *from, const char *hex, struct monitor *m,
		       uint32_t task)
{
	char path[32];

	if (from->offset || !can_link(t, from) ||
	    !hash_is_watched(from->fd, d->size, &d->digest, m, task))
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", from->fd);
	return linkat(AT_FDCWD, path, t->store.layout.blobs_fd, hex, AT_SYMLINK_FOLLOW) == 0;
}

static int write_file(struct layout_target *t, const struct descriptor *d,
		      const struct blob_file *from, const char *hex, struct monitor *m,
		      uint32_t task, struct err *e)
{
	auto_atomic_file f = ATOMIC_FILE_NONE;
	auto_source source = NULL;
	auto_sink sink = NULL;
	int fd = fcntl(from->fd, F_DUPFD_CLOEXEC, 0);
	int r = fd < 0 ? fail_sys(e, "share a file") : 0;

	if (r)
		return r;
	source = verified_source_new(range_source_new(fd, from->offset, d->size, hex), &d->digest,
				     d->size);
	r = atomic_file_open(&f, t->store.layout.blobs_fd, 0644, e);
	if (r)
		return r;
	sink = monitor_sink_new(fd_sink_new(f.fd, hex), m, task);
	r = stream_copy(source, sink, NULL, e);
	if (!r)
		r = sink_finish(sink, e);
	return r ? r : atomic_file_commit(&f, hex, ATOMIC_REPLACE, e);
}

static int layout_put(struct place_target *base, const struct descriptor *d,
		      const struct blob_file *from, struct monitor *m, uint32_t task, struct err *e)
{
	struct layout_target *t = of(base);
	char hex[SHA256_HEX_CHARS + 1];
	int r;

	sha256_to_hex(&d->digest, hex);
	if (link_whole(t, d, from, hex, m, task))
		return 0;
	r = write_file(t, d, from, hex, m, task, e);
	return r ? err_context(e, "'%s'", t->store.layout.path) : 0;
}

static int layout_put_document(struct place_target *t, const struct descriptor *d,
			       struct view bytes, struct err *e)
{
	struct sha256 digest;

	(void)d;
	return store_put_blob(&of(t)->store, bytes.ptr, bytes.len, &digest, e);
}

static int layout_finish(struct place_target *base, const struct descriptor *root,
			 struct view bytes, int64_t created_s, struct err *e)
{
	struct layout_target *t = of(base);
	int r = layout_put_document(base, root, bytes, e);

	/* links must be on the disk before the index names them */
	if (!r && fsync(t->store.layout.blobs_fd) < 0 && errno != EINVAL && errno != EBADF)
		r = fail_sys(e, "write the folder '%s/blobs/sha256' to the disk",
			     t->store.layout.path);
	if (r)
		return r;
	if (t->to.kind == PLACE_OCI)
		return layout_set_ref(&t->store.layout, t->to.ref, root, e);
	return place_put(&t->to, &t->store, root, created_s, e);
}

/* An archive is written anew, whatever was in the stage. */
static bool layout_sent(const struct place_target *t)
{
	enum place_kind kind = ((const struct layout_target *)t)->to.kind;

	return kind == PLACE_OCI_ARCHIVE || kind == PLACE_DOCKER_ARCHIVE;
}

static void layout_close(struct place_target *t)
{
	layout_done(&of(t)->store.layout);
	free(t);
}

static const struct place_target_ops layout_ops = {
	.has = layout_has,
	.folder = layout_folder,
	.put = layout_put,
	.put_bytes = layout_put_document,
	.put_document = layout_put_document,
	.finish = layout_finish,
	.sent = layout_sent,
	.close = layout_close,
};

static int open_store(struct layout_target *t, const char *dir, struct err *e)
{
	struct store *s = NULL;
	int r = store_open(dir, &s, e);

	if (r)
		return r;
	t->store = *s; /* moved */
	free(s);
	return 0;
}

int layout_target_open(const struct place *to, const struct target_options *o,
		       struct place_target **ret, struct err *e)
{
	struct layout_target *t = mem_zalloc(sizeof(*t));
	int r;

	t->base.ops = &layout_ops;
	t->to = *to;
	t->monitor = place_monitor(to);
	t->store.layout = (struct layout)LAYOUT_NONE;
	if (to->kind == PLACE_STORE)
		r = open_store(t, o->store_dir, e);
	else if (to->kind == PLACE_OCI)
		r = layout_open(to->path, 0755, &t->store.layout, e);
	else
		r = layout_open(o->stage, 0700, &t->store.layout, e);
	if (r)
		layout_close(&t->base);
	else
		*ret = &t->base;
	return r;
}
