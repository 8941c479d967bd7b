/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine that moves images between places: reads once, writes to any number of places, sends
 * each only what it lacks, several blobs at a time. Memory doesn't grow with what is moved.
 */
#pragma once

#include "base/monitor.h"
#include "io/encode.h"
#include "oci/image.h"
#include "place/place.h"
#include "place/source.h"

enum copy_format { COPY_FORMAT_KEEP, COPY_FORMAT_OCI, COPY_FORMAT_DOCKER };

struct copy_options {
	bool all;	  /* the whole index; else one platform of it */
	const char *arch; /* "arm64", "arm/v7"…; NULL: this machine's */
	enum copy_format format;
	enum codec codec; /* of layers; CODEC_PLAIN: as they are */
	int level;	  /* ENCODE_LEVEL_DEFAULT, or of the codec */
	const char *store_dir;
	const char *cache_path; /* for what has to lie somewhere meanwhile */
	struct monitor *monitor;
};

struct copy_result {
	struct descriptor root; /* as it is in the places now */
	size_t n_blobs, n_sent; /* sent: to at least one place */
	uint64_t bytes, sent_bytes;
};

/* Digests stay what they are unless another format or codec is asked for. Results live in `a`. */
int copy_from(struct place_source *from, const struct descriptor *root, const struct place *to,
	      size_t n_to, const struct copy_options *o, struct arena *a, struct copy_result *ret,
	      struct err *e);
/* The same of what a place names. */
int copy_image(const struct place *from, const struct place *to, size_t n_to,
	       const struct copy_options *o, struct arena *a, struct copy_result *ret,
	       struct err *e);
