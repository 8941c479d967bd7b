/* SPDX-License-Identifier: Apache-2.0 */
/* Opening places to read from, and those of them that are image layouts; see source.h. */
#include "place/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/basic.h"
#include "oci/image.h"
#include "place/layout.h"
#include "place/source_private.h"
#include "place/store_private.h"
#include "place/verified.h"
#include "sys/files.h"

enum { MAX_LISTED = 8 };

const char *list_names(const char *const *names, size_t n, struct arena *a)
{
	auto_buf list = BUF_EMPTY;
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < n; i++) {
		if (!names[i])
			continue;
		if (shown == MAX_LISTED) {
			left++;
			continue;
		}
		buf_printf(&list, "%s'%.100s'", shown++ ? ", " : "", names[i]);
	}
	if (left)
		buf_printf(&list, " and %zu more", left);
	return shown ? arena_view(a, buf_view(&list)) : "images without a name";
}

/* ---- the store, and layouts on disk ------------------------------------------------------ */

struct layout_source {
	struct place_source base;
	struct store *store; /* what blob.c reads from: a layout is all it needs */
	struct store own;
};

static int layout_source_open(struct place_source *s, const struct descriptor *d,
			      struct source **ret, struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	int fd, r = store_blob_fd(((struct layout_source *)s)->store, &d->digest, true, &fd, e);

	if (r)
		return r;
	sha256_to_hex(&d->digest, hex);
	*ret = fd_source_new(fd, hex);
	return 0;
}

static void layout_source_close(struct place_source *s)
{
	layout_done(&((struct layout_source *)s)->own.layout);
	free(s);
}

static int layout_source_file(struct place_source *s, const struct descriptor *d,
			      struct blob_file *ret, struct err *e)
{
	ret->offset = 0;
	return store_blob_fd(((struct layout_source *)s)->store, &d->digest, false, &ret->fd, e);
}

static struct store *layout_source_store(struct place_source *s)
{
	return ((struct layout_source *)s)->store;
}

static const struct place_source_ops layout_source_ops = {
	.open = layout_source_open,
	.file = layout_source_file,
	.store = layout_source_store,
	.close = layout_source_close,
};

static struct layout_source *layout_source_new(void)
{
	struct layout_source *s = mem_zalloc(sizeof(*s));

	s->base.ops = &layout_source_ops;
	s->own.layout = (struct layout)LAYOUT_NONE;
	return s;
}

struct place_source *place_source_of_store(struct store *s)
{
	struct layout_source *l = layout_source_new();

	l->store = s;
	return &l->base;
}

struct place_source *place_source_of_folder(int dir_fd)
{
	struct layout_source *l = layout_source_new();

	l->own.layout.blobs_fd = dir_fd;
	l->own.layout.path = mem_strdup("folder of blobs");
	l->store = &l->own;
	return &l->base;
}

/* ---- archives of a layout ---------------------------------------------------------------- */

struct archive_source {
	struct place_source base;
	struct members members;
};

static int archive_source_open(struct place_source *s, const struct descriptor *d,
			       struct source **ret, struct err *e)
{
	const struct members *m = &((struct archive_source *)s)->members;
	char path[sizeof("blobs/sha256/") + SHA256_HEX_CHARS] = "blobs/sha256/";
	struct member_range at;
	int r;

	sha256_to_hex(&d->digest, path + strlen("blobs/sha256/"));
	r = members_find(m, path, &at, e);
	if (!r)
		*ret = members_source(m, &at);
	return r;
}

static void archive_source_close(struct place_source *s)
{
	members_done(&((struct archive_source *)s)->members);
	free(s);
}

static int archive_source_file(struct place_source *s, const struct descriptor *d,
			       struct blob_file *ret, struct err *e)
{
	const struct members *m = &((struct archive_source *)s)->members;
	char path[sizeof("blobs/sha256/") + SHA256_HEX_CHARS] = "blobs/sha256/";
	struct member_range at;
	int r;

	sha256_to_hex(&d->digest, path + strlen("blobs/sha256/"));
	r = members_find(m, path, &at, e);
	if (r)
		return r;
	if (at.size != d->size)
		return fail(e, FAIL_VERIFY, "%s: '%s' has another size than it should", m->path,
			    path);
	ret->offset = at.offset;
	ret->fd = fcntl(m->fd, F_DUPFD_CLOEXEC, 0);
	return ret->fd < 0 ? fail_sys(e, "share '%s'", m->path) : 0;
}

