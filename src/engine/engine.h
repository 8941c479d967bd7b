/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container engine, Docker's or podman's compatible one, asked over its HTTP API. Names are
 * NAME[:TAG], NAME@DIGEST or an id; they must hold nothing that means something in a URL.
 */
#pragma once

#include "base/arena.h"
#include "io/stream.h"
#include "net/http.h"

struct engine;

/*
 * Finds the engine and sees whether it can be reached. `http` NULL: the defaults; without a stall
 * timeout there, an engine may be silent for ten minutes, as it is while it works.
 */
int engine_open(const struct http_options *http, struct engine **ret, struct err *e);
void engine_close(struct engine *g);

struct engine_image {
	const char *id; /* "sha256:<64 hex digits>" */
	uint64_t size_bytes;
};

/* FAIL_NOT_FOUND when it has no such image. */
int engine_find(struct engine *g, const char *name, struct arena *a, struct engine_image *ret,
		struct err *e);
/* Gives an image that it has the name NAME:TAG. */
int engine_tag(struct engine *g, const char *id, const char *name, const char *tag, struct err *e);
/* Loads what Docker's archive holds. `task` of the monitor advances by what is sent. */
int engine_load(struct engine *g, struct source *archive, uint32_t task, struct err *e);
/* Docker's archive of an image, which is written as it comes and not finished. */
int engine_save(struct engine *g, const char *name, struct sink *to, struct err *e);

static inline void engine_cleanup(struct engine **g)
{
	if (*g)
		engine_close(*g);
}

#define auto_engine __attribute__((cleanup(engine_cleanup))) struct engine *
