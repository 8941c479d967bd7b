/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places: how they are named, and what stands in each of them after an image was put there. The
 * second opinions are tar, jq, sha256sum and zstd; the tools that use images: tests/e2e.
 */
#include "place/place.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sample.h"

#include "base/array.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { CREATED_S = 1700000000 };

static void test_names(void **state)
{
	static const struct {
		const char *text;
		enum place_kind kind;
		const char *path, *ref;
	} good[] = {
		{ "hello", PLACE_STORE, NULL, "hello:latest" },
		{ "hello:v1", PLACE_STORE, NULL, "hello:v1" },
		{ "localhost:5000/a/b", PLACE_STORE, NULL, "localhost:5000/a/b:latest" },
		{ "Registry.Example/a__b/c--d:T", PLACE_STORE, NULL,
		  "Registry.Example/a__b/c--d:T" },
		{ "oci:dir", PLACE_OCI, "dir", NULL },
		{ "oci:/a/b:v1", PLACE_OCI, "/a/b", "v1" },
		{ "oci:dir:hello:latest", PLACE_OCI, "dir", "hello:latest" },
		{ "oci:dir:docker.io/a/b--c:1", PLACE_OCI, "dir", "docker.io/a/b--c:1" },
		{ "oci-archive:x.tar:t", PLACE_OCI_ARCHIVE, "x.tar", "t" },
		{ "docker-archive:x.tar", PLACE_DOCKER_ARCHIVE, "x.tar", NULL },
		{ "docker-archive:x.tar:app", PLACE_DOCKER_ARCHIVE, "x.tar", "app:latest" },
		{ "docker-archive:x.tar:h:1/app:2", PLACE_DOCKER_ARCHIVE, "x.tar", "h:1/app:2" },
		{ "docker://r.example/a/b:1", PLACE_REGISTRY, NULL, "r.example/a/b:1" },
		{ "docker-daemon:app:1", PLACE_DAEMON, NULL, "app:1" },
		{ "docker-daemon:app", PLACE_DAEMON, NULL, "app" },
		{ "docker-daemon:h:1/a/b", PLACE_DAEMON, NULL, "h:1/a/b" },
		{ "docker-daemon:sha256:" HEX, PLACE_DAEMON, NULL, "sha256:" HEX },
		{ "docker-daemon:app@sha256:" HEX, PLACE_DAEMON, NULL, "app@sha256:" HEX },
	};
	auto_arena a = ARENA_EMPTY;
	struct place p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		if (place_parse(good[i].text, &a, &p, &e))
			fail_msg("%s: %s", good[i].text, e.msg);
		assert_int_equal(p.kind, good[i].kind);
		assert_string_equal(p.path ? p.path : "-", good[i].path ? good[i].path : "-");
		assert_string_equal(p.ref ? p.ref : "-", good[i].ref ? good[i].ref : "-");
	}
}

static void test_bad_names(void **state)
{
	static const char *const bad[] = {
		"",
		"Hello",
		"hello:",
		"hello:-x",
		"a//b",
		"a/",
		"/a",
		"a-",
		"a___b",
		"a..b",
		"hello@sha256:00",
		"h:99999/a",
		"a b",
		"oci:",
		"oci::tag",
		"oci:dir:",
		"oci:dir:-x",
		"oci:dir:a b",
		"oci:dir:a//b",
		"oci:dir:a.-b",
		"docker-archive:",
		"docker-archive:x:UPPER",
		"docker://",
		"docker://host:1/UPPER",
		"docker-daemon:",
		"docker-daemon:UPPER",
		"docker-daemon:app:1?x=y",
		"docker-daemon:../containers",
		"docker-daemon:app%2f",
		"docker-daemon:app\r\nX: y",
		"docker-daemon:sha256:00",
		"docker-daemon:sha256:" HEX "0",
		"docker-daemon:app@",
		"docker-daemon:app@md5:" HEX,
		"docker-daemon:@sha256:" HEX,
		"docker-daemon:app/@sha256:" HEX,
		"containers-storage:x",
		"dir:x",
		"https://x/y",
	};
	auto_arena a = ARENA_EMPTY;
	struct place p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct err e = { 0 };

		if (place_parse(bad[i], &a, &p, &e) != -FAIL_USAGE || !*e.msg)
			fail_msg("'%s' was taken", bad[i]);
	}
}

