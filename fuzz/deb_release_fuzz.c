/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Release file: what is listed is found again. */
#include "fuzz.h"

#include <assert.h>

#include "pkg/deb/release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct deb_release_wishes wishes = { "stable", 1795222383, true, 1 };
	auto_arena a = ARENA_EMPTY;
	struct deb_release r;
	struct err e = { 0 };

	if (deb_release_parse(view_make((const char *)data, size), "Release", &a, &r, &e) < 0) {
		assert(e.code && e.msg[0]);
		return 0;
	}
	for (size_t i = 0; i < r.n_files && i < 100; i++) {
		const struct deb_release_file *f = deb_release_find(&r, r.files[i].path);

		assert(f && strcmp(f->path, r.files[i].path) == 0);
		assert(sha256_eq(&f->digest, &r.files[i].digest));
	}
	(void)!deb_release_check(&r, "Release", &wishes, &e);
	return 0;
}
