/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs share that talk to registries: the client made of the options on certificates and
 * credentials; and for those that move images, the move and what it prints.
 */
#pragma once

#include "cmd/verb.h"
#include "copy/copy.h"
#include "place/place.h"
#include "registry/registry.h"

/* How the command's options want registries asked. */
int remote_access(const struct command *c, struct place_access *ret, struct err *e);

struct remote {
	struct place_access access;
	struct http *http;
	struct registry *registry;
	const char *cache_path;
};

int remote_open(struct command *c, struct remote *ret, struct err *e);
void remote_close(struct remote *r);
/* How the place's registry or engine is asked; `r` must outlive it. */
void remote_use(struct remote *r, struct place *p);

/* Where an archive is written to standard output, what is said of it goes to standard error. */
void remote_spare_stdout(struct command *c, const struct place *to, size_t n);

/*
 * The first operand as a name in a registry, for verbs that ask nothing else. Other places, which
 * would otherwise pass for names of Docker Hub, are FAIL_USAGE.
 */
int remote_reference(const struct command *c, struct reference *ret, struct err *e);

#define auto_remote __attribute__((cleanup(remote_close))) struct remote

struct move_options {
	bool all;
	const char *arch;
	int format; /* enum copy_format */
	const char *compression;
	const char *store;
};

/*
 * Copies, and prints the digest, or with --json all there is to say. `texts` name the
 * places.
 */
int remote_move(struct command *c, struct remote *r, const struct move_options *o,
		struct place *from, struct place *to, const char *const *texts, size_t n_to,
		struct err *e);
