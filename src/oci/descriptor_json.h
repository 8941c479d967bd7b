/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts that several of an image's JSON documents are made of: descriptors, platforms and
 * maps of strings (OCI image-spec descriptor.md, annotations.md).
 */
#pragma once

#include "fmt/json.h"
#include "oci/image.h"

/* What is being read: `name` stands before every message, results live in `arena`. */
struct reading {
	const char *name;
	struct arena *arena;
	struct err *err;
};

/* FAIL_FORMAT: "name: 'what' …". */
int reading_fail(const struct reading *r, const char *what, const char *expected);
/* NULL when it is absent or empty. */
int read_optional(const struct reading *r, const struct json *object, const char *key,
		  const char **ret);
int oci_read_strings(const struct reading *r, const struct json *array, const char *what,
		     struct strings *ret);
/* The keys of an object whose values don't matter. */
int read_keys(const struct reading *r, const struct json *object, const char *what,
	      struct strings *ret);
int oci_read_pairs(const struct reading *r, const struct json *object, const char *what,
		   struct pairs *ret);
/* "sha256:" and 64 lower-case hex digits; FAIL_UNSUPPORTED for another algorithm. */
int read_digest(const struct reading *r, const struct json *v, const char *what,
		struct sha256 *ret);
int read_descriptor(const struct reading *r, const struct json *v, const char *what,
		    struct descriptor *ret);

/* A list of which an item may appear once, sorted. */
void write_sorted_keys(struct json_writer *w, const char *key, const struct strings *s);
void write_strings(struct json_writer *w, const char *key, const struct strings *s);
void write_pairs(struct json_writer *w, const char *key, const struct pair *at, size_t n);
void write_digest(struct json_writer *w, const struct sha256 *d);
void write_descriptor(struct json_writer *w, const struct descriptor *d);
/* The value, or nothing when it is NULL or empty. */
void write_optional(struct json_writer *w, const char *key, const char *value);
