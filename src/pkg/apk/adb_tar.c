/* SPDX-License-Identifier: Apache-2.0 */
/* Walks folders and files, and with them the blocks of data, which come in the same order. */
#include "pkg/apk/adb_tar.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "crypto/digest.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "pkg/apk/adb_schema.h"
#include "pkg/apk/package_file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MAX_NAME = 255, /* NAME_MAX */
	MAX_HEADERS = 4 << 20,
	DATA_HEAD_BYTES = 8, /* number of the folder, number of the file */
	TARGET_HEAD_BYTES = 2,
};

enum phase { IN_FOLDERS, IN_LINKS, AT_END };

struct adb_tar {
	struct source base;
	struct adb_file *f;
	struct buf *owners;
	struct adb_slots folders, folder, files;
	uint32_t folder_no, file_no; /* of the entry that was last written, from 1 */
	size_t n_entries;
	uint64_t max_bytes, bytes_left; /* that contents may have */
	enum phase phase;
	struct buf out; /* headers and padding, up to `given` handed out */
	size_t given;
	struct sink *to_out;
	struct buf path;
	/* The content that is passing. */
	uint64_t size, left;
	struct view hash;
	struct hasher *hasher;
	struct buf links; /* "PATH\0TARGET\0…", of hard links */
	size_t links_at;
	struct map regular; /* paths that they may be of */
	struct arena arena; /* … and their texts */
	struct tar_entry entry;
	struct tar_xattr xattrs[TAR_MAX_XATTRS];
	struct buf text; /* the entry's target, NUL-terminated */
};

static int bad(const struct adb_tar *t, const char *what, struct err *e)
{
	return fail(e, FAIL_FORMAT, "'%.200s' %s", buf_str(&t->path), what);
}

/* ---- names ---- */

static bool is_component(struct view name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] == '/' || name.ptr[i] == '\0' || name.ptr[i] == '\n')
			return false;
	return name.len > 0 && name.len <= MAX_NAME && !view_is(name, ".") && !view_is(name, "..");
}

static bool is_folder_name(struct view name)
{
	struct view part;

	while (view_split(&name, '/', &part))
		if (!is_component(part))
			return false;
	return true;
}

/* The path of a file in the folder, or with an empty name, of that itself. */
static int set_path(struct adb_tar *t, struct view name, struct err *e)
{
	struct view folder = adb_blob(&t->folder, ADB_FOLDER_NAME);

	buf_clear(&t->path);
	buf_add_view(&t->path, folder);
	if (folder.len && name.len)
		buf_add_char(&t->path, '/');
	buf_add_view(&t->path, name);
	if (folder.len && !is_folder_name(folder))
		return bad(t, "is no path below the root", e);
	if (t->path.len > TAR_MAX_PATH)
		return bad(t, "is longer than any path", e);
	return 0;
}

/* ---- attributes ---- */

static bool is_owner(struct view name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == ':')
			return false;
	return name.len > 0 && name.len <= MAX_NAME;
}

static int take_xattrs(struct adb_tar *t, const struct adb_slots *acl, struct err *e)
{
	struct adb_slots all = adb_get(acl, ADB_ACL_XATTRS);

	if (all.n > TAR_MAX_XATTRS)
		return fail(e, FAIL_LIMIT, "'%.200s' has more than %d extended attributes",
			    buf_str(&t->path), TAR_MAX_XATTRS);
	for (uint32_t i = 1; i <= all.n; i++) {
		struct view text = adb_blob(&all, i);
		const char *end = text.len ? memchr(text.ptr, '\0', text.len) : NULL;
		struct tar_xattr *x = &t->xattrs[t->entry.n_xattrs];

		if (!end || end == text.ptr)
			return bad(t, "has an extended attribute without a name", e);
		x->name = text.ptr;
		x->value = view_make(end + 1, text.len - (size_t)(end + 1 - text.ptr));
		if (x->value.len > TAR_MAX_XATTR_BYTES)
			return bad(t, "has too long an extended attribute", e);
		t->entry.n_xattrs++;
	}
	return 0;
}

static int take_acl(struct adb_tar *t, const struct adb_slots *acl, struct err *e)
{
	struct view user = adb_blob(acl, ADB_ACL_USER), group = adb_blob(acl, ADB_ACL_GROUP);
	uint64_t mode = adb_number(acl, ADB_ACL_MODE);
	int rc = adb_check(acl->of, e);

	if (rc < 0)
		return rc;
	if (!is_owner(user) || !is_owner(group))
		return bad(t, "has no owner", e);
	if (mode > 07777)
		return bad(t, "has a mode that is none", e);
	t->entry.mode = (uint32_t)mode;
	t->entry.uid = view_is(user, "root") ? 0 : APK_NOBODY;
	t->entry.gid = view_is(group, "root") ? 0 : APK_NOBODY;
	if (t->entry.uid || t->entry.gid)
		buf_printf(t->owners, "%.*s %.*s %s\n", VIEW_ARG(user), VIEW_ARG(group),
			   buf_str(&t->path));
	t->entry.xattrs = t->xattrs;
	return take_xattrs(t, acl, e);
}

