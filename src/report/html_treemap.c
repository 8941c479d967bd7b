/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of an image as a picture: layer → package → folder, and what is dead. Folders and
 * packages that would be too small to see are counted to the folder above, or gathered, so that
 * the picture has as many rectangles for 200,000 files as for 2,000.
 */
#include "base/array.h"
#include "report/html.h"
#include "report/text.h"
#include "report/treemap.h"
#include "report/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	WIDTH = 1200,
	HEIGHT = 640,
	LAYER_HEAD = 19,
	PACKAGE_HEAD = 15,
	HUES = 6,
	/* Of letters of 11 pixels; a little more than they take. */
	LETTER_PERMILLE = 6200,
};

struct leaf {
	const char *folder; /* borrowed from a part, `len` bytes of it */
	size_t len;
	bool folded; /* with folders below it */
	uint64_t bytes, n_files;
};

struct leaves {
	struct leaf *at;
	size_t n, cap;
};

struct group {
	const char *package; /* NULL: files of none */
	size_t n_packages;   /* gathered ones: 0 for one alone */
	uint64_t bytes, n_files;
	struct leaves leaves;
};

struct groups {
	struct group *at;
	size_t n, cap;
};

struct map_layer {
	size_t number;
	uint64_t bytes; /* with dead ones */
	uint64_t dead;
	struct groups groups;
};

/* ---- gathering ---- */

/* Folders of one package in the order in which a walk leaves nothing behind: '/' sorts first. */
static int compare_folders(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		;
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int by_owner(const void *a, const void *b)
{
	const struct report_part *x = *(struct report_part *const *)a;
	const struct report_part *y = *(struct report_part *const *)b;
	int c;

	if (x->layer != y->layer)
		return x->layer < y->layer ? -1 : 1;
	c = strcmp(x->package ? x->package : "", y->package ? y->package : "");
	return c ? c : compare_folders(x->folder, y->folder);
}

static int group_by_bytes(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return strcmp(x->package ? x->package : "", y->package ? y->package : "");
}

static int leaf_by_bytes(const void *a, const void *b)
{
	const struct leaf *x = a, *y = b;

	return x->bytes != y->bytes
		       ? (x->bytes > y->bytes ? -1 : 1)
		       : view_compare(view_make(x->folder, x->len), view_make(y->folder, y->len));
}

static int layer_by_bytes(const void *a, const void *b)
{
	const struct map_layer *x = a, *y = b;

	return x->bytes != y->bytes ? (x->bytes > y->bytes ? -1 : 1)
				    : (x->number > y->number) - (x->number < y->number);
}

/* A folder is done: it stands for itself, or counts to the one above. */
static void leave(struct leaves *stack, struct leaves *done, uint64_t least)
{
	struct leaf top = stack->at[--stack->n];
	struct leaf *above = stack->n ? &stack->at[stack->n - 1] : NULL;

	if (above && top.bytes < least) {
		above->bytes += top.bytes;
		above->n_files += top.n_files;
		above->folded = above->folded || top.n_files;
	} else if (top.bytes) {
		*array_push(done) = top;
	}
}

static bool is_below(const struct leaf *above, const char *folder)
{
	if (above->len == 1)
		return true;
	return strncmp(above->folder, folder, above->len) == 0 &&
	       (folder[above->len] == '/' || folder[above->len] == '\0');
}

/* Enters the folder and all between it and the one that is entered last. */
static void enter(struct leaves *stack, const char *folder)
{
	size_t len = stack->n ? stack->at[stack->n - 1].len : 0;

	if (stack->n == 0)
		*array_push(stack) = (struct leaf){ .folder = folder, .len = 1 };
	len = stack->at[stack->n - 1].len;
	while (folder[len]) {
		size_t next = len == 1 ? len : len + 1;

		while (folder[next] && folder[next] != '/')
			next++;
		*array_push(stack) = (struct leaf){ .folder = folder, .len = next };
		len = next;
	}
}

static void fold_folders(struct report_part *const *parts, size_t n, uint64_t least,
			 struct group *to)
{
	struct leaves stack = { 0 };

	for (size_t i = 0; i < n; i++) {
		const char *folder = parts[i]->folder;

		while (stack.n && !is_below(&stack.at[stack.n - 1], folder))
			leave(&stack, &to->leaves, least);
		enter(&stack, folder);
		stack.at[stack.n - 1].bytes += parts[i]->bytes;
		stack.at[stack.n - 1].n_files += parts[i]->n_files;
		to->bytes += parts[i]->bytes;
		to->n_files += parts[i]->n_files;
	}
	while (stack.n)
		leave(&stack, &to->leaves, least);
	free(stack.at);
	qsort(to->leaves.at, to->leaves.n, sizeof(*to->leaves.at), leaf_by_bytes);
}

/* Small packages become one group. */
static void gather_packages(struct map_layer *l, uint64_t least)
{
	struct group rest = { .n_packages = 0 };
	size_t n = 0, small = 0;

	for (size_t i = 0; i < l->groups.n; i++)
		small += l->groups.at[i].bytes < least && l->groups.at[i].package;

	for (size_t i = 0; i < l->groups.n; i++) {
		struct group *g = &l->groups.at[i];

		if (g->bytes >= least || !g->package || small < 2) {
			l->groups.at[n++] = *g;
			continue;
		}
		rest.n_packages++;
		rest.bytes += g->bytes;
		rest.n_files += g->n_files;
		free(g->leaves.at);
	}
	l->groups.n = n;
	if (rest.n_packages)
		*array_push(&l->groups) = rest;
	qsort(l->groups.at, l->groups.n, sizeof(*l->groups.at), group_by_bytes);
}

static bool same_owner(const struct report_part *a, const struct report_part *b)
{
	return a->layer == b->layer &&
	       strcmp(a->package ? a->package : "", b->package ? b->package : "") == 0;
}

static void forget_groups(struct map_layer *layers, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		for (size_t g = 0; g < layers[k].groups.n; g++)
			free(layers[k].groups.at[g].leaves.at);
		free(layers[k].groups.at);
		layers[k].groups = (struct groups){ 0 };
	}
}