/* place_put() of a name in which @ stands for the test's folder. */
static int put(void **state, struct store *s, const char *pattern, const struct descriptor *d,
	       struct err *e)
{
	const char *at = strchrnul(pattern, '@'), *after = *at ? at + 1 : at;
	auto_free char *text = mem_printf("%.*s%s%s", (int)(at - pattern), pattern,
					  *at ? (char *)*state : "", after);
	auto_arena a = ARENA_EMPTY;
	struct place p;

	if (place_parse(text, &a, &p, e))
		fail_msg("%s", e->msg);
	return place_put(&p, s, d, CREATED_S, e);
}

static void must_put(void **state, struct store *s, const char *pattern, const struct descriptor *d)
{
	struct err e = { 0 };

	if (put(state, s, pattern, d, &e))
		fail_msg("%s: %s", pattern, e.msg);
}

#define DIR_ ((char *)*state)

static void test_store(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x"), got;
	auto_arena a = ARENA_EMPTY;
	struct err e;

	must_put(state, s, "hello:1", &d);
	assert_int_equal(store_resolve(s, "hello:1", &a, &got, &e), 0);
	store_close(s);
}

static void test_layout_keeps_other_tags(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor one = put_image(s, "amd64", "one"), two = put_image(s, "amd64", "two");

	must_put(state, s, "oci:@/l/sub:a", &one);
	must_put(state, s, "oci:@/l/sub:b", &one);
	must_put(state, s, "oci:@/l/sub", &one);
	must_put(state, s, "oci:@/l/sub", &two);
	must_put(state, s, "oci:@/l/sub:a", &two);
	assert_string_equal(
		output_of("jq -r '.manifests[] | \"\\(.annotations[]? // \"-\") "
			  "\\(.digest)\"' %s/l/sub/index.json | tr '\\n' ' '; "
			  "cat %s/l/sub/oci-layout",
			  DIR_, DIR_),
		output_of("cd %s/s/blobs/sha256; one=$(grep -l "
			  "$(printf one | sha256sum | cut -c-64) * | "
			  "xargs grep -l image.manifest); two=$(grep -l "
			  "$(printf two | sha256sum | cut -c-64) * | "
			  "xargs grep -l image.manifest); "
			  "printf 'a sha256:%%s b sha256:%%s - sha256:%%s ' $two $one $two;"
			  "printf '{\"imageLayoutVersion\":\"1.0.0\"}'",
			  DIR_));
	store_close(s);
}

static void test_layout_blobs(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");

	must_put(state, s, "oci:@/l:a", &d);
	assert_string_equal(
		output_of("diff -r %s/s/blobs %s/l/blobs && ls -A %s/l", DIR_, DIR_, DIR_),
		"blobs\nindex.json\noci-layout");
	/* a blob that was cut short comes anew, and the store's own isn't touched by that */
	assert_int_equal(run("cd %s/l/blobs/sha256; for f in *; do rm $f; : > $f; done", DIR_), 0);
	must_put(state, s, "oci:@/l:a", &d);
	assert_int_equal(run("diff -r %s/s/blobs %s/l/blobs", DIR_, DIR_), 0);
	store_close(s);
}