static int write_header(struct adb_tar *t, struct err *e)
{
	if (t->n_entries++ == PKG_MAX_FILES)
		return fail(e, FAIL_LIMIT, "holds more than %d files", PKG_MAX_FILES);
	t->entry.path = buf_str(&t->path);
	return tar_write_header(t->to_out, &t->entry, e);
}

/* ---- folders and files ---- */

static int begin_folder(struct adb_tar *t, struct err *e)
{
	struct adb_slots acl;
	int rc;

	t->folder = adb_get(&t->folders, t->folder_no);
	t->files = adb_get(&t->folder, ADB_FOLDER_FILES);
	t->file_no = 0;
	rc = set_path(t, view_of(""), e);
	if (rc == 0)
		rc = adb_check(t->folder.of, e);
	if (rc < 0 || t->path.len == 0) /* the root is there already */
		return rc;
	acl = adb_get(&t->folder, ADB_FOLDER_ACL);
	t->entry = (struct tar_entry){ .type = TAR_DIR };
	rc = take_acl(t, &acl, e);
	return rc < 0 ? rc : write_header(t, e);
}

/* The block that must come next is the file's. */
static int begin_data(struct adb_tar *t, struct err *e)
{
	unsigned char head[DATA_HEAD_BYTES];
	struct adb_block block = { 0 };
	size_t have = 0, n = 1;
	int rc;

	do
		rc = adb_file_next(t->f, &block, e);
	while (rc == 1 && block.type == ADB_BLOCK_SIGNATURE);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return bad(t, "has no data: the package ends before it", e);
	if (block.size != t->size + DATA_HEAD_BYTES)
		return bad(t, "has a block of data of another size than its own", e);
	while (n && have < sizeof(head)) {
		rc = adb_file_read(t->f, head + have, sizeof(head) - have, &n, e);
		if (rc < 0)
			return err_context(e, "'%.200s'", buf_str(&t->path));
		have += n;
	}
	for (unsigned i = 0; i < 4; i++)
		if (head[i] != (unsigned char)(t->folder_no >> (8 * i)) ||
		    head[4 + i] != (unsigned char)(t->file_no >> (8 * i)))
			return bad(t, "has a block of data that is another file's", e);
	return 0;
}

static int end_content(struct adb_tar *t, struct err *e)
{
	uint8_t digest[DIGEST_MAX_BYTES];

	hasher_final(t->hasher, digest);
	hasher_free(steal(t->hasher));
	if (memcmp(digest, t->hash.ptr, t->hash.len) != 0)
		return fail(e, FAIL_VERIFY, "'%.200s' isn't what its hash says", buf_str(&t->path));
	return tar_write_padding(t->to_out, t->size, e);
}

static int begin_regular(struct adb_tar *t, struct view hash, struct err *e)
{
	int rc;

	if (hash.len != SHA256_BYTES && hash.len != SHA512_BYTES)
		return bad(t, "has no hash, or one of an algorithm that isn't known", e);
	if (t->size > t->bytes_left)
		return fail(e, FAIL_LIMIT, "'%.200s': unpacked files take more than %llu bytes",
			    buf_str(&t->path), (unsigned long long)t->max_bytes);
	t->bytes_left -= t->size;
	t->entry.type = TAR_FILE;
	t->entry.size = t->left = t->size;
	t->hash = hash;
	*map_put(&t->regular, view_of(arena_view(&t->arena, buf_view(&t->path)))) = t;
	rc = t->size ? begin_data(t, e) : 0;
	if (rc == 0)
		rc = write_header(t, e);
	if (rc < 0)
		return rc;
	t->hasher = hasher_new(hash.len == SHA256_BYTES ? DIGEST_SHA256 : DIGEST_SHA512);
	return t->left ? 0 : end_content(t, e);
}

/* A link, or what only devices have: the type of file, and then what belongs to it. */
static int take_target(struct adb_tar *t, struct view target, struct err *e)
{
	struct view rest =
		view_make(target.ptr + TARGET_HEAD_BYTES, target.len - TARGET_HEAD_BYTES);
	unsigned type = (unsigned char)target.ptr[0] | (unsigned)(unsigned char)target.ptr[1] << 8;

	if (type != S_IFLNK && type != S_IFREG)
		return bad(t, "is neither a file nor a link; packages may have no devices", e);
	if (rest.len == 0 || rest.len > TAR_MAX_PATH || memchr(rest.ptr, '\0', rest.len) ||
	    memchr(rest.ptr, '\n', rest.len))
		return bad(t, "is a link to no path", e);
	if (type == S_IFREG) {
		buf_add(&t->links, buf_str(&t->path), t->path.len + 1);
		buf_add_view(&t->links, rest);
		buf_add_char(&t->links, '\0');
		return 0;
	}
	buf_clear(&t->text);
	buf_add_view(&t->text, rest);
	t->entry.type = TAR_SYMLINK;
	t->entry.link = buf_str(&t->text);
	return write_header(t, e);
}

