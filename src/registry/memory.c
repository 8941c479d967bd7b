/* SPDX-License-Identifier: Apache-2.0 */
/* Files in the cache that name uploads and places of blobs; see memory.h. */
#include "registry/memory.h"

#include <string.h>

#include "base/array.h"
#include "base/mem.h"
#include "sys/fd.h"
#include "sys/files.h"

enum { MAX_FILE_BYTES = 64 << 10 };

static int open_folder(const char *cache, const char *name)
{
	auto_free char *path = cache ? mem_printf("%s/%s", cache, name) : NULL;
	struct err ignored;
	int fd = -1;

	if (!path || dir_open(path, 0700, &fd, &ignored) < 0)
		return -1;
	return fd;
}

static void upload_name(const char *repository, const struct sha256 *digest,
			char ret[SHA256_HEX_CHARS + 1])
{
	auto_free char *text = NULL;
	char hex[SHA256_HEX_CHARS + 1];
	struct sha256 key;

	sha256_to_hex(digest, hex);
	text = mem_printf("%s@%s", repository, hex);
	sha256_of(text, strlen(text), &key);
	sha256_to_hex(&key, ret);
}

bool memory_get_upload(const char *cache, const char *repository, const struct sha256 *digest,
		       struct buf *ret_location)
{
	char name[SHA256_HEX_CHARS + 1];
	struct err ignored;
	auto_fd dir = open_folder(cache, "uploads");

	upload_name(repository, digest, name);
	return dir >= 0 && file_read(dir, name, MAX_FILE_BYTES, ret_location, &ignored) == 0 &&
	       ret_location->len > 0;
}

void memory_set_upload(const char *cache, const char *repository, const struct sha256 *digest,
		       const char *location)
{
	char name[SHA256_HEX_CHARS + 1];
	struct err ignored;
	auto_fd dir = open_folder(cache, "uploads");

	if (dir < 0)
		return;
	upload_name(repository, digest, name);
	if (location)
		(void)file_write_atomic(dir, name, location, strlen(location), 0600, &ignored);
	else
		(void)unlinkat(dir, name, 0);
}

void memory_list_places(const char *cache, const char *host, const struct sha256 *digest,
			struct arena *a, struct strings *ret)
{
	struct view rest, line, at_host;
	char hex[SHA256_HEX_CHARS + 1];
	auto_buf text = BUF_EMPTY;
	struct err ignored;
	auto_fd dir = open_folder(cache, "places");

	sha256_to_hex(digest, hex);
	ret->at = arena_array(a, MEMORY_MAX_PLACES, sizeof(*ret->at));
	ret->n = ret->cap = 0;
	if (dir < 0 || file_read(dir, hex, MAX_FILE_BYTES, &text, &ignored) < 0)
		return;
	rest = buf_view(&text);
	while (ret->n < MEMORY_MAX_PLACES && view_split(&rest, '\n', &line))
		if (view_split(&line, ' ', &at_host) && line.len && view_is(at_host, host))
			ret->at[ret->n++] = arena_view(a, line);
}

void memory_add_place(const char *cache, const char *host, const char *name,
		      const struct sha256 *digest)
{
	auto_free char *own = mem_printf("%s %s", host, name);
	auto_buf before = BUF_EMPTY, after = BUF_EMPTY;
	char hex[SHA256_HEX_CHARS + 1];
	struct view rest, line;
	struct err ignored;
	auto_fd dir = open_folder(cache, "places");
	size_t n = 1;

	if (dir < 0)
		return;
	sha256_to_hex(digest, hex);
	(void)file_read(dir, hex, MAX_FILE_BYTES, &before, &ignored);
	buf_printf(&after, "%s\n", own);
	rest = buf_view(&before);
	while (n < MEMORY_MAX_PLACES && view_split(&rest, '\n', &line)) {
		if (!line.len || view_is(line, own))
			continue;
		buf_printf(&after, "%.*s\n", VIEW_ARG(line));
		n++;
	}
	if (!view_eq(buf_view(&before), buf_view(&after)))
		(void)file_write_atomic(dir, hex, after.data, after.len, 0600, &ignored);
}
