/* SPDX-License-Identifier: Apache-2.0 */
/* What engines answer to a load, cut at every byte. */
#include "engine/report.h"

#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A monitor that keeps what is said. */
struct heard {
	struct monitor m;
	struct buf text;
};

static void hear(struct monitor *m, enum monitor_level level, const char *text)
{
	(void)level;
	buf_printf(&((struct heard *)m)->text, "%s|", text);
}

static const struct monitor_ops hear_ops = { .say = hear };

/* The text in pieces of `step` bytes. */
static int give(struct engine_report *r, const char *text, size_t step, struct err *e)
{
	auto_sink s = report_sink_new(r);
	size_t left = strlen(text);
	int rc = 0;

	for (; rc == 0 && left; left -= step, text += step) {
		step = step < left ? step : left;
		rc = sink_write(s, text, step, e);
	}
	return rc == 0 ? sink_finish(s, e) : rc;
}

static void docker_and_podman(void **state)
{
	static const char docker[] =
		"{\"status\":\"Loading layer\",\"progressDetail\":{\"current\":32768,\"total\":9000},"
		"\"progress\":\"[=> ]\",\"id\":\"5f70bf18a086\"}\r\n"
		"{\"stream\":\"The image a:1 already exists, renaming the old one\\n\"}\r\n"
		"{\"stream\":\"Loaded image: a:1\\n\"}\r\n";
	static const char podman[] = "{\"stream\":\"Loaded image: localhost/a:1\\n\"}";
	struct err e;

	(void)state;
	for (size_t step = 1; step < sizeof(docker); step++) {
		struct heard h = { .m.ops = &hear_ops, .text = BUF_EMPTY };
		struct engine_report r = { .monitor = &h.m };

		assert_int_equal(give(&r, docker, step, &e), 0);
		assert_true(r.loaded);
		assert_string_equal(buf_str(&h.text),
				    "the engine says: The image a:1 already exists, renaming the "
				    "old one|the engine says: Loaded image: a:1|");
		buf_done(&h.text);
	}
	struct engine_report r = { 0 };

	assert_int_equal(give(&r, podman, sizeof(podman), &e), 0);
	assert_true(r.loaded);
}

static void not_loaded(void **state)
{
	static const char *const texts[] = { "", "\n\r\n", "{}", "{\"status\":\"Loading\"}\n",
					     "{\"stream\":7}\n{\"errorDetail\":{}}\n" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct engine_report r = { 0 };

		assert_int_equal(give(&r, texts[i], 7, &e), 0);
		assert_false(r.loaded);
	}
}

static void errors(void **state)
{
	static const struct {
		const char *text, *message;
		int rc;
	} bad[] = {
		{ "{\"errorDetail\":{\"message\":\"no space\\u001b[31m left\"},\"error\":\"x\"}\n",
		  "the engine says: no space?[31m left", -FAIL_NET },
		{ "{\"stream\":\"Loaded image: a\"}\n{\"error\":\"late\"}", "the engine says: late",
		  -FAIL_NET },
		{ "<html>", "the engine's answer: line 1, column 1", -FAIL_FORMAT },
		{ "{\"a\":1", "the engine's answer: line 1", -FAIL_FORMAT },
		{ "{\"a\":1,\"a\":2}\n", "the engine's answer: line 1", -FAIL_FORMAT },
		{ "[]\n", "the engine's answer: expected objects", -FAIL_FORMAT },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct engine_report r = { 0 };

		assert_int_equal(give(&r, bad[i].text, 1 + i, &e), bad[i].rc);
		if (strncmp(e.msg, bad[i].message, strlen(bad[i].message)) != 0)
			fail_msg("%s", e.msg);
	}
}

static void too_much(void **state)
{
	auto_free char *line = mem_alloc(REPORT_MAX_LINE_BYTES + 2);
	struct engine_report r = { 0 }, full = { .n_bytes = REPORT_MAX_BYTES - 3 };
	struct heard h = { .m.ops = &hear_ops, .text = BUF_EMPTY };
	struct engine_report many = { .monitor = &h.m };
	struct err e;

	(void)state;
	memset(line, ' ', REPORT_MAX_LINE_BYTES + 1);
	line[REPORT_MAX_LINE_BYTES + 1] = '\0';
	assert_int_equal(give(&r, line, 1000, &e), -FAIL_LIMIT);
	line[REPORT_MAX_LINE_BYTES - 1] = '\n';
	assert_int_equal(give(&r, line, 1000, &e), 0);
	assert_int_equal(give(&full, "   ", 1, &e), 0);
	assert_int_equal(give(&full, " ", 1, &e), -FAIL_LIMIT);
	for (unsigned i = 0; i < 3 * REPORT_MAX_NOTES; i++)
		assert_int_equal(give(&many, "{\"stream\":\"x\"}\n", 100, &e), 0);
	assert_int_equal(h.text.len, REPORT_MAX_NOTES * strlen("the engine says: x|"));
	buf_done(&h.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_and_podman),
		cmocka_unit_test(not_loaded),
		cmocka_unit_test(errors),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
