/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and groups that Alpine's install scripts add with busybox's adduser and addgroup, in the
 * order of the packages' names, with the next free numbers as these take them: from 100 to 999.
 * Only literal command lines count. Besides, the group shadow and its file.
 */
#include "base/array.h"
#include "base/buf.h"
#include "build/rules.h"
#include "build/rules/script.h"

#include <string.h>

enum { FIRST_ID = 100, LAST_ID = 999, MAX_FILE_BYTES = 4 << 20, MAX_WORDS = 64 };

static const struct origin origin = { .kind = ORIGIN_RULE, .name = "accounts" };

struct files {
	struct build *b;
	struct buf passwd, group, shadow;
	bool changed;
};

static int load(struct build *b, const char *path, struct buf *to, struct err *e)
{
	const struct node *n = tree_find(&b->tree, path, true);
	struct view text;
	int rc;

	if (!n || n->inode->type != NODE_FILE)
		return 0;
	rc = inode_read(n->inode, MAX_FILE_BYTES, &b->tree.arena, &text, e);
	if (rc == 0)
		buf_add_view(to, text);
	if (to->len && to->data[to->len - 1] != '\n')
		buf_add_char(to, '\n');
	return rc;
}

/* The third field of the line of this name; -1 when there's none. */
static int64_t id_of(const struct buf *file, struct view name)
{
	struct view text = buf_view(file), line, field;
	uint64_t id;

	while (view_split(&text, '\n', &line)) {
		if (!view_split(&line, ':', &field) || !view_eq(field, name))
			continue;
		if (view_split(&line, ':', &field) && view_split(&line, ':', &field) &&
		    view_to_u64(field, &id) && id <= UINT32_MAX)
			return (int64_t)id;
	}
	return -1;
}

static bool id_is_taken(const struct buf *file, uint64_t id)
{
	struct view text = buf_view(file), line, field;
	uint64_t other;

	while (view_split(&text, '\n', &line))
		if (view_split(&line, ':', &field) && view_split(&line, ':', &field) &&
		    view_split(&line, ':', &field) && view_to_u64(field, &other) && other == id)
			return true;
	return false;
}

static uint64_t free_id(const struct buf *a, const struct buf *b)
{
	uint64_t id = FIRST_ID;

	while (id < LAST_ID && (id_is_taken(a, id) || id_is_taken(b, id)))
		id++;
	return id;
}

static bool is_plain(struct view word)
{
	for (size_t i = 0; i < word.len; i++)
		if (strchr("$`;|&<>:(){}*?", word.ptr[i]) || word.ptr[i] == '\n')
			return false;
	return word.len > 0;
}

struct wish {
	struct view name, group, home, shell, gecos, id, skeleton;
	bool is_group;
};

static struct view unquote(struct view v)
{
	if (v.len >= 2 && (v.ptr[0] == '"' || v.ptr[0] == '\'') && v.ptr[v.len - 1] == v.ptr[0])
		return view_make(v.ptr + 1, v.len - 2);
	return v;
}

/* The next word of a command line, quotes taken off; a redirection or operator ends it. */
static bool next_word(struct view *rest, struct view *ret)
{
	*rest = view_trim(*rest);
	if (rest->len && (rest->ptr[0] == '"' || rest->ptr[0] == '\'')) {
		const char *end = memchr(rest->ptr + 1, rest->ptr[0], rest->len - 1);

		if (end) {
			*ret = view_make(rest->ptr + 1, (size_t)(end - rest->ptr) - 1);
			*rest = view_make(end + 1, rest->len - (size_t)(end - rest->ptr) - 1);
			return true;
		}
	}
	if (!view_word(rest, ret))
		return false;
	if (strchr("|&;", ret->ptr[0]) || memchr(ret->ptr, '>', ret->len))
		return false;
	*ret = unquote(*ret);
	return true;
}

static struct view *option_value(struct wish *w, char letter)
{
	switch (letter) {
	case 'h':
		return &w->home;
	case 's':
		return &w->shell;
	case 'G':
		return &w->group;
	case 'g':
		return w->is_group ? &w->id : &w->gecos;
	case 'u':
		return &w->id;
	case 'k':
		return &w->skeleton;
	default:
		return NULL;
	}
}