/* Where no link can be made the bytes are copied, and looked at on the way. */
static void test_layout_on_another_file_system(void **state)
{
	char other[] = "/dev/shm/pare-place-XXXXXX";
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "good");
	auto_free char *place = NULL;
	struct err e = { 0 };

	if (!mkdtemp(other)) {
		store_close(s);
		skip();
	}
	place = mem_printf("oci:%s/l:a", other);
	must_put(state, s, place, &d);
	assert_int_equal(run("diff -r %s/s/blobs %s/l/blobs && rm -r %s/l", DIR_, other, other), 0);
	assert_int_equal(run("cd %s/s/blobs/sha256; f=$(grep -lx good *); printf evil > $f", DIR_),
			 0);
	assert_int_equal(put(state, s, place, &d, &e), -FAIL_VERIFY);
	assert_string_equal(output_of("ls -A %s/l/blobs/sha256 | grep -c '^\\.tmp' || "
				      "jq -c .manifests %s/l/index.json",
				      other, other),
			    "0\n[]");
	run("rm -r %s", other);
	store_close(s);
}

static void test_foreign_index_json_stays(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");
	struct err e;

	assert_int_equal(run("mkdir %s/web; echo '{\"page\":1}' > %s/web/index.json", DIR_, DIR_),
			 0);
	assert_int_equal(put(state, s, "oci:@/web", &d, &e), -FAIL_FORMAT);
	assert_string_equal(output_of("cat %s/web/index.json", DIR_), "{\"page\":1}");
	store_close(s);
}

static void test_oci_archive(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");

	must_put(state, s, "oci-archive:@/a.tar:v1", &d);
	must_put(state, s, "oci-archive:@/b.tar:v1", &d);
	assert_int_equal(run("cmp %s/a.tar %s/b.tar", DIR_, DIR_), 0);
	assert_string_equal(output_of("TZ=UTC tar tvf %s/a.tar | sed 's/[0-9a-f]\\{64\\}/HEX/' | "
				      "tr -s ' ' | cut -d' ' -f1,2,4-",
				      DIR_),
			    "drwxr-xr-x 0/0 2023-11-14 22:13 blobs/\n"
			    "drwxr-xr-x 0/0 2023-11-14 22:13 blobs/sha256/\n"
			    "-rw-r--r-- 0/0 2023-11-14 22:13 blobs/sha256/HEX\n"
			    "-rw-r--r-- 0/0 2023-11-14 22:13 blobs/sha256/HEX\n"
			    "-rw-r--r-- 0/0 2023-11-14 22:13 blobs/sha256/HEX\n"
			    "-rw-r--r-- 0/0 2023-11-14 22:13 index.json\n"
			    "-rw-r--r-- 0/0 2023-11-14 22:13 oci-layout");
	assert_int_equal(run("tar tf %s/a.tar | LC_ALL=C sort -c", DIR_), 0);
	assert_int_equal(
		run("mkdir %s/x && tar xf %s/a.tar -C %s/x && diff -r %s/s/blobs %s/x/blobs", DIR_,
		    DIR_, DIR_, DIR_, DIR_),
		0);
	assert_string_equal(output_of("jq -r '.manifests[0].annotations[]' %s/x/index.json", DIR_),
			    "v1");
	store_close(s);
}

/* An image whose layers are compressed by the real tools, the second one by zstd. */
static struct descriptor put_compressed(void **state, struct store *s)
{
	struct descriptor layers[3];
	struct sha256 ids[3];
	struct image_config config = { .platform = { "linux", "amd64", NULL },
				       .diff_ids = ids,
				       .n_diff_ids = 3 };
	struct manifest m = { .layers = layers, .n_layers = 3 };
	auto_buf b = BUF_EMPTY;

