/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of real verbs, and the values that options take. */
#include "base/array.h"
#include "cmd/parse.h"
#include "cmd/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },	   { "1500", 1500 },	   { "64k", 64000 },
		{ "64Ki", 65536 }, { "1.5G", 1500000000 }, { "20MB", 20000000 },
		{ "0.001k", 1 },   { "2.25MiB", 2359296 }, { "18446744073709551615", UINT64_MAX },
	};
	static const char *const bad[] = { "",
					   "k",
					   "-1",
					   " 1",
					   "1 k",
					   "1.k",
					   "1..5",
					   "1kk",
					   "0x10",
					   "1e3",
					   "18446744073709551616",
					   "1.2345k",
					   "99999999999999G" };
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(value_to_size(good[i].text, &bytes));
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(value_to_size(bad[i], &bytes));
}

static void ages(void **state)
{
	int64_t s;

	(void)state;
	assert_true(value_to_age("90", &s) && s == 90);
	assert_true(value_to_age("10m", &s) && s == 600);
	assert_true(value_to_age("1.5h", &s) && s == 5400);
	assert_true(value_to_age("7d", &s) && s == 604800);
	assert_true(value_to_age("2w", &s) && s == 1209600);
	assert_false(value_to_age("1y", &s));
	assert_false(value_to_age("-1h", &s));
	assert_false(value_to_age("9223372036854775808", &s));
}

struct sample {
	bool flag;
	const char *text;
	struct strings list;
	uint64_t number;
	struct optional maybe;
	int choice;
};

static const char *const choices[] = { "one", "two", NULL };

static const struct option sample_rows[] = {
	OPTION('f', "flag", BOOL, struct sample, flag, NULL, "", .negatable = true),
	OPTION('t', "text", STRING, struct sample, text, "TEXT", ""),
	OPTION('l', "list", STRINGS, struct sample, list, "ITEM", ""),
	OPTION('n', "number", U64, struct sample, number, "N", ""),
	OPTION('m', "maybe", OPTIONAL, struct sample, maybe, "VALUE", ""),
	OPTION(0, "choice", CHOICE, struct sample, choice, "WHICH", "", .choices = choices),
};

static const struct sample sample_defaults = { .number = 42 };

static const struct verb sample = {
	.name = "sample",
	.operands = "[A [B]]",
	.max_operands = 2,
	.takes_arguments = true,
	.options = OPTION_TABLE(sample_rows),
	.options_size = sizeof(struct sample),
	.defaults = &sample_defaults,
};

static const struct verb ending = {
	.name = "ending",
	.operands = "A [ARG...]",
	.min_operands = 1,
	.max_operands = 1,
	.ends_options = true,
	.options = OPTION_TABLE(sample_rows),
	.options_size = sizeof(struct sample),
};

struct parsed {
	struct arena arena;
	struct command c;
	struct sample o;
	struct err e;
	int r;
};

/* Words separated by one space; the verb is given beforehand, by way of its own table. */
static void parse_for(const struct verb *verb, struct parsed *p, const char *line)
{
	struct parser_words {
		char **at;
		size_t n, cap;
	} words = { 0 };
	void *options = NULL;

	*p = (struct parsed){ 0 };
	p->c.arena = &p->arena;
	for (char *word = strtok(arena_strdup(&p->arena, line), " "); word;
	     word = strtok(NULL, " "))
		*array_push(&words) = word;
	p->r = parse_verb_command(verb, (int)words.n, words.at, &p->c, &options, &p->e);
	if (options)
		p->o = *(struct sample *)options;
	free(words.at);
}

static void parse(struct parsed *p, const char *line)
{
	parse_for(&sample, p, line);
}

static void done(struct parsed *p)
{
	arena_done(&p->arena);
}

static void every_way_to_write_an_option(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "-ft x --list a -lb --list=c -n7 --maybe --choice two op");
	assert_int_equal(p.r, 0);
	assert_true(p.o.flag);
	assert_string_equal(p.o.text, "x");
	assert_int_equal(p.o.list.n, 3);
	assert_string_equal(p.o.list.at[0], "a");
	assert_string_equal(p.o.list.at[1], "b");
	assert_string_equal(p.o.list.at[2], "c");
	assert_int_equal(p.o.number, 7);
	assert_true(p.o.maybe.given);
	assert_null(p.o.maybe.value);
	assert_int_equal(p.o.choice, 1);
	assert_int_equal(p.c.n_operands, 1);
	assert_string_equal(p.c.operands[0], "op");
	done(&p);
}