static int begin_file(struct adb_tar *t, struct err *e)
{
	struct adb_slots file = adb_get(&t->files, t->file_no), acl = adb_get(&file, ADB_FILE_ACL);
	struct view name = adb_blob(&file, ADB_FILE_NAME), hash = adb_blob(&file, ADB_FILE_HASH);
	struct view target = adb_blob(&file, ADB_FILE_TARGET);
	uint64_t mtime = adb_number(&file, ADB_FILE_MTIME);
	int rc = set_path(t, name, e);

	t->size = adb_number(&file, ADB_FILE_SIZE);
	if (rc == 0)
		rc = adb_check(file.of, e);
	if (rc < 0)
		return rc;
	if (!is_component(name))
		return bad(t, "is no path below the root", e);
	if (mtime > UINT32_MAX)
		return bad(t, "has a date that is none", e);
	t->entry = (struct tar_entry){ .mtime_s = (int64_t)mtime };
	rc = take_acl(t, &acl, e);
	if (rc < 0)
		return rc;
	if (!target.ptr)
		return begin_regular(t, hash, e);
	if (target.len <= TARGET_HEAD_BYTES)
		return bad(t, "is a link to no path", e);
	return take_target(t, target, e);
}

static int write_link(struct adb_tar *t, struct err *e)
{
	const char *path = t->links.data + t->links_at, *target = path + strlen(path) + 1;

	t->links_at += strlen(path) + strlen(target) + 2;
	buf_clear(&t->path);
	buf_add_str(&t->path, path);
	if (!map_get(&t->regular, view_of(target)))
		return fail(e, FAIL_FORMAT, "'%.200s' is a hard link to '%.200s', which is no file",
			    path, target);
	t->entry = (struct tar_entry){ .type = TAR_HARDLINK, .link = target };
	return write_header(t, e);
}

static int end_tar(struct adb_tar *t, struct err *e)
{
	struct adb_block block;
	int rc;

	while ((rc = adb_file_next(t->f, &block, e)) == 1)
		if (block.type == ADB_BLOCK_DATA)
			return fail(e, FAIL_FORMAT, "has a block of data that is no file's");
	t->phase = AT_END;
	return rc < 0 ? rc : tar_write_end(t->to_out, e);
}

/* The next header, or what ends the tar; or nothing but a step towards it. */
static int step(struct adb_tar *t, struct err *e)
{
	if (t->phase == IN_LINKS)
		return t->links_at < t->links.len ? write_link(t, e) : end_tar(t, e);
	if (t->folder_no && t->file_no < t->files.n) {
		t->file_no++;
		return begin_file(t, e);
	}
	if (t->folder_no < t->folders.n) {
		t->folder_no++;
		return begin_folder(t, e);
	}
	t->phase = IN_LINKS;
	return 0;
}

static int read_content(struct adb_tar *t, void *to, size_t size, size_t *ret_n, struct err *e)
{
	int rc = adb_file_read(t->f, to, size < t->left ? size : (size_t)t->left, ret_n, e);

	if (rc < 0)
		return err_context(e, "'%.200s'", buf_str(&t->path));
	hasher_update(t->hasher, to, *ret_n);
	t->left -= *ret_n;
	return t->left ? 0 : end_content(t, e);
}

static int adb_tar_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct adb_tar *t = (struct adb_tar *)s;

	*ret_n = 0;
	for (;;) {
		size_t n = t->out.len - t->given;

		if (n) {
			n = n < size ? n : size;
			memcpy(to, t->out.data + t->given, n);
			t->given += n;
			*ret_n = n;
			return 0;
		}
		buf_clear(&t->out);
		t->given = 0;
		if (t->hasher)
			return read_content(t, to, size, ret_n, e);
		if (t->phase == AT_END)
			return 0;
		if (step(t, e) < 0)
			return -(int)e->code;
	}
}

static void adb_tar_close(struct source *s)
{
	struct adb_tar *t = (struct adb_tar *)s;

	sink_close(t->to_out);
	hasher_free(t->hasher);
	buf_done(&t->out);
	buf_done(&t->path);
	buf_done(&t->links);
	map_done(&t->regular);
	arena_done(&t->arena);
	buf_done(&t->text);
	free(t);
}

struct source *adb_tar_new(struct adb_file *f, const struct adb_slots *package, uint64_t max_bytes,
			   struct buf *owners)
{
	static const struct source_ops ops = { adb_tar_read, adb_tar_close };
	struct adb_tar *t = mem_zalloc(sizeof(*t));

	source_init(&t->base, &ops);
	t->f = f;
	t->owners = owners;
	t->bytes_left = t->max_bytes = max_bytes;
	t->folders = adb_get(package, ADB_PACKAGE_FOLDERS);
	t->folder = t->files = (struct adb_slots){ .of = package->of };
	t->to_out = buf_sink_new(&t->out, MAX_HEADERS);
	return &t->base;
}
