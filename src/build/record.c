/* SPDX-License-Identifier: Apache-2.0 */
/* Records: the JSON text, a newline, and the SHA-256 of key and text in hexadecimal. */
#include "build/record.h"

#include "base/view.h"
#include "crypto/digest.h"
#include "sys/files.h"

#include <string.h>

enum { MAX_RECORD_BYTES = 4096 }; /* a few digests and numbers */

static void sum_of(const char *key, struct view json, char ret[SHA256_HEX_CHARS + 1])
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	struct sha256 sum;

	hasher_update(h, key, strlen(key) + 1);
	hasher_update(h, json.ptr, json.len);
	sha256_final(h, &sum);
	sha256_to_hex(&sum, ret);
}

bool record_read(int dir_fd, const char *key, struct json_doc **ret)
{
	char sum[SHA256_HEX_CHARS + 1];
	auto_buf text = BUF_EMPTY;
	struct err ignored;
	struct view json;

	if (file_read(dir_fd, key, MAX_RECORD_BYTES, &text, &ignored) < 0 ||
	    text.len < SHA256_HEX_CHARS + 1)
		return false;
	json = view_make(text.data, text.len - SHA256_HEX_CHARS - 1);
	sum_of(key, json, sum);
	return json.ptr[json.len] == '\n' &&
	       memcmp(json.ptr + json.len + 1, sum, SHA256_HEX_CHARS) == 0 &&
	       json_parse(json, key, ret, &ignored) == 0;
}

void record_write(int dir_fd, const char *key, const struct buf *json)
{
	char sum[SHA256_HEX_CHARS + 1];
	auto_buf text = BUF_EMPTY;
	struct err ignored;

	sum_of(key, buf_view(json), sum);
	buf_add_view(&text, buf_view(json));
	buf_printf(&text, "\n%s", sum);
	(void)file_write_cached(dir_fd, key, text.data, text.len, 0644, &ignored);
}
