/* SPDX-License-Identifier: Apache-2.0 */
/* Package data into a listing and a spool; see unpack.h. */
#include "pkg/unpack.h"

#include "base/array.h"
#include "base/map.h"
#include "base/mem.h"
#include "tree/spool.h"

#include <stdlib.h>
#include <string.h>

enum { COPY_BYTES = 64 << 10 };

struct unpacker {
	struct pkg_contents *c;
	bool listed;	    /* the listing is there: fill only the spool */
	struct map by_path; /* path → index + 1 into c->files */
	struct spool *spool;
	char bytes[COPY_BYTES];
};

int unpacker_new(struct pkg_contents *c, struct unpacker **ret, struct err *e)
{
	struct spool *spool;
	struct unpacker *u;
	int rc = spool_new(c->spool_dir_fd, PKG_MAX_DATA_BYTES, &spool, e);

	if (rc < 0)
		return rc;
	u = mem_alloc(sizeof(*u));
	u->c = c;
	u->listed = c->n_files > 0;
	u->by_path = (struct map)MAP_EMPTY;
	u->spool = spool;
	*ret = u;
	return 0;
}

void unpacker_free(struct unpacker *u)
{
	if (!u)
		return;
	spool_free(u->spool);
	map_done(&u->by_path);
	free(u);
}

/* The current entry's bytes to the spool, hashed on the way. */
static int spool_entry(struct unpacker *u, struct tar_reader *tar, struct content *ret,
		       struct err *e)
{
	size_t n;

	do {
		int rc = tar_reader_read(tar, u->bytes, sizeof(u->bytes), &n, e);

		if (rc == 0)
			rc = spool_write(u->spool, u->bytes, n, e);
		if (rc < 0)
			return rc;
	} while (n);
	spool_end(u->spool, ret);
	u->c->spooled = ret->provider;
	ret->provider = &u->c->provider;
	return 0;
}

static const struct pkg_file *find_file(const struct unpacker *u, struct view path)
{
	uintptr_t i = (uintptr_t)map_get(&u->by_path, path);

	return i ? &u->c->files[i - 1] : NULL;
}

/* The name without "./" in front and '/' behind; empty for the root. */
static int plain_name(const char *raw, const char *what, struct view *ret, struct err *e)
{
	struct view rest, part, name = view_of(raw);

	if (name.len && name.ptr[0] == '/')
		return fail(e, FAIL_FORMAT, "%s '%s' is absolute", what, raw);
	while (view_starts(name, "./")) {
		name.ptr += 2;
		name.len -= 2;
	}
	while (name.len && name.ptr[name.len - 1] == '/')
		name.len--;
	if (view_is(name, "."))
		name.len = 0;
	rest = name;
	while (name.len && view_split(&rest, '/', &part)) {
		if (part.len == 0 || view_is(part, ".") || view_is(part, ".."))
			return fail(e, FAIL_FORMAT, "%s '%s' has an empty, '.' or '..' component",
				    what, raw);
		if (part.len > TREE_MAX_NAME)
			return fail(e, FAIL_LIMIT, "%s '%s' has a component of over %d bytes", what,
				    raw, TREE_MAX_NAME);
	}
	*ret = name;
	return 0;
}

/* No parent of the name may be anything but a folder in the same package. */
static int check_parents(const struct unpacker *u, struct view name, struct err *e)
{
	for (size_t i = 1; i < name.len; i++) {
		const struct pkg_file *parent;

		if (name.ptr[i] != '/')
			continue;
		parent = find_file(u, view_make(name.ptr, i));
		if (parent && parent->inode.type != NODE_DIR)
			return fail(e, FAIL_FORMAT, "'%.*s' goes through '%s', which is no folder",
				    VIEW_ARG(name), parent->path);
	}
	return 0;
}

static int node_type_of(enum tar_type type, enum node_type *ret)
{
	switch (type) {
	case TAR_FILE:
	case TAR_HARDLINK:
		*ret = NODE_FILE;
		return 0;
	case TAR_SYMLINK:
		*ret = NODE_SYMLINK;
		return 0;
	case TAR_DIR:
		*ret = NODE_DIR;
		return 0;
	default:
		return -1;
	}
}

static int copy_xattrs(struct arena *a, const struct tar_entry *entry, struct inode *to)
{
	struct xattr *xattrs;

	if (entry->n_xattrs == 0)
		return 0;
	xattrs = arena_array(a, entry->n_xattrs, sizeof(*xattrs));
	for (size_t i = 0; i < entry->n_xattrs; i++) {
		struct view value = entry->xattrs[i].value;

		xattrs[i].name = arena_strdup(a, entry->xattrs[i].name);
		xattrs[i].value = view_make(arena_view(a, value), value.len);
	}
	to->xattrs = xattrs;
	to->n_xattrs = entry->n_xattrs;
	return 0;
}

/* What is there already under this name: only a folder may come twice. */
static int check_twice(const struct unpacker *u, struct view name, enum node_type type,
		       bool *ret_skip, struct err *e)
{
	const struct pkg_file *old = find_file(u, name);

	*ret_skip = old != NULL;
	if (old && (old->inode.type != NODE_DIR || type != NODE_DIR))
		return fail(e, FAIL_FORMAT, "holds '%.*s' twice", VIEW_ARG(name));
	return 0;
}

