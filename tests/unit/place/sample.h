/* SPDX-License-Identifier: Apache-2.0 */
/* A folder to work in, and a small image to put into stores: shared by the tests of place/. */
#pragma once

#include "place/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "oci/image.h"

/* cmocka's setup and teardown: *state is the path of a fresh folder. */
static inline int make_dir(void **state)
{
	char path[] = "/tmp/pare-place-XXXXXX";

	if (!mkdtemp(path))
		return -1;
	*state = mem_strdup(path);
	return 0;
}

__attribute__((format(printf, 1, 2))) static inline int run(const char *fmt, ...)
{
	char command[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static inline int remove_dir(void **state)
{
	int r = run("chmod -R u+rwX '%s'; rm -rf '%s'", (char *)*state, (char *)*state);

	free(*state);
	return r;
}

static inline struct store *open_store(const char *dir, const char *name)
{
	auto_free char *path = mem_printf("%s/%s", dir, name);
	struct store *s = NULL;
	struct err e;

	if (store_open(path, &s, &e))
		fail_msg("%s", e.msg);
	return s;
}

static inline struct descriptor put_bytes(struct store *s, const char *type, const void *bytes,
					  size_t len)
{
	struct descriptor d = { .media_type = type, .size = len };
	struct err e;

	if (store_put_blob(s, bytes, len, &d.digest, &e))
		fail_msg("%s", e.msg);
	return d;
}

/* A manifest with one layer (`text` as its bytes: no tar, nobody unpacks it here). */
static inline struct descriptor put_image(struct store *s, const char *arch, const char *text)
{
	struct descriptor layer = put_bytes(s, MEDIA_TYPE_LAYER_TAR, text, strlen(text));
	struct image_config config = { .platform = { "linux", arch, NULL },
				       .diff_ids = &layer.digest,
				       .n_diff_ids = 1 };
	struct manifest m = { .layers = &layer, .n_layers = 1 };
	auto_buf b = BUF_EMPTY;

	image_config_write(&config, &b);
	m.config = put_bytes(s, MEDIA_TYPE_CONFIG, b.data, b.len);
	buf_clear(&b);
	manifest_write(&m, &b);
	return put_bytes(s, MEDIA_TYPE_MANIFEST, b.data, b.len);
}

/* What a shell command prints, without the last newline. */
__attribute__((format(printf, 1, 2))) static inline char *output_of(const char *fmt, ...)
{
	static char text[65536];
	char command[4096];
	size_t n;
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	f = popen(command, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	if (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	if (pclose(f) != 0)
		fail_msg("failed: %s", command);
	return text;
}
