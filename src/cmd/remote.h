/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs share that talk to registries: the options on certificates and credentials, and
 * the client made of them; and for those that move images, the move and what it prints.
 */
#pragma once

#include "cmd/verb.h"
#include "copy/copy.h"
#include "place/place.h"
#include "registry/registry.h"

enum remote_tls { REMOTE_TLS_AUTO, REMOTE_TLS_TRUE, REMOTE_TLS_FALSE };

struct remote_options {
	int tls_verify; /* enum remote_tls */
	const char *auth_file, *cert_dir;
};

extern const char *const remote_tls_choices[];

#define REMOTE_OPTIONS(type, member)                                                            \
	OPTION(0, "tls-verify", CHOICE, type, member.tls_verify, "WHEN",                        \
	       "false: take any certificate, and plain HTTP", .choices = remote_tls_choices),   \
		OPTION(0, "authfile", STRING, type, member.auth_file, "FILE",                   \
		       "of credentials, instead of the usual ones", .complete = COMPLETE_FILE), \
		OPTION(0, "cert-dir", STRING, type, member.cert_dir, "DIR",                     \
		       "of the registry's certificates", .complete = COMPLETE_FOLDER)

/* For verbs that only read; fewer, so that their help fits a screen. */
#define REMOTE_READ_OPTIONS(type, member)                                      \
	OPTION(0, "tls-verify", CHOICE, type, member.tls_verify, "WHEN",       \
	       "of registries: see pare copy", .choices = remote_tls_choices), \
		OPTION(0, "authfile", STRING, type, member.auth_file, "FILE",  \
		       "credentials for registries", .complete = COMPLETE_FILE)

/* How these options want registries asked. Strings live in the command's arena. */
int remote_access(struct command *c, const struct remote_options *o, struct place_access *ret,
		  struct err *e);

struct remote {
	struct http *http;
	struct registry *registry;
	const char *cache_path;
};

int remote_open(struct command *c, const struct remote_options *o, struct remote *ret,
		struct err *e);
void remote_close(struct remote *r);

#define auto_remote __attribute__((cleanup(remote_close))) struct remote

struct move_options {
	bool all;
	const char *arch;
	int format; /* enum copy_format */
	const char *compression;
	const char *store;
};

/*
 * Copies, and prints the digest, or with --format json all there is to say. `texts` name the
 * places.
 */
int remote_move(struct command *c, struct remote *r, const struct move_options *o,
		struct place *from, struct place *to, const char *const *texts, size_t n_to,
		struct err *e);
