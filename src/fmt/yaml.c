/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the tree from libfyaml's events. Events instead of its documents, because the limits
 * must hold before memory is taken, and because its documents resolve aliases by copying.
 */
#include "fmt/yaml.h"

#include "base/array.h"
#include "base/map.h"
#include "base/mem.h"

#include <libfyaml.h>
#include <string.h>

struct builder {
	struct arena *a;
	struct err *e;
	const char *name;
	struct fy_parser *parser;
	struct fy_diag *diag;
	struct map anchors;    /* name → struct yaml_node, NULL while it isn't complete */
	uint32_t line, column; /* of the last node */
	uint32_t n_nodes;      /* made so far; n_nodes + what aliases add stays below the limit */
};

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
/* libfyaml 0.7 and 0.8 forget tokens when a document is broken: not ours to see in tests. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so";
}
#endif

/* What is being filled while its events arrive. */
struct items {
	const struct yaml_node **at;
	size_t n, cap;
};

static int build(struct builder *b, struct fy_event *event, unsigned int depth,
		 const struct yaml_node **ret);

static struct view token_text(struct fy_token *token)
{
	size_t len = 0;
	const char *text = token ? fy_token_get_text(token, &len) : NULL;

	return text ? view_make(text, len) : view_of("");
}

static enum fy_scalar_style scalar_style(struct fy_event *event)
{
	return event->scalar.value ? fy_scalar_token_get_style(event->scalar.value) : FYSS_PLAIN;
}

