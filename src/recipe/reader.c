/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of keys and plain values; knows YAML, but none of the recipe's keys. */
#include "recipe/reader.h"

#include "base/array.h"
#include "base/suggest.h"
#include "tree/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_RULES = 32 }; /* keys of one map */

int fail_node(const struct reader *rd, const struct yaml_node *n, enum fail_code code,
	      const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fail(rd->e, code, "%s:%u:%u: %s", rd->file, n->line, n->column, text);
}

int fail_value(const struct reader *rd, const struct yaml_node *n, const char *must)
{
	if (n->kind != YAML_SCALAR)
		return fail_node(rd, n, FAIL_FORMAT, "'%s' must be %s, not %s", rd->what, must,
				 yaml_kind_name(n));
	if (yaml_is_null(n))
		return fail_node(rd, n, FAIL_FORMAT, "'%s' has no value: it must be %s", rd->what,
				 must);
	return fail_node(rd, n, FAIL_FORMAT, "'%s' must be %s, not '%.80s'", rd->what, must,
			 n->text);
}

static int fail_key(const struct reader *rd, const struct yaml_node *key,
		    const struct key_rule *rules, size_t n_rules)
{
	const char *known[MAX_RULES];
	const char *near;

	for (size_t i = 0; i < n_rules; i++)
		known[i] = rules[i].read ? rules[i].key : NULL;
	near = suggest_nearest(key->text, known, n_rules);
	if (near)
		return fail_node(rd, key, FAIL_FORMAT, "unknown key '%.80s' (did you mean '%s'?)",
				 key->text, near);
	if (*rd->what)
		return fail_node(rd, key, FAIL_FORMAT, "unknown key '%.80s' in '%s'", key->text,
				 rd->what);
	return fail_node(rd, key, FAIL_FORMAT, "unknown key '%.80s'", key->text);
}

static int read_entry(struct reader *rd, const struct yaml_entry *entry,
		      const struct key_rule *rules, size_t n_rules, void *to)
{
	const char *outer = rd->what;

	for (size_t i = 0; i < n_rules; i++) {
		int r;

		if (strcmp(rules[i].key, entry->key->text) != 0)
			continue;
		rd->what =
			*outer ? arena_printf(rd->a, "%s.%s", outer, rules[i].key) : rules[i].key;
		if (rules[i].read)
			r = rules[i].read(rd, entry->value, to);
		else
			r = fail_node(rd, entry->key, FAIL_UNSUPPORTED,
				      "apko's '%s' is not supported: %s", rd->what,
				      rules[i].instead);
		rd->what = outer;
		return r;
	}
	return fail_key(rd, entry->key, rules, n_rules);
}

int read_map(struct reader *rd, const struct yaml_node *map, const struct key_rule *rules,
	     size_t n_rules, void *to)
{
	if (map->kind != YAML_MAP)
		return fail_value(rd, map, "a map");
	for (size_t i = 0; i < map->n; i++) {
		int r = read_entry(rd, &map->entries[i], rules, n_rules, to);

		if (r < 0)
			return r;
	}
	return 0;
}

int read_list(struct reader *rd, const struct yaml_node *list, read_value *read, void *to)
{
	if (list->kind != YAML_SEQUENCE)
		return fail_value(rd, list, "a list");
	if (list->n > RECIPE_MAX_ITEMS)
		return fail_node(rd, list, FAIL_LIMIT, "'%s' has %zu items, more than %d", rd->what,
				 list->n, RECIPE_MAX_ITEMS);
	for (size_t i = 0; i < list->n; i++) {
		int r = read(rd, list->items[i], to);

		if (r < 0)
			return r;
	}
	return 0;
}

int require_key(const struct reader *rd, const struct yaml_node *map, const char *key)
{
	if (yaml_get(map, key))
		return 0;
	return fail_node(rd, map, FAIL_FORMAT, "'%s' lacks the key '%s'", rd->what, key);
}

static int read_limited(struct reader *rd, const struct yaml_node *n, size_t limit, void *to)
{
	const char **ret = to;

	if (n->kind != YAML_SCALAR || yaml_is_null(n))
		return fail_value(rd, n, "text");
	if (strlen(n->text) > limit)
		return fail_node(rd, n, FAIL_LIMIT, "'%s' has %zu bytes, more than %zu", rd->what,
				 strlen(n->text), limit);
	*ret = arena_strdup(rd->a, n->text);
	return 0;
}

int read_text(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_limited(rd, n, RECIPE_MAX_TEXT, to);
}

int read_long_text(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_limited(rd, n, YAML_MAX_BYTES, to);
}

/* No empty, '.' or '..' components; a trailing '/' is fine. */
static bool is_plain_path(const char *path)
{
	struct view rest = view_of(path + 1), part;

	if (rest.len && rest.ptr[rest.len - 1] == '/')
		rest.len--;
	while (rest.len && view_split(&rest, '/', &part)) {
		if (part.len == 0 || part.len > TREE_MAX_NAME || view_is(part, ".") ||
		    view_is(part, ".."))
			return false;
	}
	return true;
}

int read_absolute(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char **ret = to;
	size_t len;
	int r;

	if (n->kind != YAML_SCALAR || n->text[0] != '/' || !is_plain_path(n->text))
		return fail_value(rd, n, "an absolute path without '.' and '..'");
	r = read_limited(rd, n, TREE_MAX_PATH - 1, to);
	if (r < 0)
		return r;
	len = strlen(*ret);
	if (len > 1 && (*ret)[len - 1] == '/')
		*ret = arena_strndup(rd->a, *ret, len - 1);
	return 0;
}

