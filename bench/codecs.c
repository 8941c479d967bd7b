/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the codecs alone need for a folder of Debian packages, on all cores: every data.tar.xz is
 * decoded by liblzma and hashed, then compressed again in chunks of 1 MiB by libdeflate 6, whose
 * output is hashed. No tar is looked at, nothing is written. The floor for bench/python-set.
 * Or, for bench/program-speed, what libdeflate 6 alone needs for one file on all cores; or, for
 * bench/audit, what zlib and libzstd alone need for layers, on all cores, each layer in a thread,
 * and what their digests alone need.
 */
#include <dirent.h>
#include <libdeflate.h>
#include <lzma.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { MAX_FILES = 4096, CHUNK_BYTES = 1 << 20, AR_HEADER_BYTES = 60, MAX_THREADS = 64 };

struct package {
	uint8_t *bytes, *plain;
	size_t size, plain_size;
};

struct chunk {
	const uint8_t *bytes;
	size_t size;
};

static struct package packages[MAX_FILES];
static size_t n_packages, next_package;
static struct chunk *chunks;
static size_t n_chunks, next_chunk;
static int hashes = 1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void die(const char *what)
{
	fprintf(stderr, "codecs: %s\n", what);
	exit(1);
}

static void *need(void *p)
{
	if (!p)
		die("out of memory");
	return p;
}

static struct package *read_file(const char *path)
{
	struct package *p = &packages[n_packages++];
	FILE *f = fopen(path, "rb");

	if (!f)
		die(path);
	fseek(f, 0, SEEK_END);
	p->size = (size_t)ftell(f);
	rewind(f);
	p->bytes = need(malloc(p->size + 1));
	if (fread(p->bytes, 1, p->size, f) != p->size)
		die(path);
	fclose(f);
	return p;
}

static void read_package(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	read_file(path);
}

static void read_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *d;

	if (!dir)
		die(folder);
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.' && n_packages < MAX_FILES)
			read_package(folder, d->d_name);
	closedir(dir);
}

static int bigger_first(const void *a, const void *b)
{
	size_t x = ((const struct package *)a)->size, y = ((const struct package *)b)->size;

	return (x < y) - (x > y);
}

/* The data.tar.xz member of the ar archive. */
static const uint8_t *find_data(const struct package *p, size_t *ret_size)
{
	size_t at = 8;

	while (at + AR_HEADER_BYTES <= p->size) {
		const char *header = (const char *)p->bytes + at;
		size_t size = strtoul(header + 48, NULL, 10);

		if (strncmp(header, "data.tar.xz", 11) == 0) {
			*ret_size = size;
			return p->bytes + at + AR_HEADER_BYTES;
		}
		at += AR_HEADER_BYTES + size + (size & 1);
	}
	die("a package without data.tar.xz");
	return NULL;
}

static void decode(struct package *p)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	lzma_stream stream = LZMA_STREAM_INIT;
	size_t size, cap = p->size * 8 + CHUNK_BYTES;
	lzma_ret rc;

	stream.next_in = find_data(p, &size);
	stream.avail_in = size;
	p->plain = need(malloc(cap));
	stream.next_out = p->plain;
	stream.avail_out = cap;
	if (lzma_stream_decoder(&stream, UINT64_MAX, 0) != LZMA_OK)
		die("liblzma");
	while ((rc = lzma_code(&stream, LZMA_FINISH)) == LZMA_OK) {
		size_t done = cap - stream.avail_out;

		cap *= 2;
		p->plain = need(realloc(p->plain, cap));
		stream.next_out = p->plain + done;
		stream.avail_out = cap - done;
	}
	if (rc != LZMA_STREAM_END)
		die("a package that is no xz");
	p->plain_size = cap - stream.avail_out;
	lzma_end(&stream);
	SHA256(p->plain, p->plain_size, digest);
}

static size_t take(size_t *next, size_t n)
{
	size_t i;

	pthread_mutex_lock(&mutex);
	i = *next < n ? (*next)++ : SIZE_MAX;
	pthread_mutex_unlock(&mutex);
	return i;
}

static void *decode_all(void *unused)
{
	size_t i;

	(void)unused;
	while ((i = take(&next_package, n_packages)) != SIZE_MAX)
		decode(&packages[i]);
	return NULL;
}

