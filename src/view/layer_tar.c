/* SPDX-License-Identifier: Apache-2.0 */
/* The tar of a layer, out of any place or a file, as it is read and as entries. */
#include "view/private.h"

#include "base/mem.h"
#include "io/basic.h"
#include "io/codec.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <stdio.h>

enum {
	SHORT_DIGITS = 12,
	WATCHED_BYTES = 8 << 20, /* what is smaller is read before anybody asks how long it takes */
};

static int open_blob(void *ctx, const struct descriptor *d, struct source **ret, struct err *e)
{
	const struct image_view *v = ctx;
	struct place_source *from = v->own->source;
	struct monitor *m = v->own->options.monitor;
	char hex[SHA256_HEX_CHARS + 1], what[32];
	int rc = place_source_open(from, d, ret, e);

	/* what comes over a network is told of there */
	if (rc < 0 || !m || d->size < WATCHED_BYTES || place_source_is_far(from))
		return rc;
	sha256_to_hex(&d->digest, hex);
	snprintf(what, sizeof(what), "read %.*s", SHORT_DIGITS, hex);
	*ret = monitor_source_new(*ret, m, monitor_begin(m, what, d->size));
	return 0;
}

static int open_rootfs_file(const struct image_view *v, struct source **ret, struct err *e)
{
	const char *path = v->own->place.path;
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	struct source *peek;
	struct view start;
	int rc;

	if (fd < 0)
		return fail_sys(e, "open '%s'", path);
	peek = peek_source_new(fd_source_new(fd_steal(&fd), path), CODEC_DETECT_BYTES);
	rc = source_peek(peek, &start, e);
	if (rc < 0) {
		source_close(peek);
		return rc;
	}
	rc = decode_source_new(codec_detect(start), peek, path, ret, e);
	if (rc == 0)
		*ret = limit_source_new(*ret, REPLAY_MAX_LAYER_BYTES, path);
	return rc;
}

const char *view_layer_name(const struct image_view *v, size_t layer, struct arena *a)
{
	if (v->is_rootfs)
		return v->name;
	return arena_printf(a, "layer %s", look_digest(&v->layers[layer].descriptor->digest, a));
}

int view_open_tar(const struct image_view *v, size_t layer, struct source **ret, struct err *e)
{
	const struct layer_opener from = { open_blob, (void *)(uintptr_t)v };
	auto_arena a = ARENA_EMPTY;

	if (v->is_rootfs)
		return open_rootfs_file(v, ret, e);
	return layer_open_tar(&from, v->layers[layer].descriptor, view_layer_name(v, layer, &a),
			      ret, e);
}

struct tar_entries {
	struct entries base;
	struct tar_reader *tar;
};

static int tar_next(struct entries *s, struct tar_entry *ret, struct err *e)
{
	return tar_reader_next(((struct tar_entries *)s)->tar, ret, e);
}

static int tar_read(struct entries *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	return tar_reader_read(((struct tar_entries *)s)->tar, to, size, ret_n, e);
}

static void tar_close(struct entries *s)
{
	tar_reader_free(((struct tar_entries *)s)->tar);
	free(s);
}

int tar_entries_new(struct source *tar, const char *name, struct entries **ret, struct err *e)
{
	static const struct entries_ops ops = { tar_next, tar_read, tar_close };
	struct tar_entries *t = mem_zalloc(sizeof(*t));
	int rc = tar_reader_new(tar, name, &t->tar, e);

	t->base.ops = &ops;
	if (rc < 0)
		free(t);
	else
		*ret = &t->base;
	return rc;
}
