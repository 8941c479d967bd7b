/* SPDX-License-Identifier: Apache-2.0 */
/* apk's words for digests. */
#include "pkg/apk/checksum.h"

#include "base/base64.h"

#include <string.h>

static bool from_base64(struct view text, uint8_t *to, size_t n)
{
	auto_buf bytes = BUF_EMPTY;

	if (!base64_decode(text, &bytes) || bytes.len != n)
		return false;
	memcpy(to, bytes.data, n);
	return true;
}

static bool from_hex(struct view text, uint8_t *to, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	if (text.len != n * 2)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const char *at = text.ptr[i] ? strchr(digits, text.ptr[i]) : NULL;

		if (!at)
			return false;
		to[i / 2] = (uint8_t)(i % 2 ? to[i / 2] | (at - digits) : (at - digits) << 4);
	}
	return true;
}

bool apk_checksum_parse(struct view text, struct apk_checksum *ret)
{
	struct view rest;
	size_t n;

	*ret = (struct apk_checksum){ 0 };
	if (text.len < 2 || (text.ptr[1] != '1' && text.ptr[1] != '2'))
		return false;
	ret->sha256 = text.ptr[1] == '2';
	n = ret->sha256 ? SHA256_BYTES : SHA1_BYTES;
	rest = view_make(text.ptr + 2, text.len - 2);
	if (text.ptr[0] == 'Q')
		return from_base64(rest, ret->bytes, n);
	return text.ptr[0] == 'X' && from_hex(rest, ret->bytes, n);
}

void apk_checksum_write(struct view digest, struct buf *to)
{
	buf_add_str(to, digest.len == SHA1_BYTES ? "Q1" : "Q2");
	base64_encode(digest, to);
}
