/* SPDX-License-Identifier: Apache-2.0 */
/* The store: names, blobs and garbage collection, with one user. Several: store_shared_test.c. */
#include "place/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample.h"

static void test_blob_by_digest(void **state)
{
	struct store *s = open_store(*state, "s");
	struct blob_writer *w;
	auto_arena a = ARENA_EMPTY;
	struct sha256 digest;
	char hex[SHA256_HEX_CHARS + 1];
	struct view got;
	uint64_t size;
	struct err e;

	assert_int_equal(blob_writer_new(s, &w, &e), 0);
	assert_int_equal(sink_write(blob_writer_sink(w), "hello ", 6, &e), 0);
	assert_int_equal(sink_write(blob_writer_sink(w), "world\n", 6, &e), 0);
	assert_int_equal(sink_finish(blob_writer_sink(w), &e), 0);
	sink_close(blob_writer_sink(w)); /* as a stream stacked on it does */
	assert_int_equal(blob_writer_commit(w, &digest, &size, &e), 0);
	blob_writer_free(w);
	assert_int_equal(size, 12);
	sha256_to_hex(&digest, hex);
	assert_string_equal(
		output_of("sha256sum < %s/s/blobs/sha256/%s | cut -c-64", (char *)*state, hex),
		hex);
	assert_true(store_has_blob(s, &digest, 12));
	assert_false(store_has_blob(s, &digest, 11));
	assert_int_equal(store_read_blob(s, &digest, 12, &a, &got, &e), 0);
	assert_true(view_is(got, "hello world\n"));
	assert_int_equal(store_read_blob(s, &digest, 11, &a, &got, &e), -FAIL_LIMIT);
	store_close(s);
}

static void test_dropped_blob(void **state)
{
	struct store *s = open_store(*state, "s");
	struct blob_writer *w;
	struct err e;

	assert_int_equal(blob_writer_new(s, &w, &e), 0);
	assert_int_equal(sink_write(blob_writer_sink(w), "x", 1, &e), 0);
	blob_writer_free(w);
	assert_string_equal(output_of("ls -A %s/s/blobs/sha256 | wc -l", (char *)*state), "0");
	store_close(s);
}

static void damage(const char *dir, const struct sha256 *digest, const char *bytes)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(digest, hex);
	assert_int_equal(run("printf '%s' > %s/s/blobs/sha256/%s", bytes, dir, hex), 0);
}

static void test_wrong_bytes(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_bytes(s, "x/y", "good", 4);
	auto_arena a = ARENA_EMPTY;
	struct source *source;
	struct view got;
	char bytes[16];
	size_t n;
	struct err e;

	damage(*state, &d.digest, "evil");
	assert_int_equal(store_read_blob(s, &d.digest, 99, &a, &got, &e), -FAIL_VERIFY);
	assert_int_equal(store_open_blob(s, &d.digest, &source, &e), 0);
	assert_int_equal(source_read(source, bytes, sizeof(bytes), &n, &e), 0);
	assert_int_equal(source_read(source, bytes, sizeof(bytes), &n, &e), -FAIL_VERIFY);
	source_close(source);
	damage(*state, &d.digest, "short-circuit");
	assert_false(store_has_blob(s, &d.digest, 4));
	put_bytes(s, "x/y", "good", 4); /* writing it again heals it */
	assert_int_equal(store_read_blob(s, &d.digest, 99, &a, &got, &e), 0);
	store_close(s);
}

