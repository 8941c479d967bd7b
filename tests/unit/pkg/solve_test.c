/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolution against the cases of tests/solver. A file holds indexes as Packages text, then
 * cases that use them:
 *
 *	@world apk               the indexes below it are APKINDEX texts; C:, V: and S: may be left
 *out
 *	@index NAME [security] [@TAG]   and the stanzas; Version and Architecture may be left out
 *	@rules                   and lines as in data/script-only.txt
 *	@case TITLE
 *	@wish WISH, @pin NAME VERSION, @arch ARCH, @depends runtime|none|full (the default here)
 *	@expect                  and lines "NAME VERSION INDEX ASKED-BY"
 *	@left-out                and lines "NAME NEEDED-BY REASON"
 *	@fail CODE               and lines that must be in the message or in the whole story
 */
#include "base/array.h"
#include "base/mem.h"
#include "pkg/apk/index_text.h"
#include "pkg/solve.h"
#include "text_index.h"

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

enum { MAX_ITEMS = 16, MIN_CASES = 40 };

/* One case file while it is read; texts are cut into it by NULs. */
struct script {
	const char *file;
	const struct world *world;
	struct arena arena;
	struct solve_index indexes[MAX_ITEMS];
	size_t n_indexes;
	struct solve_rules rules;

	const char *title;
	struct solve_wish wishes[MAX_ITEMS];
	size_t n_wishes;
	struct solve_pin pins[MAX_ITEMS];
	size_t n_pins;
	const char *arch;
	enum solve_depends depends;
	const char *code;
	struct view expected, left_out, words;

	int dir_fd;
	size_t n_cases, n_wrong;
};

static void begin_case(struct script *s, const char *title)
{
	s->title = title;
	s->n_wishes = s->n_pins = 0;
	s->arch = s->world == &apk_world ? "x86_64" : "amd64";
	s->depends = SOLVE_FULL;
	s->code = NULL;
	s->expected = s->left_out = s->words = view_make(NULL, 0);
}

static void wrong(struct script *s, const char *what, struct view expected, const char *found)
{
	print_error("%s: %s\n%s, expected:\n%.*s\nfound:\n%s\n", s->file, s->title, what,
		    VIEW_ARG(expected), found);
	s->n_wrong++;
}

static const char *code_name(enum fail_code code)
{
	switch (code) {
	case FAIL_CONFLICT:
		return "conflict";
	case FAIL_NOT_FOUND:
		return "not-found";
	case FAIL_UNSUPPORTED:
		return "unsupported";
	case FAIL_FORMAT:
		return "format";
	default:
		return "other";
	}
}

static void check_failure(struct script *s, const struct err *e, const struct buf *why)
{
	struct view rest = s->words, line;

	if (!s->code || strcmp(code_name(e->code), s->code) != 0) {
		wrong(s, "result", s->code ? view_of(s->code) : s->expected, e->msg);
		return;
	}
	while (view_split(&rest, '\n', &line)) {
		auto_free char *text = mem_strndup(line.ptr, line.len);

		if (!strstr(e->msg, text) && !strstr(buf_str(why), text))
			wrong(s, "message", line, e->msg);
	}
}

static void check_result(struct script *s, const struct solve_result *r)
{
	auto_buf packages = BUF_EMPTY;
	auto_buf left_out = BUF_EMPTY;

	for (size_t i = 0; i < r->n_packages; i++)
		buf_printf(&packages, "%s%.*s %.*s %s %s", i ? "\n" : "",
			   VIEW_ARG(r->packages[i].package.name),
			   VIEW_ARG(r->packages[i].package.version),
			   s->indexes[r->packages[i].index].name, r->packages[i].asked_by);
	for (size_t i = 0; i < r->n_left_out; i++)
		buf_printf(&left_out, "%s%s %s %s", i ? "\n" : "", r->left_out[i].name,
			   r->left_out[i].needed_by, r->left_out[i].reason);
	if (s->code)
		wrong(s, "result", view_of(s->code), buf_str(&packages));
	else if (!view_eq(buf_view(&packages), s->expected))
		wrong(s, "packages", s->expected, buf_str(&packages));
	if (!view_eq(buf_view(&left_out), s->left_out))
		wrong(s, "left out", s->left_out, buf_str(&left_out));
}

