/* SPDX-License-Identifier: Apache-2.0 */
/* Packages files: their binary indexes, from the cache or made of what the mirror has. */
#include "pkg/deb/list.h"

#include "pkg/deb/packages.h"
#include "pkg/deb/signed_file.h"
#include "pkg/index_file.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <stdio.h>

#define INDEXES "indexes"

enum { PACKAGES_VERSION = 1 }; /* raise it when deb_packages_read keeps something else */

static int read_packages(struct source *text, const char *url, void *arg, struct err *e)
{
	struct index_writer **w = arg;

	index_writer_free(*w);
	*w = index_writer_new();
	return deb_packages_read(text, url, *w, e);
}

static int fetch(const struct deb_context *ctx, const struct deb_inrelease *from,
		 const struct deb_signed_file *file, int dir_fd, const char *name, struct err *e)
{
	struct index_writer *w = NULL;
	int rc = deb_signed_file_read(ctx, from, file, read_packages, &w, e);

	if (rc == 0)
		rc = index_writer_save(w, dir_fd, name, e);
	else if (rc == -FAIL_NOT_FOUND)
		rc = err_hint(e, "its InRelease names it; the mirror may be in the middle of an "
				 "update: try again later, or another one");
	index_writer_free(w);
	return rc;
}

int deb_list_open(struct deb_context *ctx, const struct deb_inrelease *from, struct deb_list *list,
		  struct index **ret, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct deb_signed_file file = { arena_printf(&a, "%sPackages", list->dir), list->name };
	char hex[SHA256_HEX_CHARS + 1];
	char name[SHA256_HEX_CHARS + 32];
	auto_fd dir_fd = -1;
	struct sha256 key;
	int rc = deb_signed_file_key(from, &file, &key, e);

	if (rc == 0)
		rc = dir_open_at(ctx->cache_fd, INDEXES, 0755, &dir_fd, e);
	if (rc < 0)
		return rc;
	sha256_to_hex(&key, hex);
	snprintf(name, sizeof(name), "%s-deb%d.%d", hex, INDEX_VERSION, PACKAGES_VERSION);
	rc = index_open(dir_fd, name, ret, e);
	/* A damaged one is made anew. */
	if (rc == 0 || (rc != -FAIL_NOT_FOUND && rc != -FAIL_FORMAT))
		return rc;
	rc = fetch(ctx, from, &file, dir_fd, name, e);
	list->stale = !ctx->offline && (rc == -FAIL_NOT_FOUND || rc == -FAIL_VERIFY);
	return rc < 0 ? rc : index_open(dir_fd, name, ret, e);
}
