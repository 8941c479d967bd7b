/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Config, manifest and index: bytes as the specification lays them out (second source: jq's and
 * Go's order of members), what was written reads back, and hostile documents are refused.
 */
#include "oci/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define DIGEST_A "\"sha256:" HEX_A "\""
#define DESCRIPTOR_A "{\"mediaType\":\"x/y\",\"digest\":" DIGEST_A ",\"size\":7}"

static struct sha256 digest_of_hex(const char *hex)
{
	struct sha256 d;

	assert_true(sha256_from_hex(view_of(hex), &d));
	return d;
}

static void test_config_bytes(void **state)
{
	const char *ports[] = { "80/tcp", "443/tcp", "80/tcp" }, *env[] = { "B=<1>", "A=2" };
	const char *entry[] = { "/bin/x" }, *cmd[] = { "-v" }, *volumes[] = { "/data" };
	struct pair labels[] = { { "z", "old" }, { "a", "1" }, { "z", "new" } };
	struct sha256 ids[] = { digest_of_hex(HEX_A) };
	struct history history[] = {
		{ .created = "2024-01-01T00:00:00Z", .created_by = "pare", .comment = "libc6" },
		{ .created_by = "env", .empty_layer = true },
	};
	struct image_config c = {
		.created = "2024-01-01T00:00:00Z",
		.platform = { "linux", "arm", "v7" },
		.user = "65532:65532",
		.exposed_ports = { ports, 3, 3 },
		.env = { env, 2, 2 },
		.entrypoint = { entry, 1, 1 },
		.cmd = { cmd, 1, 1 },
		.volumes = { volumes, 1, 1 },
		.working_dir = "/home",
		.labels = { labels, 3, 3 },
		.stop_signal = "SIGTERM",
		.diff_ids = ids,
		.n_diff_ids = 1,
		.history = history,
		.n_history = 2,
	};
	auto_buf b = BUF_EMPTY;

	(void)state;
	image_config_write(&c, &b);
	assert_string_equal(
		buf_str(&b),
		"{\"created\":\"2024-01-01T00:00:00Z\",\"architecture\":\"arm\",\"os\":\"linux\","
		"\"variant\":\"v7\",\"config\":{\"User\":\"65532:65532\",\"ExposedPorts\":"
		"{\"443/tcp\":{},\"80/tcp\":{}},\"Env\":[\"B=<1>\",\"A=2\"],\"Entrypoint\":"
		"[\"/bin/x\"],\"Cmd\":[\"-v\"],\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/home\","
		"\"Labels\":{\"a\":\"1\",\"z\":\"new\"},\"StopSignal\":\"SIGTERM\"},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" DIGEST_A "]},"
		"\"history\":[{\"created\":\"2024-01-01T00:00:00Z\",\"created_by\":\"pare\","
		"\"comment\":\"libc6\"},{\"created_by\":\"env\",\"empty_layer\":true}]}");
}

static void test_empty_config(void **state)
{
	struct image_config c = { .platform = { "linux", "amd64", NULL } };
	auto_buf b = BUF_EMPTY;

	(void)state;
	image_config_write(&c, &b);
	assert_string_equal(buf_str(&b),
			    "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},"
			    "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}");
}

static void test_manifest_and_index_bytes(void **state)
{
	struct platform arm = { "linux", "arm64", "v8" };
	struct pair note = { ANNOTATION_REF_NAME, "app:1" };
	struct descriptor layer = {
		MEDIA_TYPE_LAYER_GZIP, digest_of_hex(HEX_B), 9, NULL, NULL, 0, NULL
	};
	struct manifest m = {
		.config = { MEDIA_TYPE_CONFIG, digest_of_hex(HEX_A), 7, NULL, NULL, 0, NULL },
		.layers = &layer,
		.n_layers = 1,
		.annotations = { &note, 1, 1 },
	};
	struct descriptor entry = {
		MEDIA_TYPE_MANIFEST, digest_of_hex(HEX_A), 7, &arm, &note, 1, NULL
	};
	struct image_index x = { .manifests = &entry, .n_manifests = 1 };
	auto_buf b = BUF_EMPTY;

	(void)state;
	manifest_write(&m, &b);
	assert_string_equal(
		buf_str(&b),
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
		"\"digest\":" DIGEST_A ",\"size\":7},\"layers\":[{\"mediaType\":"
		"\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"sha256:" HEX_B "\","
		"\"size\":9}],\"annotations\":{\"org.opencontainers.image.ref.name\":\"app:1\"}}");
	buf_clear(&b);
	image_index_write(&x, &b);
	assert_string_equal(
		buf_str(&b),
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
		"\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"digest\":" DIGEST_A ",\"size\":7,\"annotations\":"
		"{\"org.opencontainers.image.ref.name\":\"app:1\"},\"platform\":"
		"{\"architecture\":\"arm64\",\"os\":\"linux\",\"variant\":\"v8\"}}]}");
}

/* As docker image inspect's raw form: nulls all over, members nobody asked for. */
static void test_docker_config(void **state)
{
	static const char text[] =
		"{\"architecture\":\"amd64\",\"config\":{\"Hostname\":\"\",\"Tty\":false,\"User\":\"\","
		"\"Env\":[\"PATH=/bin\"],\"Cmd\":[\"/hello\"],\"Image\":\"sha256:x\",\"Volumes\":null,"
		"\"Entrypoint\":null,\"OnBuild\":null,\"Labels\":null},\"container\":\"c\","
		"\"created\":\"2023-05-04T17:37:03.872958712Z\",\"docker_version\":\"20.10.23\","
		"\"history\":[{\"created_by\":\"a\"},{\"empty_layer\":true}],\"os\":\"linux\","
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" DIGEST_A "]}}";
	struct image_config c;
	auto_arena a = ARENA_EMPTY;
	struct err e;

	(void)state;
	assert_int_equal(image_config_read(view_of(text), "config", &a, &c, &e), 0);
	assert_string_equal(c.platform.architecture, "amd64");
	assert_null(c.user);
	assert_int_equal(c.entrypoint.n, 0);
	assert_int_equal(c.cmd.n, 1);
	assert_string_equal(c.cmd.at[0], "/hello");
	assert_string_equal(c.env.at[0], "PATH=/bin");
	assert_int_equal(c.n_diff_ids, 1);
	assert_int_equal(c.n_history, 2);
	assert_true(c.history[1].empty_layer);
}

