/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a header line, a range, an entity tag and a URL for messages. */
#include "fuzz.h"

#include "base/mem.h"
#include "net/header.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = view_make((const char *)data, size), name, value;
	auto_free char *text = mem_strndup(v.ptr, v.len);
	auto_free char *shown = url_shown(text);
	struct content_range r;

	if (header_split(v, &name, &value))
		assert(name.len > 0 && name.len + value.len < v.len);
	if (content_range_parse(v, &r))
		assert(r.first <= r.last && r.last < r.total);
	if (etag_is_strong(v))
		assert(v.len <= HTTP_MAX_ETAG);
	assert(strlen(shown) <= strlen(text) + 3);
	for (const char *c = shown; *c; c++)
		assert((unsigned char)*c >= ' ');
	(void)url_is_file(text);
	(void)url_is_https(text);
	return 0;
}
