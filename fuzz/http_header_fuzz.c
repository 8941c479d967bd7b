/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a header line, ranges, an entity tag, links and a URL for messages. */
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
	struct view target;
	uint64_t n;

	if (header_split(v, &name, &value))
		assert(name.len > 0 && name.len + value.len < v.len);
	if (content_range_parse(v, &r))
		assert(r.first <= r.last && r.last < r.total);
	if (upload_range_parse(v, &n))
		assert(n != 1);
	if (link_find(v, "next", &target))
		assert(target.ptr > v.ptr && target.ptr + target.len < v.ptr + v.len);
	if (etag_is_strong(v))
		assert(v.len <= HTTP_MAX_ETAG);
	assert(strlen(shown) <= strlen(text) + 3);
	for (const char *c = shown; *c; c++)
		assert((unsigned char)*c >= ' ');
	(void)url_is_file(text);
	(void)url_is_https(text);
	return 0;
}
