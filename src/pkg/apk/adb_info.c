/* SPDX-License-Identifier: Apache-2.0 */
/* Values into words; whatever would end a word or line, and begin another, is refused. */
#include "pkg/apk/adb_info.h"

#include "base/array.h"
#include "pkg/apk/adb_schema.h"
#include "pkg/apk/pkginfo.h"

#include <string.h>

enum { MATCH_ALL = 31 };

static bool is_line(struct view text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return false;
	return true;
}

/* Without what separates words, and names from operators and tags. */
static bool is_plain(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.ptr[i] <= ' ' || v.ptr[i] == 0x7f ||
		    strchr("<>=~!@", v.ptr[i]))
			return false;
	return v.len > 0;
}

static int bad_dependency(struct view name, const char *what, struct err *e)
{
	return fail(e, FAIL_FORMAT, "the dependency '%.*s' %s",
		    (int)(name.len > 80 ? 80 : name.len), name.ptr ? name.ptr : "", what);
}

static int add_word(const struct adb_slots *d, struct buf *to, struct err *e)
{
	struct view name = adb_blob(d, ADB_DEPENDENCY_NAME);
	struct view version = adb_blob(d, ADB_DEPENDENCY_VERSION);
	uint64_t match = adb_number(d, ADB_DEPENDENCY_MATCH);
	uint64_t order = match & (MATCH_ALL & ~ADB_MATCH_CONFLICT);
	int rc = adb_check(d->of, e);

	if (rc < 0)
		return rc;
	if (!is_plain(name))
		return bad_dependency(name, "has no name", e);
	if (match > MATCH_ALL)
		return bad_dependency(name, "has an operator that isn't known", e);
	buf_printf(to, "%s%.*s", match & ADB_MATCH_CONFLICT ? "!" : "", VIEW_ARG(name));
	if (!version.ptr)
		return 0;
	if (!is_plain(version))
		return bad_dependency(name, "has a version that is none", e);
	if (match == 0)
		order = ADB_MATCH_EQUAL;
	if (order == 0)
		return bad_dependency(name, "has a version and no operator", e);
	buf_add_str(to, order & ADB_MATCH_MORE ? ">" : "");
	buf_add_str(to, order & ADB_MATCH_LESS ? "<" : "");
	buf_add_str(to, order & ADB_MATCH_LIKE ? "~" : order & ADB_MATCH_EQUAL ? "=" : "");
	buf_add_view(to, version);
	return 0;
}

int apk_adb_words(const struct adb_slots *dependencies, struct buf *to, struct err *e)
{
	int rc = 0;

	for (uint32_t i = 1; rc == 0 && i <= dependencies->n; i++) {
		struct adb_slots d = adb_get(dependencies, i);

		if (i > 1)
			buf_add_char(to, ' ');
		rc = add_word(&d, to, e);
	}
	return rc < 0 ? rc : adb_check(dependencies->of, e);
}

/* ---- .PKGINFO ---- */

enum kind { TEXT, NUMBER, HEX, WORDS };

static const struct {
	const char *key;
	uint32_t slot;
	enum kind kind;
} fields[] = {
	{ "pkgname", ADB_INFO_NAME, TEXT },
	{ "pkgver", ADB_INFO_VERSION, TEXT },
	{ "pkgdesc", ADB_INFO_DESCRIPTION, TEXT },
	{ "url", ADB_INFO_URL, TEXT },
	{ "builddate", ADB_INFO_BUILD_TIME, NUMBER },
	{ "size", ADB_INFO_INSTALLED_SIZE, NUMBER },
	{ "arch", ADB_INFO_ARCH, TEXT },
	{ "origin", ADB_INFO_ORIGIN, TEXT },
	{ "commit", ADB_INFO_COMMIT, HEX },
	{ "maintainer", ADB_INFO_MAINTAINER, TEXT },
	{ "license", ADB_INFO_LICENSE, TEXT },
	{ "provider_priority", ADB_INFO_PROVIDER_PRIORITY, NUMBER },
	{ "depend", ADB_INFO_DEPENDS, WORDS },
	{ "provides", ADB_INFO_PROVIDES, WORDS },
	{ "replaces", ADB_INFO_REPLACES, WORDS },
	{ "install_if", ADB_INFO_INSTALL_IF, WORDS },
};

static void add_number(const char *key, uint64_t n, struct buf *to)
{
	if (n)
		buf_printf(to, "%s = %llu\n", key, (unsigned long long)n);
}

static int add_text(const char *key, struct view text, struct buf *to, struct err *e)
{
	if (!is_line(text))
		return fail(e, FAIL_FORMAT, "its %s has a control character", key);
	if (text.len)
		buf_printf(to, "%s = %.*s\n", key, VIEW_ARG(text));
	return 0;
}

static int add_words(const char *key, const struct adb_slots *all, struct buf *to, struct err *e)
{
	auto_buf words = BUF_EMPTY;
	int rc = apk_adb_words(all, &words, e);

	return rc < 0 ? rc : add_text(key, buf_view(&words), to, e);
}

static int add_field(const struct adb_slots *info, size_t i, struct buf *to, struct err *e)
{
	const char *key = fields[i].key;
	struct adb_slots all;
	auto_buf hex = BUF_EMPTY;
	struct view bytes;

	switch (fields[i].kind) {
	case NUMBER:
		add_number(key, adb_number(info, fields[i].slot), to);
		return 0;
	case TEXT:
		return add_text(key, adb_blob(info, fields[i].slot), to, e);
	case WORDS:
		all = adb_get(info, fields[i].slot);
		return add_words(key, &all, to, e);
	case HEX:
		bytes = adb_blob(info, fields[i].slot);
		for (size_t k = 0; k < bytes.len; k++)
			buf_printf(&hex, "%02x", (unsigned char)bytes.ptr[k]);
		return add_text(key, buf_view(&hex), to, e);
	}
	return 0;
}

static int add_triggers(const struct adb_slots *package, struct buf *to, struct err *e)
{
	struct adb_slots all = adb_get(package, ADB_PACKAGE_TRIGGERS);
	auto_buf words = BUF_EMPTY;

	for (uint32_t i = 1; i <= all.n; i++) {
		struct view path = adb_blob(&all, i);

		if (!is_line(path) || memchr(path.len ? path.ptr : "", ' ', path.len))
			return fail(e, FAIL_FORMAT, "one of its triggers is more than a path");
		buf_printf(&words, "%s%.*s", i > 1 ? " " : "", VIEW_ARG(path));
	}
	return add_text("triggers", buf_view(&words), to, e);
}

int apk_adb_info_text(const struct adb_slots *package, struct buf *to, struct err *e)
{
	struct adb_slots info = adb_get(package, ADB_PACKAGE_INFO);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT_OF(fields); i++)
		rc = add_field(&info, i, to, e);
	if (rc == 0)
		rc = add_triggers(package, to, e);
	add_number("replaces_priority", adb_number(package, ADB_PACKAGE_REPLACES_PRIORITY), to);
	if (rc == 0)
		rc = adb_check(package->of, e);
	return rc < 0 ? rc : apk_pkginfo_check(buf_view(to), e);
}