/* What has fewer bytes than `least` gets no rectangle of its own. Returns how many there are. */
static size_t gather_from(const struct report_image *i, struct report_part *const *parts,
			  struct map_layer *layers, uint64_t least)
{
	size_t n = 0;

	for (size_t k = 0; k < i->layers.n; k++)
		layers[k] = (struct map_layer){ .number = k,
						.dead = i->layers.at[k].dead_bytes,
						.bytes = i->layers.at[k].dead_bytes };
	for (size_t k = 0, end; k < i->parts.n; k = end) {
		struct map_layer *l = &layers[parts[k]->layer];
		struct group g = { .package = parts[k]->package };

		for (end = k + 1; end < i->parts.n && same_owner(parts[k], parts[end]); end++)
			;
		fold_folders(parts + k, end - k, least, &g);
		l->bytes += g.bytes;
		*array_push(&l->groups) = g;
	}
	for (size_t k = 0; k < i->layers.n; k++) {
		gather_packages(&layers[k], least);
		for (size_t g = 0; g < layers[k].groups.n; g++)
			n += layers[k].groups.at[g].leaves.n + 1;
	}
	return n;
}

static void gather(const struct report_image *i, struct map_layer *layers, size_t max_tiles)
{
	struct report_part **parts = mem_resize(NULL, i->parts.n + 1, sizeof(*parts));
	uint64_t total = 0, least;

	for (size_t k = 0; k < i->layers.n; k++)
		total += i->layers.at[k].dead_bytes;
	for (size_t k = 0; k < i->parts.n; k++) {
		parts[k] = &i->parts.at[k];
		total += parts[k]->bytes;
	}
	qsort(parts, i->parts.n, sizeof(*parts), by_owner);
	/* About 11 by 11 points; then larger ones, until there are few enough. */
	least = total / (4 * max_tiles + 1) + 1;
	while (gather_from(i, parts, layers, least) > max_tiles && least < total) {
		forget_groups(layers, i->layers.n);
		least += least / 2 + 1;
	}
	qsort(layers, i->layers.n, sizeof(*layers), layer_by_bytes);
	free(parts);
}

/* ---- drawing ---- */

struct drawing {
	struct buf *to;
	const struct report_image *image;
	size_t hue, tint;
};

static struct rect inside(struct rect r, double head, double edge)
{
	r.x += edge;
	r.y += head ? head : edge;
	r.w -= 2 * edge;
	r.h -= edge + (head ? head : edge);
	return r;
}