static const struct place_source_ops archive_source_ops = {
	.open = archive_source_open,
	.file = archive_source_file,
	.close = archive_source_close,
};

/* ---- opening ----------------------------------------------------------------------------- */

/* A layout's only image needs no name; one that another tool put there may have none at all. */
static int find_image(const struct image_index *x, const struct place *p, struct arena *a,
		      struct descriptor *ret, struct err *e)
{
	const char **names = arena_array(a, x->n_manifests + 1, sizeof(*names));

	for (size_t i = 0; i < x->n_manifests; i++) {
		names[i] = descriptor_ref(&x->manifests[i]);
		if (p->ref ? names[i] && strcmp(names[i], p->ref) == 0 : x->n_manifests == 1) {
			*ret = x->manifests[i];
			return 0;
		}
	}
	if (x->n_manifests == 0)
		return fail(e, FAIL_NOT_FOUND, "no image in '%s'", p->path);
	if (p->ref)
		return fail(e, FAIL_NOT_FOUND, "no image '%s' in '%s'\nit holds %s", p->ref,
			    p->path, list_names(names, x->n_manifests, a));
	return fail(e, FAIL_USAGE, "which image? '%s' holds %s\nadd its name: %s:%s:NAME", p->path,
		    list_names(names, x->n_manifests, a),
		    p->kind == PLACE_OCI ? "oci" : "oci-archive", p->path);
}

static int open_layout(const struct place *p, struct arena *a, struct place_source **ret,
		       struct descriptor *ret_root, struct err *e)
{
	struct layout_source *s = layout_source_new();
	struct image_index x;
	int r = layout_open(p->path, 0, &s->own.layout, e);

	s->store = &s->own;
	if (r && e->sys == ENOTDIR)
		err_hint(e, "a file is oci-archive:%s or docker-archive:%s", p->path, p->path);
	else if (r == -FAIL_NOT_FOUND && access(p->path, F_OK) == 0)
		err_hint(e, "if it is a plain tree: rootfs:%s", p->path);
	if (!r)
		r = layout_read_index(&s->own.layout, a, &x, e);
	if (!r)
		r = find_image(&x, p, a, ret_root, e);
	if (r)
		place_source_close(&s->base);
	else
		*ret = &s->base;
	return r;
}

static int open_store(const struct place *p, const char *dir, struct arena *a,
		      struct place_source **ret, struct descriptor *ret_root, struct err *e)
{
	struct store *store = NULL;
	struct layout_source *s;
	int r = store_open(dir, &store, e);

	if (!r)
		r = store_resolve(store, p->ref, a, ret_root, e);
	if (r) {
		store_close(store);
		return r;
	}
	s = layout_source_new();
	s->own = *store; /* moved */
	s->store = &s->own;
	free(store);
	*ret = &s->base;
	return 0;
}

static int read_archive_index(const struct members *m, struct arena *a, struct image_index *ret,
			      struct err *e)
{
	struct view text;
	int r = members_read(m, "index.json", OCI_MAX_DOCUMENT_BYTES, &text, e);

	if (r == -FAIL_NOT_FOUND)
		return fail(e, FAIL_FORMAT, "'%s' is no OCI archive: it has no index.json%s",
			    m->path,
			    map_get(&m->by_name, view_of("manifest.json"))
				    ? "\nit may be a docker-archive:"
				    : "");
	return r ? r : image_index_read(text, "index.json", a, ret, e);
}

static int open_archive(const struct place *p, struct arena *a, struct place_source **ret,
			struct descriptor *ret_root, struct err *e)
{
	auto_members m = MEMBERS_NONE;
	struct archive_source *s;
	struct image_index x;
	int r = members_open(p->path, a, &m, e);

	if (!r && p->kind == PLACE_DOCKER_ARCHIVE)
		return docker_source_open(&m, p->ref, place_monitor(p), a, ret, ret_root, e);
	if (!r)
		r = read_archive_index(&m, a, &x, e);
	if (!r)
		r = find_image(&x, p, a, ret_root, e);
	if (r)
		return r;
	s = mem_zalloc(sizeof(*s));
	s->base.ops = &archive_source_ops;
	s->members = m;
	m = (struct members)MEMBERS_NONE;
	*ret = &s->base;
	return 0;
}

