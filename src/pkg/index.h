/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package index in binary form: what one repository's text index says, parsed once, written to
 * the cache, and mapped read-only ever after. Names and provided names are found by hashing;
 * dependency fields stay text and are parsed by the world that knows them, only for packages that
 * a resolution reaches. Any number of processes may map one file; a damaged one is FAIL_FORMAT
 * and gets made anew by the caller.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INDEX_MAX_PACKAGES = 4 << 20, /* all of Debian's suites and architectures together */
	INDEX_MAX_BYTES = 1 << 30,
	INDEX_MAX_FIELD_BYTES = 1 << 20, /* the longest Provides in trixie has 60 kB */
	INDEX_MAX_NAME_BYTES = 1024,	 /* the longest provided name in trixie has 80 */
};

enum package_multi_arch { MULTI_ARCH_NO, MULTI_ARCH_SAME, MULTI_ARCH_FOREIGN, MULTI_ARCH_ALLOWED };

/* How Debian ranks packages; decides between providers of one name. Unknown counts as optional. */
enum package_priority {
	PRIORITY_UNKNOWN,
	PRIORITY_REQUIRED,
	PRIORITY_IMPORTANT,
	PRIORITY_STANDARD,
	PRIORITY_OPTIONAL,
	PRIORITY_EXTRA,
};

/* One version of one package. Views are into the mapped index (or the parser's text, for adding).
 */
struct package {
	struct view name, version, arch;
	struct view source;   /* source package's name; the name itself if the index has none */
	struct view filename; /* below the repository's root */
	struct view depends, pre_depends, provides, conflicts, breaks, replaces;
	struct view joins;    /* apk's install_if */
	struct view checksum; /* how apk's index names the package's bytes: "Q1…" */
	uint64_t size_bytes;
	uint64_t installed_bytes;
	struct sha256 digest; /* of the package file; zero where the index doesn't say */
	enum package_multi_arch multi_arch;
	enum package_priority priority;
	uint32_t provider_priority; /* among those that provide a name without version; 0: none */
	bool essential;
};

/* Writing. */
struct index_writer;

struct index_writer *index_writer_new(void);
void index_writer_free(struct index_writer *w);
/* Copies what it needs. */
int index_writer_add(struct index_writer *w, const struct package *p, struct err *e);
/* One more name under which the package added last can be asked for (a Provides without version
 * or with; the field itself stays in `provides`). */
int index_writer_provide(struct index_writer *w, struct view name, struct err *e);
/* Writes the file atomically, without waiting for the disk: index_open knows a damaged one. */
int index_writer_save(struct index_writer *w, int dir_fd, const char *name, struct err *e);

/* Reading. */
struct index;

int index_open(int dir_fd, const char *name, struct index **ret, struct err *e);
void index_close(struct index *x);
uint32_t index_count(const struct index *x);
/* False, with what could be read, when the file is damaged there (or the id too high): the index
 * is then FAIL_FORMAT for the caller. */
bool index_package(const struct index *x, uint32_t id, struct package *ret);
/* Only the name; ptr is NULL where the file is damaged. */
struct view index_name_of(const struct index *x, uint32_t id);
/* Ids of the packages that have this name, or provide it; in the order of the text index.
 * *ret_ids is valid as long as the index. */
size_t index_named(const struct index *x, struct view name, const uint32_t **ret_ids);
size_t index_providing(const struct index *x, struct view name, const uint32_t **ret_ids);
