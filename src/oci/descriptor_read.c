/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and the like out of hostile JSON: types, counts and digests are checked here. */
#include "oci/descriptor_json.h"

#include <stdio.h>
#include <string.h>

int reading_fail(const struct reading *r, const char *what, const char *expected)
{
	return fail(r->err, FAIL_FORMAT, "%s: '%s' %s", r->name, what, expected);
}

static int check_count(const struct reading *r, const char *what, size_t n)
{
	if (n <= OCI_MAX_PAIRS)
		return 0;
	return fail(r->err, FAIL_LIMIT, "%s: '%s' has %zu items, more than %d", r->name, what, n,
		    OCI_MAX_PAIRS);
}

int read_optional(const struct reading *r, const struct json *object, const char *key,
		  const char **ret)
{
	const struct json *v = json_get(object, key);
	const char *s = json_str(v);

	if (!s && !json_is_null(v))
		return reading_fail(r, key, "must be a string without NULs");
	*ret = s && *s ? arena_strdup(r->arena, s) : NULL;
	return 0;
}

int oci_read_strings(const struct reading *r, const struct json *array, const char *what,
		     struct strings *ret)
{
	size_t n = json_length(array);
	int status = check_count(r, what, n);

	if (status)
		return status;
	if (!json_is_null(array) && !json_is_array(array))
		return reading_fail(r, what, "must be an array of strings");
	ret->at = arena_array(r->arena, n, sizeof(*ret->at));
	for (size_t i = 0; i < n; i++) {
		const char *s = json_str(json_at(array, i));

		if (!s)
			return reading_fail(r, what, "must hold strings without NULs only");
		ret->at[i] = arena_strdup(r->arena, s);
	}
	ret->n = ret->cap = n;
	return 0;
}

int read_keys(const struct reading *r, const struct json *object, const char *what,
	      struct strings *ret)
{
	size_t n = json_length(object), i = 0;
	int status = check_count(r, what, n);
	const struct json *v;
	void *state = NULL;
	const char *key;

	if (status)
		return status;
	if (!json_is_null(object) && !json_is_object(object))
		return reading_fail(r, what, "must be an object");
	ret->at = arena_array(r->arena, n, sizeof(*ret->at));
	while (json_next(object, &state, &key, &v))
		ret->at[i++] = arena_strdup(r->arena, key);
	ret->n = ret->cap = i;
	return 0;
}

int oci_read_pairs(const struct reading *r, const struct json *object, const char *what,
		   struct pairs *ret)
{
	size_t n = json_length(object), i = 0;
	int status = check_count(r, what, n);
	const struct json *v;
	void *state = NULL;
	const char *key;

	if (status)
		return status;
	if (!json_is_null(object) && !json_is_object(object))
		return reading_fail(r, what, "must be an object of strings");
	ret->at = arena_array(r->arena, n, sizeof(*ret->at));
	while (json_next(object, &state, &key, &v)) {
		const char *s = json_str(v);

		if (!s)
			return reading_fail(r, what, "must hold strings without NULs only");
		ret->at[i++] =
			(struct pair){ arena_strdup(r->arena, key), arena_strdup(r->arena, s) };
	}
	ret->n = ret->cap = i;
	return 0;
}

int read_digest(const struct reading *r, const struct json *v, const char *what, struct sha256 *ret)
{
	const char *s = json_str(v);

	if (!s)
		return reading_fail(r, what, "must be a digest");
	if (strncmp(s, "sha512:", 7) == 0 || strncmp(s, "blake3:", 7) == 0)
		return fail(r->err, FAIL_UNSUPPORTED, "%s: '%s' has a digest other than sha256",
			    r->name, what);
	if (strncmp(s, "sha256:", 7) != 0 || strpbrk(s + 7, "ABCDEF") ||
	    !sha256_from_hex(view_of(s + 7), ret))
		return reading_fail(r, what, "must be 'sha256:' and 64 lower-case hex digits");
	return 0;
}

static int read_platform(const struct reading *r, const struct json *v, const char *what,
			 const struct platform **ret)
{
	struct platform *p = arena_new(r->arena, struct platform);

	if (!json_is_object(v))
		return reading_fail(r, what, "must be an object");
	if (read_optional(r, v, "os", &p->os) ||
	    read_optional(r, v, "architecture", &p->architecture) ||
	    read_optional(r, v, "variant", &p->variant))
		return -(int)r->err->code;
	if (!p->os || !p->architecture)
		return reading_fail(r, what, "must have an os and an architecture");
	*ret = p;
	return 0;
}

/* "what.member", for messages. */
static const char *member(char to[static 64], const char *what, const char *name)
{
	snprintf(to, 64, "%s.%s", what, name);
	return to;
}

int read_descriptor(const struct reading *r, const struct json *v, const char *what,
		    struct descriptor *ret)
{
	const struct json *platform = json_get(v, "platform");
	struct descriptor d = { 0 };
	struct pairs p = { 0 };
	char at[64];
	int status;

	if (!json_is_object(v))
		return reading_fail(r, what, "must be a descriptor");
	if (!json_str(json_get(v, "mediaType")))
		return reading_fail(r, member(at, what, "mediaType"), "must be a string");
	d.media_type = arena_strdup(r->arena, json_str(json_get(v, "mediaType")));
	if (!json_u64(json_get(v, "size"), &d.size))
		return reading_fail(r, member(at, what, "size"), "must be a number of bytes");
	status = read_digest(r, json_get(v, "digest"), member(at, what, "digest"), &d.digest);
	if (status)
		return status;
	status = read_optional(r, v, "artifactType", &d.artifact_type);
	if (status)
		return status;
	status = oci_read_pairs(r, json_get(v, "annotations"), member(at, what, "annotations"), &p);
	if (status)
		return status;
	if (!json_is_null(platform)) {
		status = read_platform(r, platform, member(at, what, "platform"), &d.platform);
		if (status)
			return status;
	}
	d.annotations = p.at;
	d.n_annotations = p.n;
	*ret = d;
	return 0;
}
