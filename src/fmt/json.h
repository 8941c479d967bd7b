/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259). Reading: a parsed document whose values are looked at through accessors that
 * take a NULL or wrongly typed value and say so, so that hostile documents need no checks at
 * every step; duplicate keys are an error. Writing: a small deterministic writer. The parser
 * behind it is jansson.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json; /* a value inside of a document */
struct json_doc;

/* Errors are FAIL_FORMAT, "name: line 3, column 7: …", or FAIL_LIMIT past the limits below. */
int json_parse(struct view text, const char *name, struct json_doc **ret, struct err *e);
void json_doc_free(struct json_doc *d);
const struct json *json_root(const struct json_doc *d);

bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
bool json_is_null(const struct json *v); /* also true for NULL: absent */
/* An object's member, or NULL. */
const struct json *json_get(const struct json *object, const char *key);
/* NULL when it is no string, or holds a NUL. Lives as long as the document. (Not json_string:
 * jansson exports that.) */
const char *json_str(const struct json *v);
bool json_bool(const struct json *v, bool otherwise);
/* False when it is no integer or negative. */
bool json_u64(const struct json *v, uint64_t *ret);
size_t json_length(const struct json *array_or_object);
const struct json *json_at(const struct json *array, size_t i);
/* An object's members in the document's order; ends when it returns false. *state starts NULL. */
bool json_next(const struct json *object, void **state, const char **ret_key,
	       const struct json **ret_value);

static inline void json_doc_cleanup(struct json_doc **d)
{
	json_doc_free(*d);
}

#define auto_json __attribute__((cleanup(json_doc_cleanup))) struct json_doc *

enum {
	JSON_MAX_DEPTH = 64,
	/* jansson takes about 250 bytes for an empty object that costs 3 in the text: 64 MiB */
	JSON_MAX_CONTAINERS = 1 << 18,
};

/*
 * Writing. `indent` spaces per level, 0 for one line without any white space. Commas and
 * newlines are the writer's business; with an indent the document ends in a newline. Bytes that are
 * no UTF-8 are written as U+FFFD.
 */
struct json_writer {
	struct buf *to;
	unsigned int indent;
	unsigned int depth;
	bool first[JSON_MAX_DEPTH + 1];
	bool after_key;
};

/* Whether a text can be written as it is: it is UTF-8. */
bool json_can_hold(struct view text);

void json_writer_init(struct json_writer *w, struct buf *to, unsigned int indent);
void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_put_string(struct json_writer *w, const char *s); /* NULL: null */
void json_put_view(struct json_writer *w, struct view v);
void json_put_u64(struct json_writer *w, uint64_t v);
void json_put_i64(struct json_writer *w, int64_t v);
void json_put_bool(struct json_writer *w, bool v);
/* A value that was read, as it was: members in their order, strings with NULs, real numbers. */
void json_put_value(struct json_writer *w, const struct json *v);
/* Text that is JSON already. */
void json_put_literal(struct json_writer *w, const char *text);
/* Key and value in one call; a NULL string writes nothing. */
void json_member_string(struct json_writer *w, const char *key, const char *s);
void json_member_strings(struct json_writer *w, const char *key, const char *const *at, size_t n);
void json_member_u64(struct json_writer *w, const char *key, uint64_t v);
void json_member_bool(struct json_writer *w, const char *key, bool v);
