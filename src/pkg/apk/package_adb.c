/* SPDX-License-Identifier: Apache-2.0 */
/* Values first, held against the index; then what they say, as control members and a tar. */
#include "pkg/apk/package_adb.h"

#include "base/array.h"
#include "fmt/adb.h"
#include "fmt/adb_file.h"
#include "io/basic.h"
#include "pkg/apk/adb_info.h"
#include "pkg/apk/adb_schema.h"
#include "pkg/apk/adb_tar.h"
#include "pkg/apk/checked_tar.h"
#include "pkg/apk/checksum.h"
#include "pkg/apk/package_file.h"
#include "pkg/apk/pkginfo.h"
#include "pkg/unpack.h"

#include <string.h>
#include <sys/stat.h>

struct opened {
	struct adb_file *file;
	struct buf values;
	struct adb db;
};

static void opened_done(struct opened *o)
{
	adb_file_close(o->file);
	buf_done(&o->values);
}

/* Names, attributes and padding come on top of the files. */
static uint64_t max_tar(uint64_t max_bytes)
{
	return max_bytes + (max_bytes >> 2);
}

/* The values' bytes; nothing of them is looked at. Takes `from`. */
static int read_values(struct source *from, uint64_t max_bytes, struct opened *ret, struct err *e)
{
	struct adb_block block;
	int rc = adb_file_open(from, "its file", ADB_SCHEMA_PACKAGE, max_tar(max_bytes), &ret->file,
			       e);

	if (rc == 0)
		rc = adb_file_next(ret->file, &block, e);
	return rc < 0 ? rc : adb_file_read_block(ret->file, ADB_MAX_BYTES, &ret->values, e);
}

/* An index may have the first 20 bytes only. */
static int check_values(const struct buf *values, struct view checksum, struct err *e)
{
	struct apk_checksum want;
	struct sha256 got;

	if (!apk_checksum_parse(checksum, &want))
		return fail(e, FAIL_FORMAT, "'%.*s' is no checksum of a package",
			    (int)(checksum.len > 80 ? 80 : checksum.len), checksum.ptr);
	sha256_of(values->data, values->len, &got);
	if (memcmp(want.bytes, got.bytes, want.sha256 ? SHA256_BYTES : SHA1_BYTES) != 0)
		return fail(e, FAIL_VERIFY,
			    "what it says of itself isn't what the index names (%.*s)",
			    VIEW_ARG(checksum));
	return 0;
}

/* ---- verifying ---- */

static int verify_files(struct opened *o, uint64_t max_bytes, const struct apk_indexed *as,
			struct err *e)
{
	struct adb_slots package = adb_root(&o->db);
	auto_buf owners = BUF_EMPTY;
	auto_buf info = BUF_EMPTY;
	auto_source tar = NULL;
	auto_sink nowhere = null_sink_new();
	int rc = apk_adb_info_text(&package, &info, e);

	if (rc == 0)
		rc = apk_pkginfo_check_name(buf_view(&info), as->name, as->version, e);
	if (rc < 0)
		return rc;
	tar = limit_source_new(adb_tar_new(o->file, &package, max_bytes, &owners),
			       max_tar(max_bytes), "data");
	return stream_copy(tar, nowhere, NULL, e);
}

int apk_adb_package_verify(int fd, const char *file, const struct apk_indexed *as,
			   struct sha256 *ret, struct err *e)
{
	auto_hasher all = hasher_new(DIGEST_SHA256);
	struct source *from = fd_source_new(fd, file);
	struct opened o = { .values = BUF_EMPTY };
	struct stat st;
	uint64_t max_bytes;
	int rc;

	if (fstat(fd, &st) < 0) {
		source_close(from);
		return fail_sys(e, "look at the package");
	}
	max_bytes = pkg_max_unpacked((uint64_t)st.st_size);
	rc = read_values(digest_source_new(from, all, NULL), max_bytes, &o, e);
	if (rc == 0)
		rc = check_values(&o.values, view_of(as->checksum), e);
	if (rc == 0)
		rc = adb_open(buf_view(&o.values), &o.db, e);
	if (rc == 0)
		rc = verify_files(&o, max_bytes, as, e);
	if (rc == 0)
		sha256_final(all, ret);
	opened_done(&o);
	return rc;
}

/* ---- unpacking ---- */

/* In the order of their slots. */
static const char *const scripts[] = {
	".trigger",	   ".pre-install", ".post-install", ".pre-deinstall",
	".post-deinstall", ".pre-upgrade", ".post-upgrade",
};

static int keep_control(struct pkg_contents *c, const struct adb_slots *package, struct err *e)
{
	struct adb_slots all = adb_get(package, ADB_PACKAGE_SCRIPTS);
	auto_buf info = BUF_EMPTY;
	int rc = apk_adb_info_text(package, &info, e);

	if (rc < 0)
		return rc;
	if (info.len > PKG_MAX_CONTROL_BYTES)
		return fail(e, FAIL_LIMIT, "says more than %d bytes of itself",
			    PKG_MAX_CONTROL_BYTES);
	pkg_contents_add_control(c, APK_PKGINFO, buf_view(&info));
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		struct view text = adb_blob(&all, (uint32_t)i + 1);

		if (text.len > PKG_MAX_CONTROL_BYTES)
			return fail(e, FAIL_LIMIT, "its script %s has more than %d bytes",
				    scripts[i], PKG_MAX_CONTROL_BYTES);
		if (text.ptr)
			pkg_contents_add_control(c, scripts[i], text);
	}
	return adb_check(package->of, e);
}

static int unpack(struct opened *o, uint64_t max_bytes, struct pkg_contents *c, struct err *e)
{
	struct adb_slots package = adb_root(&o->db);
	bool listed = c->n_files > 0 || c->n_control > 0;
	auto_buf owners = BUF_EMPTY;
	auto_buf sums = BUF_EMPTY;
	auto_source tar = NULL;
	int rc = listed ? 0 : keep_control(c, &package, e);

	if (rc < 0)
		return rc;
	tar = checked_tar_new(limit_source_new(adb_tar_new(o->file, &package, max_bytes, &owners),
					       max_tar(max_bytes), "data"),
			      &sums);
	rc = pkg_unpack_data(c, tar, max_bytes, e);
	if (rc < 0 || listed)
		return rc;
	pkg_contents_add_control(c, APK_SUMS, buf_view(&sums));
	if (owners.len)
		pkg_contents_add_control(c, APK_OWNERS, buf_view(&owners));
	return 0;
}

int apk_adb_package_decode(int fd, uint64_t size, struct pkg_contents *c, struct err *e)
{
	struct opened o = { .values = BUF_EMPTY };
	uint64_t max_bytes = pkg_max_unpacked(size);
	int rc = read_values(fd_source_new(fd, c->package_path), max_bytes, &o, e);

	if (rc == 0)
		rc = adb_open(buf_view(&o.values), &o.db, e);
	if (rc == 0)
		rc = unpack(&o, max_bytes, c, e);
	opened_done(&o);
	return rc;
}
