/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, base64 and patterns of paths: what is read can be written again. */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/base64.h"
#include "base/date.h"
#include "base/glob.h"
#include "base/mem.h"
#include "base/view.h"

static void check_date(int64_t s)
{
	char text[DATE_TEXT_BYTES];
	int64_t again;

	if (s < 0 || s > DATE_MAX_S)
		return;
	date_format_rfc3339(s, text);
	assert(date_parse_rfc3339(view_of(text), &again) && again == s);
}

static void try_base64(struct view v)
{
	auto_buf text = BUF_EMPTY, plain = BUF_EMPTY, ignored = BUF_EMPTY;

	(void)base64_decode(v, &ignored);
	base64_encode(v, &text);
	assert(base64_decode(buf_view(&text), &plain) && view_eq(buf_view(&plain), v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view v = view_make((const char *)data, size);
	auto_free char *pattern = mem_strndup(v.ptr, v.len / 2);
	auto_free char *path = mem_strndup(v.ptr + v.len / 2, v.len - v.len / 2);
	int64_t s;

	if (date_parse_rfc2822(v, &s))
		check_date(s);
	if (date_parse_rfc3339(v, &s))
		check_date(s);
	try_base64(v);
	(void)glob_match(pattern, path);
	assert(glob_match("**", path));
	return 0;
}
