/* SPDX-License-Identifier: Apache-2.0 */
/* Packages of an index of apk 3 into a binary index. */
#include "pkg/apk/index_adb.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "fmt/adb.h"
#include "pkg/apk/adb_info.h"
#include "pkg/apk/adb_schema.h"
#include "pkg/apk/checksum.h"
#include "pkg/apk/index_record.h"
#include "pkg/apk/version.h"

struct reading {
	const char *arch;
	struct view spec; /* of file names */
	struct index_writer *w;
	struct buf depends, provides, joins, checksum, filename;
};

static int words(const struct adb_slots *info, uint32_t slot, struct buf *to, struct view *ret,
		 struct err *e)
{
	struct adb_slots all = adb_get(info, slot);
	int rc;

	buf_clear(to);
	rc = apk_adb_words(&all, to, e);
	*ret = buf_view(to);
	return rc;
}

static int check(const struct package *p, struct view hash, struct err *e)
{
	if (!apk_is_name(p->version) || p->version.len > APK_MAX_VERSION_BYTES)
		return fail(e, FAIL_FORMAT, "it has no version");
	if (!apk_is_name(p->arch))
		return fail(e, FAIL_FORMAT, "it has no architecture");
	if (hash.len != SHA1_BYTES && hash.len != SHA256_BYTES)
		return fail(e, FAIL_FORMAT,
			    "it has no hash, or one of an algorithm that isn't known");
	if (p->size_bytes == 0)
		return fail(e, FAIL_FORMAT, "it has no size");
	return 0;
}

static int add(struct reading *r, const struct adb_slots *info, struct view name, struct err *e)
{
	struct view arch = adb_blob(info, ADB_INFO_ARCH), origin = adb_blob(info, ADB_INFO_ORIGIN);
	struct view hash = adb_blob(info, ADB_INFO_HASH);
	uint64_t priority = adb_number(info, ADB_INFO_PROVIDER_PRIORITY);
	struct package p = {
		.name = name,
		.version = adb_blob(info, ADB_INFO_VERSION),
		.arch = arch.ptr ? arch : view_of(r->arch),
		.source = apk_is_name(origin) ? origin : name,
		.size_bytes = adb_number(info, ADB_INFO_FILE_SIZE),
		.installed_bytes = adb_number(info, ADB_INFO_INSTALLED_SIZE),
		.provider_priority = priority < UINT32_MAX ? (uint32_t)priority : UINT32_MAX,
	};
	int rc = adb_check(info->of, e);

	if (rc == 0)
		rc = check(&p, hash, e);
	if (rc == 0)
		rc = words(info, ADB_INFO_DEPENDS, &r->depends, &p.depends, e);
	if (rc == 0)
		rc = words(info, ADB_INFO_PROVIDES, &r->provides, &p.provides, e);
	if (rc == 0)
		rc = words(info, ADB_INFO_INSTALL_IF, &r->joins, &p.joins, e);
	if (rc == 0)
		rc = apk_package_path(r->spec, &p, hash, &r->filename, e);
	if (rc < 0)
		return rc;
	buf_clear(&r->checksum);
	apk_checksum_write(hash, &r->checksum);
	p.checksum = buf_view(&r->checksum);
	p.filename = buf_view(&r->filename);
	return apk_index_add(r->w, &p, e);
}

static int add_all(struct reading *r, const struct adb_slots *packages, struct err *e)
{
	int rc = 0;

	for (uint32_t i = 1; rc == 0 && i <= packages->n; i++) {
		struct adb_slots info = adb_get(packages, i);
		struct view name = adb_blob(&info, ADB_INFO_NAME);

		rc = adb_check(info.of, e);
		if (rc == 0 && !apk_is_name(name))
			rc = fail(e, FAIL_FORMAT, "package %u of it has no name", i);
		else if (rc == 0 && add(r, &info, name, e) < 0)
			rc = err_context(e, "package '%.*s'", VIEW_ARG(name));
		if (rc == 0)
			rc = interrupt_check(e);
	}
	return rc;
}

int apk_index_adb_read(struct view values, const char *name, const char *arch, const char *folder,
		       struct index_writer *w, struct err *e)
{
	auto_free char *own_spec =
		mem_printf("%s%s${name}-${version}.apk", folder, folder[0] ? "/" : "");
	struct reading r = { .arch = arch, .w = w };
	struct adb_slots root, packages;
	struct adb db;
	int rc = adb_open(values, &db, e);

	if (rc == 0) {
		root = adb_root(&db);
		packages = adb_get(&root, ADB_INDEX_PACKAGES);
		r.spec = adb_blob(&root, ADB_INDEX_FILE_NAMES);
		if (!r.spec.ptr)
			r.spec = view_of(own_spec);
		rc = adb_check(&db, e);
	}
	if (rc == 0)
		rc = add_all(&r, &packages, e);
	buf_done(&r.depends);
	buf_done(&r.provides);
	buf_done(&r.joins);
	buf_done(&r.checksum);
	buf_done(&r.filename);
	return rc < 0 ? err_context(e, "%s", name) : 0;
}
