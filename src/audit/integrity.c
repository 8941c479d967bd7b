/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of files with their checksums; see integrity.h. */
#include "audit/integrity.h"

#include "base/array.h"
#include "base/glob.h"

#include <stdlib.h>
#include <string.h>

enum { MD5_HEX = 32, SHA1_BASE64 = 28 };

/* /bin and /usr/bin are the same folder wherever it matters, and lists name either. */
static struct view without_usr(struct view path)
{
	while (path.len && (path.ptr[0] == '/' || path.ptr[0] == '.'))
		path = view_make(path.ptr + 1, path.len - 1);
	if (view_starts(path, "usr/"))
		path = view_make(path.ptr + 4, path.len - 4);
	return path;
}

/* FNV-1a */
static uint64_t hash_path(struct view path)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	path = without_usr(path);
	for (size_t i = 0; i < path.len; i++)
		h = (h ^ (uint8_t)path.ptr[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* ---- lists ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct view v, uint8_t *to)
{
	for (size_t i = 0; i < v.len; i += 2) {
		int high = hex_digit(v.ptr[i]), low = hex_digit(v.ptr[i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i / 2] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool read_md5_line(struct view line, struct listed_file *ret)
{
	struct view digest;

	*ret = (struct listed_file){ 0 };
	if (!view_word(&line, &digest) || digest.len != MD5_HEX || !read_hex(digest, ret->digest))
		return false;
	while (line.len && line.ptr[0] == ' ')
		line = view_make(line.ptr + 1, line.len - 1);
	ret->path = line;
	return line.len > 0;
}

void integrity_md5sums(struct view text, listed_file_fn *fn, void *ctx)
{
	struct listed_file f;
	struct view line;

	while (view_split(&text, '\n', &line))
		if (read_md5_line(line, &f))
			fn(ctx, &f);
}

static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* "Q1" and 20 bytes in base64, as apk writes SHA-1. */
static bool read_q1(struct view v, uint8_t *to)
{
	uint32_t bits = 0;
	size_t n = 0;

	if (v.len != 2 + SHA1_BASE64 || !view_starts(v, "Q1"))
		return false;
	for (size_t i = 2; i < v.len - 1; i++) {
		int d = base64_digit(v.ptr[i]);

		if (d < 0)
			return false;
		bits = bits << 6 | (uint32_t)d;
		if ((i - 2) % 4 == 3 || i == v.len - 2) {
			size_t left = i == v.len - 2 ? 2 : 3;

			if (left == 2)
				bits <<= 6;
			for (size_t k = 0; k < left && n < SHA1_BYTES; k++)
				to[n++] = (uint8_t)(bits >> (16 - 8 * k));
			bits = 0;
		}
	}
	return n == SHA1_BYTES;
}

struct apk_position {
	struct view folder, name;
	bool wanted;
};

static void apk_line(struct apk_position *at, struct view line, const char *package,
		     struct arena *a, listed_file_fn *fn, void *ctx)
{
	struct view value = view_make(line.ptr + 2, line.len - 2);
	struct listed_file f = { .sha1 = true };

	switch (line.ptr[0]) {
	case 'P':
		at->wanted = !package || view_is(value, package);
		break;
	case 'F':
		at->folder = value;
		break;
	case 'R':
		at->name = value;
		break;
	case 'Z':
		if (!at->wanted || !at->name.len || !read_q1(value, f.digest))
			break;
		f.path = view_of(arena_printf(a, "%.*s%s%.*s", VIEW_ARG(at->folder),
					      at->folder.len ? "/" : "", VIEW_ARG(at->name)));
		fn(ctx, &f);
		break;
	default:
		break;
	}
}

void integrity_apk(struct view text, const char *package, struct arena *a, listed_file_fn *fn,
		   void *ctx)
{
	struct apk_position at = { 0 };
	struct view line;

	while (view_split(&text, '\n', &line)) {
		if (line.len >= 2 && line.ptr[1] == ':')
			apk_line(&at, line, package, a, fn, ctx);
		else if (line.len == 0)
			at = (struct apk_position){ 0 };
	}
}

/* " /etc/x <md5>" lines below "Conffiles:" of a dpkg status. */
static void read_conffiles(struct view text, listed_file_fn *fn, void *ctx)
{
	struct view line, path, digest;

	while (view_split(&text, '\n', &line)) {
		struct listed_file f = { 0 };

		if (!view_starts(line, " /") || !view_word(&line, &path) ||
		    !view_word(&line, &digest) || digest.len != MD5_HEX ||
		    !read_hex(digest, f.digest))
			continue;
		f.path = view_make(path.ptr + 1, path.len - 1);
		fn(ctx, &f);
	}
}

/* ---- of all layers ---- */

static void keep(void *ctx, const struct listed_file *f)
{
	struct integrity *i = ctx;
	struct integrity_entry x = { .path = hash_path(f->path), .sha1 = f->sha1 };

	memcpy(x.digest, f->digest, sizeof(x.digest));
	*array_push(i) = x;
}

static int compare(const void *a, const void *b)
{
	const struct integrity_entry *x = a, *y = b;

	return x->path < y->path ? -1 : x->path > y->path;
}

static void read_list(struct integrity *i, const char *path, struct view text, struct arena *a)
{
	if (glob_match("var/lib/dpkg/info/*.md5sums", path) ||
	    glob_match("var/lib/dpkg/status.d/*.md5sums", path))
		integrity_md5sums(text, keep, i);
	else if (glob_match("var/lib/dpkg/status", path))
		read_conffiles(text, keep, i);
	else if (glob_match("lib/apk/db/installed", path) ||
		 glob_match("usr/lib/apk/db/installed", path))
		integrity_apk(text, NULL, a, keep, i);
}

static const char *plain(const char *path)
{
	while (path[0] == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return path;
}

void integrity_read(const struct image_view *v, struct audit_scan *s, struct integrity *ret)
{
	struct integrity all = { .scan = s };
	auto_arena a = ARENA_EMPTY;

	for (size_t l = 0; l < v->n_layers; l++) {
		const struct layer_index *x = v->layers[l].index;

		for (size_t i = 0; i < layer_index_count(x); i++) {
			struct layer_entry entry;
			struct view text;

			if (layer_index_get(x, i, &entry) && entry.tar.type == TAR_FILE &&
			    layer_index_is_kept(entry.tar.path) &&
			    layer_index_kept(x, entry.tar.offset, &text))
				read_list(&all, plain(entry.tar.path), text, &a);
		}
	}
	if (all.n)
		qsort(all.at, all.n, sizeof(*all.at), compare);
	*ret = all;
}

void integrity_done(struct integrity *i)
{
	free(i->at);
	*i = (struct integrity){ 0 };
}

static enum file_state compare_digests(bool sha1, const uint8_t *listed,
				       const struct scan_digests *d)
{
	if (!d || (sha1 && !d->has_sha1))
		return FILE_UNKNOWN;
	return memcmp(listed, sha1 ? d->sha1 : d->md5, sha1 ? SHA1_BYTES : MD5_BYTES) == 0
		       ? FILE_UNCHANGED
		       : FILE_CHANGED;
}

enum file_state integrity_compare(const struct listed_file *f, const struct scan_digests *d)
{
	return compare_digests(f->sha1, f->digest, d);
}

enum file_state integrity_check(const struct integrity *i, const char *path,
				const struct sha256 *content)
{
	enum file_state state = FILE_UNKNOWN;
	const struct scan_digests *d = scan_digests_of(i->scan, content);
	uint64_t key = hash_path(view_of(path));
	size_t low = 0, high = i->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (i->at[middle].path < key)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == i->n || i->at[low].path != key)
		return FILE_UNKNOWN;
	for (; d && low < i->n && i->at[low].path == key; low++) {
		state = compare_digests(i->at[low].sha1, i->at[low].digest, d);
		if (state == FILE_UNCHANGED)
			break;
	}
	return state;
}
