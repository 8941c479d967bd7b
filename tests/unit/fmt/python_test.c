/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports in Python's text. What each case expects is what Python's own `ast` sees in it; all of
 * the standard library was compared in the same way.
 */
#include "base/buf.h"
#include "fmt/python.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "module[>member]@line[?]", blanks between. */
static const struct {
	const char *text, *imports;
} cases[] = {
	{ "import a", "a@1" },
	{ "import a, b.c as d\n", "a@1 b.c@1" },
	{ "import a . b\nimport c", "a.b@1 c@2" },
	{ "from a import b as c, d\n", "a>b@1 a>d@1" },
	{ "from a.b import (c,  # one\n\t\td,\n)\nimport e\n", "a.b>c@1 a.b>d@1 e@4" },
	{ "from a import *\n", "a@1" },
	{ "import a; import b\n", "a@1 b@1" },
	{ "import a, \\\n  b\nimport c\n", "a@1 b@2 c@3" },
	{ "import a, \\\r\n  b\r\nimport c\r\n", "a@1 b@2 c@3" },
	{ "\xef\xbb\xbfimport a\n", "a@1" },
	{ "import \xc3\xa9t\xc3\xa9\n", "\xc3\xa9t\xc3\xa9@1" },
	/* blocks */
	{ "try:\n    import a\nexcept ImportError:\n    import b\nimport c\n", "a@2? b@4? c@5" },
	{ "try: import a\nexcept ImportError: pass\nimport b\n", "a@1? b@3" },
	{ "try:\n  x()\nfinally:\n  import a\n", "a@4" },
	{ "if x:\n\timport a\nelif y:\n\timport b\nelse:\n\timport c\n", "a@2? b@4? c@6?" },
	{ "if x: import a; import b\n", "a@1? b@1?" },
	{ "if __name__ == '__main__':\n    import a\n", "a@2" },
	{ "if x:\n    def f():\n        import a\n    # note\n\n    import b\nimport c\n",
	  "a@3? b@6? c@7" },
	{ "def f(): import a\nclass C:\n  import b\n", "a@1 b@3" },
	{ "with x:\n    import a\nfor y in z:\n    import b\n", "a@2 b@4" },
	{ "if (x and\ny):\n    import a\nimport b\n", "a@3? b@4" },
	/* near misses */
	{ "# import a\n'import b'\n\"import c\"\n", "" },
	{ "'''\nimport a\n'''\nimport b\n", "b@4" },
	{ "\"\"\"it's \\\"\"\" import a\n\"\"\"\nimport b\n", "b@3" },
	{ "s = r'\\'; x = 'import a'\n", "" },
	{ "s = 'one\\\nimport a'\nimport b\n", "b@3" },
	{ "x = f(\n'import a',\nb)\nimport c\n", "c@4" },
	{ "from . import a\nfrom .b import c\nfrom ...d import e\nimport f\n", "f@4" },
	{ "imports = 1\nimport_a = 2\nimportlib.reload(x)\nfromage = 1\n", "" },
	{ "def f():\n    yield from a\n    raise X from b\n", "" },
	{ "x = {'a': b, 'c': d}\nf = lambda: x\n", "" },
	/* what Python refuses: nothing made up, and an end */
	{ "import\n", "" },
	{ "import a.\n", "" },
	{ "from a\nimport b\n", "b@2" },
	{ "from a import\n", "a@1" },
	{ "import a,\nimport b\n", "a@1 b@2" },
	{ "'never closed\nimport a\n", "a@2" },
	{ "'''never closed\nimport a\n", "" },
	{ "x = (\nimport a\n", "" },
	{ ")))\nimport a\n", "a@2" },
	{ "", "" },
	{ "\\", "" },
};

static void imports_are_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		auto_buf got = BUF_EMPTY;
		struct python_import *at;
		size_t n = python_imports(view_of(cases[i].text), &a, &at);

		for (size_t k = 0; k < n; k++)
			buf_printf(&got, "%s%.*s%s%.*s@%zu%s", k ? " " : "", VIEW_ARG(at[k].module),
				   at[k].member.len ? ">" : "", VIEW_ARG(at[k].member), at[k].line,
				   at[k].maybe ? "?" : "");
		if (strcmp(buf_str(&got), cases[i].imports) != 0)
			fail_msg("case %zu: '%s', expected '%s'", i, buf_str(&got),
				 cases[i].imports);
	}
}

static void limits_hold(void **state)
{
	auto_arena a = ARENA_EMPTY;
	auto_buf text = BUF_EMPTY;
	struct python_import *at;

	(void)state;
	for (int i = 0; i < PYTHON_MAX_IMPORTS + 9; i++)
		buf_printf(&text, "import m%d\n", i);
	assert_int_equal(python_imports(buf_view(&text), &a, &at), PYTHON_MAX_IMPORTS);
	buf_clear(&text);
	for (int i = 0; i < PYTHON_MAX_BLOCKS + 9; i++)
		buf_printf(&text, "%*sif x:\n", i, "");
	buf_printf(&text, "%*simport a\nimport b\n", PYTHON_MAX_BLOCKS + 9, "");
	assert_int_equal(python_imports(buf_view(&text), &a, &at), 2);
	assert_true(at[0].maybe && !at[1].maybe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(imports_are_seen),
		cmocka_unit_test(limits_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
