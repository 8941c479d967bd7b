/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a package source: what is taken must be complete and lead nowhere else. */
#include "fuzz.h"

#include <assert.h>

#include "pkg/deb/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_arena a = ARENA_EMPTY;
	struct deb_source s;
	struct err e = { 0 };

	if (deb_source_parse(view_make((const char *)data, size), "/base", &a, &s, &e) < 0) {
		assert(e.code && e.msg[0]);
		return 0;
	}
	assert(s.suite[0] && s.suite[0] != '/' && strncmp(s.suite, "../", 3) != 0);
	assert(!strstr(s.suite, "/../") && s.exact == (s.n_components == 0));
	assert(deb_uri_check(s.uri, "again", &e) == 0);
	for (size_t i = 0; i < s.n_signed_by; i++)
		assert(s.signed_by[i][0] == '/');
	return 0;
}
