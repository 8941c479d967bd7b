/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading an index where it lies. Its checksum holds when it is opened, so that what is read later
 * was written by pare; numbers are checked all the same, for a checksum is no signature.
 */
#include "view/layer_index.h"

#include "base/checked.h"
#include "base/mem.h"
#include "view/layer_index_file.h"

#include <stdlib.h>
#include <string.h>

struct layer_index {
	struct mapped file;
	const struct layer_head *head;
	const struct layer_record *records;
	uint64_t text_at, kept_at;
	struct layer_totals totals;
};

static bool in_folder(const char *path, const char *folder)
{
	const char *at = strstr(path, folder);

	return at && (at == path || at[-1] == '/');
}

/* Below any root: images hold copies of others'. */
static const char *const kept_names[] = {
	"lib/dpkg/status", "lib/dpkg/diversions", "lib/apk/db/installed", "etc/passwd",
	"etc/group",	   "etc/shadow",	  "etc/gshadow",	  "etc/os-release",
	"lib/os-release",  "etc/debian_version",  "etc/alpine-release",	  "etc/nsswitch.conf",
	"etc/ld.so.conf",  "etc/ld.so.cache",	  "etc/ld.so.preload",	  "etc/apk/repositories",
};

bool layer_index_is_kept(const char *path)
{
	struct view v = view_of(path);

	if (in_folder(path, "lib/dpkg/status.d/"))
		return true;
	if (in_folder(path, "lib/dpkg/info/"))
		return view_ends(v, ".list") || view_ends(v, ".md5sums") ||
		       view_ends(v, ".conffiles");
	if (in_folder(path, "etc/ld.so.conf.d/"))
		return true;
	for (size_t i = 0; i < sizeof(kept_names) / sizeof(kept_names[0]); i++) {
		size_t len = strlen(kept_names[i]);

		if (view_ends(v, kept_names[i]) && (v.len == len || v.ptr[v.len - len - 1] == '/'))
			return true;
	}
	return false;
}

enum file_kind file_kind_of(struct view head)
{
	if (head.len == 0)
		return FILE_EMPTY;
	if (view_starts(head, "\177ELF"))
		return FILE_ELF;
	return view_starts(head, "#!") ? FILE_SCRIPT : FILE_OTHER;
}

size_t layer_index_count(const struct layer_index *x)
{
	return (size_t)x->head->n_records;
}

const struct layer_totals *layer_index_totals(const struct layer_index *x)
{
	return &x->totals;
}

/* The texts end in a NUL, so that every offset inside them is a string. */
static const char *text_at(const struct layer_index *x, uint32_t at)
{
	return at < x->head->text_bytes ? x->file.at + x->text_at + at : NULL;
}

static bool get_xattrs(const struct layer_index *x, const struct layer_record *r,
		       struct layer_entry *ret)
{
	uint64_t at = r->xattrs;

	for (size_t i = 0; i < r->n_xattrs; i++) {
		const char *name = at <= UINT32_MAX ? text_at(x, (uint32_t)at) : NULL;
		uint32_t len;

		if (!name)
			return false;
		at += strlen(name) + 1;
		if (at + sizeof(len) > x->head->text_bytes)
			return false;
		memcpy(&len, x->file.at + x->text_at + at, sizeof(len));
		at += sizeof(len);
		if (at + len > x->head->text_bytes)
			return false;
		ret->xattrs[i] =
			(struct tar_xattr){ name, view_make(x->file.at + x->text_at + at, len) };
		at += len;
	}
	ret->tar.xattrs = ret->xattrs;
	ret->tar.n_xattrs = r->n_xattrs;
	return true;
}

bool layer_index_get(const struct layer_index *x, size_t i, struct layer_entry *ret)
{
	const struct layer_record *r = &x->records[i];
	bool device = r->type == TAR_CHAR || r->type == TAR_BLOCK;

	if (i >= x->head->n_records || r->type > TAR_FIFO || r->kind > FILE_SCRIPT ||
	    r->n_xattrs > TAR_MAX_XATTRS)
		return false;
	ret->tar = (struct tar_entry){
		.type = (enum tar_type)r->type,
		.path = text_at(x, r->path),
		.link = text_at(x, r->link),
		.mode = r->mode & 07777u,
		.uid = r->uid,
		.gid = r->gid,
		.mtime_s = r->mtime_s,
		.size = device ? 0 : r->size,
		.offset = r->offset,
		.dev_major = device ? (uint32_t)(r->size >> 32) : 0,
		.dev_minor = device ? (uint32_t)r->size : 0,
	};
	memcpy(ret->digest.bytes, r->digest, SHA256_BYTES);
	ret->kind = (enum file_kind)r->kind;
	return ret->tar.path && ret->tar.link && get_xattrs(x, r, ret);
}

bool layer_index_at(const struct layer_index *x, uint64_t tar_offset, size_t *ret)
{
	size_t low = 0, high = layer_index_count(x);
	const struct layer_record *r;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (x->records[middle].offset <= tar_offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return false;
	r = &x->records[low - 1];
	if (r->type != TAR_FILE || tar_offset - r->offset >= r->size)
		return false;
	*ret = low - 1;
	return true;
}

bool layer_index_kept(const struct layer_index *x, uint64_t tar_offset, struct view *ret)
{
	const struct layer_record *r;
	size_t i;

	if (!layer_index_at(x, tar_offset, &i))
		return false;
	r = &x->records[i];
	if (r->kept == 0 || r->size > x->head->kept_bytes ||
	    r->kept - 1 > x->head->kept_bytes - r->size)
		return false;
	*ret = view_make(x->file.at + x->kept_at + r->kept - 1, (size_t)r->size);
	return true;
}

/* ---- opening ----------------------------------------------------------------------------- */

/* Records, texts and kept bytes fill the rest; the texts end in a NUL. */
static bool is_sound(struct layer_index *x)
{
	const struct layer_head *h = x->head;
	uint64_t records, all = sizeof(struct mapped_head) + sizeof(*h);

	if (!checked_mul(h->n_records, sizeof(struct layer_record), &records) ||
	    !checked_add(all, records, &all) || h->text_bytes == 0)
		return false;
	x->text_at = all;
	if (!checked_add(all, h->text_bytes, &all))
		return false;
	x->kept_at = all;
	return checked_add(all, h->kept_bytes, &all) && all == x->file.bytes &&
	       x->file.at[x->kept_at - 1] == '\0';
}

int layer_index_open(int fd, const struct sha256 *diff_id, struct layer_index **ret, struct err *e)
{
	struct layer_index x = { 0 };
	int rc = mapped_open(fd, &LAYER_INDEX_KIND, diff_id, sizeof(struct layer_head), &x.file, e);

	if (rc < 0)
		return rc;
	x.head = (const void *)(x.file.at + sizeof(struct mapped_head));
	x.records = (const void *)(x.head + 1);
	x.totals =
		(struct layer_totals){ x.head->tar_bytes, x.head->content_bytes, x.head->n_files };
	if (!is_sound(&x)) {
		mapped_close(&x.file);
		return fail(e, FAIL_FORMAT, "a layer's index with parts that lie outside of it");
	}
	*ret = mem_alloc(sizeof(**ret));
	**ret = x;
	return 0;
}

void layer_index_free(struct layer_index *x)
{
	if (!x)
		return;
	mapped_close(&x->file);
	free(x);
}
