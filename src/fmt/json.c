/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON read through jansson: the parser and the accessors of json.h. What jansson doesn't limit
 * (depth, number of containers) is measured in the text before it gets to see it.
 */
#include "fmt/json.h"

#include <jansson.h>

#include "base/mem.h"

#undef json_is_object
#undef json_is_array
#undef json_is_null

struct json_doc {
	json_t *root;
};

/* A `struct json` is jansson's value by another name. */
static json_t *value_of(const struct json *v)
{
	union {
		const struct json *in;
		json_t *out;
	} u = { .in = v };

	return u.out;
}

static const struct json *wrap(const json_t *v)
{
	return (const struct json *)v;
}

static int fail_at(struct err *e, enum fail_code code, const char *name, struct view text,
		   size_t offset, const char *what)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < offset && i < text.len; i++) {
		column++;
		if (text.ptr[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return fail(e, code, "%s: line %zu, column %zu: %s", name, line, column, what);
}

/* The offset after the string that opens at `i`. */
static size_t skip_string(struct view text, size_t i)
{
	for (i++; i < text.len && text.ptr[i] != '"'; i++) {
		if (text.ptr[i] == '\\')
			i++;
	}
	return i + 1;
}

static int check_shape(struct view text, const char *name, struct err *e)
{
	size_t depth = 0, containers = 0, i = 0;

	while (i < text.len) {
		char c = text.ptr[i];

		if (c == '"') {
			i = skip_string(text, i);
			continue;
		}
		if (c == '{' || c == '[') {
			if (++depth > JSON_MAX_DEPTH)
				return fail_at(e, FAIL_LIMIT, name, text, i,
					       "nested more than 64 levels deep");
			if (++containers > JSON_MAX_CONTAINERS)
				return fail_at(e, FAIL_LIMIT, name, text, i,
					       "more than 262144 objects and arrays");
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
		i++;
	}
	return 0;
}

/* jansson quotes the input in its messages; a terminal must not see its control characters. */
static void make_printable(char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	}
}

int json_parse(struct view text, const char *name, struct json_doc **ret, struct err *e)
{
	json_error_t why;
	json_t *root;
	int r = check_shape(text, name, e);

	if (r)
		return r;
	root = json_loadb(text.len ? text.ptr : "", text.len,
			  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	if (!root) {
		make_printable(why.text);
		return fail(e, FAIL_FORMAT, "%s: line %d, column %d: %s", name, why.line,
			    why.column, why.text);
	}
	*ret = mem_zalloc(sizeof(**ret));
	(*ret)->root = root;
	return 0;
}

void json_doc_free(struct json_doc *d)
{
	if (!d)
		return;
	json_decref(d->root);
	free(d);
}

const struct json *json_root(const struct json_doc *d)
{
	return d ? wrap(d->root) : NULL;
}

static bool is(const struct json *v, json_type type)
{
	return v && json_typeof(value_of(v)) == type;
}

bool json_is_object(const struct json *v)
{
	return is(v, JSON_OBJECT);
}

bool json_is_array(const struct json *v)
{
	return is(v, JSON_ARRAY);
}

bool json_is_null(const struct json *v)
{
	return !v || is(v, JSON_NULL);
}

const struct json *json_get(const struct json *object, const char *key)
{
	return is(object, JSON_OBJECT) ? wrap(json_object_get(value_of(object), key)) : NULL;
}

const char *json_str(const struct json *v)
{
	const char *s;

	if (!is(v, JSON_STRING))
		return NULL;
	s = json_string_value(value_of(v));
	return strlen(s) == json_string_length(value_of(v)) ? s : NULL;
}

bool json_bool(const struct json *v, bool otherwise)
{
	if (is(v, JSON_TRUE))
		return true;
	return is(v, JSON_FALSE) ? false : otherwise;
}

bool json_u64(const struct json *v, uint64_t *ret)
{
	json_int_t n;

	if (!is(v, JSON_INTEGER))
		return false;
	n = json_integer_value(value_of(v));
	if (n < 0)
		return false;
	*ret = (uint64_t)n;
	return true;
}

size_t json_length(const struct json *v)
{
	if (is(v, JSON_ARRAY))
		return json_array_size(value_of(v));
	return is(v, JSON_OBJECT) ? json_object_size(value_of(v)) : 0;
}

const struct json *json_at(const struct json *array, size_t i)
{
	return is(array, JSON_ARRAY) ? wrap(json_array_get(value_of(array), i)) : NULL;
}

bool json_next(const struct json *object, void **state, const char **ret_key,
	       const struct json **ret_value)
{
	if (!is(object, JSON_OBJECT))
		return false;
	*state = *state ? json_object_iter_next(value_of(object), *state)
			: json_object_iter(value_of(object));
	if (!*state)
		return false;
	*ret_key = json_object_iter_key(*state);
	*ret_value = wrap(json_object_iter_value(*state));
	return true;
}

static void put_members(struct json_writer *w, const struct json *object)
{
	const struct json *v;
	const char *key;
	void *state = NULL;

	json_open_object(w);
	while (json_next(object, &state, &key, &v)) {
		json_key(w, key);
		json_put_value(w, v);
	}
	json_close_object(w);
}

static void put_items(struct json_writer *w, const struct json *array)
{
	json_open_array(w);
	for (size_t i = 0; i < json_length(array); i++)
		json_put_value(w, json_at(array, i));
	json_close_array(w);
}

static void put_real(struct json_writer *w, json_t *v)
{
	char *text = json_dumps(v, JSON_ENCODE_ANY);

	json_put_literal(w, text ? text : "null");
	free(text);
}

void json_put_value(struct json_writer *w, const struct json *v)
{
	json_t *j = value_of(v);

	switch (j ? json_typeof(j) : JSON_NULL) {
	case JSON_OBJECT:
		put_members(w, v);
		break;
	case JSON_ARRAY:
		put_items(w, v);
		break;
	case JSON_STRING:
		json_put_view(w, view_make(json_string_value(j), json_string_length(j)));
		break;
	case JSON_INTEGER:
		json_put_i64(w, json_integer_value(j));
		break;
	case JSON_REAL:
		put_real(w, j);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		json_put_bool(w, json_is_true(j));
		break;
	case JSON_NULL:
		json_put_string(w, NULL);
		break;
	}
}
