/* SPDX-License-Identifier: Apache-2.0 */
/*
 * [docker://][HOST[:PORT]/]NAME[:TAG][@DIGEST]. Without a host it is Docker Hub's,
 * and there a NAME of one word is in library/.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "crypto/digest.h"

#include <stdbool.h>

#define REFERENCE_SCHEME "docker://"
#define HUB_HOST "docker.io"		    /* in names */
#define HUB_API_HOST "registry-1." HUB_HOST /* where it answers */

struct reference {
	const char *host; /* as in the name: "docker.io", "127.0.0.1:5000" */
	const char *name; /* the repository at that host: "library/debian" */
	/* A name without host and scheme, as it was given, which registries.conf may know; else
	 * NULL: docker://NAME is Docker Hub's wherever it is written (containers-transports(5)). */
	const char *given;
	const char *tag; /* NULL when not given */
	bool has_digest;
	struct sha256 digest;
};

/* Strings are copied into `a`. FAIL_USAGE says which part is wrong. */
int reference_parse(const char *text, struct arena *a, struct reference *ret, struct err *e);
/* The digest, else the tag, else "latest", as it stands in a URL. */
const char *reference_target(const struct reference *r, struct arena *a);
/* HOST/NAME[:TAG][@DIGEST]. */
const char *reference_text(const struct reference *r, struct arena *a);
