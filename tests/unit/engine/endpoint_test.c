/* SPDX-License-Identifier: Apache-2.0 */
/* Where the engine is, by the environment and Docker's contexts; the folder is Docker's own form.
 */
#include "engine/endpoint.h"

#include "base/array.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char dir[] = "/tmp/pare-endpoint-XXXXXX";

static void sh(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	setenv("D", dir, 1);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	sh("rm -r \"$D\"");
	return 0;
}

static int clean(void **state)
{
	static const char *const names[] = { "DOCKER_HOST", "DOCKER_TLS", "DOCKER_TLS_VERIFY",
					     "DOCKER_CERT_PATH", "DOCKER_CONTEXT" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		unsetenv(names[i]);
	setenv("DOCKER_CONFIG", dir, 1);
	sh("rm -rf \"$D\"/*");
	return 0;
}

static void addresses(void **state)
{
	static const struct {
		const char *text, *socket, *base;
		bool tls;
	} good[] = {
		{ "unix:///run/x.sock", "/run/x.sock", "http://localhost", false },
		{ "unix:///run/x.sock", "/run/x.sock", "http://localhost", true },
		{ "tcp://host:1234", "-", "http://host:1234", false },
		{ "tcp://host:1234/", "-", "http://host:1234", false },
		{ "tcp://host", "-", "http://host:2375", false },
		{ "tcp://host", "-", "https://host:2376", true },
		{ "tcp://[::1]", "-", "http://[::1]:2375", false },
		{ "tcp://[::1]:99", "-", "http://[::1]:99", false },
		{ "https://host:1", "-", "https://host:1", false },
		{ "http://host:1", "-", "http://host:1", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct engine_host h = { .named_by = "X", .text = good[i].text };
		struct engine_endpoint at;
		auto_arena a = ARENA_EMPTY;
		struct err e;

		h.tls = good[i].tls;
		if (engine_endpoint_parse(&h, &a, &at, &e) < 0)
			fail_msg("%s", e.msg);
		assert_string_equal(at.socket ? at.socket : "-", good[i].socket);
		assert_string_equal(at.base, good[i].base);
		assert_false(at.trust.insecure);
	}
}

static void bad_addresses(void **state)
{
	static const char *const bad[] = { "",
					   "host:1",
					   "unix://",
					   "unix://x",
					   "tcp://",
					   "tcp://host:1/path",
					   "tcp://u@host",
					   "tcp://a b",
					   "tcp://host:x",
					   "tcp://h?q",
					   "fd://",
					   "npipe:////./pipe/x",
					   "tcp://h\r\nX",
					   "tcp://h:99999",
					   "/run/docker.sock" };
	auto_arena a = ARENA_EMPTY;
	struct engine_endpoint at;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct engine_host h = { .named_by = "DOCKER_HOST", .text = bad[i] };

		if (engine_endpoint_parse(&h, &a, &at, &e) != -FAIL_USAGE ||
		    strncmp(e.msg, "DOCKER_HOST is '", 16) != 0)
			fail_msg("'%s' was taken", bad[i]);
	}
	struct engine_host ssh = { .named_by = "DOCKER_HOST", .text = "ssh://me@host" };

	assert_int_equal(engine_endpoint_parse(&ssh, &a, &at, &e), -FAIL_UNSUPPORTED);
	assert_non_null(strstr(e.msg, "\nand name it: DOCKER_HOST=unix:///"));
}

static void tls_by_environment(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct engine_endpoint at;
	struct err e;

	(void)state;
	setenv("DOCKER_HOST", "tcp://host", 1);
	setenv("DOCKER_TLS_VERIFY", "", 1); /* as if it were not there */
	sh("cd \"$D\" && echo AUTHORITY >ca.pem && echo C >cert.pem && echo K >key.pem");
	assert_int_equal(engine_endpoint_find(&a, &at, &e), 0);
	assert_string_equal(at.base, "http://host:2375");
	assert_null(at.trust.cert_file);
	setenv("DOCKER_TLS_VERIFY", "1", 1);
	assert_int_equal(engine_endpoint_find(&a, &at, &e), 0);
	assert_string_equal(at.base, "https://host:2376");
	assert_string_equal(at.trust.ca_pem, "AUTHORITY\n");
	assert_false(at.trust.insecure);
	assert_non_null(strstr(at.trust.key_file, "/key.pem"));
	unsetenv("DOCKER_TLS_VERIFY");
	setenv("DOCKER_TLS", "1", 1);
	assert_int_equal(engine_endpoint_find(&a, &at, &e), 0);
	assert_true(at.trust.insecure);
	setenv("DOCKER_CERT_PATH", "/nonexistent", 1);
	assert_int_equal(engine_endpoint_find(&a, &at, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "DOCKER_CERT_PATH is '/nonexistent'"));
	unsetenv("DOCKER_CERT_PATH");
	sh("rm \"$D/key.pem\"");
	assert_int_equal(engine_endpoint_find(&a, &at, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "needs its key"));
}

static void contexts(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct engine_endpoint at;
	struct err e;

	(void)state;
	sh("cd \"$D\" && echo '{\"currentContext\":\"remote\"}' >config.json");
	assert_int_equal(engine_endpoint_find(&a, &at, &e), -FAIL_NOT_FOUND);
	assert_non_null(strstr(e.msg, "no context 'remote'"));
	sh("cd \"$D\" && m=contexts/meta/$(printf remote | sha256sum | cut -d' ' -f1) &&"
	   " mkdir -p \"$m\" && echo '{\"Name\":\"remote\",\"Endpoints\":{\"docker\":{"
	   "\"Host\":\"tcp://far:2376\",\"SkipTLSVerify\":false}}}' >\"$m/meta.json\"");
	assert_int_equal(engine_endpoint_find(&a, &at, &e), 0);
	assert_string_equal(at.base, "http://far:2376");
	assert_string_equal(at.named_by, "the context 'remote'");
	sh("cd \"$D\" && t=contexts/tls/$(printf remote | sha256sum | cut -d' ' -f1)/docker &&"
	   " mkdir -p \"$t\" && echo CA >\"$t/ca.pem\"");
	assert_int_equal(engine_endpoint_find(&a, &at, &e), 0);
	assert_string_equal(at.base, "https://far:2376");
	assert_string_equal(at.trust.ca_pem, "CA\n");
	setenv("DOCKER_HOST", "unix:///near", 1); /* comes first */
	assert_int_equal(engine_endpoint_find(&a, &at, &e), 0);
	assert_string_equal(at.socket, "/near");
	unsetenv("DOCKER_HOST");
	sh("cd \"$D\" && echo '{}' >config.json");
	setenv("DOCKER_CONTEXT", "remote", 1);
	assert_int_equal(engine_endpoint_find(&a, &at, &e), 0);
	assert_string_equal(at.base, "https://far:2376");
}

static void bad_contexts(void **state)
{
	static const struct {
		const char *command, *says;
		int rc;
	} bad[] = {
		{ "echo '{\"currentContext\":' >config.json", "config.json: line ", -FAIL_FORMAT },
		{ "head -c 2000000 /dev/zero >config.json", "config.json", -FAIL_LIMIT },
		{ "echo '{\"currentContext\":\"../../x\"}' >config.json", "no context '../../x'",
		  -FAIL_NOT_FOUND },
		{ "echo '{\"currentContext\":\"r\"}' >config.json;"
		  "m=contexts/meta/$(printf r | sha256sum | cut -d' ' -f1); mkdir -p $m;"
		  "echo '{\"Endpoints\":[]}' >$m/meta.json",
		  "names no 'Host'", -FAIL_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		auto_free char *command = mem_printf("cd \"$D\" && %s", bad[i].command);
		auto_arena a = ARENA_EMPTY;
		struct engine_endpoint at;
		struct err e;

		clean(NULL);
		sh(command);
		assert_int_equal(engine_endpoint_find(&a, &at, &e), bad[i].rc);
		if (!strstr(e.msg, bad[i].says))
			fail_msg("%s", e.msg);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, clean)
	const struct CMUnitTest tests[] = {
		TEST(addresses), TEST(bad_addresses), TEST(tls_by_environment),
		TEST(contexts),	 TEST(bad_contexts),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
