/* SPDX-License-Identifier: Apache-2.0 */
/* The environment's proxies: which variable counts, for whom, and how it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "net/proxy.h"

#include <cmocka.h>

static const char *const names[] = { "http_proxy", "https_proxy", "all_proxy",
				     "no_proxy",   "HTTP_PROXY",  "HTTPS_PROXY",
				     "ALL_PROXY",  "NO_PROXY",	  "REQUEST_METHOD" };

static int clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		unsetenv(names[i]);
	return 0;
}

static void exemptions(void **state)
{
	static const struct {
		const char *list, *host, *port;
		bool exempt;
	} cases[] = {
		{ "", "r.example", "443", false },
		{ "*", "r.example", "443", true },
		{ "r.example", "r.example", "443", true },
		{ "R.Example", "r.EXAMPLE", "443", true },
		{ "r.example", "a.r.example", "443", true },
		{ ".r.example", "a.r.example", "443", true },
		{ ".r.example", "r.example", "443", true },
		{ "*.r.example", "a.r.example", "443", true },
		{ "r.example", "notr.example", "443", false },
		{ "r.example", "example", "443", false },
		{ "a, b\tr.example ,c", "r.example", "443", true },
		{ ",,r.example", "r.example", "443", true },
		{ "r.example:5000", "r.example", "5000", true },
		{ "r.example:5000", "r.example", "443", false },
		{ "r.example:", "r.example", "443", false },
		{ ":443", "r.example", "443", false },
		{ ".", "r.example", "443", false },
		{ "10.1.2.3", "10.1.2.3", "80", true },
		{ "10.1.2.3:80", "10.1.2.3", "80", true },
		{ "10.1.2.3:81", "10.1.2.3", "80", false },
		{ "10.1.0.0/16", "10.1.2.3", "80", true },
		{ "10.1.0.0/16", "10.2.2.3", "80", false },
		{ "10.1.2.0/23", "10.1.3.255", "80", true },
		{ "10.1.2.0/23", "10.1.4.0", "80", false },
		{ "0.0.0.0/0", "10.1.4.0", "80", true },
		{ "10.1.2.0/33", "10.1.2.0", "80", false },
		{ "10.1.2.0/x", "10.1.2.0", "80", false },
		{ "10.0.0.0/8", "10.example", "80", false },
		{ "10.0.0.0/8", "[::1]", "80", false },
		{ "fd00::1", "[fd00::1]", "80", true },
		{ "[fd00::1]", "[fd00::1]", "80", true },
		{ "[fd00::1]:80", "[fd00::1]", "80", true },
		{ "[fd00::1]:81", "[fd00::1]", "80", false },
		{ "fd00::/8", "[fdff::9]", "80", true },
		{ "fd00::/8", "[fe00::9]", "80", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (proxy_is_exempt(cases[i].list, cases[i].host, cases[i].port) != cases[i].exempt)
			fail_msg("'%s' and '%s:%s'", cases[i].list, cases[i].host, cases[i].port);
}

/* What is found for `url`: HOST:PORT, or NULL. */
static const char *found(const char *url, struct arena *a)
{
	struct proxy p;
	struct err e;

	assert_int_equal(proxy_find(url, a, &p, &e), 0);
	return p.shown;
}

static void variables(void **state)
{
	static const struct {
		const char *name, *value, *http, *https; /* what is found then */
	} steps[] = {
		/* each one counts more than those before */
		{ "ALL_PROXY", "ALL.example:1", "ALL.example:1", "ALL.example:1" },
		{ "all_proxy", "all.example:1", "all.example:1", "all.example:1" },
		{ "HTTP_PROXY", "HTTP.example:1", "HTTP.example:1", "all.example:1" },
		{ "REQUEST_METHOD", "GET", "all.example:1", "all.example:1" },
		{ "http_proxy", "http.example:1", "http.example:1", "all.example:1" },
		{ "HTTPS_PROXY", "HTTPS.example:1", "http.example:1", "HTTPS.example:1" },
		{ "https_proxy", "https.example:1", "http.example:1", "https.example:1" },
		{ "https_proxy", "", "http.example:1", "HTTPS.example:1" },
		{ "NO_PROXY", "r.example:443", "http.example:1", NULL },
		{ "no_proxy", "r.example:80", NULL, "HTTPS.example:1" },
	};
	auto_arena a = ARENA_EMPTY;

	(void)state;
	assert_null(found("https://r.example/", &a));
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		const char *http, *https;

		setenv(steps[i].name, steps[i].value, 1);
		http = found("http://r.example/x", &a);
		https = found("https://r.example/x", &a);
		if (strcmp(http ? http : "", steps[i].http ? steps[i].http : "") != 0 ||
		    strcmp(https ? https : "", steps[i].https ? steps[i].https : "") != 0)
			fail_msg("%s=%s: %s, %s", steps[i].name, steps[i].value, http, https);
	}
}

static void own_addresses_have_none(void **state)
{
	static const char *const urls[] = { "http://localhost/", "http://127.0.0.1:5000/v2/",
					    "http://127.9.9.9/", "https://[::1]:5000/",
					    "http://x.localhost/" };
	auto_arena a = ARENA_EMPTY;

	(void)state;
	setenv("all_proxy", "p.example:1", 1);
	for (size_t i = 0; i < COUNT_OF(urls); i++)
		assert_null(found(urls[i], &a));
	assert_string_equal(found("http://127.example/", &a), "p.example:1");
}

static void values(void **state)
{
	static const struct {
		const char *value, *shown;
		long port;
	} good[] = {
		{ "p.example:3128", "p.example:3128", 3128 },
		{ "p.example", "p.example:80", 80 },
		{ "http://p.example/", "p.example:80", 80 },
		{ "https://me:secret@p.example", "p.example:443", 443 },
		{ "me:secret@p.example:1", "p.example:1", 1 },
		{ "socks5h://p.example", "p.example:1080", 1080 },
		{ "http://[fd00::1]:8", "[fd00::1]:8", 8 },
	};
	static const char *const bad[] = { "ftp://p.example", "http://", "http://p.example:99999",
					   "file:///x", "http://a secret@b c" };
	auto_arena a = ARENA_EMPTY;
	struct proxy p;
	struct err e;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		setenv("all_proxy", good[i].value, 1);
		assert_int_equal(proxy_find("http://r.example/", &a, &p, &e), 0);
		assert_string_equal(p.shown, good[i].shown);
		assert_int_equal(p.port, good[i].port);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		setenv("all_proxy", bad[i], 1);
		assert_int_equal(proxy_find("http://r.example/", &a, &p, &e), -FAIL_USAGE);
		assert_non_null(strstr(e.msg, "all_proxy"));
		assert_null(strstr(e.msg, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(exemptions, clean),
		cmocka_unit_test_setup(variables, clean),
		cmocka_unit_test_setup(own_addresses_have_none, clean),
		cmocka_unit_test_setup(values, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
