/* SPDX-License-Identifier: Apache-2.0 */
/* Which commands a shell's text has. */
#include "fmt/shell.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool see(void *ctx, const char *const *words, size_t n)
{
	struct buf *to = ctx;

	buf_add_str(to, to->len ? "; " : "");
	for (size_t i = 0; i < n; i++)
		buf_printf(to, "%s%s", i ? "," : "",
			   !words[i]			 ? "?"
			   : words[i] == SHELL_ARGUMENTS ? "ARGUMENTS"
							 : words[i]);
	return true;
}

static void has(const char *text, const char *commands)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf got = BUF_EMPTY;

	shell_commands(view_of(text), &a, see, &got);
	assert_string_equal(buf_str(&got), commands);
}

static void commands(void **state)
{
	(void)state;
	has("", "");
	has("a", "a");
	has("a b  'c d' \"e f\" g\\ h \\\n i", "a,b,c d,e f,g h,i");
	has("a; b && c || d | e & f\n\ng", "a; b; c; d; e; f; g");
	has("(a; b)", "a; b");
	has("# a\nb # c\nd#e", "b; d#e");
	has("exec \"$@\"; x $@; \"$*\"", "exec,ARGUMENTS; x,ARGUMENTS; ?");
}

static void what_only_a_shell_knows(void **state)
{
	(void)state;
	has("a $B \"${C:-(d)}\" $(e f) `g` *.h i", "a,?,?,?,?,?,i");
	has("$X y", "?,y");
	has("A=1 B=$C D=\"$E\" f G=1", "f,G=1");
	has("A=(b c) d", "d");
}

static void reserved_words(void **state)
{
	(void)state;
	has("if a; then b; elif c; then d; else e; fi", "a; b; c; d; e");
	has("while ! a; do { b; }; done", "a; b");
	has("for i in x y; do a; done", "a");
	has("f() { a; }\nfunction g { b; }", "a");
	has("case $1 in\n a|b) c;;\n *) d ;;\nesac\ne", "c; d; e");
	has("if case x in y) a;; esac; then b; fi", "a; b");
}

static void redirections(void **state)
{
	(void)state;
	has("a <b >c 2>&1 d >>e", "a,d");
	has("a 2 >b", "a,2");
	has("a <<E b\nc\nE\nd", "a,b; d");
	has("a <<-'E'\nc\n\tE\nd", "a; d");
	has("a <<E\nnever ends", "a");
}

static void texts_that_end_early(void **state)
{
	(void)state;
	has("a 'b", "a,b");
	has("a \"b", "a,b");
	has("a \\", "a,\\");
	has("a ${b", "a,?");
	has("a $(", "a,?");
	has("a `", "a,?");
	has("a <", "a");
	has("case x in", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(what_only_a_shell_knows),
		cmocka_unit_test(reserved_words),
		cmocka_unit_test(redirections),
		cmocka_unit_test(texts_that_end_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
