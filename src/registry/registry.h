/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registries (distribution-spec 1.1): manifests, blobs, tags and referrers of a repository, with
 * whatever proof of identity the registry asks for, told to nobody else. Thread-safe but for
 * opening and closing: blobs go in parallel.
 */
#pragma once

#include "base/monitor.h"
#include "net/exchange.h"
#include "oci/image.h"
#include "registry/reference.h"

enum registry_tls {
	REGISTRY_TLS_RULES, /* verified; plain HTTP on this machine's own addresses only */
	REGISTRY_TLS_VERIFY,
	REGISTRY_TLS_ANY, /* any certificate, or none at all */
};

struct registry_options {
	struct http *http; /* borrowed */
	struct monitor *monitor;
	enum registry_tls tls;
	const char *auth_file;	/* NULL: where credentials.h looks */
	const char *cert_dir;	/* NULL: certs.d */
	const char *conf_file;	/* NULL: registries.conf where containers-registries.conf(5) says */
	const char *cache_path; /* remembers uploads and where blobs were seen; NULL: nothing */
};

struct registry;

struct registry *registry_new(const struct registry_options *o) __attribute__((returns_nonnull));
void registry_free(struct registry *r);
/* Ends all that its connections are at, in whatever thread: see http_stop(). */
void registry_stop(struct registry *r);

enum registry_access { REGISTRY_PULL, REGISTRY_PUSH };

struct repository;

/* Asks nothing of the server yet, but which of http and https it speaks where both may be. */
int repository_open(struct registry *r, const struct reference *ref, enum registry_access access,
		    struct repository **ret, struct err *e);
void repository_close(struct repository *p);
/* HOST/NAME, for messages. */
const char *repository_text(const struct repository *p);

static inline void repository_cleanup(struct repository **p)
{
	if (*p)
		repository_close(*p);
}

#define auto_repository __attribute__((cleanup(repository_cleanup))) struct repository *

static inline void registry_cleanup(struct registry **r)
{
	if (*r)
		registry_free(*r);
}

#define auto_registry __attribute__((cleanup(registry_cleanup))) struct registry *

/* Logs in with these credentials, or with those that are known: FAIL_AUTH when refused. */
int repository_check_login(struct repository *p, const char *user, const char *secret,
			   struct err *e);

/* ---- manifests --------------------------------------------------------------------------- */

/*
 * `target` is a tag or a digest, which the bytes then have. *ret_bytes lives in `a`; NULL: only
 * the descriptor is asked for. FAIL_NOT_FOUND.
 */
int repository_get_manifest(struct repository *p, const char *target, struct arena *a,
			    struct descriptor *ret, struct view *ret_bytes, struct err *e);
/*
 * Under a tag, or `target` NULL: by digest only. *ret_subject says whether the registry took note
 * of the manifest's subject; it may be NULL.
 */
int repository_put_manifest(struct repository *p, const char *target, const char *media_type,
			    struct view bytes, bool *ret_subject, struct err *e);

/* ---- blobs ------------------------------------------------------------------------------- */

int repository_has_blob(struct repository *p, const struct descriptor *d, bool *ret, struct err *e);
/* A stream that goes on after cuts; the caller checks the digest. */
int repository_open_blob(struct repository *p, const struct descriptor *d, const char *what,
			 struct source **ret, struct err *e);
/*
 * The blob as the file `name` in a folder, checked, by way of a partial file that a later call
 * goes on with (net/http.h, http_get_files()).
 */
int repository_fetch_blob(struct repository *p, const struct descriptor *d, const char *what,
			  int dir_fd, const char *name, struct err *e);

enum blob_pushed { BLOB_WAS_THERE, BLOB_MOUNTED, BLOB_SENT, BLOB_MISSING };

/*
 * Sends what the registry doesn't have. `from` is the name of another repository of the same
 * registry that has the blob, or NULL; the cache may know one. `task` is the monitor's. Without a
 * `body` nothing is sent: what can't be mounted is BLOB_MISSING.
 */
int repository_push_blob(struct repository *p, const struct descriptor *d,
			 const struct http_body *body, const char *from, uint32_t task,
			 enum blob_pushed *ret, struct err *e);

/* ---- lists ------------------------------------------------------------------------------- */

/* All tags as the registry sorts them, in `a`. */
int repository_tags(struct repository *p, struct arena *a, struct strings *ret, struct err *e);

struct referrer {
	struct descriptor descriptor;
	const char *artifact_type; /* NULL: not said */
};

/* What refers to a manifest by `subject`; `type` NULL: of any artifact type. */
int repository_referrers(struct repository *p, const struct sha256 *subject, const char *type,
			 struct arena *a, struct referrer **ret, size_t *ret_n, struct err *e);
/*
 * Takes note of a pushed manifest `d` in the tag that stands for a list of referrers, for
 * registries that don't keep the list themselves.
 */
int repository_note_referrer(struct repository *p, const struct sha256 *subject,
			     const struct referrer *r, struct err *e);