static size_t letters_in(struct rect r)
{
	return r.w > 8 ? (size_t)((r.w - 8) * 1000 / LETTER_PERMILLE) : 0;
}

/* As much of the text as fits, if that is enough to be read. */
static void add_label(struct buf *to, struct rect r, const char *class, struct view text)
{
	size_t room = letters_in(r);
	auto_free char *copy = NULL;

	/* headings are bold, which is a tenth wider */
	if (class[0] != 'f')
		room -= (room + 9) / 10;

	if (r.h < 13 || room < 3 || (text_width(text) > room && room < 5))
		return;
	buf_printf(to, "<text class=%s x=\"%.1f\" y=\"%.1f\">", class, r.x + 4, r.y + 12);
	if (text_width(text) <= room) {
		copy = mem_strndup(text.ptr, text.len);
		html_text(to, copy);
	} else {
		struct view head = text_head(text, room - 1);

		copy = mem_strndup(head.ptr, head.len);
		html_text(to, copy);
		buf_add_str(to, "…");
	}
	buf_add_str(to, "</text>");
}

static void open_rect(struct buf *to, struct rect r, const char *class)
{
	buf_printf(to, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">",
		   class, r.x, r.y, r.w > 0.1 ? r.w : 0.1, r.h > 0.1 ? r.h : 0.1);
}

/* "12 MB in 34 files · /usr/lib · libc6 2.36 · layer 2": what hovering and filtering go by. */
static void add_title(struct drawing *d, size_t layer, const char *what, const char *package,
		      uint64_t bytes, uint64_t n_files)
{
	buf_add_str(d->to, "<title>");
	html_text(d->to, what);
	buf_add_str(d->to, "\n");
	buf_add_size(d->to, bytes);
	if (n_files) {
		buf_add_str(d->to, " in ");
		words_number(n_files, "file", "files", d->to);
	}
	if (package) {
		buf_add_str(d->to, "\n");
		html_text(d->to, package);
	}
	buf_printf(d->to, "\nlayer %zu</title></rect>", layer + 1);
}

/* "/usr/lib/gcc", or "gcc" in less room; of a folded folder "gcc/…". */
static struct view shortest_fitting(struct rect r, const char *folder)
{
	size_t at = strlen(folder);

	if (text_width(view_of(folder)) <= letters_in(r))
		return view_of(folder);
	if (at > strlen("/…") && strcmp(folder + at - strlen("/…"), "/…") == 0)
		at -= strlen("/…");
	while (at > 0 && folder[at - 1] != '/')
		at--;
	return view_of(folder + at);
}

static void draw_leaf(struct drawing *d, struct rect r, size_t layer, const struct group *g,
		      const struct leaf *leaf)
{
	auto_free char *folder = mem_printf("%.*s%s", (int)leaf->len, leaf->folder,
					    !leaf->folded    ? ""
					    : leaf->len == 1 ? "…"
							     : "/…");
	char class[32];

	snprintf(class, sizeof(class), "leaf h%zu t%zu", d->hue, d->tint);
	open_rect(d->to, r, class);
	add_title(d, layer, folder, g->package ? g->package : "in no package", leaf->bytes,
		  leaf->n_files);
	/* A package that is one rectangle is better known by its own name. */
	if (g->leaves.n == 1 && g->package)
		add_label(d->to, r, "f", view_of(g->package));
	else
		add_label(d->to, r, "f", shortest_fitting(r, folder));
	buf_add_char(d->to, '\n');
}

static void draw_group(struct drawing *d, struct rect r, size_t layer, const struct group *g)
{
	struct tile *tiles = mem_resize(NULL, g->leaves.n + 1, sizeof(*tiles));
	bool head = g->leaves.n > 1 && r.h > 40 && r.w > 50;
	auto_buf name = BUF_EMPTY;

	if (g->n_packages)
		buf_printf(&name, "%zu smaller packages", g->n_packages);
	else
		buf_add_str(&name, g->package ? g->package : "no package");
	if (head)
		add_label(d->to, r, "p", buf_view(&name));
	if (g->n_packages) {
		char class[32];

		snprintf(class, sizeof(class), "leaf h%zu t%zu", d->hue, d->tint);
		open_rect(d->to, r, class);
		add_title(d, layer, buf_str(&name), NULL, g->bytes, g->n_files);
		add_label(d->to, r, "f", buf_view(&name));
	}
	for (size_t i = 0; i < g->leaves.n; i++)
		tiles[i].weight = g->leaves.at[i].bytes;
	treemap_layout(tiles, g->leaves.n, inside(r, head ? PACKAGE_HEAD : 0, 1));
	for (size_t i = 0; i < g->leaves.n; i++)
		draw_leaf(d, tiles[i].at, layer, g, &g->leaves.at[i]);
	free(tiles);
}

