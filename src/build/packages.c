/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locked packages, opened: from the cache's listing where there is one, else decoded on the
 * workers, fetched before where the cache lacks the file. Downloads and decoding overlap.
 */
#include "base/date.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "build/alpine.h"
#include "build/base.h"
#include "build/vendor.h"
#include "fmt/deb822.h"
#include "pkg/apk/package_file.h"
#include "pkg/apk/pkginfo.h"
#include "pkg/deb/package_file.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PACKAGES_DIR "packages"
#define LISTINGS_DIR "listings"
#define SPOOL_DIR "spool"

enum { MAX_LISTING_BYTES = 512 << 20 }; /* a million files with long names */

/* One package's way through the workers. */
struct job {
	struct opening *all;
	struct build_package *package;
	char *path;  /* of the package file */
	bool cached; /* asked once: another process may be fetching it right now */
	char hex[SHA256_HEX_CHARS + 1];
	struct err err;
};

struct opening {
	struct build *b;
	const struct lock *lock;
	int packages_fd, listings_fd, spool_fd;
	struct job *jobs;
	size_t n;
	struct work_group group;
	struct arena arena;
	struct apk_context apk; /* of Alpine's */
};

static void save_listing(struct job *job)
{
	auto_buf bytes = BUF_EMPTY;
	struct err ignored;

	/* Only a cache: that it can't be written was said by whoever needed to write. */
	pkg_listing_write(job->package->contents, &bytes);
	(void)file_write_cached(job->all->listings_fd, job->hex, bytes.data, bytes.len, 0644,
				&ignored);
}

static int check_name(const struct job *job, struct err *e)
{
	const struct lock_package *p = job->package->locked;
	struct view text = pkg_contents_control(job->package->contents, "control");
	struct deb822_reader *reader = deb822_reader_new_mem(text, "control");
	struct deb822_stanza s;
	struct view name;
	int rc;

	if (job->all->b->alpine) {
		deb822_reader_free(reader);
		return apk_pkginfo_check_name(
			pkg_contents_control(job->package->contents, APK_PKGINFO), p->name,
			p->version, e);
	}
	rc = deb822_reader_next(reader, &s, e);
	name = rc == 1 ? view_trim(deb822_get(&s, "Package")) : view_of("");
	if (rc >= 0 && !view_is(name, p->name))
		rc = fail(e, FAIL_FORMAT, "the package's own name is '%.*s'", VIEW_ARG(name));
	deb822_reader_free(reader);
	return rc < 0 ? rc : 0;
}

static void decode(void *arg)
{
	struct job *job = arg;
	int rc;

	if (interrupt_check(&job->err) < 0)
		return;
	rc = (job->all->b->alpine ? apk_package_open : deb_package_open)(
		job->path, &job->package->locked->digest, job->all->spool_fd,
		&job->package->contents, &job->err);
	if (rc == -FAIL_VERIFY)
		job->package->damaged = true;
	if (rc < 0 || check_name(job, &job->err) < 0)
		return;
	save_listing(job);
}

/* From the listing, if there is a good one; the package file itself must be there, too. */
static bool open_listed(struct job *job)
{
	auto_buf bytes = BUF_EMPTY;
	struct err ignored;

	if (file_read(job->all->listings_fd, job->hex, MAX_LISTING_BYTES, &bytes, &ignored) < 0)
		return false;
	if ((job->all->b->alpine ? apk_package_open_listed : deb_package_open_listed)(
		    job->path, &job->package->locked->digest, job->all->spool_fd, buf_view(&bytes),
		    &job->package->contents, &ignored) < 0)
		return false;
	if (check_name(job, &ignored) == 0)
		return true;
	pkg_contents_free(steal(job->package->contents));
	return false;
}

/* By its size only: the digest is checked when it is decoded, or else by who fetches it. */
static bool is_cached(const struct job *job)
{
	struct stat st;

	if (job->all->b->recheck)
		return false;
	return fstatat(job->all->packages_fd, job->hex, &st, 0) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == job->package->locked->size_bytes;
}

static int fetched(const struct http_file *f, void *ctx, struct err *e)
{
	struct opening *o = ctx;

	(void)e;
	work_group_submit(o->b->ctx->workers, &o->group, decode, f->user);
	return 0;
}

static void describe_file(struct opening *o, struct job *job, struct http_file *f)
{
	const struct lock_package *p = job->package->locked;

	f->what = arena_printf(&o->arena, "%s %s", p->name, p->version);
	f->dir_fd = o->packages_fd;
	f->name = job->hex;
	f->size_bytes = p->size_bytes;
	f->digest = p->digest;
	f->cached = true;
	f->user = job;
}

static int fill_urls(struct opening *o, struct job *job, struct http_file *f, struct err *e)
{
	const struct build_context *ctx = o->b->ctx;

	describe_file(o, job, f);
	return build_package_urls(ctx, &o->apk, o->lock, job->package->locked, ctx->vendor,
				  &o->arena, &f->urls, &f->n_urls, e);
}

