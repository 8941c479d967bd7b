/* SPDX-License-Identifier: Apache-2.0 */
/* pare ls --layer and --changed: the layers' own entries, and what each did to those below. */
#include "base/array.h"
#include "base/glob.h"
#include "cmd/ls.h"
#include "report/table.h"

#include <string.h>

static const struct {
	char letter;
	const char *name;
} changes[] = {
	[LAYER_ADDS] = { 'A', "added" },
	[LAYER_REPLACES] = { 'R', "replaced" },
	[LAYER_ATTRIBUTES] = { 'M', "attributes" },
	[LAYER_REPEATS] = { ' ', "repeated" },
	[LAYER_REMOVES] = { 'D', "removed" },
	[LAYER_REMOVES_NOTHING] = { 'N', "removed-nothing" },
};

struct listing {
	struct command *c;
	const struct ls_options *o;
	const struct image_view *v;
	const char *pattern; /* or folder; NULL: all */
	struct table *table;
	struct json_writer *json;
	struct arena arena;
};

static bool is_chosen(const struct listing *l, enum layer_change change, const char *path)
{
	size_t len = l->pattern ? strlen(l->pattern) : 0;

	if (l->o->changed && (change == LAYER_ADDS || change == LAYER_REPEATS))
		return false;
	if (len == 0)
		return true;
	if (strpbrk(l->pattern, "*?"))
		return glob_match(l->pattern, path);
	return strncmp(path, l->pattern, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static enum node_type type_of(enum tar_type type)
{
	static const enum node_type types[] = {
		[TAR_FILE] = NODE_FILE, [TAR_HARDLINK] = NODE_FILE, [TAR_SYMLINK] = NODE_SYMLINK,
		[TAR_CHAR] = NODE_CHAR, [TAR_BLOCK] = NODE_BLOCK,   [TAR_DIR] = NODE_DIR,
		[TAR_FIFO] = NODE_FIFO,
	};

	return types[type];
}

/* "./etc//x" → "etc/x", as far as it matters here; whiteouts by the name that they take away. */
static const char *clean_path(struct listing *l, const struct tar_entry *t,
			      enum layer_change change)
{
	struct view left = view_of(t->path), part;
	auto_buf path = BUF_EMPTY;

	while (view_split(&left, '/', &part)) {
		bool last = !left.ptr || left.len == 0;

		if (part.len == 0 || view_is(part, "."))
			continue;
		if (change >= LAYER_REMOVES && view_is(part, WHITEOUT_OPAQUE))
			part = view_of("*");
		else if (change >= LAYER_REMOVES && last && view_starts(part, WHITEOUT_PREFIX))
			part = view_make(part.ptr + strlen(WHITEOUT_PREFIX),
					 part.len - strlen(WHITEOUT_PREFIX));
		if (path.len)
			buf_add_char(&path, '/');
		buf_add_view(&path, part);
	}
	return arena_view(&l->arena, buf_view(&path));
}

static void add_row(struct listing *l, size_t layer, const struct layer_entry *entry,
		    enum layer_change change, bool dead, const char *path)
{
	const struct tar_entry *t = &entry->tar;
	bool gone = change >= LAYER_REMOVES;
	char letter[2] = { changes[change].letter, '\0' }, mode[11] = "";
	const char *cells[6];

	if (!gone)
		mode_text(type_of(t->type), t->mode, mode);
	cells[0] = arena_printf(&l->arena, "%zu", layer + 1);
	cells[1] = letter;
	cells[2] = mode;
	cells[3] = gone ? NULL
			: arena_printf(&l->arena, "%llu:%llu", (unsigned long long)t->uid,
				       (unsigned long long)t->gid);
	cells[4] = t->type == TAR_FILE && !gone ? size_text(t->size, &l->arena) : NULL;
	cells[5] = arena_printf(&l->arena, "/%s%s%s%s", path,
				t->type == TAR_SYMLINK	  ? " -> "
				: t->type == TAR_HARDLINK ? " = "
							  : "",
				t->link, dead ? "  (dead)" : "");
	table_add_row(l->table, cells);
}

static void add_json(struct listing *l, size_t layer, const struct layer_entry *entry,
		     enum layer_change change, bool dead, const char *path)
{
	const struct tar_entry *t = &entry->tar;
	struct json_writer *w = l->json;

	json_open_object(w);
	json_member_u64(w, "layer", layer + 1);
	json_member_string(w, "change", changes[change].name);
	json_member_string(w, "path", arena_printf(&l->arena, "/%s", path));
	if (change < LAYER_REMOVES) {
		json_member_string(w, "type",
				   t->type == TAR_HARDLINK ? "hardlink"
							   : type_name(type_of(t->type)));
		json_member_string(w, "mode", arena_printf(&l->arena, "%04o", t->mode));
		json_member_u64(w, "uid", t->uid);
		json_member_u64(w, "gid", t->gid);
	}
	if (t->type == TAR_FILE && change < LAYER_REMOVES) {
		json_member_u64(w, "size", t->size);
		json_member_string(w, "digest", look_digest(&entry->digest, &l->arena));
		json_member_bool(w, "dead", dead);
	}
	if (*t->link)
		json_member_string(w, "target", t->link);
	json_close_object(w);
}

static int add_layer(struct listing *l, size_t layer, struct err *e)
{
	const struct view_layer *vl = &l->v->layers[layer];

	for (size_t i = 0; i < layer_index_count(vl->index); i++) {
		enum layer_change change = view_change(vl, i);
		struct layer_entry entry;
		const char *path;
		bool dead;

		if (!layer_index_get(vl->index, i, &entry))
			return fail(e, FAIL_FORMAT, "a damaged index of a layer in the cache");
		path = clean_path(l, &entry.tar, change);
		dead = entry.tar.type == TAR_FILE && !view_is_visible(vl, i) &&
		       change < LAYER_REMOVES;
		if (!is_chosen(l, change, path))
			continue;
		if (l->json)
			add_json(l, layer, &entry, change, dead, path);
		else
			add_row(l, layer, &entry, change, dead, path);
	}
	return 0;
}

static int add_layers(struct listing *l, struct err *e)
{
	size_t from = l->o->layer ? (size_t)l->o->layer - 1 : 0;
	size_t to = l->o->layer ? (size_t)l->o->layer : l->v->n_layers;
	int rc = 0;

	for (size_t i = from; i < to && rc == 0; i++)
		rc = add_layer(l, i, e);
	return rc;
}

int ls_layers(struct command *c, const struct ls_options *o, const struct image_view *v,
	      struct err *e)
{
	static const struct table_column columns[] = {
		{ "LAYER", true },  { "", false },    { "MODE", false },
		{ "OWNER", false }, { "SIZE", true }, { "NAME", false },
	};
	struct table_style style = { .color = c->out_color };
	struct listing l = { .c = c, .o = o, .v = v };
	auto_buf out = BUF_EMPTY;
	struct json_writer w;
	auto_table t;
	int rc;

	table_init(&t, columns, COUNT_OF(columns));
	if (o->layer > v->n_layers)
		return fail(e, FAIL_NOT_FOUND, "no layer %llu in '%.200s': it has %zu",
			    (unsigned long long)o->layer, v->name, v->n_layers);
	if (c->n_operands > 1)
		l.pattern = c->operands[1] + strspn(c->operands[1], "/");
	json_writer_init(&w, &out, 2);
	l.table = &t;
	if (c->globals.format == FORMAT_JSON) {
		l.json = &w;
		json_open_array(&w);
	}
	rc = add_layers(&l, e);
	if (l.json) {
		json_close_array(&w);
		buf_add_char(&out, '\n');
	} else {
		table_write(&t, &style, &out);
	}
	arena_done(&l.arena);
	if (rc == 0)
		fwrite(out.data, 1, out.len, c->out);
	return rc;
}