static void test_tag_and_resolve(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor one = put_image(s, "amd64", "one"), two = put_image(s, "amd64", "two");
	auto_arena a = ARENA_EMPTY;
	struct store_entry *list;
	struct descriptor got;
	struct err e;
	size_t n;

	assert_int_equal(store_tag(s, "hello", &one, &e), 0);
	assert_int_equal(store_tag(s, "localhost:5000/team/app:v1", &one, &e), 0);
	assert_int_equal(store_tag(s, "hello", &two, &e), 0);
	assert_int_equal(store_resolve(s, "hello:latest", &a, &got, &e), 0);
	assert_true(sha256_eq(&got.digest, &two.digest));
	assert_int_equal(store_resolve(s, "localhost:5000/team/app:v1", &a, &got, &e), 0);
	assert_true(sha256_eq(&got.digest, &one.digest));
	assert_int_equal(store_list(s, &a, &list, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "hello:latest");
	assert_string_equal(list[1].name, "localhost:5000/team/app:v1");
	assert_int_equal(store_untag(s, "hello", &e), 0);
	assert_int_equal(store_resolve(s, "hello", &a, &got, &e), -FAIL_NOT_FOUND);
	assert_int_equal(store_untag(s, "hello", &e), -FAIL_NOT_FOUND);
	assert_int_equal(store_tag(s, "Hello", &one, &e), -FAIL_USAGE);
	store_close(s);
}

static void test_incomplete_image_gets_no_name(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "text");
	struct sha256 layer;
	char hex[SHA256_HEX_CHARS + 1];
	struct err e;

	sha256_of("text", 4, &layer);
	sha256_to_hex(&layer, hex);
	assert_int_equal(run("rm %s/s/blobs/sha256/%s", (char *)*state, hex), 0);
	assert_int_equal(store_tag(s, "hello", &d, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, hex));
	store_close(s);
}

/* What other tools wrote into index.json stays as it was. */
static void test_foreign_entries_stay(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");
	struct descriptor got;
	auto_arena a = ARENA_EMPTY;
	struct err e;

	assert_int_equal(
		run("jq -c '.extra={\"n\":1.5} | .manifests=[{mediaType:\"a/b\",digest:(\"sha256:\" "
		    "+ \"a\"*64),size:1,data:\"QQ==\",urls:[\"u\"],annotations:"
		    "{\"org.opencontainers.image.ref.name\":\"foreign\"}},{mediaType:\"a/b\",digest:"
		    "(\"sha256:\" + \"b\"*64),size:1,platform:{os:\"linux\",architecture:\"arm\","
		    "\"os.version\":\"1\"}}]' %s/s/index.json > %s/i && cp %s/i %s/s/index.json",
		    (char *)*state, (char *)*state, (char *)*state, (char *)*state),
		0);
	assert_int_equal(store_tag(s, "mine", &d, &e), 0);
	assert_int_equal(store_resolve(s, "foreign", &a, &got, &e), 0);
	assert_string_equal(output_of("jq -c 'del(.manifests[2])' %s/s/index.json | diff - %s/i && "
				      "jq -r '.manifests[2].annotations[]' %s/s/index.json",
				      (char *)*state, (char *)*state, (char *)*state),
			    "mine:latest");
	store_close(s);
}

static void test_garbled_index(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");
	auto_arena a = ARENA_EMPTY;
	struct store_entry *list;
	struct gc_result gc;
	struct err e;
	size_t n;

	assert_int_equal(
		run("printf '{\"schemaVersion\":2,\\n gar' > %s/s/index.json", (char *)*state), 0);
	assert_int_equal(store_list(s, &a, &list, &n, &e), -FAIL_FORMAT);
	assert_non_null(strstr(e.msg, "s/index.json: line 2"));
	assert_int_equal(store_tag(s, "x", &d, &e), -FAIL_FORMAT);
	assert_int_equal(store_gc(s, 0, false, &gc, &e), -FAIL_FORMAT);
	assert_true(store_has_blob(s, &d.digest, d.size));
	assert_string_equal(output_of("tail -1 %s/s/index.json", (char *)*state), " gar");
	store_close(s);
}

static void make_old(const char *dir)
{
	assert_int_equal(run("touch -d '2 hours ago' %s/s/blobs/sha256/*", dir), 0);
}

static void test_gc(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor keep = put_image(s, "amd64", "keep"),
			  drop = put_image(s, "arm64", "drop");
	struct gc_result gc;
	struct err e;

	assert_int_equal(store_tag(s, "keep", &keep, &e), 0);
	assert_int_equal(store_gc(s, 3600, false, &gc, &e), 0);
	assert_int_equal(gc.n_blobs, 0); /* all of them are young */
	assert_int_equal(gc.n_kept, 6);
	make_old(*state);
	assert_int_equal(store_gc(s, 3600, true, &gc, &e), 0);
	assert_int_equal(gc.n_blobs, 3);
	assert_true(store_has_blob(s, &drop.digest, drop.size)); /* a dry run; and young again */
	assert_int_equal(store_gc(s, 3600, false, &gc, &e), 0);
	assert_int_equal(gc.n_blobs, 2);
	assert_true(store_has_blob(s, &drop.digest, drop.size));
	assert_int_equal(store_gc(s, 0, false, &gc, &e), 0);
	assert_int_equal(gc.n_blobs, 1);
	assert_int_equal(gc.n_kept, 3);
	assert_int_equal(gc.blob_bytes, drop.size);
	assert_false(store_has_blob(s, &drop.digest, drop.size));
	assert_int_equal(store_tag(s, "again", &keep, &e), 0); /* it is still complete */
	store_close(s);
}

