/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and making image layouts, and the lock on index.json. That lock is on the folder itself,
 * so that a layout holds nothing that the specification doesn't name; only where folders can't be
 * locked (NFS) it is on a file.
 */
#include "place/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "fmt/json.h"
#include "io/hash.h"
#include "oci/descriptor_json.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/lock.h"

enum {
	OCI_LAYOUT_MAX_BYTES = 4096, /* it holds one version number */
};

#define LAYOUT_FILE "oci-layout"
#define INDEX_FILE "index.json"

static int lock_index(const struct layout *l, int *ret_fd, struct err *e)
{
	auto_fd fd = openat(l->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail_sys(e, "open '%s'", l->path);
	if (flock(fd, LOCK_EX) == 0) {
		*ret_fd = fd_steal(&fd);
		return 0;
	}
	if (errno == EINTR)
		return fail(e, FAIL_INTERRUPTED, "stopped while waiting for '%s'", l->path);
	if (errno != EBADF && errno != EOPNOTSUPP && errno != ENOLCK)
		return fail_sys(e, "lock '%s'", l->path);
	return lock_acquire(l->dir_fd, ".lock-index", LOCK_EXCLUSIVE, true, ret_fd, e);
}

static int check_version(const struct layout *l, mode_t create_mode, struct err *e)
{
	auto_free char *name = mem_printf("%s/" LAYOUT_FILE, l->path);
	auto_buf text = BUF_EMPTY;
	auto_json doc = NULL;
	const char *version;
	int r;

	if (faccessat(l->dir_fd, LAYOUT_FILE, F_OK, 0) < 0 && errno == ENOENT && create_mode)
		return file_write_atomic(l->dir_fd, LAYOUT_FILE, LAYOUT_TEXT, strlen(LAYOUT_TEXT),
					 0644, e);
	r = file_read(l->dir_fd, LAYOUT_FILE, OCI_LAYOUT_MAX_BYTES, &text, e);
	if (!r)
		r = json_parse(buf_view(&text), name, &doc, e);
	if (r)
		return r;
	version = json_str(json_get(json_root(doc), "imageLayoutVersion"));
	if (!version)
		return fail(e, FAIL_FORMAT, "%s: 'imageLayoutVersion' must be a string", name);
	if (strncmp(version, "1.", 2) != 0)
		return fail(e, FAIL_UNSUPPORTED, "%s: is of version '%.32s', not 1", name, version);
	return 0;
}

static int make_index(const struct layout *l, struct err *e)
{
	struct image_index none = { 0 };
	auto_buf text = BUF_EMPTY;
	auto_fd lock = -1;
	int r;

	if (faccessat(l->dir_fd, INDEX_FILE, F_OK, 0) == 0 || errno != ENOENT)
		return 0;
	r = lock_index(l, &lock, e);
	if (r || faccessat(l->dir_fd, INDEX_FILE, F_OK, 0) == 0)
		return r;
	image_index_write(&none, &text);
	return file_write_atomic(l->dir_fd, INDEX_FILE, text.data, text.len, 0644, e);
}

int layout_open(const char *path, mode_t create_mode, struct layout *ret, struct err *e)
{
	auto_layout l = LAYOUT_NONE;
	int r = dir_open(path, create_mode, &l.dir_fd, e);

	if (r)
		return r;
	l.path = mem_strdup(path);
	r = dir_open_at(l.dir_fd, "blobs/sha256", create_mode, &l.blobs_fd, e);
	if (!r)
		r = check_version(&l, create_mode, e);
	if (!r && create_mode)
		r = make_index(&l, e);
	if (r)
		return err_context(e, "image layout '%s'", path);
	*ret = l;
	l = (struct layout)LAYOUT_NONE;
	return 0;
}

void layout_done(struct layout *l)
{
	fd_cleanup(&l->dir_fd);
	fd_cleanup(&l->blobs_fd);
	free(l->path);
	*l = (struct layout)LAYOUT_NONE;
}

bool layout_has_blob(const struct layout *l, const struct sha256 *digest, uint64_t size)
{
	char hex[SHA256_HEX_CHARS + 1];
	struct stat st;

	sha256_to_hex(digest, hex);
	return fstatat(l->blobs_fd, hex, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == size;
}

bool layout_blob_is_right(const struct layout *l, const struct sha256 *digest, uint64_t size)
{
	return layout_blob_check(l, digest, size, NULL, 0);
}

bool layout_blob_check(const struct layout *l, const struct sha256 *digest, uint64_t size,
		       struct monitor *m, uint32_t task)
{
	char hex[SHA256_HEX_CHARS + 1];
	auto_fd fd = -1;

	sha256_to_hex(digest, hex);
	fd = openat(l->blobs_fd, hex, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 && hash_is_watched(fd, size, digest, m, task);
}

int layout_read_index(const struct layout *l, struct arena *a, struct image_index *ret,
		      struct err *e)
{
	auto_free char *name = mem_printf("%s/" INDEX_FILE, l->path);
	auto_buf text = BUF_EMPTY;
	int r = file_read(l->dir_fd, INDEX_FILE, OCI_MAX_DOCUMENT_BYTES, &text, e);

	if (r)
		return err_context(e, "image layout '%s'", l->path);
	return image_index_read(buf_view(&text), name, a, ret, e);
}

const char *descriptor_ref(const struct descriptor *d)
{
	return descriptor_annotation(d, ANNOTATION_REF_NAME);
}

/* What happens to the entries named `ref` (NULL: to those without a name). */
struct change {
	const char *ref;
	const struct descriptor *put; /* NULL: they go */
	bool met;		      /* there was one */
};

static bool concerns(const struct change *c, const struct json *entry)
{
	const char *ref = json_str(json_get(json_get(entry, "annotations"), ANNOTATION_REF_NAME));

	return ref && c->ref ? strcmp(ref, c->ref) == 0 : !ref && !c->ref;
}

struct descriptor descriptor_with_ref(const struct descriptor *d, const char *ref, struct arena *a)
{
	struct pair *notes = arena_array(a, d->n_annotations + 1, sizeof(*notes));
	struct descriptor ret = *d;
	size_t n = 0;

	for (size_t i = 0; i < d->n_annotations; i++) {
		if (strcmp(d->annotations[i].key, ANNOTATION_REF_NAME) != 0)
			notes[n++] = d->annotations[i];
	}
	if (ref)
		notes[n++] = (struct pair){ ANNOTATION_REF_NAME, ref };
	ret.annotations = notes;
	ret.n_annotations = n;
	return ret;
}

static void write_named(struct json_writer *w, const struct change *c)
{
	auto_arena a = ARENA_EMPTY;
	struct descriptor d = descriptor_with_ref(c->put, c->ref, &a);

	write_descriptor(w, &d);
}

static void write_entries(struct json_writer *w, const struct json *entries, struct change *c)
{
	json_open_array(w);
	for (size_t i = 0; i < json_length(entries); i++) {
		if (!concerns(c, json_at(entries, i))) {
			json_put_value(w, json_at(entries, i));
			continue;
		}
		if (c->put && !c->met)
			write_named(w, c);
		c->met = true;
	}
	if (c->put && !c->met)
		write_named(w, c);
	json_close_array(w);
}

/* The index's text after the change. Members that pare doesn't know are kept. */
static int edit(struct view text, const char *name, struct change *c, struct buf *ret,
		struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct image_index checked;
	const struct json *value;
	struct json_writer w;
	auto_json doc = NULL;
	void *state = NULL;
	const char *key;
	int r = image_index_read(text, name, &a, &checked, e);

	if (!r)
		r = json_parse(text, name, &doc, e);
	if (r)
		return r;
	json_writer_init(&w, ret, 0);
	json_open_object(&w);
	while (json_next(json_root(doc), &state, &key, &value)) {
		json_key(&w, key);
		if (strcmp(key, "manifests") == 0)
			write_entries(&w, value, c);
		else
			json_put_value(&w, value);
	}
	json_close_object(&w);
	if (ret->len > OCI_MAX_DOCUMENT_BYTES ||
	    (c->put && !c->met && checked.n_manifests >= OCI_MAX_MANIFESTS))
		return fail(e, FAIL_LIMIT, "%s: holds too many images: at most %d and %d bytes",
			    name, OCI_MAX_MANIFESTS, OCI_MAX_DOCUMENT_BYTES);
	return 0;
}

static int change_index(const struct layout *l, struct change *c, struct err *e)
{
	auto_free char *name = mem_printf("%s/" INDEX_FILE, l->path);
	auto_buf before = BUF_EMPTY, after = BUF_EMPTY;
	auto_fd lock = -1;
	int r = lock_index(l, &lock, e);

	if (!r)
		r = file_read(l->dir_fd, INDEX_FILE, OCI_MAX_DOCUMENT_BYTES, &before, e);
	if (!r)
		r = edit(buf_view(&before), name, c, &after, e);
	if (r || view_eq(buf_view(&before), buf_view(&after)))
		return r;
	r = file_write_atomic(l->dir_fd, INDEX_FILE, after.data, after.len, 0644, e);
	return r ? err_context(e, "image layout '%s'", l->path) : 0;
}

int layout_set_ref(const struct layout *l, const char *ref, const struct descriptor *d,
		   struct err *e)
{
	struct change c = { ref, d, false };

	return change_index(l, &c, e);
}

int layout_drop_ref(const struct layout *l, const char *ref, struct err *e)
{
	struct change c = { ref, NULL, false };
	int r = change_index(l, &c, e);

	if (!r && !c.met)
		return fail(e, FAIL_NOT_FOUND, "'%s' has no image '%s'", l->path, ref);
	return r;
}
