/* SPDX-License-Identifier: Apache-2.0 */
/* The binary index: what is written comes back, and a damaged file does no harm. */
#include "base/mem.h"
#include "pkg/index.h"
#include "pkg/index_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char dir[64];
	int fd;
};

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));

	strcpy(f->dir, "/tmp/pare-index-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(f->fd >= 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlinkat(f->fd, "i", 0);
	close(f->fd);
	assert_int_equal(rmdir(f->dir), 0); /* and so no temporary file was left behind */
	free(f);
	return 0;
}

static void add(struct index_writer *w, const char *name, const char *version, const char *provides)
{
	struct package p = { .name = view_of(name),
			     .version = view_of(version),
			     .arch = view_of("amd64"),
			     .source = view_of(name),
			     .filename = view_of("pool/x.deb"),
			     .depends = view_of("libc6 (>= 2.36)"),
			     .provides = view_of(provides),
			     .size_bytes = 5000000000,
			     .installed_bytes = 7,
			     .multi_arch = MULTI_ARCH_SAME,
			     .priority = PRIORITY_STANDARD };
	struct err e;
	struct view rest = view_of(provides), word;

	memset(p.digest.bytes, name[0], sizeof(p.digest.bytes));
	p.essential = strcmp(name, "dash") == 0;
	assert_int_equal(index_writer_add(w, &p, &e), 0);
	while (view_word(&rest, &word))
		assert_int_equal(index_writer_provide(w, word, &e), 0);
}

static void save_sample(struct fixture *f)
{
	struct index_writer *w = index_writer_new();
	struct err e;

	add(w, "mawk", "1.3.4", "awk");
	add(w, "gawk", "1:5.2", "awk awk");
	add(w, "dash", "0.5", "");
	add(w, "gawk", "1:5.3", "awk");
	assert_int_equal(index_writer_save(w, f->fd, "i", &e), 0);
	index_writer_free(w);
}

static void assert_view(struct view v, const char *expected)
{
	assert_int_equal(v.len, strlen(expected));
	assert_memory_equal(v.ptr, expected, v.len);
}

static void test_comes_back(void **state)
{
	struct fixture *f = *state;
	struct index *x;
	struct package p;
	struct err e;

	save_sample(f);
	assert_int_equal(index_open(f->fd, "i", &x, &e), 0);
	assert_int_equal(index_count(x), 4);
	assert_true(index_package(x, 1, &p));
	assert_view(p.name, "gawk");
	assert_view(p.version, "1:5.2");
	assert_view(p.arch, "amd64");
	assert_view(p.source, "gawk");
	assert_view(p.filename, "pool/x.deb");
	assert_view(p.depends, "libc6 (>= 2.36)");
	assert_view(p.provides, "awk awk");
	assert_view(p.conflicts, "");
	assert_true(p.size_bytes == 5000000000 && p.installed_bytes == 7);
	assert_int_equal(p.digest.bytes[31], 'g');
	assert_int_equal(p.multi_arch, MULTI_ARCH_SAME);
	assert_int_equal(p.priority, PRIORITY_STANDARD);
	assert_false(p.essential);
	assert_true(index_package(x, 2, &p));
	assert_true(p.essential);
	assert_view(index_name_of(x, 3), "gawk");
	assert_false(index_package(x, 4, &p));
	index_close(x);
}

static void test_finds_by_name(void **state)
{
	struct fixture *f = *state;
	const uint32_t *ids;
	struct index *x;
	struct err e;

	save_sample(f);
	assert_int_equal(index_open(f->fd, "i", &x, &e), 0);
	assert_int_equal(index_named(x, view_of("gawk"), &ids), 2);
	assert_int_equal(ids[0], 1);
	assert_int_equal(ids[1], 3);
	assert_int_equal(index_providing(x, view_of("awk"), &ids), 3);
	assert_int_equal(ids[0], 0);
	assert_int_equal(ids[1], 1);
	assert_int_equal(ids[2], 3);
	assert_int_equal(index_named(x, view_of("awk"), &ids), 0);
	assert_int_equal(index_providing(x, view_of("gawk"), &ids), 0);
	assert_int_equal(index_named(x, view_of("gaw"), &ids), 0);
	assert_int_equal(index_named(x, view_of(""), &ids), 0);
	index_close(x);
}

static void test_many_names(void **state)
{
	struct fixture *f = *state;
	struct index_writer *w = index_writer_new();
	const uint32_t *ids;
	struct index *x;
	struct err e;
	char name[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "package-%d", i);
		add(w, name, "1", "");
	}
	assert_int_equal(index_writer_save(w, f->fd, "i", &e), 0);
	index_writer_free(w);
	assert_int_equal(index_open(f->fd, "i", &x, &e), 0);
	for (uint32_t i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "package-%u", i);
		assert_int_equal(index_named(x, view_of(name), &ids), 1);
		assert_int_equal(ids[0], i);
	}
	index_close(x);
}

static void test_empty(void **state)
{
	struct fixture *f = *state;
	struct index_writer *w = index_writer_new();
	const uint32_t *ids;
	struct index *x;
	struct err e;

	assert_int_equal(index_writer_provide(w, view_of("x"), &e), -FAIL_FORMAT);
	assert_int_equal(index_writer_save(w, f->fd, "i", &e), 0);
	index_writer_free(w);
	assert_int_equal(index_open(f->fd, "i", &x, &e), 0);
	assert_int_equal(index_count(x), 0);
	assert_int_equal(index_named(x, view_of("x"), &ids), 0);
	index_close(x);
}

