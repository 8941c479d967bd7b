/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a package apart, member by member, and checks what each says about the next. */
#include "pkg/apk/package_file.h"

#include "base/mem.h"
#include "fmt/adb_file.h"
#include "io/basic.h"
#include "io/gzip_members.h"
#include "io/hash.h"
#include "pkg/apk/checked_tar.h"
#include "pkg/apk/checksum.h"
#include "pkg/apk/package_adb.h"
#include "pkg/apk/pkginfo.h"
#include "pkg/unpack.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_SIGNATURE_MEMBER = 1 << 20,
	TAR_TYPE_AT = 156,
};

/* The members before the data, decoded. */
struct head {
	struct gzip_members *members;
	struct buf control;
	uint8_t sha1[DIGEST_MAX_BYTES], sha256[DIGEST_MAX_BYTES]; /* of control, compressed */
};

static void head_done(struct head *h)
{
	gzip_members_free(h->members);
	buf_done(&h->control);
}

static int read_member(struct head *h, const struct gzip_hashers *raw, const char *what,
		       struct err *e)
{
	struct source *member;
	auto_sink to = NULL;
	int rc = gzip_members_next(h->members, raw, &member, e);

	if (rc == 0)
		return fail(e, FAIL_FORMAT, "ends before its %s", what);
	if (rc < 0)
		return rc;
	buf_clear(&h->control);
	to = buf_sink_new(&h->control, PKG_MAX_CONTROL_TAR);
	rc = stream_copy(member, to, NULL, e);
	source_close(member);
	return rc;
}

static bool is_signatures(const struct buf *tar)
{
	return view_starts(buf_view(tar), ".SIGN.");
}

/* Signatures are passed over: that the index names the control member is worth more. */
static int read_head(int fd, const char *name, struct head *h, struct err *e)
{
	auto_hasher sha1 = hasher_new(DIGEST_SHA1);
	auto_hasher sha256 = hasher_new(DIGEST_SHA256);
	struct gzip_hashers raw = { { sha1, sha256 } };
	int rc;

	h->members = gzip_members_new(fd_source_new(fd, name), name);
	rc = read_member(h, &raw, "control", e);
	if (rc == 0 && is_signatures(&h->control)) {
		hasher_final(sha1, h->sha1);
		hasher_final(sha256, h->sha256);
		rc = read_member(h, &raw, "control", e);
	}
	hasher_final(sha1, h->sha1);
	hasher_final(sha256, h->sha256);
	return rc;
}

/* ---- verifying ---- */

static int check_control(const struct head *h, struct view checksum, struct err *e)
{
	struct apk_checksum want;
	bool same;

	if (!apk_checksum_parse(checksum, &want))
		return fail(e, FAIL_FORMAT, "'%.*s' is no checksum of a package",
			    (int)(checksum.len > 80 ? 80 : checksum.len), checksum.ptr);
	same = want.sha256 ? memcmp(want.bytes, h->sha256, SHA256_BYTES) == 0
			   : memcmp(want.bytes, h->sha1, SHA1_BYTES) == 0;
	if (!same)
		return fail(e, FAIL_VERIFY,
			    "its control member isn't the one that the index names (%.*s)",
			    VIEW_ARG(checksum));
	return 0;
}

/* The files of the control member, in a pkg_contents for themselves. */
static int list_control(struct head *h, struct pkg_contents *c, struct err *e)
{
	auto_source tar = mem_source_new(buf_view(&h->control));
	int rc = pkg_unpack_control(c, tar, e);

	if (rc == 0 && !pkg_contents_control(c, APK_PKGINFO).ptr)
		rc = fail(e, FAIL_FORMAT, "its control member has no " APK_PKGINFO);
	return rc < 0 ? rc : apk_pkginfo_check(pkg_contents_control(c, APK_PKGINFO), e);
}

static int check_datahash(const struct pkg_contents *c, const struct sha256 *got, struct err *e)
{
	struct view text = apk_pkginfo_get(pkg_contents_control(c, APK_PKGINFO), "datahash");
	struct sha256 want;

	if (!text.ptr)
		return fail(e, FAIL_VERIFY,
			    "its " APK_PKGINFO " has no datahash, so that nothing "
			    "vouches for its data");
	if (!sha256_from_hex(text, &want))
		return fail(e, FAIL_FORMAT, "its datahash is no SHA-256");
	if (!sha256_eq(&want, got))
		return fail(e, FAIL_VERIFY, "its data isn't what its datahash says");
	return 0;
}

