/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package's contents as an object: making, freeing, and handing out its files' bytes, which
 * decodes the package at the first call. The listing's binary form is in listing.c.
 */
#include "pkg/contents.h"

#include "base/array.h"
#include "base/mem.h"

#include <stdlib.h>

static int contents_open(struct content_provider *p, uint64_t offset, uint64_t size,
			 struct source **ret, struct err *e)
{
	struct pkg_contents *c = (struct pkg_contents *)p;
	int rc = 0;

	pthread_mutex_lock(&c->mutex);
	if (!c->spool)
		rc = c->respool(c, e);
	pthread_mutex_unlock(&c->mutex);
	if (rc < 0)
		return err_context(e, "%s", c->package_path);
	if (!c->spooled)
		return fail(e, FAIL_FORMAT, "package '%s' has no such file", c->package_path);
	return c->spooled->ops->open(c->spooled, offset, size, ret, e);
}

static const struct content_provider_ops contents_ops = { .open = contents_open };

struct pkg_contents *pkg_contents_new(const char *package_path, const struct sha256 *digest,
				      int spool_dir_fd, pkg_respool *respool)
{
	struct pkg_contents *c = mem_zalloc(sizeof(*c));

	c->provider.ops = &contents_ops;
	c->package_path = arena_strdup(&c->arena, package_path);
	c->digest = *digest;
	c->spool_dir_fd = spool_dir_fd;
	c->respool = respool;
	pthread_mutex_init(&c->mutex, NULL);
	return c;
}

void pkg_contents_free(struct pkg_contents *c)
{
	if (!c)
		return;
	spool_free(c->spool);
	pthread_mutex_destroy(&c->mutex);
	free(c->files);
	free(c->control);
	arena_done(&c->arena);
	free(c);
}

int pkg_contents_open(const char *package_path, const struct sha256 *digest, int spool_dir_fd,
		      pkg_respool *decode, struct pkg_contents **ret, struct err *e)
{
	struct pkg_contents *c = pkg_contents_new(package_path, digest, spool_dir_fd, decode);
	int rc = decode(c, e);

	if (rc < 0) {
		pkg_contents_free(c);
		return err_context(e, "package '%s'", package_path);
	}
	*ret = c;
	return 0;
}

int pkg_contents_open_listed(const char *package_path, const struct sha256 *digest,
			     int spool_dir_fd, pkg_respool *decode, struct view listing,
			     struct pkg_contents **ret, struct err *e)
{
	struct pkg_contents *c = pkg_contents_new(package_path, digest, spool_dir_fd, decode);
	int rc = pkg_listing_read(listing, c, e);

	if (rc < 0) {
		pkg_contents_free(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void pkg_contents_add_control(struct pkg_contents *c, const char *name, struct view text)
{
	struct pkg_control *member = array_push_to(c->control, c->n_control, c->cap_control);

	*member = (struct pkg_control){
		.name = arena_strdup(&c->arena, name),
		.text = view_make(arena_view(&c->arena, text), text.len),
	};
}

struct view pkg_contents_control(const struct pkg_contents *c, const char *name)
{
	for (size_t i = 0; i < c->n_control; i++)
		if (strcmp(c->control[i].name, name) == 0)
			return c->control[i].text;
	return (struct view){ NULL, 0 };
}