static void end_case(struct script *s)
{
	struct solve_request q = { .world = s->world,
				   .indexes = s->indexes,
				   .n_indexes = s->n_indexes,
				   .arch = s->arch,
				   .wishes = s->wishes,
				   .n_wishes = s->n_wishes,
				   .pins = s->pins,
				   .n_pins = s->n_pins,
				   .depends = s->depends,
				   .script_only = s->rules };
	auto_solve_result r = NULL;
	auto_buf why = BUF_EMPTY;
	struct err e;

	if (!s->title)
		return;
	s->n_cases++;
	if (solve(&q, &r, &why, &e) < 0)
		check_failure(s, &e, &why);
	else
		check_result(s, r);
}

/* What each record needs and no case is about. */
static int apk_text_index(struct view body, int dir_fd, const char *name, struct err *e)
{
	struct index_writer *w = index_writer_new();
	auto_buf text = BUF_EMPTY;
	struct view line;
	int rc;

	while (view_split(&body, '\n', &line)) {
		if (view_starts(line, "P:"))
			buf_add_str(&text, "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nS:1\nV:1\n");
		buf_add_view(&text, line);
		buf_add_char(&text, '\n');
	}
	rc = apk_index_read(buf_view(&text), name, "x86_64", "x86_64", w, e);
	if (rc == 0)
		rc = index_writer_save(w, dir_fd, name, e);
	index_writer_free(w);
	return rc;
}

static void add_index(struct script *s, const char *words, struct view body)
{
	struct solve_index *x = &s->indexes[s->n_indexes];
	struct index *opened;
	struct view rest = view_of(words), word;
	struct err e;

	assert_true(s->n_indexes < MAX_ITEMS);
	assert_true(view_word(&rest, &word));
	*x = (struct solve_index){ .name = arena_view(&s->arena, word) };
	while (view_word(&rest, &word))
		if (view_is(word, "security"))
			x->security = true;
		else
			x->tag = arena_view(&s->arena, view_make(word.ptr + 1, word.len - 1));
	if ((s->world == &apk_world ? apk_text_index : text_index)(body, s->dir_fd, "index", &e) <
	    0)
		fail_msg("%s: %s", s->file, e.msg);
	assert_int_equal(index_open(s->dir_fd, "index", &opened, &e), 0);
	x->index = opened;
	s->n_indexes++;
}

static void add_pin(struct script *s, const char *words)
{
	struct view rest = view_of(words), name, version;

	assert_true(s->n_pins < MAX_ITEMS);
	assert_true(view_word(&rest, &name));
	assert_true(view_word(&rest, &version));
	s->pins[s->n_pins++] =
		(struct solve_pin){ arena_view(&s->arena, name), arena_view(&s->arena, version) };
}

static void add_wish(struct script *s, const char *words)
{
	assert_true(s->n_wishes < MAX_ITEMS);
	s->wishes[s->n_wishes] = (struct solve_wish){ words, arena_printf(&s->arena, "recipe:%zu",
									  s->n_wishes + 1) };
	s->n_wishes++;
}

/* "@word words" and the lines below it, up to the next '@'. */
static void obey(struct script *s, const char *word, const char *words, struct view body)
{
	struct err e;

	if (strcmp(word, "world") == 0) {
		s->world = strcmp(words, "apk") == 0 ? &apk_world : &deb_world;
	} else if (strcmp(word, "index") == 0) {
		add_index(s, words, body);
	} else if (strcmp(word, "rules") == 0) {
		assert_int_equal(solve_rules_parse(body, "rules", &s->arena, &s->rules, &e), 0);
	} else if (strcmp(word, "case") == 0) {
		end_case(s);
		begin_case(s, words);
	} else if (strcmp(word, "wish") == 0) {
		add_wish(s, words);
	} else if (strcmp(word, "pin") == 0) {
		add_pin(s, words);
	} else if (strcmp(word, "arch") == 0) {
		s->arch = words;
	} else if (strcmp(word, "depends") == 0) {
		s->depends = strcmp(words, "runtime") == 0 ? SOLVE_RUNTIME
			     : strcmp(words, "none") == 0  ? SOLVE_NONE
							   : SOLVE_FULL;
	} else if (strcmp(word, "expect") == 0) {
		s->expected = view_trim(body);
	} else if (strcmp(word, "left-out") == 0) {
		s->left_out = view_trim(body);
	} else if (strcmp(word, "fail") == 0) {
		s->code = words;
		s->words = view_trim(body);
	} else {
		fail_msg("%s: @%s is no directive", s->file, word);
	}
}