static void test_limits(void **state)
{
	struct index_writer *w = index_writer_new();
	auto_free char *big = mem_zalloc(INDEX_MAX_FIELD_BYTES + 1);
	struct package p = { .name = view_of("a") };
	struct err e;

	(void)state;
	p.depends = view_make(big, INDEX_MAX_FIELD_BYTES + 1);
	assert_int_equal(index_writer_add(w, &p, &e), -FAIL_LIMIT);
	assert_non_null(strstr(e.msg, "package 'a'"));
	p.depends.len--;
	assert_int_equal(index_writer_add(w, &p, &e), 0);
	p.name.len = 0;
	assert_int_equal(index_writer_add(w, &p, &e), -FAIL_FORMAT);
	p.name = view_make(big, INDEX_MAX_NAME_BYTES + 1);
	assert_int_equal(index_writer_add(w, &p, &e), -FAIL_FORMAT);
	assert_int_equal(index_writer_provide(w, p.name, &e), -FAIL_FORMAT);
	index_writer_free(w);
}

static size_t load(struct fixture *f, char *bytes, size_t size)
{
	int fd = openat(f->fd, "i", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, bytes, size);

	assert_true(n > 0 && (size_t)n < size);
	close(fd);
	return (size_t)n;
}

static void store(struct fixture *f, const char *bytes, size_t len)
{
	int fd;

	unlinkat(f->fd, "i", 0); /* emptied instead, ext4 would write it to the disk each time */
	fd = openat(f->fd, "i", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* Follows every offset that there is; yields how many packages were damaged. */
static size_t walk(const struct index *x)
{
	static const char *const names[] = { "mawk", "gawk", "dash", "awk", "", "nothing" };
	size_t damaged = 0, bytes = 0;
	const uint32_t *ids;
	struct package p;

	for (uint32_t i = 0; i < index_count(x) + 1; i++) {
		damaged += !index_package(x, i, &p);
		for (size_t k = 0; k < p.depends.len; k++)
			bytes += (unsigned char)p.depends.ptr[k];
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = index_named(x, view_of(names[i]), &ids);

		for (size_t k = 0; k < n; k++)
			bytes += index_package(x, ids[k], &p);
		n = index_providing(x, view_of(names[i]), &ids);
		for (size_t k = 0; k < n; k++)
			bytes += index_package(x, ids[k], &p);
	}
	assert_true(bytes < SIZE_MAX);
	return damaged - 1; /* the one past the end */
}

static void put_checksums(char *bytes, size_t len)
{
	struct index_lanes l = INDEX_LANES_START;
	struct index_header h;

	memcpy(&h, bytes, sizeof(h));
	index_lanes_add(&l, bytes + sizeof(h), len - sizeof(h));
	h.body = index_lanes_end(&l);
	h.check = index_hash(&h, offsetof(struct index_header, check));
	memcpy(bytes, &h, sizeof(h));
}

static void test_cut_short(void **state)
{
	struct fixture *f = *state;
	char bytes[8192];
	struct index *x;
	struct err e;
	size_t len;

	save_sample(f);
	len = load(f, bytes, sizeof(bytes));
	for (size_t n = 0; n < len; n++) {
		store(f, bytes, n);
		assert_int_equal(index_open(f->fd, "i", &x, &e), -FAIL_FORMAT);
		assert_non_null(strstr(e.msg, "index 'i': "));
	}
	bytes[len] = 0;
	store(f, bytes, len + 1);
	assert_int_equal(index_open(f->fd, "i", &x, &e), -FAIL_FORMAT);
}

static void test_garbled(void **state)
{
	struct fixture *f = *state;
	char bytes[8192];
	struct index *x;
	struct err e;
	size_t len;

	save_sample(f);
	len = load(f, bytes, sizeof(bytes));
	for (size_t i = 0; i < len; i += i < sizeof(struct index_header) ? 1 : 7) {
		bytes[i] = (char)~bytes[i];
		store(f, bytes, len);
		assert_int_equal(index_open(f->fd, "i", &x, &e), -FAIL_FORMAT);
		assert_non_null(strstr(e.msg, "index 'i': "));
		bytes[i] = (char)~bytes[i];
	}
}

/* Damage that the checksums hide: nothing is followed out of the file. */
static void test_forged(void **state)
{
	struct fixture *f = *state;
	size_t damaged = 0;
	char bytes[8192];
	struct index *x;
	struct err e;
	size_t len;

	save_sample(f);
	len = load(f, bytes, sizeof(bytes));
	for (size_t i = sizeof(struct index_header); i < len; i += 3) {
		bytes[i] = (char)~bytes[i];
		put_checksums(bytes, len);
		store(f, bytes, len);
		assert_int_equal(index_open(f->fd, "i", &x, &e), 0);
		damaged += walk(x);
		index_close(x);
		bytes[i] = (char)~bytes[i];
	}
	assert_true(damaged > 30);
}

static void test_missing(void **state)
{
	struct fixture *f = *state;
	struct index *x;
	struct err e;

	assert_int_equal(index_open(f->fd, "none", &x, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_comes_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_finds_by_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
		cmocka_unit_test(test_limits),
		cmocka_unit_test_setup_teardown(test_cut_short, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_garbled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_forged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