static void defaults_negation_and_the_last_one_counts(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "");
	assert_int_equal(p.o.number, 42);
	assert_false(p.o.maybe.given);
	done(&p);
	parse(&p, "--flag --no-flag --text a --text= --maybe=v");
	assert_int_equal(p.r, 0);
	assert_false(p.o.flag);
	assert_string_equal(p.o.text, "");
	assert_string_equal(p.o.maybe.value, "v");
	done(&p);
}

/* As getopt(3) has it: the next word is never the value, the rest of the same word always is. */
static void optional_values_are_attached(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "-fm op");
	assert_int_equal(p.r, 0);
	assert_true(p.o.flag);
	assert_true(p.o.maybe.given);
	assert_null(p.o.maybe.value);
	assert_string_equal(p.c.operands[0], "op");
	done(&p);
	parse(&p, "-mvalue -f");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.o.maybe.value, "value");
	assert_true(p.o.flag);
	done(&p);
	parse(&p, "-mf");
	assert_string_equal(p.o.maybe.value, "f");
	assert_false(p.o.flag);
	done(&p);
}

static void lists_grow(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "-l0 -l1 -l2 -l3 -l4 -l5 -l6 -l7 -l8 -l9 -l10 -l11 -l12 -l13 -l14 -l15 -l16");
	assert_int_equal(p.o.list.n, 17);
	assert_string_equal(p.o.list.at[0], "0");
	assert_string_equal(p.o.list.at[16], "16");
	done(&p);
}

static void words_after_two_dashes_are_arguments(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "a - -- -f --text -- b");
	assert_int_equal(p.r, 0);
	assert_false(p.o.flag);
	assert_int_equal(p.c.n_operands, 2);
	assert_string_equal(p.c.operands[1], "-");
	assert_int_equal(p.c.n_arguments, 4);
	assert_string_equal(p.c.arguments[0], "-f");
	assert_string_equal(p.c.arguments[3], "b");
	done(&p);
}

static void mistakes(void **state)
{
	static const char *const lines[] = {
		"--flag=yes", "--no-text",   "--text",	      "-t",	    "-ft",
		"-x",	      "--",	     "--number -1",   "--number= ", "--choice three",
		"a b c",      "--no-flag=1", "--format json",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct parsed p;

		parse(&p, lines[i]);
		if (strcmp(lines[i], "--") == 0)
			assert_int_equal(p.r, 0);
		else
			assert_int_equal(p.e.code, FAIL_USAGE);
		done(&p);
	}
}

static void a_verb_may_end_its_options_with_its_operand(void **state)
{
	static const struct {
		const char *line, *first;
		int n;
	} cases[] = {
		{ "op", NULL, 0 },
		{ "--choice one op", NULL, 0 },
		{ "op -x --unknown --help", "-x", 3 },
		{ "op -- --unknown", "--unknown", 1 },
		{ "op -- -- x", "--", 2 },
		{ "op x -- y", "x", 3 },
		{ "-- op -- y", "y", 1 },
		{ "-- op --y", "--y", 1 },
	};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		parse_for(&ending, &p, cases[i].line);
		if (p.r != 0)
			fail_msg("%s: %s", cases[i].line, p.e.msg);
		assert_int_equal(p.c.n_operands, 1);
		assert_string_equal(p.c.operands[0], "op");
		assert_int_equal(p.c.n_arguments, cases[i].n);
		if (cases[i].n)
			assert_string_equal(p.c.arguments[0], cases[i].first);
		assert_false(p.c.globals.help);
		done(&p);
	}
	parse_for(&ending, &p, "--unknown op");
	assert_int_equal(p.r, -FAIL_USAGE);
	done(&p);
	parse_for(&ending, &p, "--");
	assert_int_equal(p.r, -FAIL_USAGE);
	done(&p);
}

static void help_needs_no_operands(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "a b c --help");
	assert_int_equal(p.r, 0);
	assert_true(p.c.globals.help);
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(ages),
		cmocka_unit_test(every_way_to_write_an_option),
		cmocka_unit_test(defaults_negation_and_the_last_one_counts),
		cmocka_unit_test(optional_values_are_attached),
		cmocka_unit_test(lists_grow),
		cmocka_unit_test(words_after_two_dashes_are_arguments),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(a_verb_may_end_its_options_with_its_operand),
		cmocka_unit_test(help_needs_no_operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