static void run_text(struct script *s, char *text)
{
	char *at = text[0] == '@' ? text : strstr(text, "\n@");

	while (at) {
		char *line = at + strspn(at, "\n@"), *end = line + strcspn(line, "\n");
		char *next = strstr(end, "\n@"), *words = line + strcspn(line, " \n");
		struct view body = view_make(end, next ? (size_t)(next - end) : strlen(end));

		line = arena_strndup(&s->arena, line, (size_t)(end - line));
		words = line + strcspn(line, " ");
		if (*words)
			*words++ = '\0';
		if (body.len) {
			body.ptr++;
			body.len--;
		}
		obey(s, line, words, body);
		at = next;
	}
	end_case(s);
}

static void run_file(const char *name, int dir_fd, size_t *n_cases, size_t *n_wrong)
{
	struct script s = { .file = name, .world = &deb_world, .dir_fd = dir_fd };
	auto_free char *path = mem_printf("%s/%s", PARE_SOLVER_CASES, name);
	auto_buf text = BUF_EMPTY;
	FILE *f = fopen(path, "r");
	char part[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&text, part, n);
	fclose(f);
	run_text(&s, text.data);
	assert_true(s.n_cases > 0);
	for (size_t i = 0; i < s.n_indexes; i++)
		index_close((struct index *)(uintptr_t)s.indexes[i].index);
	arena_done(&s.arena);
	*n_cases += s.n_cases;
	*n_wrong += s.n_wrong;
}

static int is_case(const struct dirent *d)
{
	return view_ends(view_of(d->d_name), ".case");
}

static void test_cases(void **state)
{
	char dir[] = "/tmp/pare-solve-XXXXXX";
	size_t n_cases = 0, n_wrong = 0;
	struct dirent **files;
	int dir_fd, n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	n = scandir(PARE_SOLVER_CASES, &files, is_case, alphasort);
	assert_true(dir_fd >= 0 && n > 0);
	for (int i = 0; i < n; i++) {
		run_file(files[i]->d_name, dir_fd, &n_cases, &n_wrong);
		free(files[i]);
	}
	free(files);
	unlinkat(dir_fd, "index", 0);
	close(dir_fd);
	rmdir(dir);
	print_message("%zu cases\n", n_cases);
	assert_int_equal(n_wrong, 0);
	assert_true(n_cases >= MIN_CASES);
}

static void test_builtin_rules(void **state)
{
	auto_arena a = ARENA_EMPTY;
	struct solve_rules rules;
	struct err e;
	size_t n_openssl = 0;

	(void)state;
	assert_int_equal(solve_rules_builtin("deb", &a, &rules, &e), 0);
	for (size_t i = 0; i < rules.n; i++)
		n_openssl += rules.at[i].kind == RULE_EDGE &&
			     view_is(rules.at[i].from, "ca-certificates") &&
			     view_is(rules.at[i].to, "openssl");
	assert_int_equal(n_openssl, 1);
}

static void test_bad_rules(void **state)
{
	static const char *const bad[] = {
		"# fine\npackage debconf", "# fine\nedge a b", "\nkeep a",
		"\nnonsense a b c",	   "\npackage",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		auto_arena a = ARENA_EMPTY;
		struct solve_rules rules;
		struct err e;

		assert_int_equal(solve_rules_parse(view_of(bad[i]), "r", &a, &rules, &e),
				 -FAIL_FORMAT);
		assert_string_equal(e.msg, "r: line 2: expected package, facility, edge or keep, "
					   "names and a reason");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_builtin_rules),
		cmocka_unit_test(test_bad_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
