/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mklayout STORE PROGRAM gzip|zstd|plain PLACE...
 *
 * Makes an image of two layers around a static program, without anything of build/, and puts it
 * to each of the places: so that the consumers' tests can tell the images from the builder. The
 * first layer is large enough to be several gzip members or zstd frames.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/mem.h"
#include "fmt/tar.h"
#include "io/basic.h"
#include "io/encode.h"
#include "oci/image.h"
#include "place/place.h"
#include "sys/files.h"

enum {
	CREATED_S = 1700000000, /* 2023-11-14T22:13:20Z */
	FILLER_BYTES = 9 << 20, /* three frames of zstd, ten members of gzip */
	PROGRAM_MAX_BYTES = 64 << 20,
};

static const char created[] = "2023-11-14T22:13:20Z";

static void check(int r, const struct err *e)
{
	if (!r)
		return;
	fprintf(stderr, "mklayout: %s\n", e->msg);
	exit(1);
}

struct layer {
	struct blob_writer *blob;
	struct hasher *hasher;
	struct sink *tar;
};

static void begin_layer(struct layer *l, struct store *s, enum codec codec)
{
	struct sink *packed;
	struct err e;

	check(blob_writer_new(s, &l->blob, &e), &e);
	check(encode_sink_new(codec, ENCODE_LEVEL_DEFAULT, NULL, blob_writer_sink(l->blob), &packed,
			      &e),
	      &e);
	l->hasher = hasher_new(DIGEST_SHA256);
	l->tar = digest_sink_new(packed, l->hasher, NULL);
}

static void add(struct layer *l, enum tar_type type, const char *path, uint32_t mode,
		struct view bytes)
{
	struct tar_entry entry = {
		.type = type, .path = path, .mode = mode, .mtime_s = CREATED_S, .size = bytes.len
	};
	struct err e;

	check(tar_write_header(l->tar, &entry, &e), &e);
	check(sink_write(l->tar, bytes.ptr, bytes.len, &e), &e);
	check(tar_write_padding(l->tar, bytes.len, &e), &e);
}

static void end_layer(struct layer *l, const char *media_type, struct descriptor *ret,
		      struct sha256 *ret_diff_id)
{
	struct err e;

	*ret = (struct descriptor){ .media_type = media_type };
	check(tar_write_end(l->tar, &e), &e);
	check(sink_finish(l->tar, &e), &e);
	sha256_final(l->hasher, ret_diff_id);
	sink_close(l->tar);
	hasher_free(l->hasher);
	check(blob_writer_commit(l->blob, &ret->digest, &ret->size, &e), &e);
	blob_writer_free(l->blob);
}

/* Bytes that are the same everywhere and hard to compress. */
static void add_filler(struct layer *l)
{
	char *bytes = mem_alloc(FILLER_BYTES);
	uint32_t x = 1;

	for (size_t i = 0; i < FILLER_BYTES; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (char)(x >> 24);
	}
	add(l, TAR_FILE, "usr/share/filler", 0644, view_make(bytes, FILLER_BYTES));
	free(bytes);
}

static void make_layers(struct store *s, const char *program, const char *codec_word,
			struct descriptor layers[2], struct sha256 diff_ids[2])
{
	bool gzip = strcmp(codec_word, "gzip") == 0, zstd = strcmp(codec_word, "zstd") == 0;
	enum codec codec = gzip ? CODEC_GZIP : zstd ? CODEC_ZSTD : CODEC_PLAIN;
	const char *type = gzip	  ? MEDIA_TYPE_LAYER_GZIP
			   : zstd ? MEDIA_TYPE_LAYER_ZSTD
				  : MEDIA_TYPE_LAYER_TAR;
	auto_buf bytes = BUF_EMPTY;
	struct layer l;
	struct err e;

	begin_layer(&l, s, codec);
	add(&l, TAR_DIR, "etc/", 0755, view_of(""));
	add(&l, TAR_FILE, "etc/passwd", 0644,
	    view_of("root:x:0:0:root:/root:/sbin/nologin\n"
		    "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"));
	add(&l, TAR_FILE, "etc/group", 0644, view_of("root:x:0:\nnonroot:x:65532:\n"));
	add(&l, TAR_DIR, "tmp/", 01777, view_of(""));
	add(&l, TAR_DIR, "usr/", 0755, view_of(""));
	add(&l, TAR_DIR, "usr/share/", 0755, view_of(""));
	add_filler(&l);
	end_layer(&l, type, &layers[0], &diff_ids[0]);

	check(file_read(AT_FDCWD, program, PROGRAM_MAX_BYTES, &bytes, &e), &e);
	begin_layer(&l, s, codec);
	add(&l, TAR_FILE, "hello", 0755, buf_view(&bytes));
	end_layer(&l, type, &layers[1], &diff_ids[1]);
}

static const char *architecture(void)
{
	static struct utsname u;

	if (uname(&u))
		return "amd64";
	return strcmp(u.machine, "x86_64") == 0	   ? "amd64"
	       : strcmp(u.machine, "aarch64") == 0 ? "arm64"
						   : u.machine;
}

static struct descriptor put_json(struct store *s, const char *type, const struct buf *b)
{
	struct descriptor d = { .media_type = type, .size = b->len };
	struct err e;

	check(store_put_blob(s, b->data, b->len, &d.digest, &e), &e);
	return d;
}

static struct descriptor make_image(struct store *s, const char *program, const char *codec)
{
	const char *env[] = { "PATH=/usr/bin:/bin", "GREETING=hello" };
	const char *entrypoint[] = { "/hello" }, *cmd[] = { "world" };
	struct history history[] = { { .created = created, .created_by = "files" },
				     { .created = created, .created_by = "program" } };
	struct descriptor layers[2];
	struct sha256 diff_ids[2];
	struct image_config config = {
		.created = created,
		.platform = { "linux", architecture(), NULL },
		.user = "65532:65532",
		.env = { env, 2, 2 },
		.entrypoint = { entrypoint, 1, 1 },
		.cmd = { cmd, 1, 1 },
		.working_dir = "/tmp",
		.diff_ids = diff_ids,
		.n_diff_ids = 2,
		.history = history,
		.n_history = 2,
	};
	struct manifest m = { .layers = layers, .n_layers = 2 };
	auto_buf b = BUF_EMPTY;

	make_layers(s, program, codec, layers, diff_ids);
	image_config_write(&config, &b);
	m.config = put_json(s, MEDIA_TYPE_CONFIG, &b);
	buf_clear(&b);
	manifest_write(&m, &b);
	return put_json(s, MEDIA_TYPE_MANIFEST, &b);
}

int main(int argc, char **argv)
{
	auto_arena a = ARENA_EMPTY;
	auto_store s = NULL;
	struct descriptor d;
	struct place p;
	struct err e;

	if (argc < 5) {
		fprintf(stderr, "usage: mklayout STORE PROGRAM gzip|zstd|plain PLACE...\n");
		return 2;
	}
	check(store_open(argv[1], &s, &e), &e);
	d = make_image(s, argv[2], argv[3]);
	for (int i = 4; i < argc; i++) {
		check(place_parse(argv[i], &a, &p, &e), &e);
		check(place_put(&p, s, &d, CREATED_S, &e), &e);
	}
	return 0;
}
