/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an archive of either kind: the image that it is said to hold, its documents and the
 * bytes of its layers, which must be what their descriptors say.
 */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/basic.h"
#include "oci/image.h"
#include "place/source.h"

static void read_blob(struct place_source *from, const struct descriptor *d)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	auto_sink nowhere = null_sink_new();
	auto_source s = NULL;
	struct source *blob;
	struct sha256 got;
	uint64_t n = 0;
	struct err e;

	if (place_source_open(from, d, &blob, &e) < 0)
		return;
	s = digest_source_new(blob, h, &n);
	if (stream_copy(s, nowhere, NULL, &e) < 0)
		return;
	sha256_final(h, &got);
	assert(n == d->size && sha256_eq(&got, &d->digest));
}

static void read_image(struct place_source *from, const struct descriptor *d, struct arena *a)
{
	struct image_config c;
	struct manifest m;
	struct view text;
	struct err e;

	if (place_source_read(from, d, a, &text, &e) < 0 ||
	    manifest_read(text, "manifest", a, &m, &e) < 0)
		return;
	if (place_source_read(from, &m.config, a, &text, &e) == 0)
		(void)!image_config_read(text, "config", a, &c, &e);
	for (size_t i = 0; i < m.n_layers; i++)
		read_blob(from, &m.layers[i]);
}

static void try_as(enum place_kind kind, const char *path)
{
	struct place place = { .kind = kind, .path = path };
	auto_place_source from = NULL;
	auto_arena a = ARENA_EMPTY;
	struct descriptor root;
	struct err e = { 0 };

	if (place_open(&place, NULL, &a, &from, &root, &e) < 0) {
		assert(e.code && e.msg[0]);
		return;
	}
	read_image(from, &root, &a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("archive", MFD_CLOEXEC);
	char path[32];

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	try_as(PLACE_DOCKER_ARCHIVE, path);
	try_as(PLACE_OCI_ARCHIVE, path);
	close(fd);
	return 0;
}