static int fetch_missing(struct opening *o, struct err *e)
{
	struct http_file *files = arena_array(&o->arena, o->n, sizeof(*files));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < o->n; i++) {
		if (o->jobs[i].cached)
			continue;
		rc = fill_urls(o, &o->jobs[i], &files[n++], e);
		if (rc < 0)
			return err_context(e, "package '%s'", o->jobs[i].package->locked->name);
	}
	if (n)
		rc = http_get_files(o->b->ctx->http, files, n, fetched, o, e);
	if (rc == -FAIL_IO)
		return err_context(e, "cache '%s'", o->b->ctx->cache_path);
	if (rc == -FAIL_NOT_FOUND)
		return err_hint(e, "the archive may have moved on; lock what it holds now with: "
				   "pare lock --update");
	return rc;
}

static int bigger_first(const void *a, const void *b)
{
	const struct job *x = a, *y = b;
	uint64_t p = x->package->locked->size_bytes, q = y->package->locked->size_bytes;

	if (p != q)
		return p < q ? 1 : -1;
	return strcmp(x->hex, y->hex);
}

static void submit_cached(struct opening *o)
{
	for (size_t i = 0; i < o->n; i++) {
		o->jobs[i].cached = is_cached(&o->jobs[i]);
		if (o->jobs[i].cached && !open_listed(&o->jobs[i]))
			work_group_submit(o->b->ctx->workers, &o->group, decode, &o->jobs[i]);
	}
}

static int open_dirs(struct opening *o, struct err *e)
{
	int cache_fd = o->b->ctx->cache_fd;
	int rc = dir_open_at(cache_fd, PACKAGES_DIR, 0755, &o->packages_fd, e);

	if (rc == 0)
		rc = dir_open_at(cache_fd, LISTINGS_DIR, 0755, &o->listings_fd, e);
	if (rc == 0)
		rc = dir_open_at(cache_fd, SPOOL_DIR, 0700, &o->spool_fd, e);
	return rc;
}

/* Another version goes over the base's; what only the old one had stays in the layers below. */
static bool base_has(const struct build *b, const struct lock_package *p)
{
	const struct view_package *there =
		b->base ? build_base_package(b->base, b->alpine, p->name, p->arch) : NULL;

	if (!there)
		return false;
	if (strcmp(there->version, p->version) == 0)
		return true;
	monitor_note(b->ctx->monitor, "%s %s goes over the base's %s", p->name, p->version,
		     there->version);
	return false;
}

/* The packages that the base doesn't have. */
static void choose_packages(struct build *b, const struct lock_arch *locked)
{
	b->packages = arena_array(&b->tree.arena, locked->n_packages, sizeof(*b->packages));
	for (size_t i = 0; i < locked->n_packages; i++)
		if (!base_has(b, &locked->packages[i]))
			b->packages[b->n_packages++].locked = &locked->packages[i];
}

static void prepare(struct opening *o, const struct lock_arch *locked)
{
	struct build *b = o->b;

	choose_packages(b, locked);
	o->n = b->n_packages;
	o->jobs = arena_array(&o->arena, o->n, sizeof(*o->jobs));
	for (size_t i = 0; i < o->n; i++) {
		const struct lock_package *p = b->packages[i].locked;

		b->packages[i].origin = (struct origin){ .kind = ORIGIN_PACKAGE,
							 .name = p->name,
							 .version = p->version,
							 .group = p->source };
		b->packages[i].tag = o->lock->indexes[p->index].tag;
		o->jobs[i].all = o;
		o->jobs[i].package = &b->packages[i];
		sha256_to_hex(&p->digest, o->jobs[i].hex);
		o->jobs[i].path = arena_printf(&o->arena, "%s/%s/%s", b->ctx->cache_path,
					       PACKAGES_DIR, o->jobs[i].hex);
	}
	qsort(o->jobs, o->n, sizeof(*o->jobs), bigger_first);
}

static int first_failure(const struct opening *o, struct err *e)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->jobs[i].err.code) {
			*e = o->jobs[i].err;
			return err_context(e, "%s %s", o->jobs[i].package->locked->name,
					   o->jobs[i].package->locked->version);
		}
	}
	return 0;
}

static const char *base_created(const struct build *b)
{
	const char *text = b->base->view->platform.config.created;

	return text ? text : "";
}

static void date_build(struct build *b)
{
	if (b->ctx->source_date_epoch >= 0) {
		b->created_s = b->ctx->source_date_epoch;
		return;
	}
	if (b->base)
		(void)date_parse_rfc3339(view_of(base_created(b)), &b->created_s);
	for (size_t i = 0; i < b->n_packages; i++)
		if (b->packages[i].contents->newest_s > b->created_s)
			b->created_s = b->packages[i].contents->newest_s;
}

int build_open_packages(struct build *b, const struct lock *lock, const struct lock_arch *locked,
			struct err *e)
{
	struct opening o = {
		.b = b, .lock = lock, .packages_fd = -1, .listings_fd = -1, .spool_fd = -1
	};
	int rc = open_dirs(&o, e);

	b->alpine = recipe_is_alpine(b->recipe);
	o.apk = alpine_context(b->ctx, b->recipe, &o.arena);
	if (rc == 0) {
		prepare(&o, locked);
		submit_cached(&o);
		rc = fetch_missing(&o, e);
		work_group_wait(b->ctx->workers, &o.group);
		if (rc == 0)
			rc = first_failure(&o, e);
	}
	if (rc == 0)
		date_build(b);
	fd_cleanup(&o.packages_fd);
	fd_cleanup(&o.listings_fd);
	arena_done(&o.arena);
	/* The contents spool lazily: its folder stays open as long as they live. */
	b->spool_fd = o.spool_fd;
	return rc;
}
