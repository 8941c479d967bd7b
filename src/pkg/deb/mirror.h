/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `debian:` and `debian-security:` stand for on this machine, so that no recipe and no lock
 * names a host. In this order: an option, the environment, the user's config file, the host's own
 * apt sources; and snapshot.debian.org, which still has what mirrors have dropped.
 * The config file and the environment say the same of `alpine:`, which is read here with them;
 * the host's own apk sources are pkg/apk/repository.h's to look at.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
	MIRROR_MAX_FILE_BYTES = 1 << 20, /* of a config or sources file */
	MIRROR_MAX_FILES = 1024,	 /* in sources.list.d */
};

struct deb_mirror_wishes {
	/* Each may be NULL. */
	const char *option_debian, *option_security;
	const char *option_alpine;
	const char *env_debian, *env_security;
	const char *env_alpine, *env_alpine_keys;
	const char *config_dir; /* holds the file `config`, of lines such as debian-mirror = URL */
	const char *root;	/* of the host whose etc/apt is looked at; NULL: at none */
};

struct deb_mirrors {
	const char *debian, *security; /* without slashes at the end; NULL: not known */
	const char *alpine;	       /* the same, but never the host's own */
	const char *alpine_keys;       /* file or folder of Alpine's keys, or NULL */
};

/* Fills env_*, config_dir and root ("/") from this process's environment. */
void deb_mirror_wishes_from_environment(struct deb_mirror_wishes *w, struct arena *a);

/*
 * A security mirror that nobody configured is the one in the host's apt sources, else the sibling
 * of the Debian mirror whose name ends in "-security". Finding none at all is no error here.
 */
int deb_mirrors_find(const struct deb_mirror_wishes *w, struct arena *a, struct deb_mirrors *ret,
		     struct err *e);

/*
 * The base URLs to try in turn for a source's or lock's URI, without slashes at the end: just the
 * URI itself unless it is symbolic. With a `date_s` (not 0) the last is snapshot.debian.org's
 * state of that time. FAIL_NOT_FOUND, saying what to set, when there is none.
 */
int deb_mirror_urls(const struct deb_mirrors *m, const char *uri, int64_t date_s, struct arena *a,
		    const char *const **ret_urls, size_t *ret_n, struct err *e);
