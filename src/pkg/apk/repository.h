/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An Alpine repository, ready for resolution: the verified index of each architecture. As a recipe
 * writes it:
 *
 *	[v2|v3] [@TAG] URI [COMPONENT…]
 *	ndx [@TAG] URI
 *
 * as in apk-repositories(5). URI is http(s)://…, file:///…, a local folder (absolute), which takes
 * the rest of the line, or alpine:PATH, which stands for PATH below this machine's Alpine mirror;
 * "${APK_ARCH}" in it is the architecture. With v3 the index is ARCH/Packages.adb below it; with
 * ndx, which an end in .adb or .tar.gz implies, it is the index; else ARCH/APKINDEX.tar.gz, or
 * where there's none, ARCH/Packages.adb. What format an index is in shows in its bytes.
 */
#pragma once

#include "base/arena.h"
#include "base/monitor.h"
#include "net/http.h"
#include "pkg/apk/keyring.h"
#include "pkg/index.h"

#include <stdbool.h>

#define APK_URI_ALPINE "alpine:"

struct apk_context {
	struct http *http; /* not used when offline, local folders aside */
	int cache_fd;	   /* folder that holds releases/ and indexes/; they are made */
	struct monitor *monitor;
	const char *const *keyrings; /* files */
	size_t n_keyrings;
	const struct apk_key_text *key_texts;
	size_t n_key_texts;
	const char *keys_path; /* file or folder to take keys from by default, or NULL */
	const char *root;   /* of the host whose keys and repositories are defaults; may be NULL */
	const char *mirror; /* that alpine: stands for; NULL: the one in the host's repositories */
	const char *base_dir; /* that local folders of locks are below */
	bool offline;	      /* only what the cache holds */
	bool allow_unsigned;

	/* Loaded on first use; see apk_context_done. */
	struct apk_keyring *keys;
};

void apk_context_done(struct apk_context *ctx);
/* The keys that were given, else this machine's; done by itself when an index needs them. */
int apk_context_open_keys(struct apk_context *ctx, struct err *e);

enum apk_source_form { APK_SOURCE_V2, APK_SOURCE_V3, APK_SOURCE_NDX };

struct apk_source {
	enum apk_source_form form;
	const char *tag;	/* without '@'; NULL: none */
	const char *uri;	/* without slashes at the end */
	struct view components; /* words: each stands for a repository at URI/WORD */
};

/* In the arena. FAIL_FORMAT says what is wrong with the line. */
int apk_source_parse(struct view line, struct arena *a, struct apk_source *ret, struct err *e);
/* The source, at `component` (empty: itself), as a line that is parsed to one without others. */
const char *apk_source_write(const struct apk_source *s, struct view component, struct arena *a);
/* Whether a line of contents.repositories is one of Alpine's. */
bool apk_source_is(const char *line);
/* Whether the URI is a folder of this machine. */
bool apk_uri_is_local(const char *uri);

struct apk_repository_index {
	const char *arch; /* as Alpine names it */
	const char *uri;  /* that its packages are below */
	struct index *index;
	struct sha256 digest; /* of the file */
	const char *signer;   /* the key's name; NULL: used unsigned */
};

struct apk_repository {
	struct arena arena;
	enum apk_source_form form;
	const char *uri, *tag;
	struct apk_repository_index *indexes; /* one for each architecture asked for */
	size_t n_indexes;
};

/* Errors: FAIL_VERIFY for what isn't as signed; FAIL_NOT_FOUND; FAIL_NET. */
int apk_repository_open(struct apk_context *ctx, const struct apk_source *source,
			const char *const *archs, size_t n_archs, struct apk_repository **ret,
			struct err *e);
void apk_repository_close(struct apk_repository *r);

/* Where a file below a source's or lock's URI is to be had, in `a`; FAIL_NOT_FOUND, saying what to
 * set, for alpine: without a mirror. */
int apk_uri_resolve(const struct apk_context *ctx, const char *uri, const char *tail,
		    struct arena *a, const char **ret, struct err *e);
