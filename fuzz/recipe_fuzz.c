/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recipe that extends profiles only; what is accepted can be written. */
#include "fuzz.h"

#include "base/buf.h"
#include "fmt/json.h"
#include "recipe/load.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_json json = NULL;
	auto_buf text = BUF_EMPTY;
	struct recipe *r = NULL;
	struct sha256 digest;
	struct err e = { 0 };

	if (recipe_parse(view_make((const char *)data, size), "fuzz", &r, &e) < 0)
		return 0;
	recipe_write(r, &text);
	recipe_resolution_digest(r, &digest);
	recipe_free(r);
	if (json_parse(buf_view(&text), "recipe", &json, &e) < 0)
		abort();
	return 0;
}