static int verify(int fd, struct head *h, const struct apk_indexed *as, struct pkg_contents *c,
		  struct sha256 *ret, struct err *e)
{
	auto_hasher data = hasher_new(DIGEST_SHA256);
	auto_hasher all = hasher_new(DIGEST_SHA256);
	struct sha256 got;
	int rc = check_control(h, view_of(as->checksum), e);

	if (rc == 0)
		rc = list_control(h, c, e);
	if (rc == 0)
		rc = apk_pkginfo_check_name(pkg_contents_control(c, APK_PKGINFO), as->name,
					    as->version, e);
	if (rc == 0)
		rc = hash_fd(fd, as->name, gzip_members_offset(h->members), data, NULL, e);
	if (rc == 0)
		rc = hash_fd(fd, as->name, 0, all, NULL, e);
	if (rc < 0)
		return rc;
	sha256_final(data, &got);
	sha256_final(all, ret);
	return check_datahash(c, &got, e);
}

static bool fd_is_adb(int fd)
{
	char start[ADB_START_BYTES];
	ssize_t n = pread(fd, start, sizeof(start), 0);

	return n == (ssize_t)sizeof(start) && adb_is(view_make(start, sizeof(start)));
}

int apk_package_verify(int dir_fd, const char *file, const struct apk_indexed *as,
		       struct sha256 *ret, struct err *e)
{
	auto_fd fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC);
	struct sha256 unknown = { { 0 } };
	struct pkg_contents *c;
	struct head h = { 0 };
	auto_fd spool_fd = -1;
	int rc, again;

	if (fd < 0)
		return fail_sys(e, "open the package");
	if (fd_is_adb(fd))
		return apk_adb_package_verify(fd_steal(&fd), file, as, ret, e);
	again = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	spool_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	if (again < 0 || spool_fd < 0)
		return fail_sys(e, "open the package");
	c = pkg_contents_new(file, &unknown, spool_fd, NULL);
	rc = read_head(again, file, &h, e);
	if (rc == 0)
		rc = verify(fd, &h, as, c, ret, e);
	head_done(&h);
	pkg_contents_free(c);
	return rc;
}

/* ---- unpacking ---- */

static int unpack_data(struct head *h, struct pkg_contents *c, uint64_t max_bytes, struct err *e)
{
	auto_hasher sha256 = hasher_new(DIGEST_SHA256);
	struct gzip_hashers raw = { { sha256, NULL } };
	bool listed = c->n_files > 0;
	auto_buf sums = BUF_EMPTY;
	auto_source tar = NULL;
	struct source *data;
	struct sha256 got;
	int rc = gzip_members_rest(h->members, &raw, &data, e);

	if (rc == 0)
		return fail(e, FAIL_FORMAT, "ends before its data");
	if (rc < 0)
		return rc;
	/* headers and padding come on top of the files */
	tar = checked_tar_new(limit_source_new(data, max_bytes + (max_bytes >> 2), "data.tar"),
			      &sums);
	rc = pkg_unpack_data(c, tar, max_bytes, e);
	if (rc == 0)
		rc = gzip_member_drain(tar, PKG_FREE_DATA_BYTES, e);
	if (rc == 0) {
		sha256_final(sha256, &got);
		rc = check_datahash(c, &got, e);
	}
	if (rc == 0 && !listed)
		pkg_contents_add_control(c, APK_SUMS, buf_view(&sums));
	return rc;
}

static int decode(struct pkg_contents *c, struct err *e)
{
	struct head h = { 0 };
	auto_fd fd = -1;
	uint64_t size;
	int rc = pkg_open_checked(c, &fd, &size, e);

	if (rc == 0 && fd_is_adb(fd))
		return apk_adb_package_decode(fd_steal(&fd), size, c, e);
	if (rc == 0)
		rc = read_head(fd_steal(&fd), c->package_path, &h, e);
	if (rc == 0)
		rc = list_control(&h, c, e);
	if (rc == 0)
		rc = unpack_data(&h, c, pkg_max_unpacked(size), e);
	head_done(&h);
	return rc;
}

int apk_package_open(const char *path, const struct sha256 *digest, int spool_dir_fd,
		     struct pkg_contents **ret, struct err *e)
{
	return pkg_contents_open(path, digest, spool_dir_fd, decode, ret, e);
}

int apk_package_open_listed(const char *path, const struct sha256 *digest, int spool_dir_fd,
			    struct view listing, struct pkg_contents **ret, struct err *e)
{
	return pkg_contents_open_listed(path, digest, spool_dir_fd, decode, listing, ret, e);
}
