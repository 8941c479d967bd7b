/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pure readers of what servers and URLs say: ranges, entity tags, links, header lines, and a
 * URL as it may be shown to people. No I/O, no curl.
 */
#pragma once

#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HTTP_MAX_SHOWN_URL = 240, /* leaves half of an error's message to the reason */
	HTTP_MAX_ETAG = 255, /* longer ones are not used for If-Range; real ones have 20 to 70 */
};

#define HTTP_SIZE_UNKNOWN UINT64_MAX

/* "bytes FIRST-LAST/TOTAL" (RFC 9110, 14.4); LAST is the last byte itself. */
struct content_range {
	uint64_t first, last;
	uint64_t total; /* HTTP_SIZE_UNKNOWN for '*' */
};

/* False for anything but a satisfied byte range that is consistent in itself. */
bool content_range_parse(struct view value, struct content_range *ret);

/*
 * "0-LAST", with or without "bytes=": how much of an upload there is (distribution-spec, Pushing a
 * blob in chunks). "0-0" is what registries say of nothing, not of one byte.
 */
bool upload_range_parse(struct view value, uint64_t *ret_bytes);

/*
 * The first target in a Link header's value that has the relation `rel` (RFC 8288, 3): a value may
 * hold several links, a link several relations. One that says none may be meant by any, as some
 * registries' next page is. `ret_target` is borrowed from `value`.
 */
bool link_find(struct view value, const char *rel, struct view *ret_target);

/* Cuts a header line into name and trimmed value; false when there is no name. */
bool header_split(struct view line, struct view *ret_name, struct view *ret_value);
/* As header names compare: ASCII, either case. */
bool header_is(struct view name, const char *lower_case);

/* Whether If-Range may use the tag: quoted, not weak, at most HTTP_MAX_ETAG bytes. */
bool etag_is_strong(struct view value);

/*
 * The URL for messages: without user and password, control characters as '?', the middle of an
 * overlong one left out. Heap, never NULL.
 */
char *url_shown(const char *url) __attribute__((returns_nonnull, warn_unused_result));
/* `text` with control characters as '?', in place. */
void make_printable(char *text);

bool url_is_file(const char *url);
bool url_is_https(const char *url);