/* libfyaml puts the mark behind a quote or the '*' of an alias. */
static bool marked_late(struct fy_event *event)
{
	enum fy_scalar_style style;

	if (event->type == FYET_ALIAS)
		return true;
	if (event->type != FYET_SCALAR)
		return false;
	style = scalar_style(event);
	return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

/* A value that isn't there, as in "key:". libfyaml 0.7 marks nothing for it, 0.8 what is behind. */
static bool is_absent(struct fy_event *event)
{
	return event->type == FYET_SCALAR && scalar_style(event) == FYSS_PLAIN &&
	       token_text(event->scalar.value).len == 0;
}

static void event_place(struct fy_event *event, uint32_t *ret_line, uint32_t *ret_column)
{
	const struct fy_mark *mark = is_absent(event) ? NULL : fy_event_start_mark(event);

	*ret_line = mark && mark->line >= 0 ? (uint32_t)mark->line + 1 : 0;
	*ret_column = mark && mark->column >= 0 ? (uint32_t)mark->column + 1 : 0;
	if (*ret_column > 1 && marked_late(event))
		--*ret_column;
}

static int fail_at(struct builder *b, struct fy_event *event, enum fail_code code, const char *what)
{
	uint32_t line, column;

	event_place(event, &line, &column);
	return fail(b->e, code, "%s:%u:%u: %s", b->name, line, column, what);
}

/* The parser's own first complaint. */
static int fail_syntax(struct builder *b)
{
	void *state = NULL;
	const struct fy_diag_error *first = fy_diag_errors_iterate(b->diag, &state);

	if (!first)
		return fail(b->e, FAIL_FORMAT, "%s: not a YAML document", b->name);
	return fail(b->e, FAIL_FORMAT, "%s:%d:%d: %s", b->name, first->line, first->column,
		    first->msg ? first->msg : "not YAML");
}

static int count_nodes(struct builder *b, struct fy_event *event, uint32_t n)
{
	if (n > YAML_MAX_NODES - b->n_nodes)
		return fail_at(b, event, FAIL_LIMIT, "more than 100000 values, aliases counted");
	b->n_nodes += n;
	return 0;
}

static int make_node(struct builder *b, struct fy_event *event, enum yaml_kind kind,
		     struct yaml_node **ret)
{
	struct yaml_node *n;
	int r = count_nodes(b, event, 1);

	if (r < 0)
		return r;
	n = arena_new(b->a, struct yaml_node);
	n->kind = kind;
	n->weight = 1;
	event_place(event, &n->line, &n->column);
	/* A value that isn't there is after what came before. */
	if (!n->line) {
		n->line = b->line;
		n->column = b->column;
	}
	b->line = n->line;
	b->column = n->column;
	*ret = n;
	return 0;
}

/* Reserves or fills the anchor that an event carries, if any. */
static void set_anchor(struct builder *b, struct fy_token *anchor, struct yaml_node *n)
{
	struct view name = token_text(anchor);

	if (anchor)
		*map_put(&b->anchors, view_of(arena_view(b->a, name))) = n;
}

static int refuse_tag(struct builder *b, struct fy_event *event, struct fy_token *tag)
{
	return tag ? fail_at(b, event, FAIL_FORMAT, "tags such as '!!str' have no meaning here")
		   : 0;
}

static int build_scalar(struct builder *b, struct fy_event *event, const struct yaml_node **ret)
{
	struct view text = token_text(event->scalar.value);
	struct yaml_node *n;
	int r = refuse_tag(b, event, event->scalar.tag);

	if (r < 0)
		return r;
	if (text.len && memchr(text.ptr, '\0', text.len))
		return fail_at(b, event, FAIL_FORMAT, "a NUL character inside of a text");
	r = make_node(b, event, YAML_SCALAR, &n);
	if (r < 0)
		return r;
	n->text = arena_view(b->a, text);
	n->plain = scalar_style(event) == FYSS_PLAIN;
	set_anchor(b, event->scalar.anchor, n);
	*ret = n;
	return 0;
}

static int build_alias(struct builder *b, struct fy_event *event, const struct yaml_node **ret)
{
	void **slot = map_find(&b->anchors, token_text(event->alias.anchor));
	const struct yaml_node *n;
	int r;

	if (!slot)
		return fail_at(b, event, FAIL_FORMAT, "an alias of an anchor that isn't there");
	if (!*slot)
		return fail_at(b, event, FAIL_FORMAT, "an alias inside of what it stands for");
	n = *slot;
	r = count_nodes(b, event, n->weight);
	if (r < 0)
		return r;
	*ret = n;
	return 0;
}

/* Collects nodes until the event of kind `end`. */
static int build_children(struct builder *b, enum fy_event_type end, unsigned int depth,
			  struct items *to)
{
	for (;;) {
		struct fy_event *event = fy_parser_parse(b->parser);
		const struct yaml_node *child;
		int r;

		if (!event)
			return fail_syntax(b);
		if (event->type == end) {
			fy_parser_event_free(b->parser, event);
			return 0;
		}
		r = build(b, event, depth + 1, &child);
		fy_parser_event_free(b->parser, event);
		if (r < 0)
			return r;
		*array_push(to) = child;
	}
}

static void take_items(struct builder *b, struct yaml_node *n, const struct items *from)
{
	n->n = from->n;
	n->items = arena_array(b->a, from->n, sizeof(*n->items));
	for (size_t i = 0; i < from->n; i++) {
		n->items[i] = from->at[i];
		n->weight += from->at[i]->weight;
	}
}

static int take_entries(struct builder *b, struct yaml_node *n, const struct items *from)
{
	struct yaml_entry *entries = arena_array(b->a, from->n / 2, sizeof(*entries));
	auto_map seen = MAP_EMPTY;

	for (size_t i = 0; i + 1 < from->n; i += 2) {
		const struct yaml_node *key = from->at[i];
		const struct yaml_node *value = from->at[i + 1];
		void **slot;

		if (key->kind != YAML_SCALAR)
			return fail(b->e, FAIL_FORMAT, "%s:%u:%u: a key must be text, not %s",
				    b->name, key->line, key->column, yaml_kind_name(key));
		slot = map_put(&seen, view_of(key->text));
		if (*slot)
			return fail(b->e, FAIL_FORMAT,
				    "%s:%u:%u: key '%.100s' is there twice, first on line %u",
				    b->name, key->line, key->column, key->text,
				    ((const struct yaml_node *)*slot)->line);
		*slot = (void *)(uintptr_t)key;
		entries[i / 2] = (struct yaml_entry){ key, value };
		n->weight += key->weight + value->weight;
	}
	n->entries = entries;
	n->n = from->n / 2;
	return 0;
}

static int build_collection(struct builder *b, struct fy_event *event, unsigned int depth,
			    const struct yaml_node **ret)
{
	bool map = event->type == FYET_MAPPING_START;
	struct fy_token *tag = map ? event->mapping_start.tag : event->sequence_start.tag;
	struct fy_token *anchor = map ? event->mapping_start.anchor : event->sequence_start.anchor;
	struct items items = { NULL, 0, 0 };
	struct yaml_node *n;
	int r = refuse_tag(b, event, tag);

	if (r < 0)
		return r;
	if (depth >= YAML_MAX_DEPTH)
		return fail_at(b, event, FAIL_LIMIT, "nested deeper than 32 levels");
	r = make_node(b, event, map ? YAML_MAP : YAML_SEQUENCE, &n);
	if (r < 0)
		return r;
	set_anchor(b, anchor, NULL);
	r = build_children(b, map ? FYET_MAPPING_END : FYET_SEQUENCE_END, depth, &items);
	if (r == 0 && map)
		r = take_entries(b, n, &items);
	else if (r == 0)
		take_items(b, n, &items);
	free(items.at);
	if (r < 0)
		return r;
	set_anchor(b, anchor, n);
	*ret = n;
	return 0;
}

static int build(struct builder *b, struct fy_event *event, unsigned int depth,
		 const struct yaml_node **ret)
{
	switch (event->type) {
	case FYET_SCALAR:
		return build_scalar(b, event, ret);
	case FYET_ALIAS:
		return build_alias(b, event, ret);
	case FYET_SEQUENCE_START:
	case FYET_MAPPING_START:
		return build_collection(b, event, depth, ret);
	default:
		return fail_at(b, event, FAIL_FORMAT, "a value was expected");
	}
}

/* The stream's events around the one document. */
static int build_stream(struct builder *b, const struct yaml_node **ret)
{
	const struct yaml_node *root = NULL;
	bool seen = false;

	for (;;) {
		struct fy_event *event = fy_parser_parse(b->parser);
		enum fy_event_type type;
		int r = 0;

		if (!event)
			return fail_syntax(b);
		type = event->type;
		if (type == FYET_DOCUMENT_START && seen)
			r = fail_at(b, event, FAIL_FORMAT, "a second document in one file");
		else if (type == FYET_DOCUMENT_START)
			seen = true;
		else if (type != FYET_STREAM_START && type != FYET_STREAM_END &&
			 type != FYET_DOCUMENT_END)
			r = build(b, event, 0, &root);
		fy_parser_event_free(b->parser, event);
		if (r < 0)
			return r;
		if (type == FYET_STREAM_END)
			break;
	}
	*ret = root && yaml_is_null(root) && !*root->text ? NULL : root;
	return 0;
}

/* Length of the UTF-8 sequence at the front, 0 if it is none that YAML takes. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = p[0];
	size_t n = c < 0x80 ? 1 : (c & 0xe0) == 0xc0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : 4;

	if (n == 1)
		return c >= 0x20 && c != 0x7f ? 1 : c == '\t' || c == '\n' || c == '\r';
	if (n > left || (n == 4 && (c & 0xf8) != 0xf0))
		return 0;
	c &= 0xffU >> (n + 1);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c >= least[n] && c <= 0x10ffff && (c & 0xfffff800) != 0xd800 ? n : 0;
}

/* libfyaml ends a text silently at bytes that are no UTF-8. */
static int check_text(struct view text, const char *name, struct err *e)
{
	uint32_t line = 1;
	size_t line_start = 0;

	for (size_t i = 0; i < text.len;) {
		size_t n = utf8_length((const unsigned char *)text.ptr + i, text.len - i);

		if (!n)
			return fail(e, FAIL_FORMAT,
				    "%s:%u:%zu: byte 0x%02x is no UTF-8, or a control character",
				    name, line, i - line_start + 1, (unsigned char)text.ptr[i]);
		if (text.ptr[i] == '\n') {
			line++;
			line_start = i + 1;
		}
		i += n;
	}
	return 0;
}

static struct fy_diag *make_diag(void)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *diag;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	diag = fy_diag_create(&cfg);
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	return diag;
}