static void test_docker_manifest_and_list(void **state)
{
	static const char manifest[] =
		"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_DOCKER_MANIFEST
		"\",\"config\":" DESCRIPTOR_A ",\"layers\":[" DESCRIPTOR_A "]}";
	static const char list[] =
		"{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_TYPE_DOCKER_INDEX
		"\",\"manifests\":[{\"mediaType\":\"x/y\",\"digest\":" DIGEST_A
		",\"size\":7,\"platform\":{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v6\"},"
		"\"annotations\":{\"k\":\"v\"}}]}";
	auto_arena a = ARENA_EMPTY;
	struct image_index x;
	struct manifest m;
	struct err e;

	(void)state;
	assert_int_equal(manifest_read(view_of(manifest), "m", &a, &m, &e), 0);
	assert_string_equal(m.media_type, MEDIA_TYPE_DOCKER_MANIFEST);
	assert_int_equal(m.n_layers, 1);
	assert_int_equal(m.layers[0].size, 7);
	assert_int_equal(image_index_read(view_of(list), "x", &a, &x, &e), 0);
	assert_string_equal(x.manifests[0].platform->variant, "v6");
	assert_string_equal(x.manifests[0].annotations[0].value, "v");
}

static void test_write_read_write(void **state)
{
	static const char text[] =
		"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
		"\"config\":" DESCRIPTOR_A ",\"layers\":[" DESCRIPTOR_A "," DESCRIPTOR_A "],"
		"\"annotations\":{\"a\":\"1\",\"b\":\"2\"}}";
	auto_arena a = ARENA_EMPTY;
	auto_buf b = BUF_EMPTY;
	struct manifest m;
	struct err e;

	(void)state;
	assert_int_equal(manifest_read(view_of(text), "m", &a, &m, &e), 0);
	manifest_write(&m, &b);
	assert_string_equal(buf_str(&b), text);
}

struct bad {
	const char *text;
	enum fail_code code;
	const char *says;
};

static void assert_refused(const struct bad *b, int status, const struct err *e)
{
	if (status != -(int)b->code || !strstr(e->msg, b->says))
		fail_msg("%s gave %d '%s', not '%s'", b->text, status, e->msg, b->says);
}

