/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes, areas of a treemap, counting of files, and what the table says. */
#include "base/array.h"
#include "base/mem.h"
#include "report/escape.h"
#include "report/report.h"
#include "report/treemap.h"
#include "report/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- escapes ---- */

static void workflow_text(struct buf *to, struct view v)
{
	escape_workflow(to, v, false);
}

static void workflow_property(struct buf *to, struct view v)
{
	escape_workflow(to, v, true);
}

static void escapes_leave_no_markup(void **state)
{
	static const struct {
		void (*escape)(struct buf *, struct view);
		const char *text, *want;
	} cases[] = {
		{ escape_markup, "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;" },
		{ escape_markup, "\x1b[31m\n\t\x01\x7f", "\\x1b[31m\n\t\\x01\\x7f" },
		{ escape_markup, "\xff\xc0\xaf ä €", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ä €" },
		{ escape_markup, "\xe2\x80\xae", "\\u202e" },
		{ escape_markup, "\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ escape_markdown, "a|b\nc", "a\\|b c" },
		{ escape_markdown, "[x](y) `z` *b* _i_ <t>",
		  "\\[x\\]\\(y\\) \\`z\\` \\*b\\* \\_i\\_ &lt;t&gt;" },
		{ escape_markdown, "@you https://x", "&#64;you https&#58;//x" },
		{ escape_uri_path, "/usr/a b#c?%d\xff", "/usr/a%20b%23c%3F%25d%FF" },
		{ workflow_text, "100%\r\n::error::x,y", "100%25%0D%0A::error::x,y" },
		{ workflow_property, "a:b,c%", "a%3Ab%2Cc%25" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf out = BUF_EMPTY;

		cases[i].escape(&out, view_of(cases[i].text));
		assert_string_equal(buf_str(&out), cases[i].want);
	}
}

/* ---- treemap ---- */

static bool overlap(const struct rect *a, const struct rect *b)
{
	const double slack = 1e-6;

	return a->x + a->w > b->x + slack && b->x + b->w > a->x + slack &&
	       a->y + a->h > b->y + slack && b->y + b->h > a->y + slack;
}

static void check_layout(const uint64_t *weights, size_t n)
{
	struct tile *tiles = mem_zalloc(n * sizeof(*tiles));
	struct rect within = { 10, 20, 400, 300 };
	double total = 0;

	for (size_t i = 0; i < n; i++) {
		tiles[i].weight = weights[i];
		total += (double)weights[i];
	}
	treemap_layout(tiles, n, within);
	for (size_t i = 0; i < n; i++) {
		const struct rect *r = &tiles[i].at;
		double area = within.w * within.h * (double)weights[i] / total;

		assert_true(r->w * r->h > area - 0.01 && r->w * r->h < area + 0.01);
		assert_true(r->x >= 10 - 1e-6 && r->x + r->w <= 410 + 1e-6);
		assert_true(r->y >= 20 - 1e-6 && r->y + r->h <= 320 + 1e-6);
		for (size_t k = 0; k < i; k++)
			assert_false(overlap(r, &tiles[k].at));
	}
	free(tiles);
}

static void areas_are_in_proportion(void **state)
{
	static const uint64_t article[] = { 6, 6, 4, 3, 2, 2, 1 };
	static const uint64_t one[] = { 7 }, steep[] = { UINT64_C(1) << 60, 1 << 20, 3, 1 };
	uint64_t many[300];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = 1000000 / (i + 1);
	check_layout(article, COUNT_OF(article));
	check_layout(one, 1);
	check_layout(steep, COUNT_OF(steep));
	check_layout(many, COUNT_OF(many));
}

/* The article's own example: 600 by 400, and its first rows. */
static void squares_are_as_in_the_article(void **state)
{
	static const uint64_t weights[] = { 6, 6, 4, 3, 2, 2, 1 };
	struct tile t[COUNT_OF(weights)] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(t); i++)
		t[i].weight = weights[i];
	treemap_layout(t, COUNT_OF(t), (struct rect){ 0, 0, 6, 4 });
	assert_true(t[0].at.w == 3 && t[0].at.h == 2);
	assert_true(t[1].at.w == 3 && t[1].at.h == 2 && t[1].at.y == 2);
	assert_true(t[2].at.x == 3 && t[3].at.y == t[2].at.y);
}

static void nothing_has_no_area(void **state)
{
	struct tile t[] = { { 0, { 1, 1, 1, 1 } } };

	(void)state;
	treemap_layout(t, 1, (struct rect){ 0, 0, 10, 10 });
	assert_true(t[0].at.w == 0 && t[0].at.h == 0);
	treemap_layout(t, 0, (struct rect){ 0, 0, 10, 10 });
}

/* ---- counting ---- */

static void files_are_counted_by_layer_package_and_folder(void **state)
{
	struct report_image *i;
	auto_report r;

	(void)state;
	report_init(&r);
	i = report_add_image(&r, "x");
	report_add_file(&r, i, 0, "a", view_of("/usr"), 10);
	report_add_file(&r, i, 0, "a", view_of("/usr"), 5);
	report_add_file(&r, i, 1, "a", view_of("/usr"), 1);
	report_add_file(&r, i, 0, NULL, view_of("/usr"), 2);
	report_add_file(&r, i, 0, "a", view_of("/usr/bin"), 3);
	assert_int_equal(i->parts.n, 4);
	assert_int_equal(i->parts.at[0].bytes, 15);
	assert_int_equal(i->parts.at[0].n_files, 2);
	assert_null(i->parts.at[2].package);
}

/* Folders that are too small count to the one above; the picture keeps all bytes. */
static void small_folders_are_folded(void **state)
{
	struct report_image *i;
	auto_buf page = BUF_EMPTY;
	auto_report r;

	(void)state;
	report_init(&r);
	i = report_add_image(&r, "x");
	*array_push(&i->layers) = (struct report_layer){ .content_bytes = 1 };
	report_add_file(&r, i, 0, "a", view_of("/usr/lib"), 90000000);
	for (int k = 0; k < 200; k++) {
		auto_free char *folder = mem_printf("/usr/share/x/%d", k);

		report_add_file(&r, i, 0, "a", view_of(folder), 1000);
	}
	report_html(&r, &page);
	assert_non_null(strstr(buf_str(&page), "<title>/usr/share/x/…\n200 kB in 200 files\na\n"));
	assert_non_null(strstr(buf_str(&page), "<title>/usr/lib\n90 MB in 1 file\na\n"));
	assert_null(strstr(buf_str(&page), "/usr/share/x/1"));
}

/* ---- the table ---- */

static const char *table_of(struct report *r, unsigned columns, struct buf *to)
{
	struct report_style style = { .columns = columns };

	report_table(r, &style, to);
	return buf_str(to);
}

static void the_table_groups_and_wraps(void **state)
{
	struct findings f;
	struct report_image *i;
	auto_buf out = BUF_EMPTY;
	auto_report r;

	(void)state;
	findings_init(&f);
	for (int k = 0; k < 9; k++) {
		struct finding *x = finding_add(&f, RULE_SETUID_PACKAGED);

		x->message = "setuid";
		x->path = arena_printf(&f.arena, "/bin/%d", k);
	}
	finding_add(&f, RULE_USER_ROOT)->message =
		"a sentence of many words that goes on and on until no line can hold it";
	finding_add(&f, RULE_SURFACE_SHELL)->ignored = "because";
	findings_sort(&f);
	report_init(&r);
	i = report_add_image(&r, "evil\033[2J");
	i->findings = &f;
	table_of(&r, 60, &out);
	assert_true(view_starts(buf_view(&out), "evil?[2J  0 B unpacked in 0 layers\n\n"));
	assert_non_null(strstr(buf_str(&out),
			       "\n  - a sentence of many words that goes on and on until no\n"
			       "    line can hold it\n"));
	assert_non_null(strstr(buf_str(&out), "  - setuid\n    /bin/0\n    /bin/1\n"));
	assert_non_null(
		strstr(buf_str(&out), "    /bin/4\n    … and 4 more; --verbose shows all\n"));
	assert_null(strstr(buf_str(&out), "/bin/5"));
	assert_null(strstr(buf_str(&out), "surface-shell"));
	assert_true(view_ends(buf_view(&out), "\n1 warning, 9 notes, 1 ignored\n"));
	findings_done(&f);
}

static void the_table_says_when_all_is_well(void **state)
{
	struct findings f;
	auto_buf out = BUF_EMPTY;
	auto_report r;

	(void)state;
	findings_init(&f);
	report_init(&r);
	report_add_image(&r, "x")->findings = &f;
	assert_string_equal(table_of(&r, 80, &out),
			    "x  0 B unpacked in 0 layers\n\nnothing found\n");
	findings_done(&f);
}

static void commands_read_as_in_a_dockerfile(void **state)
{
	static const char *const cases[][2] = {
		{ "/bin/sh -c #(nop) ENTRYPOINT [\"/app\"]", "layer 1 (ENTRYPOINT [\"/app\"])" },
		{ "/bin/sh -c #(nop)  USER root", "layer 1 (USER root)" },
		{ "/bin/sh -c apt-get update", "layer 1 (RUN apt-get update)" },
		{ "|1 V=/bin/x /bin/sh -c make", "layer 1 (RUN make)" },
		{ "RUN /bin/sh -c make # buildkit", "layer 1 (RUN make)" },
		{ "COPY /app /app # buildkit", "layer 1 (COPY /app /app)" },
		{ "COPY file:340e0491e5ea7884cfe0a2320d1f429653c3a6c85ce5f9381e3d638b93bd24ba in /",
		  "layer 1 (COPY file:340e0491e5ea in /)" },
		{ "pare build: libc6 2.41", "layer 1 (pare build: libc6 2.41)" },
		{ "bazel build /bin/sh -c", "layer 1 (bazel build /bin/sh -c)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct finding f = { .layer = 0, .instruction = cases[i][0] };
		auto_buf out = BUF_EMPTY;

		words_layer(&f, &out);
		assert_string_equal(buf_str(&out), cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_leave_no_markup),
		cmocka_unit_test(areas_are_in_proportion),
		cmocka_unit_test(squares_are_as_in_the_article),
		cmocka_unit_test(nothing_has_no_area),
		cmocka_unit_test(files_are_counted_by_layer_package_and_folder),
		cmocka_unit_test(small_folders_are_folded),
		cmocka_unit_test(the_table_groups_and_wraps),
		cmocka_unit_test(the_table_says_when_all_is_well),
		cmocka_unit_test(commands_read_as_in_a_dockerfile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