static int set_hardlink(struct unpacker *u, struct pkg_file *file, const char *link, struct err *e)
{
	const struct pkg_file *target;
	struct view to;
	int rc = plain_name(link, "link target", &to, e);

	if (rc < 0)
		return rc;
	target = find_file(u, to);
	if (!target || target->inode.type != NODE_FILE)
		return fail(e, FAIL_FORMAT,
			    "'%s' is a hard link to '%s', which is no file before it", file->path,
			    link);
	file->hardlink = target->path;
	file->inode = target->inode;
	return 0;
}

static int set_inode(struct unpacker *u, struct pkg_file *file, const struct tar_entry *entry,
		     struct tar_reader *tar, struct err *e)
{
	struct arena *a = &u->c->arena;

	if (entry->type == TAR_HARDLINK)
		return set_hardlink(u, file, entry->link, e);
	if (entry->uid > UINT32_MAX || entry->gid > UINT32_MAX)
		return fail(e, FAIL_LIMIT, "'%s' has an owner over 2^32", file->path);
	file->inode.mode = entry->mode & 07777;
	file->inode.uid = (uint32_t)entry->uid;
	file->inode.gid = (uint32_t)entry->gid;
	file->inode.mtime_s = entry->mtime_s;
	copy_xattrs(a, entry, &file->inode);
	if (entry->type == TAR_SYMLINK) {
		file->inode.target = arena_strdup(a, entry->link);
		file->inode.mode = 0777;
	}
	if (entry->mtime_s > u->c->newest_s)
		u->c->newest_s = entry->mtime_s;
	return entry->type == TAR_FILE ? spool_entry(u, tar, &file->inode.content, e) : 0;
}

static int add_entry(struct unpacker *u, const struct tar_entry *entry, struct tar_reader *tar,
		     struct err *e)
{
	struct pkg_contents *c = u->c;
	struct pkg_file file = { .path = NULL };
	struct view name;
	bool skip;
	int rc = plain_name(entry->path, "entry", &name, e);

	if (rc < 0)
		return rc;
	if (name.len == 0)
		return 0; /* the root belongs to nobody */
	if (node_type_of(entry->type, &file.inode.type) < 0)
		return fail(e, FAIL_FORMAT,
			    "holds the device or pipe '%s', which packages must not", entry->path);
	rc = check_parents(u, name, e);
	if (rc == 0)
		rc = check_twice(u, name, file.inode.type, &skip, e);
	if (rc < 0 || skip)
		return rc;
	if (c->n_files == PKG_MAX_FILES)
		return fail(e, FAIL_LIMIT, "holds more than %d files", PKG_MAX_FILES);
	file.path = arena_view(&c->arena, name);
	rc = set_inode(u, &file, entry, tar, e);
	if (rc < 0)
		return rc;
	*array_push_to(c->files, c->n_files, c->cap_files) = file;
	*map_put(&u->by_path, view_of(file.path)) = (void *)(uintptr_t)c->n_files;
	return 0;
}

int unpacker_data(struct unpacker *u, struct tar_reader *tar, struct err *e)
{
	struct tar_entry entry;
	struct content unused;
	int more, rc = 0;

	while (rc == 0 && (more = tar_reader_next(tar, &entry, e)) != 0) {
		if (more < 0)
			return more;
		if (!u->listed)
			rc = add_entry(u, &entry, tar, e);
		else if (entry.type == TAR_FILE)
			rc = spool_entry(u, tar, &unused, e);
	}
	return rc;
}

static int read_control(struct tar_reader *tar, const struct tar_entry *entry, struct arena *a,
			struct view *ret, struct err *e)
{
	size_t n, got = 0;
	char *text;

	if (entry->size > PKG_MAX_CONTROL_BYTES)
		return fail(e, FAIL_LIMIT, "control member '%s' has over %d bytes", entry->path,
			    PKG_MAX_CONTROL_BYTES);
	text = arena_alloc(a, (size_t)entry->size + 1);
	do {
		int rc = tar_reader_read(tar, text + got, (size_t)entry->size - got, &n, e);

		if (rc < 0)
			return rc;
		got += n;
	} while (n && got < entry->size);
	*ret = view_make(text, got);
	return 0;
}

int unpacker_control(struct unpacker *u, struct tar_reader *tar, struct err *e)
{
	struct pkg_contents *c = u->c;
	struct tar_entry entry;
	int more, rc = 0;

	while (rc == 0 && (more = tar_reader_next(tar, &entry, e)) != 0) {
		struct pkg_control *member;
		const char *slash;

		if (more < 0)
			return more;
		if (entry.type != TAR_FILE || u->listed)
			continue;
		if (c->n_control == PKG_MAX_CONTROL_MEMBERS)
			return fail(e, FAIL_LIMIT, "has more than %d control members",
				    PKG_MAX_CONTROL_MEMBERS);
		slash = strrchr(entry.path, '/');
		member = array_push_to(c->control, c->n_control, c->cap_control);
		member->name = arena_strdup(&c->arena, slash ? slash + 1 : entry.path);
		rc = read_control(tar, &entry, &c->arena, &member->text, e);
	}
	return rc;
}

void unpacker_finish(struct unpacker *u)
{
	u->c->spool = steal(u->spool);
}
