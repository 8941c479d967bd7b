/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the archive's headers; see members.h. */
#include "place/members.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "io/codec.h"
#include "sys/fd.h"
#include "sys/files.h"

enum { MAX_LINKS = 8 }; /* docker save links a layer that an image has twice */

struct member {
	struct member_range at;
	const char *link; /* a link's target as a member's name, or NULL */
};

/* Without the './' that tar puts in front, or a '/'. */
static const char *bare(const char *name)
{
	for (;;) {
		if (name[0] == '/')
			name++;
		else if (name[0] == '.' && name[1] == '/')
			name += 2;
		else
			return name;
	}
}

/* `target` as seen from the folder of `name`: '.' and '..' are worked out, never past the top. */
static char *resolve(struct arena *a, const char *name, const char *target)
{
	const char *slash = strrchr(name, '/');
	auto_buf path = BUF_EMPTY;
	struct view left = view_of(target), part;

	if (slash && target[0] != '/')
		buf_add(&path, name, (size_t)(slash - name));
	while (view_split(&left, '/', &part)) {
		if (part.len == 0 || view_is(part, "."))
			continue;
		if (view_is(part, "..")) {
			const char *up = path.len ? memrchr(path.data, '/', path.len) : NULL;

			path.len = up ? (size_t)(up - path.data) : 0;
			continue;
		}
		if (path.len)
			buf_add_char(&path, '/');
		buf_add_view(&path, part);
	}
	return arena_view(a, buf_view(&path));
}

static void add_member(struct members *m, const struct tar_entry *t, const char *name)
{
	struct member *new = arena_new(m->arena, struct member);

	new->at = (struct member_range){ t->offset, t->size };
	if (t->type == TAR_SYMLINK)
		new->link = resolve(m->arena, name, t->link);
	else if (t->type == TAR_HARDLINK)
		new->link = resolve(m->arena, "", t->link);
	*map_put(&m->by_name, view_of(arena_strdup(m->arena, name))) = new;
}

static int list_members(struct members *m, struct tar_reader *tar, struct err *e)
{
	size_t n_bytes = 0;
	struct tar_entry t;
	int r;

	while ((r = tar_reader_next(tar, &t, e)) == 1) {
		r = interrupt_check(e);
		if (r)
			return r;
		if (t.type != TAR_FILE && t.type != TAR_SYMLINK && t.type != TAR_HARDLINK)
			continue;
		n_bytes += strlen(t.path) + strlen(t.link);
		if (m->by_name.n >= MEMBERS_MAX || n_bytes > MEMBERS_MAX_NAME_BYTES)
			return fail(e, FAIL_LIMIT,
				    "'%s' holds too many files to be an image: "
				    "more than %d, or names of more than %d bytes",
				    m->path, MEMBERS_MAX, MEMBERS_MAX_NAME_BYTES);
		add_member(m, &t, bare(t.path));
	}
	return r;
}

static int copy_to_temp(struct source *from, int *ret_fd, struct err *e)
{
	auto_sink to = NULL;
	auto_fd fd = -1;
	int r = temp_file_open(&fd, e);

	if (r)
		return r;
	to = fd_sink_new(fd, "temporary file");
	r = stream_copy(from, to, NULL, e);
	if (!r)
		r = sink_finish(to, e);
	if (r)
		return temp_file_failed(e);
	*ret_fd = fd_steal(&fd);
	return 0;
}

/* The archive as a file that holds a plain tar. */
static int open_plain(const char *path, int *ret_fd, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct source *peek, *plain;
	auto_source limited = NULL;
	struct view start;
	enum codec codec;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_sys(e, "open '%s'", path);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		fail_sys(e, "read '%s'", path);
		return err_hint(e, "a folder is oci:%s, or as a plain tree rootfs:%s", path, path);
	}
	peek = peek_source_new(fd_source_new(fcntl(fd, F_DUPFD_CLOEXEC, 0), path),
			       CODEC_DETECT_BYTES);
	r = source_peek(peek, &start, e);
	if (r) {
		source_close(peek);
		return r;
	}
	codec = codec_detect(start);
	if (codec == CODEC_PLAIN && S_ISREG(st.st_mode)) {
		source_close(peek);
		*ret_fd = fd_steal(&fd);
		return 0;
	}
	r = decode_source_new(codec, peek, path, &plain, e);
	if (r)
		return r;
	limited = limit_source_new(plain, MEMBERS_MAX_COPY_BYTES, path);
	return copy_to_temp(limited, ret_fd, e);
}

int members_of_file(int fd, const char *path, struct arena *a, struct members *ret, struct err *e)
{
	auto_members m = { .path = path, .fd = fd, .arena = a };
	struct tar_reader *tar;
	struct stat st;
	int r;

	if (fstat(m.fd, &st) < 0)
		return fail_sys(e, "look at '%s'", path);
	r = tar_reader_new(range_source_new(m.fd, 0, (uint64_t)st.st_size, path), path, &tar, e);
	if (r)
		return r;
	r = list_members(&m, tar, e);
	tar_reader_free(tar);
	if (r)
		return r;
	*ret = m;
	m = (struct members)MEMBERS_NONE;
	return 0;
}

int members_open(const char *path, struct arena *a, struct members *ret, struct err *e)
{
	int fd = -1, r = open_plain(path, &fd, e);

	return r ? r : members_of_file(fd, path, a, ret, e);
}

void members_done(struct members *m)
{
	fd_cleanup(&m->fd);
	m->fd = -1;
	map_done(&m->by_name);
}

int members_find(const struct members *m, const char *name, struct member_range *ret, struct err *e)
{
	const struct member *at = map_get(&m->by_name, view_of(bare(name)));

	for (unsigned int i = 0; at && at->link; i++) {
		if (i == MAX_LINKS)
			return fail(e, FAIL_FORMAT, "'%s': too many links on the way to '%.200s'",
				    m->path, name);
		at = map_get(&m->by_name, view_of(at->link));
	}
	if (!at)
		return fail(e, FAIL_NOT_FOUND, "'%s' has no '%.200s'", m->path, name);
	*ret = at->at;
	return 0;
}

struct source *members_source(const struct members *m, const struct member_range *at)
{
	return range_source_new(m->fd, at->offset, at->size, m->path);
}

int members_read(const struct members *m, const char *name, uint64_t limit, struct view *ret,
		 struct err *e)
{
	auto_source from = NULL;
	struct member_range at;
	char *bytes;
	int r = members_find(m, name, &at, e);

	if (r)
		return r;
	if (at.size > limit)
		return fail(e, FAIL_LIMIT, "'%s': '%.200s' is larger than %llu bytes", m->path,
			    name, (unsigned long long)limit);
	from = members_source(m, &at);
	bytes = arena_alloc(m->arena, (size_t)at.size + 1);
	r = source_read_full(from, bytes, (size_t)at.size, e);
	if (!r)
		*ret = view_make(bytes, (size_t)at.size);
	return r;
}
