/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where images live, named as containers-image names them: oci:DIR[:TAG], oci-archive:FILE[:TAG],
 * docker-archive:FILE[:REF], docker://HOST/NAME[:TAG|@DIGEST], docker-daemon:REF; a bare
 * NAME[:TAG] is in the local store. And one of our own, rootfs:PATH.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "oci/descriptor.h"
#include "place/store.h"
#include "registry/registry.h"

enum place_kind {
	PLACE_STORE,
	PLACE_OCI,
	PLACE_OCI_ARCHIVE,
	PLACE_DOCKER_ARCHIVE,
	PLACE_REGISTRY,
	PLACE_DAEMON,
	PLACE_ROOTFS, /* a plain tree, no image: a folder or a tar, which only view/ opens */
};

/* How registries and engines are asked, for who opens no struct registry for several places. */
struct place_access {
	struct registry_options registry; /* its `http` is ignored */
	struct http_options http;
};

struct place {
	enum place_kind kind;
	const char *path; /* DIR or FILE */
	const char *ref;  /* TAG, REF or NAME[:TAG]; NULL if not given */
	/* Both borrowed. For registries the first that isn't NULL counts, for engines `access`;
	 * neither: as the defaults say. */
	struct registry *registry;
	const struct place_access *access;
};

/* Who hears how far reading or writing there is; may be NULL. */
static inline struct monitor *place_monitor(const struct place *p)
{
	return p->access ? p->access->http.monitor : NULL;
}

/* Strings are copied into `a`. A malformed name is FAIL_USAGE and says what was expected. */
int place_parse(const char *text, struct arena *a, struct place *ret, struct err *e);

/* By its prefix, whose length is written; PLACE_STORE when it has none. */
enum place_kind place_kind_of(const char *text, size_t *ret_skip);
/* The prefix that what stands before the first colon is a slip of, such as "docker-daemon:" for
 * "docker-deamon:x"; or NULL. */
const char *place_prefix_meant(const char *text, struct arena *a);

/* What org.opencontainers.image.base.name says of an image there: of layouts and archives no more
 * than a person needs. Borrowed or in `a`. */
const char *place_base_name(const struct place *p, struct arena *a);

/* FAIL_UNSUPPORTED for a kind of place that place_put() can't write to; for asking beforehand. */
int place_check_put(const struct place *to, struct err *e);

/*
 * Writes the image behind `root` (a manifest or an index, all of whose blobs are in `from`) to
 * a place: atomically for archives, blob by blob and then the index for layouts. `created_s` is
 * the time for archive members (never the clock). Registries and engines are written to by
 * target.h.
 */
int place_put(const struct place *to, struct store *from, const struct descriptor *root,
	      int64_t created_s, struct err *e);