	for (int i = 0; i < 3; i++) {
		auto_arena a = ARENA_EMPTY;
		char hex[SHA256_HEX_CHARS + 1];
		FILE *f;

		assert_int_equal(
			run("cd %s && echo %d > f && tar cf l%d.tar f && gzip -nk l%d.tar && "
			    "zstd -q l%d.tar",
			    DIR_, i % 2, i, i, i),
			0);
		if (i == 2) /* the first one again */
			run("cd %s && cp l0.tar l2.tar && cp l0.tar.gz l2.tar.gz", DIR_);
		f = fopen(arena_printf(&a, "%s/l%d.tar.%s", DIR_, i, i == 1 ? "zst" : "gz"), "r");
		assert_non_null(f);
		buf_clear(&b);
		b.len = fread(buf_grow(&b, 65536), 1, 65536, f);
		fclose(f);
		layers[i] = put_bytes(s, i == 1 ? MEDIA_TYPE_LAYER_ZSTD : MEDIA_TYPE_LAYER_GZIP,
				      b.data, b.len);
		memcpy(hex, output_of("sha256sum %s/l%d.tar | cut -c-64", DIR_, i), sizeof(hex));
		assert_true(sha256_from_hex(view_make(hex, 64), &ids[i]));
	}
	buf_clear(&b);
	image_config_write(&config, &b);
	m.config = put_bytes(s, MEDIA_TYPE_CONFIG, b.data, b.len);
	buf_clear(&b);
	manifest_write(&m, &b);
	return put_bytes(s, MEDIA_TYPE_MANIFEST, b.data, b.len);
}

static void test_docker_archive(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_compressed(state, s);

	must_put(state, s, "docker-archive:@/a.tar:team/app:v1", &d);
	must_put(state, s, "docker-archive:@/b.tar:team/app:v1", &d);
	assert_int_equal(run("cmp %s/a.tar %s/b.tar", DIR_, DIR_), 0);
	assert_int_equal(run("mkdir %s/x && tar xf %s/a.tar -C %s/x", DIR_, DIR_, DIR_), 0);
	assert_string_equal(output_of("cd %s/x && jq -c '.[0].RepoTags, (.[0].Layers | length), "
				      "(.[0].Layers[0] == .[0].Layers[2])' manifest.json",
				      DIR_),
			    "[\"team/app:v1\"]\n3\ntrue");
	/* every layer, unpacked, has the diff_id of its place */
	assert_string_equal(
		output_of("cd %s/x && for l in $(jq -r '.[0].Layers[]' manifest.json); do "
			  "case $l in *.gz) zcat $l ;; *) cat $l ;; esac | sha256sum; done",
			  DIR_),
		output_of("cd %s/x && jq -r '.rootfs.diff_ids[]' $(jq -r '.[0].Config' "
			  "manifest.json) | sed 's/sha256://; s/$/  -/'",
			  DIR_));
	assert_string_equal(
		output_of("cd %s/x && ls | sed 's/[0-9a-f]\\{64\\}/HEX/' | sort | xargs", DIR_),
		"HEX.json HEX.tar HEX.tar.gz manifest.json repositories");
	assert_string_equal(output_of("cd %s/x && test -f $(jq -r '.\"team/app\".v1' "
				      "repositories).tar.gz && echo yes",
				      DIR_),
			    "yes");
	store_close(s);
}

static void test_docker_archive_without_name(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");

	must_put(state, s, "docker-archive:@/a.tar", &d);
	assert_string_equal(output_of("cd %s && tar tf a.tar | grep -c repo; tar xOf a.tar "
				      "manifest.json | jq -c '.[0].RepoTags'",
				      DIR_),
			    "0\nnull");
	store_close(s);
}

