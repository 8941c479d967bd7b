/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host files as tree content. What is read twice (to hash, then to write the layer) is checked
 * by inode, size and change time, so that a file that moves under us stops the build.
 */
#include "build/host.h"

#include "base/array.h"
#include "base/mem.h"
#include "build/host_hash.h"
#include "build/strip.h"
#include "crypto/digest.h"
#include "io/basic.h"
#include "io/codec.h"
#include "sys/fd.h"
#include "tree/spool.h"
#include "tree/tar_in.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of all archives of a recipe together, unpacked: as much as of one package. */
#define MAX_ARCHIVES_BYTES PKG_MAX_DATA_BYTES

enum {
	MAX_HOST_DEPTH = 128, /* folders below a `tree`: deeper is a loop or a mistake */
	STEP_BYTES = 256 << 10,
};

struct host_provider {
	struct content_provider provider; /* first, for the cast back */
	const char *path;
	struct stat seen;
};

/* Part of a file, which at the end must be the file that was seen. */
struct host_source {
	struct source base;
	const struct host_provider *of;
	int fd;
	uint64_t offset, left;
};

static int check_unchanged(const struct host_source *s, struct err *e)
{
	struct stat now;

	if (fstat(s->fd, &now) < 0)
		return fail_sys(e, "look at '%s'", s->of->path);
	return host_same_state(&s->of->seen, &now) ? 0 : host_changed(s->of->path, e);
}

static int host_read(struct source *base, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct host_source *s = (struct host_source *)base;
	ssize_t n = 0;

	*ret_n = 0;
	if (s->left == 0)
		return check_unchanged(s, e);
	do
		n = pread(s->fd, to, size < s->left ? size : s->left, (off_t)s->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail_sys(e, "read '%s'", s->of->path);
	if (n == 0)
		return host_changed(s->of->path, e);
	s->offset += (uint64_t)n;
	s->left -= (uint64_t)n;
	*ret_n = (size_t)n;
	return 0;
}

static void host_close(struct source *base)
{
	struct host_source *s = (struct host_source *)base;

	close(s->fd);
	free(s);
}

static int host_open(struct content_provider *p, uint64_t offset, uint64_t size,
		     struct source **ret, struct err *e)
{
	static const struct source_ops ops = { host_read, host_close };
	struct host_source *s = mem_zalloc(sizeof(*s));
	struct stat now;
	int rc;

	source_init(&s->base, &ops);
	s->of = (const struct host_provider *)p;
	s->offset = offset;
	s->left = size;
	rc = host_open_regular(s->of->path, &s->fd, &now, e);
	if (rc < 0) {
		free(s);
		return rc;
	}
	rc = check_unchanged(s, e);
	if (rc < 0)
		host_close(&s->base);
	else
		*ret = &s->base;
	return rc;
}

static const struct content_provider_ops host_ops = { .open = host_open };

static int look_at(const char *path, struct stat *ret, struct err *e)
{
	auto_fd fd = -1;

	return host_open_regular(path, &fd, ret, e);
}

int host_file(struct build *b, const char *path, const struct origin *origin, struct inode *ret,
	      struct err *e)
{
	struct host_provider *host = arena_new(&b->tree.arena, struct host_provider);
	struct sha256 digest = { { 0 } };
	int rc = b->weigh ? look_at(path, &host->seen, e)
			  : host_hash(b->ctx->memo, path, &host->seen, &digest, e);

	if (rc < 0)
		return rc;
	host->provider.ops = &host_ops;
	host->path = arena_strdup(&b->tree.arena, path);
	*ret = (struct inode){ .type = NODE_FILE,
			       .mode = host->seen.st_mode & S_IXUSR ? 0755 : 0644,
			       .mtime_s = b->created_s,
			       .origin = origin };
	ret->content = (struct content){ .provider = &host->provider,
					 .size = (uint64_t)host->seen.st_size,
					 .digest = digest };
	return 0;
}

/* An unnamed file beside the spools. */
static int open_scratch(const struct build *b, int *ret, struct err *e)
{
	*ret = openat(b->spool_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*ret < 0)
		*ret = memfd_create("strip", MFD_CLOEXEC);
	return *ret < 0 ? fail_sys(e, "make a temporary file") : 0;
}

static int spool_file(struct build *b, int fd, struct content *ret, struct err *e)
{
	auto_free char *bytes = mem_alloc(STEP_BYTES);
	off_t at = 0;
	ssize_t n;
	int rc = b->spool ? 0 : spool_new(b->spool_fd, MAX_ARCHIVES_BYTES, &b->spool, e);

	while (rc == 0 && (n = pread(fd, bytes, STEP_BYTES, at)) != 0) {
		if (n < 0)
			return fail_sys(e, "read a temporary file");
		rc = spool_write(b->spool, bytes, (size_t)n, e);
		at += n;
	}
	if (rc == 0)
		spool_end(b->spool, ret);
	return rc;
}

int host_file_stripped(struct build *b, const char *path, const struct origin *origin,
		       struct inode *ret, struct err *e)
{
	auto_fd from = -1, to = -1;
	struct stat seen, after;
	bool stripped = false;
	int rc = host_file(b, path, origin, ret, e);

	if (rc == 0)
		rc = host_open_regular(path, &from, &seen, e);
	if (rc == 0)
		rc = open_scratch(b, &to, e);
	if (rc == 0)
		rc = strip_elf(from, to, path, &stripped, e);
	if (rc < 0)
		return rc;
	if (fstat(from, &after) < 0 || !host_same_state(&seen, &after))
		return host_changed(path, e);
	return stripped ? spool_file(b, to, &ret->content, e) : 0;
}

struct names {
	char **at;
	size_t n, cap;
};

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(const char *folder, struct names *ret, struct err *e)
{
	DIR *dir = opendir(folder);
	const struct dirent *d;

	if (!dir)
		return fail_sys(e, "open the folder '%s'", folder);
	while ((d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			*array_push(ret) = mem_strdup(d->d_name);
	closedir(dir);
	if (ret->n)
		qsort(ret->at, ret->n, sizeof(*ret->at), by_bytes);
	return 0;
}

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->at[i]);
	free(names->at);
}

struct walk {
	host_visit *visit;
	void *ctx;
	unsigned depth;
};

static int walk_folder(struct walk *w, const char *source, const char *below, struct err *e);

static int visit_link(struct walk *w, struct host_entry *entry, size_t size, struct err *e)
{
	auto_free char *target = mem_zalloc(size + 2);
	ssize_t n = readlink(entry->source, target, size + 1);

	if (n < 0)
		return fail_sys(e, "read the link '%s'", entry->source);
	if ((size_t)n > size)
		return host_changed(entry->source, e);
	entry->type = NODE_SYMLINK;
	entry->target = target;
	return w->visit(w->ctx, entry, e);
}

static int walk_one(struct walk *w, const char *source, const char *path, struct err *e)
{
	struct host_entry entry = { .path = path, .source = source };
	struct stat st;
	int rc;

	if (lstat(source, &st) < 0)
		return fail_sys(e, "look at '%s'", source);
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		entry.type = NODE_DIR;
		rc = w->visit(w->ctx, &entry, e);
		return rc < 0 ? rc : walk_folder(w, source, path, e);
	case S_IFREG:
		entry.type = NODE_FILE;
		return w->visit(w->ctx, &entry, e);
	case S_IFLNK:
		return visit_link(w, &entry, (size_t)st.st_size, e);
	default:
		return fail(e, FAIL_UNSUPPORTED,
			    "'%s' is no file, folder or link; an image can't hold it", source);
	}
}