static void test_bad_manifests(void **state)
{
#define HEAD "{\"schemaVersion\":2,"
	static const struct bad bad[] = {
		{ "[]", FAIL_FORMAT, "object" },
		{ "{}", FAIL_FORMAT, "schemaVersion" },
		{ "{\"schemaVersion\":1}", FAIL_UNSUPPORTED, "schemaVersion" },
		{ HEAD "\"mediaType\":\"text/plain\"}", FAIL_UNSUPPORTED, "mediaType" },
		{ HEAD "\"layers\":[]}", FAIL_FORMAT, "'config' must be a descriptor" },
		{ HEAD "\"config\":" DESCRIPTOR_A "}", FAIL_FORMAT, "'layers' must be an array" },
		{ HEAD "\"config\":" DESCRIPTOR_A ",\"layers\":[],\"manifests\":[]}", FAIL_FORMAT,
		  "manifests" },
		{ HEAD "\"config\":{\"mediaType\":\"x\",\"size\":-1,\"digest\":" DIGEST_A "}}",
		  FAIL_FORMAT, "config.size" },
		{ HEAD "\"config\":{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha256:12\"}}",
		  FAIL_FORMAT, "config.digest" },
		{ HEAD "\"config\":{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha256:A" HEX_A
		       "\"}}",
		  FAIL_FORMAT, "lower-case" },
		{ HEAD "\"config\":{\"mediaType\":\"x\",\"size\":1,\"digest\":\"sha512:ab\"}}",
		  FAIL_UNSUPPORTED, "sha256" },
		{ HEAD "\"config\":" DESCRIPTOR_A ",\"layers\":[" DESCRIPTOR_A ",7]}", FAIL_FORMAT,
		  "layers[1]" },
		{ HEAD "\"config\":" DESCRIPTOR_A ",\"layers\":[],\"annotations\":{\"a\":1}}",
		  FAIL_FORMAT, "annotations" },
		{ HEAD "\"config\":" DESCRIPTOR_A ",\"layers\":[],\"annotations\":[\"a\"]}",
		  FAIL_FORMAT, "annotations" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		auto_arena a = ARENA_EMPTY;
		struct manifest m;
		struct err e = { 0 };

		assert_refused(&bad[i], manifest_read(view_of(bad[i].text), "m", &a, &m, &e), &e);
	}
}

static void test_bad_configs(void **state)
{
#define BODY "{\"os\":\"linux\",\"architecture\":\"arm\","
	static const struct bad bad[] = {
		{ "{\"os\":\"linux\"}", FAIL_FORMAT, "architecture" },
		{ "{\"os\":7,\"architecture\":\"arm\"}", FAIL_FORMAT, "'os'" },
		{ BODY "\"rootfs\":{}}", FAIL_FORMAT, "rootfs.type" },
		{ BODY "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\"]}}", FAIL_FORMAT,
		  "diff_ids" },
		{ BODY "\"config\":[]}", FAIL_FORMAT, "'config'" },
		{ BODY "\"config\":{\"Env\":\"A=1\"}}", FAIL_FORMAT, "'Env'" },
		{ BODY "\"config\":{\"Cmd\":[\"a\\u0000\"]}}", FAIL_FORMAT, "'Cmd'" },
		{ BODY "\"config\":{\"User\":\"a\\u0000\"}}", FAIL_FORMAT, "'User'" },
		{ BODY "\"config\":{\"Volumes\":[]},\"rootfs\":{}}", FAIL_FORMAT, "'Volumes'" },
		{ BODY "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},\"history\":[1]}",
		  FAIL_FORMAT, "history" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		auto_arena a = ARENA_EMPTY;
		struct image_config c;
		struct err e = { 0 };

		assert_refused(&bad[i], image_config_read(view_of(bad[i].text), "c", &a, &c, &e),
			       &e);
	}
}

static void test_limits(void **state)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf b = BUF_EMPTY;
	struct image_index x;
	struct manifest m;
	struct err e;

	(void)state;
	buf_add_str(&b, HEAD "\"config\":" DESCRIPTOR_A ",\"layers\":[0");
	for (int i = 0; i < OCI_MAX_LAYERS; i++)
		buf_add_str(&b, ",0");
	buf_add_str(&b, "]}");
	assert_int_equal(manifest_read(buf_view(&b), "m", &a, &m, &e), -FAIL_LIMIT);
	assert_non_null(strstr(e.msg, "1025 items"));
	buf_clear(&b);
	buf_add_str(&b, HEAD "\"manifests\":[]");
	while (b.len < OCI_MAX_DOCUMENT_BYTES)
		buf_add_str(&b, "                                                ");
	buf_add_str(&b, "}");
	assert_int_equal(image_index_read(buf_view(&b), "x", &a, &x, &e), -FAIL_LIMIT);
}

static void test_index_is_no_manifest(void **state)
{
	static const char text[] = HEAD "\"manifests\":[],\"layers\":[]}";
	auto_arena a = ARENA_EMPTY;
	struct image_index x;
	struct err e;

	(void)state;
	assert_int_equal(image_index_read(view_of(text), "x", &a, &x, &e), -FAIL_FORMAT);
	assert_non_null(strstr(e.msg, "layers"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config_bytes),
		cmocka_unit_test(test_empty_config),
		cmocka_unit_test(test_manifest_and_index_bytes),
		cmocka_unit_test(test_docker_config),
		cmocka_unit_test(test_docker_manifest_and_list),
		cmocka_unit_test(test_write_read_write),
		cmocka_unit_test(test_bad_manifests),
		cmocka_unit_test(test_bad_configs),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_index_is_no_manifest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
