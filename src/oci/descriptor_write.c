/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors and the like as JSON whose bytes depend on nothing but their content. */
#include "oci/descriptor_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void write_optional(struct json_writer *w, const char *key, const char *value)
{
	if (value && *value)
		json_member_string(w, key, value);
}

void write_strings(struct json_writer *w, const char *key, const struct strings *s)
{
	if (s->n == 0)
		return;
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < s->n; i++)
		json_put_string(w, s->at[i]);
	json_close_array(w);
}

/* A pair and where it stood, so that sorting keeps the order of equal keys. */
struct ranked {
	struct pair pair;
	size_t rank;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int c = strcmp(x->pair.key, y->pair.key);

	return c ? c : (x->rank > y->rank) - (x->rank < y->rank);
}

/* Sorts n items of a fresh array; of equal keys only the last stays. Returns how many are left. */
static size_t sort_unique(struct ranked *at, size_t n)
{
	size_t kept = 0;

	qsort(at, n, sizeof(*at), compare_ranked);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && strcmp(at[kept - 1].pair.key, at[i].pair.key) == 0)
			kept--;
		at[kept++] = at[i];
	}
	return kept;
}

void write_sorted_keys(struct json_writer *w, const char *key, const struct strings *s)
{
	auto_free struct ranked *at = NULL;
	size_t n;

	if (s->n == 0)
		return;
	at = mem_resize(NULL, s->n, sizeof(*at));
	for (size_t i = 0; i < s->n; i++)
		at[i] = (struct ranked){ { s->at[i], NULL }, i };
	n = sort_unique(at, s->n);
	json_key(w, key);
	json_open_object(w);
	for (size_t i = 0; i < n; i++) {
		json_key(w, at[i].pair.key);
		json_open_object(w);
		json_close_object(w);
	}
	json_close_object(w);
}

void write_pairs(struct json_writer *w, const char *key, const struct pair *pairs, size_t n)
{
	auto_free struct ranked *at = NULL;

	if (n == 0)
		return;
	at = mem_resize(NULL, n, sizeof(*at));
	for (size_t i = 0; i < n; i++)
		at[i] = (struct ranked){ pairs[i], i };
	n = sort_unique(at, n);
	json_key(w, key);
	json_open_object(w);
	for (size_t i = 0; i < n; i++)
		json_member_string(w, at[i].pair.key, at[i].pair.value);
	json_close_object(w);
}

void write_digest(struct json_writer *w, const struct sha256 *d)
{
	char text[7 + SHA256_HEX_CHARS + 1] = "sha256:";

	sha256_to_hex(d, text + 7);
	json_put_string(w, text);
}

static void write_platform(struct json_writer *w, const struct platform *p)
{
	json_key(w, "platform");
	json_open_object(w);
	json_member_string(w, "architecture", p->architecture);
	json_member_string(w, "os", p->os);
	write_optional(w, "variant", p->variant);
	json_close_object(w);
}

void write_descriptor(struct json_writer *w, const struct descriptor *d)
{
	json_open_object(w);
	json_member_string(w, "mediaType", d->media_type);
	json_key(w, "digest");
	write_digest(w, &d->digest);
	json_member_u64(w, "size", d->size);
	write_pairs(w, "annotations", d->annotations, d->n_annotations);
	if (d->platform)
		write_platform(w, d->platform);
	json_close_object(w);
}
