/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in memory and as streams, from a server that misbehaves in one way at a time. */
#include "net/http.h"

#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 300000, BIG = 12 << 20, LIMIT = 1 << 20 };

static struct fixture {
	struct server s, tls;
	struct http *h;
	struct buf bytes, big;
} fx;

static int set_up(void **state)
{
	static const char *const names[] = { "http_proxy",  "https_proxy", "all_proxy",
					     "HTTPS_PROXY", "ALL_PROXY",   "SSL_CERT_FILE",
					     "SSL_CERT_DIR" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	server_start(&fx.s, false);
	server_start(&fx.tls, true);
	server_put(&fx.s, "a", SIZE, &fx.bytes);
	server_put(&fx.s, "big", BIG, &fx.big);
	buf_clear(&fx.bytes);
	server_put(&fx.tls, "a", SIZE, &fx.bytes);
	fx.h = quick_http(NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_free(fx.h);
	server_stop(&fx.s);
	server_stop(&fx.tls);
	buf_done(&fx.bytes);
	buf_done(&fx.big);
	return 0;
}

static void gets(const char *url)
{
	struct buf got = BUF_EMPTY;
	struct err e;

	if (http_get_bytes(fx.h, url, NULL, LIMIT, &got, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(got.len, SIZE);
	assert_memory_equal(got.data, fx.bytes.data, SIZE);
	buf_done(&got);
}

static void fails(const char *url, enum fail_code code, const char *text)
{
	struct buf got = BUF_EMPTY;
	struct err e = { 0 };

	buf_add_str(&got, "before");
	assert_int_equal(http_get_bytes(fx.h, url, NULL, LIMIT, &got, &e), -(int)code);
	assert_int_equal(e.code, code);
	if (!strstr(e.msg, text))
		fail_msg("'%s' is not in: %s", text, e.msg);
	assert_string_equal(got.data, "before");
	buf_done(&got);
}

static void whole_bodies_come(void **state)
{
	(void)state;
	gets(server_url(&fx.s, "/a"));
	gets(server_url(&fx.s, "/~chunked/a"));
	gets(server_url(&fx.s, "/~nolength/a"));
	gets(server_url(&fx.s, "/~headers:40000/a"));
	gets(server_url(&fx.s, "/~redirect/a"));
}

static void connections_are_used_again(void **state)
{
	struct http *h = quick_http(NULL);
	struct buf got = BUF_EMPTY;
	struct err e;

	(void)state;
	server_put(&fx.s, "twice", 100, &got);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			http_get_bytes(h, server_url(&fx.s, "/twice"), NULL, LIMIT, &got, &e), 0);
	assert_int_equal(got.len, 100);
	http_free(h);
	buf_done(&got);
	assert_int_equal(server_log_lines(&fx.s, "/twice", ""), 3);
	for (int i = 1; i < 200; i++) {
		char connection[32];

		snprintf(connection, sizeof(connection), "\"connection\": %d,", i);
		if (server_log_lines(&fx.s, "/twice", connection) == 3)
			return;
	}
	fail_msg("three requests used several connections");
}

static void cut_bodies_are_resumed(void **state)
{
	(void)state;
	gets(server_url(&fx.s, "/~cut:100000:1/a"));
	assert_int_equal(server_log_lines(&fx.s, "/~cut:100000:1/a", "\"range\": null"), 1);
	assert_int_equal(server_log_lines(&fx.s, "/~cut:100000:1/a", "\"bytes=100000-\""), 1);
	assert_int_equal(server_log_lines(&fx.s, "/~cut:100000:1/a", "\"if_range\": null"), 1);
	gets(server_url(&fx.s, "/~noetag/~cutafter:70000:4/a"));
	assert_int_equal(server_log_lines(&fx.s, "/~noetag/~cutafter", "\"bytes=280000-\""), 1);
	gets(server_url(&fx.s, "/~stall:5000:1/a"));
	assert_int_equal(server_log_lines(&fx.s, "~stall:5000:1/a", "\"bytes=5000-\""), 1);
}

static void servers_without_ranges_start_again(void **state)
{
	(void)state;
	gets(server_url(&fx.s, "/~cut:100000:2/~norange/a"));
	gets(server_url(&fx.s, "/~cut:100000:1/~newetag/a"));
	gets(server_url(&fx.s, "/~cut:100000:1/~badrange/a"));
	gets(server_url(&fx.s, "/~cut:100000:1/~chunked/~badrange/a"));
}

static void what_always_cuts_fails_in_the_end(void **state)
{
	(void)state;
	fails(server_url(&fx.s, "/~cut:1000/a"), FAIL_NET, "the connection was cut after 5 tries");
	assert_int_equal(server_log_lines(&fx.s, "/~cut:1000/a", ""), HTTP_TRIES);
}

static void trouble_is_retried(void **state)
{
	(void)state;
	gets(server_url(&fx.s, "/~status:503:4/a"));
	gets(server_url(&fx.s, "/~status:429:1/a"));
	gets(server_url(&fx.s, "/~status:408:1/a"));
	gets(server_url(&fx.s, "/~refuse:2/a"));
	fails(server_url(&fx.s, "/~status:500/a"), FAIL_NET, "status 500) after 5 tries; is the");
	assert_int_equal(server_log_lines(&fx.s, "/~status:500/a", ""), HTTP_TRIES);
}

static void refusals_are_not_retried(void **state)
{
	(void)state;
	fails(server_url(&fx.s, "/missing"), FAIL_NOT_FOUND, "/missing': not there (status 404)");
	fails(server_url(&fx.s, "/~status:410/a"), FAIL_NOT_FOUND, "status 410");
	fails(server_url(&fx.s, "/~status:403/a"), FAIL_AUTH, "status 403");
	fails(server_url(&fx.s, "/~status:400/a"), FAIL_NET, "unexpected status 400");
	assert_int_equal(server_log_lines(&fx.s, "/missing", ""), 1);
	assert_int_equal(server_log_lines(&fx.s, "/~status:400/a", ""), 1);
}

static void retry_after_is_honoured(void **state)
{
	struct timespec from, to;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &from);
	gets(server_url(&fx.s, "/~retryafter:1:1/a"));
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_in_range((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000,
			990, 20000);
}

static void a_dead_port_is_named(void **state)
{
	struct server gone;
	const char *url;

	(void)state;
	server_start(&gone, false);
	url = arena_printf(&fx.s.arena, "http://me:secret@127.0.0.1:%u/a", gone.port);
	server_stop(&gone);
	fails(url, FAIL_NET, "connection refused after 5 tries; is the mirror up? choose another");
	fails(url, FAIL_NET, "get 'http://127.0.0.1:");
}

static void too_much_is_stopped(void **state)
{
	(void)state;
	fails(server_url(&fx.s, "/~endless/a"), FAIL_LIMIT, "over the limit of 1048576 bytes");
	fails(server_url(&fx.s, "/big"), FAIL_LIMIT, "12582912 bytes long, over the limit");
	fails(server_url(&fx.s, "/~headers:80000/a"), FAIL_LIMIT, "bytes of headers");
}

static void redirects_are_bounded(void **state)
{
	(void)state;
	fails(server_url(&fx.s, "/~loop/a"), FAIL_NET, "too many redirects");
	assert_int_equal(server_log_lines(&fx.s, "/~loop/a", ""), HTTP_MAX_REDIRECTS + 1);
	fails(server_url(&fx.s, "/~redirect-to:file%%3A%%2F%%2F%%2Fetc%%2Fpasswd/a"),
	      FAIL_UNSUPPORTED, "only http and https");
	/* who failed is said; what an address holds besides may be a key */
	fails(server_url(&fx.s,
			 "/~redirect-to:http%%3A%%2F%%2Flocalhost%%3A1%%2Fa%%3Fkey%%3Dgeheim/a"),
	      FAIL_NET, "/a', redirected to 'localhost:1': ");
}

static void credentials_stay_with_their_host(void **state)
{
	const char *own = arena_printf(&fx.s.arena, "http://u:geheim@127.0.0.1:%u/~auth:u:geheim/a",
				       fx.s.port);
	const char *other = arena_printf(
		&fx.s.arena,
		"http://u:geheim@127.0.0.1:%u/~redirect-to:http%%3A%%2F%%2Flocalhost%%3A%u%%2Fa/x",
		fx.s.port, fx.s.port);
	size_t before;

	(void)state;
	gets(own);
	before = server_log_lines(&fx.s, "\"host\": \"localhost:", "\"authorization\": null");
	gets(other);
	assert_int_equal(server_log_lines(&fx.s, "\"host\": \"localhost:", "Basic"), 0);
	assert_int_equal(
		server_log_lines(&fx.s, "\"host\": \"localhost:", "\"authorization\": null"),
		before + 1);
	fails(arena_printf(&fx.s.arena, "http://u:falsch@127.0.0.1:%u/~auth:u:geheim/a", fx.s.port),
	      FAIL_AUTH, "get 'http://127.0.0.1:");
}

static void certificates_are_checked(void **state)
{
	const char *to_http = server_url(
		&fx.tls, "/~redirect-to:http%%3A%%2F%%2F127.0.0.1%%3A%u%%2Fa/a", fx.s.port);

	(void)state;
	fails(server_url(&fx.tls, "/a"), FAIL_VERIFY, "certificate does not hold");
	setenv("SSL_CERT_FILE", server_path(&fx.tls, "cert.pem"), 1);
	gets(server_url(&fx.tls, "/a"));
	gets(server_url(&fx.tls, "/~cut:1000:1/a"));
	fails(to_http, FAIL_UNSUPPORTED, "no redirect away from https");
	gets(server_url(&fx.s, "/~redirect-to:https%%3A%%2F%%2F127.0.0.1%%3A%u%%2Fa/a",
			fx.tls.port));
	unsetenv("SSL_CERT_FILE");
}

static void the_environments_proxy_is_used(void **state)
{
	(void)state;
	setenv("http_proxy", server_url(&fx.s, "%s", ""), 1);
	gets("http://mirror.example/~noetag/a");
	unsetenv("http_proxy");
	assert_int_equal(server_log_lines(&fx.s, "\"http://mirror.example/~noetag/a\"", ""), 1);
}

static void local_files_are_read(void **state)
{
	const char *url = arena_printf(&fx.s.arena, "file://%s/www/a", fx.s.dir);
	struct source *s;
	struct err e;

	(void)state;
	gets(url);
	fails("file:///nowhere/a", FAIL_NOT_FOUND, "get 'file:///nowhere/a': no such file");
	assert_int_equal(http_open(fx.h, "file:///nowhere/a", NULL, UINT64_MAX, &s, &e),
			 -FAIL_NOT_FOUND);
}

static void other_schemes_are_refused(void **state)
{
	(void)state;
	fails("ftp://127.0.0.1/a", FAIL_UNSUPPORTED, "only http and https");
	fails("not a url", FAIL_FORMAT, "not a URL");
}

static void offline_means_no_request(void **state)
{
	struct http_options o = { .offline = true };
	struct buf got = BUF_EMPTY;
	struct source *s;
	struct http *h = http_new(&o);
	struct err e;

	(void)state;
	assert_int_equal(http_get_bytes(h, server_url(&fx.s, "/offline"), NULL, LIMIT, &got, &e),
			 -FAIL_NET);
	assert_non_null(strstr(e.msg, "/offline': it is not in the cache, and pare is offline"));
	assert_int_equal(http_open(h, server_url(&fx.s, "/offline"), NULL, UINT64_MAX, &s, &e),
			 -FAIL_NET);
	http_free(h);
	assert_int_equal(server_log_lines(&fx.s, "/offline", ""), 0);
}

static void stream_is(const char *url, const struct buf *expected, uint64_t size)
{
	struct buf got = BUF_EMPTY;
	struct source *s;
	struct err e;
	size_t n = 1;

	if (http_open(fx.h, url, NULL, size, &s, &e) != 0)
		fail_msg("%s", e.msg);
	while (n) {
		if (source_read(s, buf_grow(&got, 50000), 50000, &n, &e) != 0)
			fail_msg("%s", e.msg);
		got.len += n;
	}
	source_close(s);
	assert_int_equal(got.len, expected->len);
	assert_memory_equal(got.data, expected->data, got.len);
	buf_done(&got);
}

static void streams_arrive(void **state)
{
	(void)state;
	stream_is(server_url(&fx.s, "/big"), &fx.big, BIG);
	stream_is(server_url(&fx.s, "/big"), &fx.big, UINT64_MAX);
	stream_is(server_url(&fx.s, "/~nolength/a"), &fx.bytes, SIZE);
	stream_is(arena_printf(&fx.s.arena, "file://%s/www/big", fx.s.dir), &fx.big, BIG);
}

static void cut_streams_go_on(void **state)
{
	(void)state;
	stream_is(server_url(&fx.s, "/~cut:6000000:1/big"), &fx.big, BIG);
	assert_int_equal(server_log_lines(&fx.s, "/~cut:6000000:1/big", "\"bytes=6000000-\""), 1);
	stream_is(server_url(&fx.s, "/~cut:6000000:1/~norange/big"), &fx.big, BIG);
	stream_is(server_url(&fx.s, "/~nolength/~cutafter:200000:1/a"), &fx.bytes, SIZE);
	/* a MiB of progress counts the tries anew: 12 cuts are survived */
	stream_is(server_url(&fx.s, "/~cutafter:1048576/big"), &fx.big, BIG);
}

static void stream_fails(const char *url, uint64_t size, enum fail_code code, const char *text)
{
	struct err e = { 0 };
	struct source *s;
	char bytes[65536];
	size_t n = 1;
	int rc = http_open(fx.h, url, NULL, size, &s, &e);

	if (rc == 0) {
		while (rc == 0 && n)
			rc = source_read(s, bytes, sizeof(bytes), &n, &e);
		source_close(s);
	}
	assert_int_equal(rc, -(int)code);
	if (!strstr(e.msg, text))
		fail_msg("'%s' is not in: %s", text, e.msg);
}

static void broken_streams_fail(void **state)
{
	(void)state;
	stream_fails(server_url(&fx.s, "/missing"), UINT64_MAX, FAIL_NOT_FOUND, "404");
	stream_fails(server_url(&fx.s, "/a"), SIZE - 1, FAIL_VERIFY, "expected are 299999");
	stream_fails(server_url(&fx.s, "/~nolength/a"), SIZE - 1, FAIL_VERIFY, "more than");
	stream_fails(server_url(&fx.s, "/~endless/a"), SIZE, FAIL_VERIFY, "more than");
	stream_fails(server_url(&fx.s, "/~cut:500000:1/~newetag/~norange/big"), BIG, FAIL_NET,
		     "changed on the server");
	stream_fails(server_url(&fx.s, "/~cut:10000/a"), SIZE, FAIL_NET, "after 5 tries");
}

static void slow_readers_stall_nothing(void **state)
{
	struct source *slow, *other;
	struct buf got = BUF_EMPTY;
	struct err e;

	(void)state;
	assert_int_equal(http_open(fx.h, server_url(&fx.s, "/~delay:1/big"), NULL, BIG, &slow, &e),
			 0);
	assert_int_equal(http_open(fx.h, server_url(&fx.s, "/~noetag/big"), NULL, BIG, &other, &e),
			 0);
	assert_int_equal(source_skip(other, BIG, &e), 0);
	usleep(600000); /* longer than the stall timeout */
	assert_int_equal(source_read_full(slow, buf_grow(&got, BIG), BIG, &e), 0);
	assert_memory_equal(got.data, fx.big.data, BIG);
	source_close(slow);
	source_close(other);
	buf_done(&got);
	assert_int_equal(server_log_lines(&fx.s, "/~delay:1/big", "bytes="), 0);
}

static void speed_is_measured(void **state)
{
	struct http *h = quick_http(NULL);
	struct buf got = BUF_EMPTY;
	struct err e;
	double speed;

	(void)state;
	assert_true(http_bytes_per_second(h) == 0);
	assert_int_equal(
		http_get_bytes(h, server_url(&fx.s, "/~drip:10000:10/a"), NULL, LIMIT, &got, &e),
		0);
	speed = http_bytes_per_second(h); /* 10,000 bytes each 10 ms, and whatever else runs */
	assert_true(speed > 30000 && speed < 1100000);
	http_free(h);
	buf_done(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_bodies_come),
		cmocka_unit_test(connections_are_used_again),
		cmocka_unit_test(cut_bodies_are_resumed),
		cmocka_unit_test(servers_without_ranges_start_again),
		cmocka_unit_test(what_always_cuts_fails_in_the_end),
		cmocka_unit_test(trouble_is_retried),
		cmocka_unit_test(refusals_are_not_retried),
		cmocka_unit_test(retry_after_is_honoured),
		cmocka_unit_test(a_dead_port_is_named),
		cmocka_unit_test(too_much_is_stopped),
		cmocka_unit_test(redirects_are_bounded),
		cmocka_unit_test(credentials_stay_with_their_host),
		cmocka_unit_test(certificates_are_checked),
		cmocka_unit_test(the_environments_proxy_is_used),
		cmocka_unit_test(local_files_are_read),
		cmocka_unit_test(other_schemes_are_refused),
		cmocka_unit_test(offline_means_no_request),
		cmocka_unit_test(streams_arrive),
		cmocka_unit_test(cut_streams_go_on),
		cmocka_unit_test(broken_streams_fail),
		cmocka_unit_test(slow_readers_stall_nothing),
		cmocka_unit_test(speed_is_measured),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
