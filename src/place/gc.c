/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Garbage collection of the store: mark from the names, sweep what is old. An image that can't be
 * read stops it before anything is removed: what hangs on it is not known.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "place/store_private.h"
#include "place/walk.h"
#include "sys/fd.h"
#include "sys/files.h"

static int mark(struct walk *w, struct err *e)
{
	struct image_index x;
	int r = layout_read_index(&w->store->layout, w->arena, &x, e);

	for (size_t i = 0; !r && i < x.n_manifests; i++) {
		r = walk_image(w, &x.manifests[i], e);
		if (r && descriptor_ref(&x.manifests[i]))
			return err_context(e, "image '%s'", descriptor_ref(&x.manifests[i]));
	}
	return r;
}

/* ---- what images were built on ----------------------------------------------------------- */

static void keep(struct walk *w, const struct sha256 *digest)
{
	char *hex = arena_alloc(w->arena, SHA256_HEX_CHARS + 1);

	sha256_to_hex(digest, hex);
	map_put(&w->seen, view_make(hex, SHA256_HEX_CHARS));
}

/* What can't be read is of no use for that, and goes like everything else. */
static void keep_base(struct walk *w, const char *digest_text)
{
	struct sha256 digest;
	struct image_index x;
	struct manifest m;
	struct view text;
	struct err e;

	if (!digest_text || strncmp(digest_text, "sha256:", 7) != 0 ||
	    !sha256_from_hex(view_of(digest_text + 7), &digest) ||
	    store_read_blob(w->store, &digest, OCI_MAX_DOCUMENT_BYTES, w->arena, &text, &e) < 0)
		return;
	if (manifest_read(text, "base", w->arena, &m, &e) == 0)
		keep(w, &m.config.digest);
	else if (image_index_read(text, "base", w->arena, &x, &e) < 0)
		return;
	keep(w, &digest);
}

/*
 * Manifest and config of the base of each image, so that it can be put on another one when the
 * base's name has moved on. They are small; the layers are the image's own.
 */
static void mark_bases(struct walk *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct manifest m;
		struct view text;
		struct err e;

		if (is_manifest_type(w->at[i].media_type) &&
		    store_read_blob(w->store, &w->at[i].digest, OCI_MAX_DOCUMENT_BYTES, w->arena,
				    &text, &e) == 0 &&
		    manifest_read(text, "manifest", w->arena, &m, &e) == 0)
			keep_base(w, pairs_get(&m.annotations, ANNOTATION_BASE_DIGEST));
	}
}

/* ---- the rest ---------------------------------------------------------------------------- */

struct sweep {
	const struct walk *marked;
	int blobs_fd;
	int64_t now_s, min_age_s;
	bool dry_run;
	struct gc_result result;
};

static int sweep_file(struct sweep *s, const char *name, struct err *e)
{
	struct sha256 digest;
	struct stat st;

	if (!sha256_from_hex(view_of(name), &digest))
		return 0;
	if (fstatat(s->blobs_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : fail_sys(e, "look at blob '%s'", name);
	if (map_find(&s->marked->seen, view_of(name)) || s->now_s - st.st_mtime < s->min_age_s) {
		s->result.n_kept++;
		s->result.kept_bytes += (uint64_t)st.st_size;
		return 0;
	}
	if (!s->dry_run && unlinkat(s->blobs_fd, name, 0) < 0)
		return fail_sys(e, "remove blob '%s'", name);
	s->result.n_blobs++;
	s->result.blob_bytes += (uint64_t)st.st_size;
	return 0;
}

static int sweep_all(struct sweep *s, struct err *e)
{
	auto_fd fd = openat(s->blobs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_dir dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir)
		return fail_sys(e, "list the blobs");
	fd_steal(&fd);
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		int r = sweep_file(s, entry->d_name, e);

		if (r)
			return r;
	}
	return errno ? fail_sys(e, "list the blobs") : 0;
}

void store_tidy(struct store *s)
{
	struct err ignored;

	(void)remove_stale_temps(s->layout.blobs_fd, NULL, &ignored);
	(void)remove_stale_temps(s->layout.dir_fd, NULL, &ignored);
}

int store_gc(struct store *s, int64_t min_age_s, bool dry_run, struct gc_result *ret, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	auto_walk w = { .store = s, .arena = &a, .missing_ok = true };
	struct sweep sweep = { .marked = &w,
			       .blobs_fd = s->layout.blobs_fd,
			       .now_s = time(NULL),
			       .min_age_s = min_age_s,
			       .dry_run = dry_run };
	auto_fd guard = -1;
	int r = store_guard(s, LOCK_EXCLUSIVE, &guard, e);

	if (!r)
		r = mark(&w, e);
	if (!r)
		mark_bases(&w);
	if (!r)
		r = sweep_all(&sweep, e);
	if (!r && !dry_run)
		store_tidy(s);
	if (r)
		return err_context(e, "store '%s'", s->layout.path);
	*ret = sweep.result;
	return 0;
}
