/* SPDX-License-Identifier: Apache-2.0 */
/* See file_url.h. */
#include "net/file_url.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

#define SCHEME "file://"

const char *file_url(const char *path, struct arena *a)
{
	auto_buf url = BUF_EMPTY;

	buf_add_str(&url, SCHEME);
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("/-._~+:@,=", *path))
			buf_add_char(&url, *path);
		else
			buf_printf(&url, "%%%02X", (unsigned char)*path);
	}
	return arena_strdup(a, buf_str(&url));
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

const char *file_url_path(const char *url, struct arena *a)
{
	auto_buf path = BUF_EMPTY;

	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
		return NULL;
	for (url += strlen(SCHEME); *url; url++) {
		int high = *url == '%' ? hex_digit(url[1]) : -1;
		int low = high >= 0 ? hex_digit(url[2]) : -1;

		if (low < 0 || (high == 0 && low == 0)) {
			buf_add_char(&path, *url);
			continue;
		}
		buf_add_char(&path, (char)(high << 4 | low));
		url += 2;
	}
	return arena_strdup(a, buf_str(&path));
}