int read_id(struct reader *rd, const struct yaml_node *n, void *to)
{
	uint64_t v;

	/* The last one, (uid_t)-1, means "no change" to chown(2). */
	if (n->kind != YAML_SCALAR || !view_to_u64(view_of(n->text), &v) || v >= UINT32_MAX)
		return fail_value(rd, n, "a number from 0 to 4294967294");
	*(uint32_t *)to = (uint32_t)v;
	return 0;
}

int read_bool(struct reader *rd, const struct yaml_node *n, void *to)
{
	bool yes;

	if (n->kind != YAML_SCALAR || !n->plain)
		return fail_value(rd, n, "true or false");
	yes = strcmp(n->text, "true") == 0;
	if (!yes && strcmp(n->text, "false") != 0)
		return fail_value(rd, n, "true or false");
	*(bool *)to = yes;
	return 0;
}

/*
 * YAML 1.2 writes octal as 0o755, YAML 1.1 and apko's parser take 0755 too. Any other spelling is
 * refused: 755 would be a decimal number for apko and mean 01363.
 */
int read_mode(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const char must[] = "an octal number from 0o0 to 0o7777 (as 0o755, 0755 or '0755')";
	const char *p = n->text;
	uint32_t mode = 0;

	if (n->kind != YAML_SCALAR || p[0] != '0')
		return fail_value(rd, n, must);
	p++;
	if (*p == 'o' && p[1])
		p++;
	for (; *p >= '0' && *p <= '7' && mode <= 07777; p++)
		mode = mode * 8 + (uint32_t)(*p - '0');
	if (*p || mode > 07777)
		return fail_value(rd, n, must);
	*(uint32_t *)to = mode;
	return 0;
}

static int add_string(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct strings *all = to;
	const char *s = NULL;
	int r = read_text(rd, n, &s);

	if (r < 0 || strings_have(all, s))
		return r;
	if (all->n >= RECIPE_MAX_ITEMS)
		return fail_node(rd, n, FAIL_LIMIT, "'%s' has more than %d items in all", rd->what,
				 RECIPE_MAX_ITEMS);
	strings_add(rd->a, all, s);
	return 0;
}

int read_strings(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, add_string, to);
}

int read_pairs(struct reader *rd, const struct yaml_node *n, void *to)
{
	if (n->kind != YAML_MAP)
		return fail_value(rd, n, "a map");
	for (size_t i = 0; i < n->n; i++) {
		const char *outer = rd->what, *value = NULL;
		const struct yaml_node *key = n->entries[i].key;
		int r;

		if (((struct pairs *)to)->n >= RECIPE_MAX_ITEMS)
			return fail_node(rd, key, FAIL_LIMIT, "'%s' has more than %d entries",
					 outer, RECIPE_MAX_ITEMS);
		if (!*key->text)
			return fail_node(rd, key, FAIL_FORMAT, "an empty name in '%s'", outer);
		rd->what = arena_printf(rd->a, "%s.%.80s", outer, key->text);
		r = read_text(rd, n->entries[i].value, &value);
		rd->what = outer;
		if (r < 0)
			return r;
		pairs_set(rd->a, to, arena_strdup(rd->a, key->text), value);
	}
	return 0;
}

/* Full at 8, 16, 32, … items. */
void *append_in(struct arena *a, void *at, size_t *n, size_t item_bytes)
{
	size_t have = (*n)++;

	if (have == 0 || (have >= 8 && (have & (have - 1)) == 0)) {
		void *bigger = arena_array(a, have ? have * 2 : 8, item_bytes);

		if (have)
			memcpy(bigger, at, have * item_bytes);
		return bigger;
	}
	return at;
}

void strings_add(struct arena *a, struct strings *to, const char *s)
{
	*append(a, to->at, to->n) = s;
}

bool strings_have(const struct strings *in, const char *s)
{
	for (size_t i = 0; i < in->n; i++) {
		if (strcmp(in->at[i], s) == 0)
			return true;
	}
	return false;
}

void pairs_set(struct arena *a, struct pairs *to, const char *key, const char *value)
{
	for (size_t i = 0; i < to->n; i++) {
		if (strcmp(to->at[i].key, key) == 0) {
			to->at[i].value = value;
			return;
		}
	}
	*append(a, to->at, to->n) = (struct pair){ key, value };
}

/* A colon ends these places' paths, so that none can begin with a scheme of its own. */
void recipe_set_base(struct recipe *r, const char *place, const char *dir)
{
	static const char *const with_paths[] = { "oci:", "oci-archive:", "docker-archive:" };
	struct arena *a = &r->arena;

	r->base = r->base_place = NULL;
	if (strcmp(place, "scratch") == 0)
		return;
	r->base = r->base_place = arena_strdup(a, place);
	for (size_t i = 0; i < COUNT_OF(with_paths); i++) {
		size_t len = strlen(with_paths[i]);

		if (strncmp(place, with_paths[i], len) == 0)
			r->base_place = arena_printf(a, "%s%s", with_paths[i],
						     join_path(a, dir, r->base + len));
	}
}

const char *join_path(struct arena *a, const char *dir, const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path++, path += strspn(path, "/");
	if (path[0] == '/' || strcmp(dir, ".") == 0)
		return arena_strdup(a, path);
	return arena_printf(a, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
}