int place_open(const struct place *p, const char *store_dir, struct arena *a,
	       struct place_source **ret, struct descriptor *ret_root, struct err *e)
{
	switch (p->kind) {
	case PLACE_STORE:
		return open_store(p, store_dir, a, ret, ret_root, e);
	case PLACE_OCI:
		return open_layout(p, a, ret, ret_root, e);
	case PLACE_OCI_ARCHIVE:
	case PLACE_DOCKER_ARCHIVE:
		return open_archive(p, a, ret, ret_root, e);
	case PLACE_REGISTRY:
		return registry_source_open(p, a, ret, ret_root, e);
	case PLACE_ROOTFS:
		return fail(e, FAIL_UNSUPPORTED,
			    "rootfs:%s is a plain tree, no image: it has no config or manifest",
			    p->path);
	case PLACE_DAEMON:
		break;
	}
	return daemon_source_open(p, a, ret, ret_root, e);
}

void place_source_close(struct place_source *s)
{
	if (s)
		s->ops->close(s);
}

int place_source_open(struct place_source *s, const struct descriptor *d, struct source **ret,
		      struct err *e)
{
	struct source *raw;
	int r = s->ops->open(s, d, &raw, e);

	if (!r)
		*ret = verified_source_new(raw, &d->digest, d->size);
	return r;
}

bool place_source_file(struct place_source *s, const struct descriptor *d, struct blob_file *ret)
{
	struct err ignored;

	return s->ops->file && s->ops->file(s, d, ret, &ignored) == 0;
}

bool place_source_is_far(const struct place_source *s)
{
	return s->ops->is_far ? s->ops->is_far(s) : s->ops->fetch != NULL;
}

const struct reference *place_source_origin(struct place_source *s, const struct descriptor *d)
{
	return s->ops->origin ? s->ops->origin(s, d) : NULL;
}

struct store *place_source_store(struct place_source *s)
{
	return s->ops->store ? s->ops->store(s) : NULL;
}

int place_source_fetch_stream(struct place_source *s, const struct descriptor *d, int dir_fd,
			      const char *name, struct err *e)
{
	auto_atomic_file f = ATOMIC_FILE_NONE;
	auto_source from = NULL;
	auto_sink to = NULL;
	int r = place_source_open(s, d, &from, e);

	if (!r)
		r = atomic_file_open(&f, dir_fd, 0644, e);
	if (r)
		return r;
	to = fd_sink_new(f.fd, name);
	r = stream_copy(from, to, NULL, e);
	if (!r)
		r = sink_finish(to, e);
	return r ? r : atomic_file_commit(&f, name, ATOMIC_REPLACE, e);
}

int place_source_fetch(struct place_source *s, const struct descriptor *d, const char *what,
		       int dir_fd, const char *name, struct err *e)
{
	if (s->ops->fetch)
		return s->ops->fetch(s, d, what, dir_fd, name, e);
	return place_source_fetch_stream(s, d, dir_fd, name, e);
}

int place_source_read(struct place_source *s, const struct descriptor *d, struct arena *a,
		      struct view *ret, struct err *e)
{
	struct kept *kept = s->ops->kept ? s->ops->kept(s) : NULL;
	auto_buf text = BUF_EMPTY;
	auto_source from = NULL;
	auto_sink to = NULL;
	int r;

	if (kept && kept_find(kept, &d->digest, ret) && ret->len == d->size) {
		*ret = view_make(arena_view(a, *ret), ret->len);
		return 0;
	}
	if (d->size > OCI_MAX_DOCUMENT_BYTES)
		return fail(e, FAIL_LIMIT, "a document of %llu bytes is larger than %d",
			    (unsigned long long)d->size, OCI_MAX_DOCUMENT_BYTES);
	r = place_source_open(s, d, &from, e);
	if (r)
		return r;
	to = buf_sink_new(&text, OCI_MAX_DOCUMENT_BYTES);
	r = stream_copy(from, to, NULL, e);
	if (r)
		return r;
	*ret = view_make(arena_view(a, buf_view(&text)), text.len);
	if (kept)
		kept_add(kept, &d->digest, *ret);
	return 0;
}
