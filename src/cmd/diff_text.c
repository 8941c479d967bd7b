/* SPDX-License-Identifier: Apache-2.0 */
/* A difference for people: sizes, packages, configuration, then files by package. */
#include "cmd/diff.h"
#include "cmd/view_options.h"
#include "report/text.h"
#include "view/facts.h"

#include <inttypes.h>

/* Files shown of a package that has more, unless --verbose asks for all. */
enum { MAX_SHOWN_FILES = 20 };

struct showing {
	const struct view_diff *d;
	const struct image_view *a, *b;
	bool all, color;
	struct arena arena;
	struct buf *to;
};

static void heading(struct showing *s, const char *title)
{
	buf_printf(s->to, s->color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", title);
}

static void add_safe(struct showing *s, const char *text)
{
	text_add_safe(s->to, view_of(text));
}

static const char *delta(struct showing *s, int64_t bytes)
{
	uint64_t size = bytes < 0 ? (uint64_t)-bytes : (uint64_t)bytes;

	if (bytes == 0)
		return "0 B";
	return arena_printf(&s->arena, "%s%s", bytes < 0 ? "-" : "+", size_text(size, &s->arena));
}

static void add_size(struct showing *s, const char *what, uint64_t a, uint64_t b)
{
	buf_printf(s->to, "%-8s %10s %10s", what, size_text(a, &s->arena), size_text(b, &s->arena));
	if (a != b)
		buf_printf(s->to, " %10s", delta(s, (int64_t)(b - a)));
	buf_add_char(s->to, '\n');
}

static void add_count(struct showing *s, const char *what, uint64_t a, uint64_t b)
{
	buf_printf(s->to, "%-8s %10" PRIu64 " %10" PRIu64, what, a, b);
	if (a != b)
		buf_printf(s->to, " %+10" PRId64, (int64_t)(b - a));
	buf_add_char(s->to, '\n');
}

static void add_sizes(struct showing *s)
{
	struct image_facts a, b;

	image_facts(s->a, &a);
	image_facts(s->b, &b);
	add_size(s, "stored", view_compressed_bytes(s->a), view_compressed_bytes(s->b));
	add_size(s, "size", a.visible_bytes, b.visible_bytes);
	add_size(s, "dead", view_dead_bytes(s->a), view_dead_bytes(s->b));
	add_count(s, "layers", s->a->n_layers, s->b->n_layers);
	add_count(s, "files", a.n_files, b.n_files);
	add_count(s, "packages", s->a->n_packages, s->b->n_packages);
}

static void add_packages(struct showing *s)
{
	if (s->d->packages.n)
		heading(s, "Packages");
	for (size_t i = 0; i < s->d->packages.n; i++) {
		const struct diff_package *p = &s->d->packages.at[i];

		buf_add_str(s->to, !p->a ? "+ " : !p->b ? "- " : "~ ");
		add_safe(s, p->name);
		buf_add_char(s->to, ' ');
		add_safe(s, p->a ? p->a->version : p->b->version);
		if (p->a && p->b) {
			buf_add_str(s->to, " → ");
			add_safe(s, p->b->version);
			buf_add_str(s->to, p->order > 0 ? "  (older)" : "");
		}
		buf_add_char(s->to, '\n');
	}
}

static void add_config(struct showing *s)
{
	if (s->d->config.n)
		heading(s, "Configuration");
	for (size_t i = 0; i < s->d->config.n; i++) {
		const struct diff_value *v = &s->d->config.at[i];

		buf_add_str(s->to, !v->a ? "+ " : !v->b ? "- " : "~ ");
		add_safe(s, v->key);
		buf_add_str(s->to, ": ");
		add_safe(s, v->a ? v->a : v->b);
		if (v->a && v->b) {
			buf_add_str(s->to, " → ");
			add_safe(s, v->b);
		}
		buf_add_char(s->to, '\n');
	}
}

static void add_file(struct showing *s, const struct diff_file *f)
{
	static const char signs[] = { [DIFF_ADDED] = '+',
				      [DIFF_REMOVED] = '-',
				      [DIFF_CHANGED] = '~',
				      [DIFF_ATTRIBUTES] = 'm' };

	buf_printf(s->to, "%c %10s  ", signs[f->kind],
		   f->kind == DIFF_ATTRIBUTES ? ""
		   : f->bytes		      ? delta(s, f->bytes)
					      : "");
	add_safe(s, f->path);
	if (f->what) {
		buf_add_str(s->to, "  (");
		add_safe(s, f->what);
		buf_add_char(s->to, ')');
	}
	buf_add_char(s->to, '\n');
}

static void add_group(struct showing *s, const struct diff_group *g)
{
	size_t shown = s->all || g->n <= MAX_SHOWN_FILES ? g->n : MAX_SHOWN_FILES;
	auto_buf title = BUF_EMPTY;

	buf_add_str(&title, "Files of ");
	text_add_safe(&title, view_of(g->package ? g->package : "no package"));
	buf_printf(&title, "  %s: %zu added, %zu removed, %zu changed", delta(s, g->bytes),
		   g->n_kind[DIFF_ADDED], g->n_kind[DIFF_REMOVED],
		   g->n_kind[DIFF_CHANGED] + g->n_kind[DIFF_ATTRIBUTES]);
	heading(s, buf_str(&title));
	for (size_t i = 0; i < shown; i++)
		add_file(s, &s->d->files.at[g->first + i]);
	if (shown < g->n)
		buf_printf(s->to, "  … and %zu more; --verbose shows all\n", g->n - shown);
}

void diff_text(const struct view_diff *d, const struct image_view *a, const struct image_view *b,
	       const struct command *c, struct buf *to)
{
	struct showing s = { d, a, b, c->globals.verbose, c->out_color, ARENA_EMPTY, to };

	if (view_diff_is_empty(d)) {
		buf_add_str(to, "no difference in packages, configuration and files\n");
		return;
	}
	add_sizes(&s);
	add_packages(&s);
	add_config(&s);
	for (size_t i = 0; i < d->groups.n; i++)
		add_group(&s, &d->groups.at[i]);
	arena_done(&s.arena);
}