/* "adduser -S -D -H -h /var/lib/x -s /sbin/nologin -G x -g x x"; false if it isn't literal. */
static bool parse(struct view line, struct wish *ret)
{
	struct view word, names[2] = { { NULL, 0 } };
	size_t n = 0;

	*ret = (struct wish){ 0 };
	if (!view_word(&line, &word))
		return false;
	ret->is_group = view_is(word, "addgroup");
	if (!ret->is_group && !view_is(word, "adduser"))
		return false;
	while (next_word(&line, &word)) {
		struct view *value = NULL;

		if (word.len < 2 || word.ptr[0] != '-') {
			if (n == 2 || !is_plain(word))
				return false;
			names[n++] = word;
			continue;
		}
		value = option_value(ret, word.ptr[word.len - 1]);
		if (value && !next_word(&line, value))
			return false;
	}
	if (n == 0)
		return false;
	ret->name = names[0];
	if (n == 2) { /* a user into a group */
		ret->is_group = true;
		ret->group = names[1];
	}
	return (!ret->group.len || is_plain(ret->group)) &&
	       (!ret->home.len || is_plain(ret->home)) &&
	       (!ret->shell.len || is_plain(ret->shell)) &&
	       (!ret->gecos.len || is_plain(ret->gecos));
}

static void add_group(struct files *f, const struct wish *w)
{
	uint64_t id;

	/* Members of groups matter to nobody in an image of one program. */
	if (w->group.len || id_of(&f->group, w->name) >= 0)
		return;
	if (!view_to_u64(w->id, &id))
		id = free_id(&f->group, &f->group);
	buf_printf(&f->group, "%.*s:x:%llu:\n", VIEW_ARG(w->name), (unsigned long long)id);
	f->changed = true;
}

static void add_user(struct files *f, const struct wish *w)
{
	int64_t gid;
	uint64_t id;

	if (id_of(&f->passwd, w->name) >= 0)
		return;
	if (!view_to_u64(w->id, &id))
		id = free_id(&f->passwd, w->group.len ? &f->passwd : &f->group);
	gid = w->group.len ? id_of(&f->group, w->group) : id_of(&f->group, w->name);
	if (gid < 0)
		gid = 65533; /* nogroup, busybox's default for -S */
	buf_printf(&f->passwd, "%.*s:x:%llu:%lld:%.*s:%.*s:%.*s\n", VIEW_ARG(w->name),
		   (unsigned long long)id, (long long)gid,
		   VIEW_ARG(w->gecos.len ? w->gecos : view_of("Linux User,,,")),
		   VIEW_ARG(w->home.len ? w->home : view_of("/dev/null")),
		   VIEW_ARG(w->shell.len ? w->shell : view_of("/bin/false")));
	if (f->shadow.len)
		buf_printf(&f->shadow, "%.*s:!::0:::::\n", VIEW_ARG(w->name));
	f->changed = true;
}

static void read_script(struct files *f, struct view script)
{
	auto_buf line = BUF_EMPTY;

	while (script_next_line(&script, &line)) {
		struct wish w;

		if (!parse(buf_view(&line), &w))
			continue;
		if (w.is_group)
			add_group(f, &w);
		else
			add_user(f, &w);
	}
}

static int save(struct files *f, const char *path, const struct buf *text, uint32_t mode,
		struct err *e)
{
	struct arena *a = &f->b->tree.arena;
	struct inode file;

	if (text->len == 0)
		return 0;
	file = build_file(f->b, view_make(arena_view(a, buf_view(text)), text->len), &origin);
	file.mode = mode;
	if (mode != 0644 && id_of(&f->group, view_of("shadow")) >= 0)
		file.gid = (uint32_t)id_of(&f->group, view_of("shadow"));
	return tree_put(&f->b->tree, path, &file, NULL, e);
}

static int apply(struct files *f, struct err *e)
{
	static const char *const scripts[] = { ".pre-install", ".post-install" };
	struct build *b = f->b;
	int rc = 0;

	if (f->shadow.len && f->group.len && id_of(&f->group, view_of("shadow")) < 0) {
		buf_add_str(&f->group, "shadow:x:42:\n");
		f->changed = true;
	}
	for (size_t i = 0; i < b->n_packages; i++)
		for (size_t k = 0; k < COUNT_OF(scripts); k++) {
			struct view text =
				pkg_contents_control(b->packages[i].contents, scripts[k]);

			if (text.ptr)
				read_script(f, text);
		}
	if (rc == 0 && f->changed)
		rc = save(f, "etc/passwd", &f->passwd, 0644, e);
	if (rc == 0 && f->changed)
		rc = save(f, "etc/group", &f->group, 0644, e);
	return rc < 0 ? rc : save(f, "etc/shadow", &f->shadow, 0640, e);
}

int rule_apk_accounts(struct build *b, struct err *e)
{
	struct files f = { .b = b };
	int rc = 0;

	if (b->recipe->depends == DEPENDS_NONE)
		return 0;
	rc = load(b, "etc/passwd", &f.passwd, e);
	if (rc == 0)
		rc = load(b, "etc/group", &f.group, e);
	if (rc == 0)
		rc = load(b, "etc/shadow", &f.shadow, e);
	if (rc == 0)
		rc = apply(&f, e);
	buf_done(&f.passwd);
	buf_done(&f.group);
	buf_done(&f.shadow);
	return rc;
}