static void draw_dead(struct drawing *d, struct rect r, const struct map_layer *l)
{
	open_rect(d->to, r, "leaf dead");
	add_title(d, l->number, "dead: a later layer overwrites or deletes them", NULL, l->dead,
		  d->image->layers.at[l->number].n_dead_files);
	add_label(d->to, r, "f", view_of("dead bytes"));
	buf_add_char(d->to, '\n');
}

/* The groups, and the dead bytes at their place in the order. */
static void draw_layer(struct drawing *d, struct rect r, const struct map_layer *l)
{
	size_t n = l->groups.n + (l->dead > 0), at = 0;
	struct tile *tiles = mem_resize(NULL, n + 1, sizeof(*tiles));
	bool head = r.h > 44 && r.w > 60, dead_done = l->dead == 0;
	size_t dead_at = SIZE_MAX;
	auto_buf label = BUF_EMPTY;

	for (size_t i = 0; i < l->groups.n; i++) {
		if (!dead_done && l->dead > l->groups.at[i].bytes) {
			dead_at = at;
			tiles[at++].weight = l->dead;
			dead_done = true;
		}
		tiles[at++].weight = l->groups.at[i].bytes;
	}
	if (!dead_done) {
		dead_at = at;
		tiles[at++].weight = l->dead;
	}
	treemap_layout(tiles, at, inside(r, head ? LAYER_HEAD : 0, 2));
	buf_printf(&label, "Layer %zu · ", l->number + 1);
	buf_add_size(&label, l->bytes);
	open_rect(d->to, r, "layer");
	buf_add_str(d->to, "</rect>");
	if (head)
		add_label(d->to, (struct rect){ r.x, r.y + 1, r.w, r.h }, "l", buf_view(&label));
	buf_add_char(d->to, '\n');
	for (size_t i = 0, k = 0; i < at; i++) {
		if (i == dead_at) {
			draw_dead(d, tiles[i].at, l);
			continue;
		}
		d->tint = k % 3;
		draw_group(d, tiles[i].at, l->number, &l->groups.at[k++]);
	}
	free(tiles);
}

static void draw(struct drawing *d, struct map_layer *layers, size_t n)
{
	struct tile *tiles = mem_resize(NULL, n + 1, sizeof(*tiles));

	for (size_t i = 0; i < n; i++)
		tiles[i].weight = layers[i].bytes;
	treemap_layout(tiles, n, (struct rect){ 0, 0, WIDTH, HEIGHT });
	for (size_t i = 0; i < n && layers[i].bytes; i++) {
		d->hue = layers[i].number % HUES;
		draw_layer(d, tiles[i].at, &layers[i]);
	}
	free(tiles);
}

void html_treemap(struct buf *to, const struct report_image *i, size_t max_tiles)
{
	struct map_layer *layers = mem_resize(NULL, i->layers.n + 1, sizeof(*layers));
	struct drawing d = { .to = to, .image = i };

	gather(i, layers, max_tiles);
	if (i->layers.n && layers[0].bytes) {
		buf_printf(to,
			   "<section class=sizes><h2>Where the bytes are</h2>\n"
			   "<p class=muted>Layer, package, folder; the larger, the more bytes when "
			   "unpacked.</p><div class=controls hidden><input type=search "
			   "class=find-tiles placeholder=\"Filter by folder, package or layer\" "
			   "aria-label=\"Filter folders\"><output class=hovered></output></div>"
			   "<div class=scroll><svg class=map viewBox=\"0 0 %d %d\" role=img "
			   "aria-label=\"Bytes by layer, package and folder\">\n",
			   WIDTH, HEIGHT);
		draw(&d, layers, i->layers.n);
		buf_add_str(to, "</svg></div></section>\n");
	}
	forget_groups(layers, i->layers.n);
	free(layers);
}