int yaml_parse(struct view text, const char *name, struct arena *a,
	       const struct yaml_node **ret_root, struct err *e)
{
	struct fy_parse_cfg cfg = {
		.flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
	};
	struct builder b = { .a = a, .e = e, .name = name, .anchors = MAP_EMPTY };
	const struct yaml_node *root = NULL;
	int r;

	if (text.len > YAML_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "%s: %zu bytes are more than the 1 MiB that are read",
			    name, text.len);
	r = check_text(text, name, e);
	if (r < 0)
		return r;
	b.diag = cfg.diag = make_diag();
	b.parser = b.diag ? fy_parser_create(&cfg) : NULL;
	if (!b.parser || fy_parser_set_string(b.parser, text.ptr, text.len) < 0)
		r = fail(e, FAIL_IO, "%s: the YAML parser could not be set up", name);
	else
		r = build_stream(&b, &root);
	if (b.parser)
		fy_parser_destroy(b.parser);
	fy_diag_destroy(b.diag);
	map_done(&b.anchors);
	if (r == 0)
		*ret_root = root;
	return r;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++) {
		if (strcmp(map->entries[i].key->text, key) == 0)
			return map->entries[i].value;
	}
	return NULL;
}

bool yaml_is_null(const struct yaml_node *n)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; n->kind == YAML_SCALAR && n->plain && i < COUNT_OF(nulls); i++) {
		if (strcmp(n->text, nulls[i]) == 0)
			return true;
	}
	return false;
}

const char *yaml_kind_name(const struct yaml_node *n)
{
	if (n->kind == YAML_MAP)
		return "a map";
	if (n->kind == YAML_SEQUENCE)
		return "a list";
	return yaml_is_null(n) ? "nothing" : "text";
}
