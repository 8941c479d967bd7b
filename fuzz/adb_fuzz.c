/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of apk 3, index or package, and as the values in one. */
#include "fuzz.h"

#include "fmt/adb.h"
#include "io/basic.h"
#include "pkg/apk/index_adb.h"
#include "pkg/apk/package_adb.h"
#include "pkg/apk/signed_adb.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of the key that signed the corpus. */
static const char public_key[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHLUF9s7XfGsLVkaKPCYwtrqvlMiM\n"
	"AbyIoCRuzoK50Av1TvF7ZDR8MMoGHgn1Ny3E1HNVf4DsfHiKAu8hLKWKEg==\n"
	"-----END PUBLIC KEY-----\n";

static void try_index(struct view bytes)
{
	const struct apk_key_text text = { "corpus.pub", public_key };
	auto_apk_keyring keys = NULL;
	auto_arena a = ARENA_EMPTY;
	auto_buf values = BUF_EMPTY;
	const char *signer = NULL;
	struct err e = { 0 };
	int rc = apk_keyring_open(NULL, 0, &text, 1, NULL, &keys, &e);

	assert(rc == 0);
	if (apk_adb_index_verify(bytes, "index", keys, &a, &values, &signer, &e) < 0)
		assert(e.code && e.msg[0]);
	else
		assert(strcmp(signer, "corpus.pub") == 0);
}

static void try_values(struct view values)
{
	struct index_writer *w = index_writer_new();
	struct err e = { 0 };

	if (apk_index_adb_read(values, "index", "x86_64", "x86_64", w, &e) < 0)
		assert(e.code && e.msg[0]);
	index_writer_free(w);
}

static int file_of(struct view head, struct view bytes)
{
	int fd = memfd_create("adb", MFD_CLOEXEC);

	assert(fd >= 0 && write(fd, head.ptr, head.len) == (ssize_t)head.len);
	assert(write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len);
	assert(lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static void try_package(struct view head, struct view bytes)
{
	int dir_fd = open("/tmp", O_DIRECTORY | O_CLOEXEC);
	struct sha256 unknown = { { 0 } };
	struct pkg_contents *c;
	struct err e = { 0 };

	assert(dir_fd >= 0);
	c = pkg_contents_new("package", &unknown, dir_fd, NULL);
	if (apk_adb_package_decode(file_of(head, bytes), head.len + bytes.len, c, &e) < 0)
		assert(e.code && e.msg[0]);
	for (size_t i = 0; e.code == 0 && i < c->n_files; i++)
		assert(c->files[i].path[0] != '/' && !strstr(c->files[i].path, "../"));
	pkg_contents_free(c);
	close(dir_fd);
}

/* The bytes as the values of a package that has nothing else. */
static void try_as_values(struct view bytes)
{
	char head[12] = "ADB.pckg";
	size_t size = 4 + bytes.len;

	for (unsigned i = 0; i < 4; i++)
		head[8 + i] = (char)(size >> (8 * i));
	try_package(view_make(head, sizeof(head)), bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes =
		view_make((const char *)data, size - size % 8 + (size % 8 >= 4 ? 4 : 0));

	try_index(view_make((const char *)data, size));
	try_values(view_make((const char *)data, size));
	try_package(view_of(""), view_make((const char *)data, size));
	if (size > 4 && size < 1 << 20)
		try_as_values(bytes); /* its block is then aligned, or lacks its padding */
	return 0;
}
