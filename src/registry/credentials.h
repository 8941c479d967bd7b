/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person is known as at a registry: containers-auth.json(5) and Docker's config.json, with
 * keys per host or per repository, and credential helpers. Found here, sent by others.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/monitor.h"
#include "oci/image.h"

#include <stdbool.h>

enum {
	CREDENTIALS_MAX_FILE_BYTES = 1 << 20, /* real ones have a few kB */
	CREDENTIALS_MAX_HELPER_BYTES = 64 << 10,
	CREDENTIALS_HELPER_MS = 30000, /* it may have to ask a person */
};

struct credentials {
	const char *user, *secret;  /* NULL: nobody */
	const char *identity_token; /* instead of a secret: for an OAuth2 server */
	const char *from;	    /* the file or helper, for messages */
};

/* Where to look. Borrowed; zero is the usual. */
struct credentials_search {
	const char *file; /* instead of those that the environment names */
	/* credential-helpers of registries.conf, in their order; none: the files alone. Among them
	 * CREDENTIALS_FILES stands for the files, which are not read without it. */
	const struct strings *helpers;
	uint32_t helper_ms; /* 0: CREDENTIALS_HELPER_MS */
	struct monitor *monitor;
};

#define CREDENTIALS_FILES "containers-auth.json"

/*
 * For the repository `name` at `host` (`name` NULL: for the host): of $DOCKER_AUTH_CONFIG, unless a
 * file is given, else of the first helper that knows it. The files are the given one, else
 * $REGISTRY_AUTH_FILE, else the first that knows it of $XDG_RUNTIME_DIR/containers/auth.json,
 * $XDG_CONFIG_HOME/containers/auth.json and $DOCKER_CONFIG/config.json. Nobody is no error; a file
 * that can't be read is, and a helper that fails a warning. Strings live in `a`.
 */
int credentials_find(const char *host, const char *name, const struct credentials_search *s,
		     struct arena *a, struct credentials *ret, struct err *e);

/* The file that logins go to: `file`, $REGISTRY_AUTH_FILE, else the user's own auth.json. */
int credentials_file(const char *file, struct arena *a, const char **ret, struct err *e);
/* `key` is HOST or HOST/NAME. The rest of the file stays; it is made, for its owner only. */
int credentials_store(const char *path, const char *key, const char *user, const char *secret,
		      struct err *e);
/* FAIL_NOT_FOUND when nobody is logged in there. */
int credentials_drop(const char *path, const char *key, struct err *e);

/* Docker Hub's several names are one. */
bool credentials_same_host(struct view key, const char *host);
