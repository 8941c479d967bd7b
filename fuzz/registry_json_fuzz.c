/* SPDX-License-Identifier: Apache-2.0 */
/* What registries, token servers and credential helpers answer, and files of credentials. */
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "registry/credentials_private.h"
#include "registry/lists.h"
#include "registry/token.h"

static void try_lists(const struct json *root, struct arena *a)
{
	struct strings tags = { 0 };
	struct referrers referrers = { 0 };
	struct err e = { 0 };
	int n = tags_take(root, "fuzz", &tags, a, &e);

	assert(n < 0 ? e.msg[0] : (size_t)n == tags.n);
	n = referrers_take(root, "fuzz", &referrers, a, &e);
	assert(n < 0 ? e.msg[0] : (size_t)n == referrers.n);
	free(tags.at);
	free(referrers.at);
}

static void try_credentials(const struct json *root, struct arena *a)
{
	static const char *const hosts[] = { "r.example", "docker.io" };
	const struct credentials_search s = { 0 };
	struct err e;

	for (size_t i = 0; i < 2; i++) {
		struct credentials c = { 0 };

		if (credentials_look_in(root, "fuzz", hosts[i], "team/app", &s, a, &c, &e) == 0)
			assert(!c.user == !c.secret);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_make((const char *)data, size);
	auto_arena a = ARENA_EMPTY;
	auto_json doc = NULL;
	struct credentials c = { 0 };
	struct token token;
	struct err e;

	/* No helper is to be found. */
	setenv("PATH", "/nonexistent", 1);
	if (token_read(text, "fuzz", &a, &token, &e) == 0)
		assert(token.text[0] && token.lifetime_s >= 60);
	if (credentials_read_answer(text, "fuzz", &a, &c, &e) == 0)
		assert(c.identity_token || (c.user && c.secret));
	if (json_parse(text, "fuzz", &doc, &e) < 0)
		return 0;
	try_lists(json_root(doc), &a);
	try_credentials(json_root(doc), &a);
	return 0;
}