static int walk_folder(struct walk *w, const char *source, const char *below, struct err *e)
{
	struct names names = { 0 };
	int rc;

	if (w->depth == MAX_HOST_DEPTH)
		return fail(e, FAIL_LIMIT, "'%s' is over %d folders deep", source, MAX_HOST_DEPTH);
	w->depth++;
	rc = read_names(source, &names, e);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		auto_free char *from = mem_printf("%s/%s", source, names.at[i]);
		auto_free char *to = mem_printf("%s%s%s", below, *below ? "/" : "", names.at[i]);

		rc = walk_one(w, from, to, e);
	}
	names_done(&names);
	w->depth--;
	return rc;
}

int host_walk(const char *folder, host_visit *visit, void *ctx, struct err *e)
{
	struct walk w = { .visit = visit, .ctx = ctx };

	return walk_folder(&w, folder, "", e);
}

static int open_archive(const char *path, struct source **ret, struct err *e)
{
	struct source *raw;
	struct stat seen;
	struct view start;
	int fd, rc = host_open_regular(path, &fd, &seen, e);

	if (rc < 0)
		return rc;
	raw = peek_source_new(fd_source_new(fd, path), CODEC_DETECT_BYTES);
	rc = source_peek(raw, &start, e);
	if (rc < 0) {
		source_close(raw);
		return rc;
	}
	return decode_source_new(codec_detect(start), raw, path, ret, e);
}

int host_archive(struct build *b, const struct recipe_path *p, const struct origin *origin,
		 struct err *e)
{
	struct tar_in in = { .name = p->source, .prefix = p->path, .origin = origin };
	auto_source plain = NULL;
	int rc = open_archive(p->source, &plain, e);

	if (rc == 0 && !b->spool)
		rc = spool_new(b->spool_fd, MAX_ARCHIVES_BYTES, &b->spool, e);
	return rc < 0 ? rc : tree_read_tar(&b->tree, plain, &in, b->spool, e);
}

struct digesting {
	struct host_memo *memo;
	struct hasher *h;
};

static int digest_file(const struct digesting *d, const char *path, struct err *e)
{
	struct sha256 digest;
	struct stat seen;
	char executable;
	int rc = host_hash(d->memo, path, &seen, &digest, e);

	if (rc < 0)
		return rc;
	executable = seen.st_mode & S_IXUSR ? 'x' : '-';
	hasher_update(d->h, &executable, 1);
	hasher_update(d->h, digest.bytes, sizeof(digest.bytes));
	return 0;
}

static int digest_entry(void *ctx, const struct host_entry *entry, struct err *e)
{
	const struct digesting *d = ctx;
	struct hasher *h = d->h;

	hasher_update(h, entry->path, strlen(entry->path) + 1);
	if (entry->type == NODE_FILE)
		return digest_file(d, entry->source, e);
	hasher_update(h, entry->type == NODE_DIR ? "d" : "l", 1);
	if (entry->target)
		hasher_update(h, entry->target, strlen(entry->target) + 1);
	return 0;
}

int host_inputs_digest(struct host_memo *memo, const struct recipe *r, struct hasher *h,
		       struct err *e)
{
	struct digesting d = { memo, h };

	for (size_t i = 0; i < r->n_paths; i++) {
		const struct recipe_path *p = &r->paths[i];
		int rc = 0;

		if (p->type == PATH_TREE)
			rc = host_walk(p->source, digest_entry, &d, e);
		else if ((p->type == PATH_FILE && !p->content) || p->type == PATH_ARCHIVE)
			rc = digest_file(&d, p->source, e);
		if (rc < 0)
			return err_context(e, "%s", p->where);
	}
	return 0;
}