static void test_gc_follows_indexes(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor images[] = { put_image(s, "amd64", "a"), put_image(s, "arm64", "b") };
	struct image_index x = { .manifests = images, .n_manifests = 2 };
	auto_buf b = BUF_EMPTY;
	struct descriptor d;
	struct gc_result gc;
	struct err e;

	image_index_write(&x, &b);
	d = put_bytes(s, MEDIA_TYPE_INDEX, b.data, b.len);
	assert_int_equal(store_tag(s, "both", &d, &e), 0);
	put_bytes(s, "x/y", "loose", 5);
	assert_int_equal(store_gc(s, 0, false, &gc, &e), 0);
	assert_int_equal(gc.n_blobs, 1);
	assert_int_equal(gc.n_kept, 7);
	store_close(s);
}

static void test_gc_stops_at_unreadable_image(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x"), loose = put_bytes(s, "x/y", "loose", 5);
	struct gc_result gc;
	struct err e;

	assert_int_equal(store_tag(s, "broken", &d, &e), 0);
	damage(*state, &d.digest, "evil");
	assert_int_equal(store_gc(s, 0, false, &gc, &e), -FAIL_VERIFY);
	assert_non_null(strstr(e.msg, "image 'broken:latest'"));
	assert_true(store_has_blob(s, &loose.digest, 5));
	store_close(s);
}

static void test_default_place(void **state)
{
	auto_free char *data = mem_printf("%s/data", (char *)*state);
	auto_free char *own = mem_printf("%s/own", (char *)*state);
	auto_free char *below = mem_printf("%s/.local/share/pare/store", (char *)*state);
	auto_free char *xdg = mem_printf("%s/pare/store", data);
	struct store *s;
	struct err e;

	setenv("PARE_STORE", own, 1);
	setenv("XDG_DATA_HOME", data, 1);
	setenv("HOME", *state, 1);
	assert_int_equal(store_open(NULL, &s, &e), 0);
	assert_string_equal(store_path(s), own);
	store_close(s);
	unsetenv("PARE_STORE");
	assert_int_equal(store_open(NULL, &s, &e), 0);
	assert_string_equal(store_path(s), xdg);
	store_close(s);
	setenv("XDG_DATA_HOME", "relative", 1);
	assert_int_equal(store_open(NULL, &s, &e), 0);
	assert_string_equal(store_path(s), below);
	store_close(s);
	unsetenv("HOME");
	assert_int_equal(store_open(NULL, &s, &e), -FAIL_USAGE);
}

static void test_other_layout_version(void **state)
{
	auto_free char *path = mem_printf("%s/s", (char *)*state);
	struct store *s = open_store(*state, "s");
	struct err e;

	store_close(s);
	assert_int_equal(run("echo '{\"imageLayoutVersion\":\"2.0.0\"}' > %s/oci-layout", path), 0);
	assert_int_equal(store_open(path, &s, &e), -FAIL_UNSUPPORTED);
	assert_int_equal(run("echo '[' > %s/oci-layout", path), 0);
	assert_int_equal(store_open(path, &s, &e), -FAIL_FORMAT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(test_blob_by_digest),
		TEST(test_dropped_blob),
		TEST(test_wrong_bytes),
		TEST(test_tag_and_resolve),
		TEST(test_incomplete_image_gets_no_name),
		TEST(test_foreign_entries_stay),
		TEST(test_garbled_index),
		TEST(test_gc),
		TEST(test_gc_follows_indexes),
		TEST(test_gc_stops_at_unreadable_image),
		TEST(test_default_place),
		TEST(test_other_layout_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