static void *encode_all(void *unused)
{
	struct libdeflate_compressor *c = need(libdeflate_alloc_compressor(6));
	uint8_t *out = need(malloc(CHUNK_BYTES * 2)), digest[SHA256_DIGEST_LENGTH];
	size_t i;

	(void)unused;
	while ((i = take(&next_chunk, n_chunks)) != SIZE_MAX) {
		size_t n = libdeflate_gzip_compress(c, chunks[i].bytes, chunks[i].size, out,
						    CHUNK_BYTES * 2);

		if (!hashes)
			continue;
		SHA256(chunks[i].bytes, chunks[i].size, digest);
		SHA256(out, n, digest);
	}
	libdeflate_free_compressor(c);
	free(out);
	return NULL;
}

static void on_all_cores(void *(*work)(void *))
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[MAX_THREADS];
	int n = cores < MAX_THREADS ? (int)cores : MAX_THREADS;

	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, work, NULL) != 0)
			die("no thread");
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static void cut_chunks(void)
{
	size_t total = 0;

	for (size_t i = 0; i < n_packages; i++)
		total += packages[i].plain_size / CHUNK_BYTES + 1;
	chunks = need(calloc(total, sizeof(*chunks)));
	for (size_t i = 0; i < n_packages; i++)
		for (size_t at = 0; at < packages[i].plain_size; at += CHUNK_BYTES) {
			size_t left = packages[i].plain_size - at;

			chunks[n_chunks++] =
				(struct chunk){ packages[i].plain + at,
						left < CHUNK_BYTES ? left : CHUNK_BYTES };
		}
}

static int deflate_file(const char *path)
{
	struct package *p = read_file(path);

	p->plain = p->bytes;
	p->plain_size = p->size;
	hashes = 0;
	cut_chunks();
	on_all_cores(encode_all);
	return 0;
}

static char **layers;
static size_t n_layers, next_layer;

static void decode_gzip_layer(const char *path)
{
	static const unsigned room = 1 << 18;
	char *out = need(malloc(room));
	gzFile f = gzopen(path, "rb");
	int n;

	if (!f || gzbuffer(f, room) != 0)
		die(path);
	while ((n = gzread(f, out, room)) > 0)
		;
	if (n < 0 || gzclose(f) != Z_OK)
		die(path);
	free(out);
}

static void decode_zstd_layer(FILE *f, const char *path)
{
	ZSTD_DStream *z = need(ZSTD_createDStream());
	size_t in_room = ZSTD_DStreamInSize(), out_room = ZSTD_DStreamOutSize(), n;
	char *in = need(malloc(in_room)), *out = need(malloc(out_room));

	while ((n = fread(in, 1, in_room, f)) > 0) {
		ZSTD_inBuffer from = { in, n, 0 };

		while (from.pos < from.size) {
			ZSTD_outBuffer to = { out, out_room, 0 };

			if (ZSTD_isError(ZSTD_decompressStream(z, &to, &from)))
				die(path);
		}
	}
	ZSTD_freeDStream(z);
	free(in);
	free(out);
}

static void *decode_layers(void *unused)
{
	size_t i;

	(void)unused;
	while ((i = take(&next_layer, n_layers)) != SIZE_MAX) {
		FILE *f = fopen(layers[i], "rb");

		if (!f)
			die(layers[i]);
		if (getc(f) == 0x1f) {
			decode_gzip_layer(layers[i]);
		} else {
			rewind(f);
			decode_zstd_layer(f, layers[i]);
		}
		fclose(f);
	}
	return NULL;
}

/* SHA-256 as a layer and as a file, and MD5; once each. */
static int digest_file(const char *path)
{
	static char piece[128 << 10];
	EVP_MD_CTX *digests[3];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		die(path);
	for (int i = 0; i < 3; i++) {
		digests[i] = need(EVP_MD_CTX_new());
		if (EVP_DigestInit_ex(digests[i], i < 2 ? EVP_sha256() : EVP_md5(), NULL) != 1)
			die("libcrypto");
	}
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		for (int i = 0; i < 3; i++)
			if (EVP_DigestUpdate(digests[i], piece, n) != 1)
				die("libcrypto");
	for (int i = 0; i < 3; i++)
		EVP_MD_CTX_free(digests[i]);
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "--layers") == 0) {
		layers = argv + 2;
		n_layers = (size_t)argc - 2;
		on_all_cores(decode_layers);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "--digests") == 0)
		return digest_file(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--deflate") == 0)
		return deflate_file(argv[2]);
	if (argc != 2)
		die("usage: codecs FOLDER, codecs --deflate FILE, codecs --digests FILE, "
		    "or codecs --layers FILE...");
	read_folder(argv[1]);
	qsort(packages, n_packages, sizeof(*packages), bigger_first);
	on_all_cores(decode_all);
	cut_chunks();
	on_all_cores(encode_all);
	return 0;
}
