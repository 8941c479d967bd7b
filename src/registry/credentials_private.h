/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that find credentials. */
#pragma once

#include "fmt/json.h"
#include "registry/credentials.h"
#include "registry/reference.h"

#define HUB_KEY "https://index.docker.io/v1/" /* as Docker's files name Docker Hub */

/*
 * Asks docker-credential-NAME. *ret stays as it is when the helper knows nothing, or fails; that is
 * a warning.
 */
int credentials_ask_helper(const char *name, const char *host, const struct credentials_search *s,
			   struct arena *a, struct credentials *ret, struct err *e);
/* What a helper says, JSON, with `program` for messages and borrowed. */
int credentials_read_answer(struct view text, const char *program, struct arena *a,
			    struct credentials *ret, struct err *e);
/* The document of one file; *ret stays as it is when the host is not in it. */
int credentials_look_in(const struct json *root, const char *path, const char *host,
			const char *name, const struct credentials_search *s, struct arena *a,
			struct credentials *ret, struct err *e);
/* Reads and checks a file; *ret is NULL when there is none. */
int credentials_read(const char *path, struct json_doc **ret, struct err *e);