static void test_docker_archive_of_an_index(void **state)
{
	static const struct platform s390 = { "linux", "s390x", NULL },
				     mips = { "linux", "mips64le", NULL };
	struct store *s = open_store(*state, "s");
	struct descriptor images[] = { put_image(s, "s390x", "a"), put_image(s, "mips64le", "b") };
	struct image_index x = { .manifests = images, .n_manifests = 2 };
	auto_buf b = BUF_EMPTY;
	struct descriptor d;
	struct err e = { 0 };

	images[0].platform = &s390;
	images[1].platform = &mips;
	image_index_write(&x, &b);
	d = put_bytes(s, MEDIA_TYPE_INDEX, b.data, b.len);
	assert_int_equal(put(state, s, "docker-archive:@/a.tar", &d, &e), -FAIL_USAGE);
	assert_non_null(strstr(e.msg, "s390x, mips64le"));
	assert_non_null(strstr(e.msg, "--arch"));
	x.n_manifests = 1;
	buf_clear(&b);
	image_index_write(&x, &b);
	d = put_bytes(s, MEDIA_TYPE_INDEX, b.data, b.len);
	must_put(state, s, "docker-archive:@/a.tar", &d);
	assert_string_equal(
		output_of("cd %s && tar xOf a.tar $(tar xOf a.tar manifest.json | jq -r "
			  "'.[0].Config') | jq -r .architecture",
			  DIR_),
		"s390x");
	store_close(s);
}

/* A failure leaves the old archive and no temporary file. */
static void test_archive_all_or_nothing(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "good");
	struct err e;

	assert_int_equal(run("mkdir %s/o; echo old > %s/o/a.tar", DIR_, DIR_), 0);
	assert_int_equal(run("cd %s/s/blobs/sha256; f=$(grep -lx good *); printf evil > $f", DIR_),
			 0);
	assert_int_equal(put(state, s, "oci-archive:@/o/a.tar", &d, &e), -FAIL_VERIFY);
	assert_non_null(strstr(e.msg, "o/a.tar: blob sha256:"));
	assert_int_equal(put(state, s, "docker-archive:@/o/a.tar", &d, &e), -FAIL_VERIFY);
	assert_string_equal(output_of("cat %s/o/a.tar; ls -A %s/o", DIR_, DIR_), "old\na.tar");
	assert_int_equal(put(state, s, "oci-archive:@/o", &d, &e), -FAIL_IO);
	assert_non_null(strstr(e.msg, "Is a directory"));
	assert_int_equal(put(state, s, "oci-archive:@/no/a.tar", &d, &e), -FAIL_NOT_FOUND);
	store_close(s);
}

static void test_archive_into_a_pipe(void **state)
{
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");

	assert_int_equal(run("mkfifo %s/p; cat %s/p > %s/got &", DIR_, DIR_, DIR_), 0);
	must_put(state, s, "oci-archive:@/p", &d);
	must_put(state, s, "oci-archive:@/a.tar", &d);
	assert_int_equal(run("for i in 1 2 3 4 5 6 7 8 9; do cmp -s %s/got %s/a.tar && exit; "
			     "sleep 0.2; done; exit 1",
			     DIR_, DIR_),
			 0);
	assert_int_equal(run("test -p %s/p", DIR_), 0);
	store_close(s);
}

/* A digest can be read from an engine, but not be given to it. */
static void test_no_targets(void **state)
{
	static const char *const names[] = { "docker-daemon:sha256:" HEX,
					     "docker-daemon:app@sha256:" HEX };
	struct store *s = open_store(*state, "s");
	struct descriptor d = put_image(s, "amd64", "x");
	auto_arena a = ARENA_EMPTY;
	struct place p;
	struct err e;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_int_equal(place_parse(names[i], &a, &p, &e), 0);
		assert_int_equal(place_check_put(&p, &e), -FAIL_USAGE);
		assert_non_null(strstr(e.msg, "expected docker-daemon:NAME[:TAG]"));
	}
	assert_int_equal(put(state, s, "docker-daemon:x", &d, &e), -FAIL_UNSUPPORTED);
	store_close(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_bad_names),
		TEST(test_store),
		TEST(test_layout_keeps_other_tags),
		TEST(test_layout_blobs),
		TEST(test_layout_on_another_file_system),
		TEST(test_foreign_index_json_stays),
		TEST(test_oci_archive),
		TEST(test_docker_archive),
		TEST(test_docker_archive_without_name),
		TEST(test_docker_archive_of_an_index),
		TEST(test_archive_all_or_nothing),
		TEST(test_archive_into_a_pipe),
		TEST(test_no_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
