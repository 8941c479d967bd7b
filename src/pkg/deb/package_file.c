/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outer format of a Debian package: an ar archive of `debian-binary`, `control.tar*` and
 * `data.tar*`, in this order; members whose names begin with '_' are for later versions and are
 * skipped (deb(5)).
 */
#include "pkg/deb/package_file.h"

#include "fmt/ar.h"
#include "io/basic.h"
#include "io/codec.h"
#include "pkg/unpack.h"
#include "sys/fd.h"

#include <string.h>

static void ar_cleanup(struct ar_reader **r)
{
	ar_reader_free(*r);
}

#define auto_ar __attribute__((cleanup(ar_cleanup))) struct ar_reader *

/* The next member that matters, which must begin with `expected`. */
static int next_member(struct ar_reader *ar, const char *expected, struct ar_member *ret,
		       struct err *e)
{
	int more;

	do {
		more = ar_reader_next(ar, ret, e);
	} while (more == 1 && ret->name[0] == '_');
	if (more < 0)
		return more;
	if (more == 0)
		return fail(e, FAIL_FORMAT, "ends before its member '%s'", expected);
	if (strncmp(ret->name, expected, strlen(expected)) != 0)
		return fail(e, FAIL_FORMAT, "has '%s' where '%s' belongs", ret->name, expected);
	return 0;
}

static int check_version(struct ar_reader *ar, struct err *e)
{
	struct ar_member member;
	auto_source s = NULL;
	char version[4];
	int rc = next_member(ar, "debian-binary", &member, e);

	if (rc == 0)
		rc = ar_reader_open(ar, &s, e);
	if (rc == 0)
		rc = source_read_full(s, version, sizeof(version), e);
	if (rc == 0 && memcmp(version, "2.", 2) != 0)
		rc = fail(e, FAIL_UNSUPPORTED, "is of format '%.3s', not 2.0", version);
	return rc;
}

static int member_codec(const char *name, enum codec *ret, struct err *e)
{
	*ret = codec_from_suffix(view_of(name));
	if (*ret != CODEC_PLAIN || view_ends(view_of(name), ".tar"))
		return 0;
	return fail(e, FAIL_UNSUPPORTED, "member '%s' has a compression that is not known", name);
}

/* The next member, decoded; closing it closes the member's stream. */
static int open_tar(struct ar_reader *ar, const char *expected, uint64_t max_bytes,
		    struct source **ret, struct err *e)
{
	struct source *raw, *plain;
	struct ar_member member;
	enum codec codec;
	int rc = next_member(ar, expected, &member, e);

	if (rc == 0)
		rc = member_codec(member.name, &codec, e);
	if (rc == 0)
		rc = ar_reader_open(ar, &raw, e);
	if (rc == 0)
		rc = decode_source_new(codec, raw, expected, &plain, e);
	if (rc == 0)
		*ret = limit_source_new(plain, max_bytes, expected);
	return rc;
}

/* Members behind the last one mean nothing (dpkg doesn't look at them), but members they must be.
 */
static int check_end(struct ar_reader *ar, struct err *e)
{
	struct ar_member unused;
	int more;

	while ((more = ar_reader_next(ar, &unused, e)) == 1)
		;
	return more;
}

/* Both members of an opened package. */
static int unpack(struct ar_reader *ar, struct pkg_contents *c, uint64_t max_bytes, struct err *e)
{
	int rc = check_version(ar, e);

	if (rc == 0) {
		auto_source control = NULL;

		rc = open_tar(ar, "control.tar", PKG_MAX_CONTROL_TAR, &control, e);
		if (rc == 0)
			rc = pkg_unpack_control(c, control, e);
	}
	if (rc == 0) {
		auto_source data = NULL;

		/* headers and padding come on top of the files */
		rc = open_tar(ar, "data.tar", max_bytes + (max_bytes >> 2), &data, e);
		if (rc == 0)
			rc = pkg_unpack_data(c, data, max_bytes, e);
	}
	return rc < 0 ? rc : check_end(ar, e);
}

static int decode(struct pkg_contents *c, struct err *e)
{
	auto_ar ar = NULL;
	auto_fd fd = -1;
	uint64_t size;
	int rc = pkg_open_checked(c, &fd, &size, e);

	if (rc < 0)
		return rc;
	rc = ar_reader_new(fd_source_new(fd_steal(&fd), c->package_path), "ar", &ar, e);
	if (rc == 0)
		rc = unpack(ar, c, pkg_max_unpacked(size), e);
	if (rc == 0 && !pkg_contents_control(c, "control").len)
		rc = fail(e, FAIL_FORMAT, "control.tar has no 'control'");
	return rc;
}

int deb_package_open(const char *path, const struct sha256 *digest, int spool_dir_fd,
		     struct pkg_contents **ret, struct err *e)
{
	return pkg_contents_open(path, digest, spool_dir_fd, decode, ret, e);
}

int deb_package_open_listed(const char *path, const struct sha256 *digest, int spool_dir_fd,
			    struct view listing, struct pkg_contents **ret, struct err *e)
{
	return pkg_contents_open_listed(path, digest, spool_dir_fd, decode, listing, ret, e);
}
