/* SPDX-License-Identifier: Apache-2.0 */
/* passwd(5), group(5) and shadow(5), read with care: images hold anything. */
#include "audit/accounts.h"

#include <string.h>

enum { MAX_FIELDS = 10 };

struct format {
	size_t n_fields; /* that a line must have */
	bool ids;
};

static bool to_id(struct view v, uint32_t *ret)
{
	uint64_t n;

	if (!view_to_u64(v, &n) || n > UINT32_MAX)
		return false;
	*ret = (uint32_t)n;
	return true;
}

static const char *read_fields(const struct format *format, struct view line,
			       struct account_line *to)
{
	struct view f[MAX_FIELDS] = { { "", 0 } };
	size_t n = 0;

	while (n < MAX_FIELDS && view_split(&line, ':', &f[n]))
		n++;
	to->name = f[0];
	if (n > 1)
		to->password = f[1];
	if (f[0].len == 0)
		return "it has no name";
	if (n != format->n_fields)
		return n < format->n_fields ? "it has too few fields" : "it has too many fields";
	if (!format->ids)
		return NULL;
	to->has_id = to_id(f[2], &to->id);
	if (!to->has_id)
		return "its number is none";
	if (format->n_fields == 4) /* group(5) */
		return NULL;
	to->home = f[5];
	to->shell = f[6];
	return to_id(f[3], &to->gid) ? NULL : "its group is no number";
}

static size_t count_lines(struct view text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == '\n';
	return n;
}

static void read_lines(struct view text, const struct format *format, struct arena *a,
		       struct account_file *to)
{
	struct view line;
	size_t number = 0;

	to->at = arena_array(a, count_lines(text), sizeof(*to->at));
	while (view_split(&text, '\n', &line)) {
		struct account_line x = { .line = ++number };

		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (line.ptr[0] == '+' || line.ptr[0] == '-') /* of NIS, not of an account */
			continue;
		x.malformed = read_fields(format, line, &x);
		to->at[to->n++] = x;
	}
}

static int read_file(const struct tree *t, const char *path, const struct format *format,
		     struct arena *a, struct account_file *to, struct err *e)
{
	struct node *n = tree_find(t, path, true);
	struct view text;
	int rc;

	*to = (struct account_file){ .path = path };
	if (!n || n->inode->type != NODE_FILE)
		return 0;
	to->node = n;
	if (n->inode->content.size > ACCOUNTS_MAX_BYTES) {
		to->at = arena_array(a, 1, sizeof(*to->at));
		to->at[to->n++] =
			(struct account_line){ .line = 1, .malformed = "the file is too large" };
		return 0;
	}
	rc = inode_read(n->inode, ACCOUNTS_MAX_BYTES, a, &text, e);
	if (rc == 0)
		read_lines(text, format, a, to);
	return rc;
}

int accounts_read(const struct tree *t, struct arena *a, struct accounts *ret, struct err *e)
{
	static const struct format passwd = { 7, true }, group = { 4, true }, shadow = { 9, false };
	int rc = read_file(t, "/etc/passwd", &passwd, a, &ret->passwd, e);

	if (rc == 0)
		rc = read_file(t, "/etc/group", &group, a, &ret->group, e);
	if (rc == 0)
		rc = read_file(t, "/etc/shadow", &shadow, a, &ret->shadow, e);
	return rc;
}

const struct account_line *account_by_name(const struct account_file *f, struct view name)
{
	for (size_t i = 0; i < f->n; i++)
		if (view_eq(f->at[i].name, name))
			return &f->at[i];
	return NULL;
}

const struct account_line *account_by_id(const struct account_file *f, uint32_t id)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->at[i].has_id && f->at[i].id == id)
			return &f->at[i];
	return NULL;
}
