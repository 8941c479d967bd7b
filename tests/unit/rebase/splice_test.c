/* SPDX-License-Identifier: Apache-2.0 */
/* Which layers are a base's, and histories that say more or less than the layers do. */
#include "rebase/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX = 8 };

/* An image of layers "abc" and a history: capitals made a layer, others didn't. */
struct sample {
	struct look_platform p;
	struct sha256 ids[MAX];
	struct history history[MAX];
	char texts[MAX][2];
};

static void make(struct sample *s, const char *layers, const char *history)
{
	memset(s, 0, sizeof(*s));
	s->p.config.diff_ids = s->ids;
	s->p.config.history = s->history;
	for (size_t i = 0; layers[i]; i++)
		memset(s->ids[s->p.config.n_diff_ids++].bytes, layers[i], SHA256_BYTES);
	s->p.manifest.n_layers = s->p.config.n_diff_ids;
	for (size_t i = 0; history[i]; i++) {
		s->texts[i][0] = history[i];
		s->history[s->p.config.n_history++] =
			(struct history){ .created_by = s->texts[i],
					  .empty_layer = history[i] >= 'a' };
	}
}

static struct sample old, image, fresh;

static struct moved moved(void)
{
	return (struct moved){ .image = &image.p, .old = old.p, .fresh = fresh.p };
}

/* Each step's first character; '!' behind one without a layer. */
static const char *spliced(struct arena *a, bool *known, char *ids)
{
	struct image_config c = { 0 };
	struct moved m = moved();
	char *text = arena_array(a, 64, 1);
	size_t n = 0;

	*known = rebase_splice(&m, a, &c);
	for (size_t i = 0; i < c.n_diff_ids; i++)
		ids[i] = (char)c.diff_ids[i].bytes[0];
	ids[c.n_diff_ids] = '\0';
	for (size_t i = 0; i < c.n_history; i++) {
		text[n++] = c.history[i].created_by[0];
		if (c.history[i].empty_layer)
			text[n++] = '!';
	}
	text[n] = '\0';
	return text;
}

static void test_splice(void **state)
{
	static const struct {
		const char *old, *image, *fresh;       /* layers */
		const char *old_h, *image_h, *fresh_h; /* histories */
		const char *ids, *history;
		bool known;
	} cases[] = {
		{ "ab", "abx", "c", "ABe", "ABeXy", "Cf", "cx", "Cf!Xy!", true },
		/* the image tells nothing, and the new base does */
		{ "ab", "abx", "c", "ABe", "", "C", "cx", "Cl", true },
		/* nobody tells anything */
		{ "ab", "abx", "c", "", "", "", "cx", "", true },
		/* steps that name other commands: divided by layers */
		{ "ab", "abx", "c", "ABe", "QReX", "C", "cx", "Ce!X", false },
		/* a base that tells of one of its two layers, in an image that was padded */
		{ "ab", "abx", "c", "A", "ALX", "C", "cx", "CX", true },
		/* the new base tells of too few, of too many */
		{ "a", "ax", "cd", "A", "AX", "C", "cdx", "ClX", true },
		{ "a", "ax", "c", "A", "AX", "CDE", "cx", "CD!E!X", true },
		/* the image tells of too many, of too few */
		{ "a", "ax", "c", "A", "AXYZ", "C", "cx", "CXY!Z!", true },
		{ "a", "axy", "c", "A", "AX", "C", "cxy", "CXl", true },
		/* a base that tells nothing, or of one of two layers: who built on it only of its
		   own */
		{ "a", "ax", "c", "", "eX", "C", "cx", "Ce!X", true },
		{ "ab", "abx", "c", "A", "AX", "C", "cx", "CX", true },
		{ "ab", "abx", "c", "AB", "X", "C", "cx", "CX", false },
		/* a base whose steps have all made a layer, so they say */
		{ "a", "ax", "c", "ABC", "ABCXY", "D", "cx", "DXY!", true },
		/* nothing of its own; nothing below */
		{ "a", "a", "b", "A", "A", "B", "b", "B", true },
		{ "", "x", "b", "", "X", "B", "bx", "BX", true },
		{ "a", "ax", "", "A", "AX", "", "x", "X", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		char ids[64];
		bool known;

		make(&old, cases[i].old, cases[i].old_h);
		make(&image, cases[i].image, cases[i].image_h);
		make(&fresh, cases[i].fresh, cases[i].fresh_h);
		assert_string_equal(spliced(&a, &known, ids), cases[i].history);
		assert_string_equal(ids, cases[i].ids);
		assert_int_equal(known, cases[i].known);
	}
}

static void test_prefix(void **state)
{
	static const struct {
		const char *old, *image, *says;
	} cases[] = {
		{ "ab", "abc", NULL },
		{ "", "abc", NULL },
		{ "abc", "abc", NULL },
		{ "abc", "ab", "that has 3 layers, and the image only 2" },
		{ "ab", "ac", "layer 2 of that is 626262626262, and of the image 636363636363" },
		{ "ba", "ab", "layer 1 of that" },
	};

	(void)state;
	make(&fresh, "f", "F");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auto_arena a = ARENA_EMPTY;
		struct moved m;
		struct err e;

		make(&old, cases[i].old, "");
		make(&image, cases[i].image, "");
		m = moved();
		if (!cases[i].says) {
			assert_int_equal(rebase_check_prefix(&m, "base", &a, &e), 0);
			continue;
		}
		assert_int_equal(rebase_check_prefix(&m, "base", &a, &e), -FAIL_CONFLICT);
		assert_non_null(strstr(e.msg, cases[i].says));
		assert_non_null(strstr(e.msg, "--from"));
	}
	make(&old, "a", "");
	make(&image, "ab", "");
	image.p.manifest.n_layers = 1;
	{
		auto_arena a = ARENA_EMPTY;
		struct moved m = moved();
		struct err e;

		assert_int_equal(rebase_check_prefix(&m, "base", &a, &e), -FAIL_FORMAT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_splice),
		cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
