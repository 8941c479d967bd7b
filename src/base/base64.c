/* SPDX-License-Identifier: Apache-2.0 */
/* Base64; see base64.h. */
#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct view bytes, struct buf *to)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint32_t group = 0;

		for (size_t k = 0; k < 3; k++)
			group = group << 8 | (k < n ? (uint8_t)bytes.ptr[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_add_char(to, k <= n ? alphabet[group >> (18 - 6 * k) & 63] : '=');
	}
}

static int value_of(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

/* How many bytes four characters stand for; 0: they are wrong. */
static size_t decode_group(const char *text, bool last, char to[3])
{
	size_t pad = last ? (size_t)(text[3] == '=') + (text[3] == '=' && text[2] == '=') : 0;
	uint32_t group = 0;

	for (size_t k = 0; k < 4; k++) {
		int v = k < 4 - pad ? value_of(text[k]) : 0;

		if (v < 0)
			return 0;
		group = group << 6 | (uint32_t)v;
	}
	for (size_t k = 0; k < 3; k++)
		to[k] = (char)(group >> (16 - 8 * k) & 255);
	return group & ((1u << 8 * pad) - 1) ? 0 : 3 - pad;
}

bool base64_decode(struct view text, struct buf *to)
{
	size_t before = to->len;

	if (text.len % 4)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		char bytes[3];
		size_t n = decode_group(text.ptr + i, i + 4 == text.len, bytes);

		if (n == 0) {
			to->len = before;
			return false;
		}
		buf_add(to, bytes, n);
	}
	return true;
}
