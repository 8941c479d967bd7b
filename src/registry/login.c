/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a file of credentials: one entry of "auths", under a lock, the rest as it was. */
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/mem.h"
#include "registry/credentials_private.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/lock.h"

struct entry_change {
	const char *key;
	const char *auth; /* NULL: the entry goes */
	bool met;
};

static void write_entry(struct json_writer *w, const struct entry_change *c)
{
	json_key(w, c->key);
	json_open_object(w);
	json_member_string(w, "auth", c->auth);
	json_close_object(w);
}

/* A host has several names, of which other tools may have written another. */
static bool is_same(const char *key, const char *wanted)
{
	return strcmp(key, wanted) == 0 ||
	       (!strchr(wanted, '/') && credentials_same_host(view_of(key), wanted)) ||
	       (strcmp(wanted, HUB_KEY) == 0 && credentials_same_host(view_of(key), HUB_HOST));
}

static void write_auths(struct json_writer *w, const struct json *auths, struct entry_change *c)
{
	const struct json *v;
	void *state = NULL;
	const char *key;

	json_key(w, "auths");
	json_open_object(w);
	while (json_next(auths, &state, &key, &v)) {
		if (is_same(key, c->key)) {
			c->met = true;
			continue;
		}
		json_key(w, key);
		json_put_value(w, v);
	}
	if (c->auth)
		write_entry(w, c);
	json_close_object(w);
}

static void edit(const struct json *root, struct entry_change *c, struct buf *to)
{
	struct json_writer w;
	const struct json *v;
	void *state = NULL;
	const char *key;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	write_auths(&w, json_get(root, "auths"), c);
	while (json_next(root, &state, &key, &v)) {
		if (strcmp(key, "auths") == 0)
			continue;
		json_key(&w, key);
		json_put_value(&w, v);
	}
	json_close_object(&w);
}

static int change(const char *name, struct entry_change *c, struct err *e)
{
	/* a link to where somebody keeps all such files stays one */
	auto_free char *real = realpath(name, NULL);
	const char *path = real ? real : name;
	auto_free char *dir_text = mem_strdup(path);
	auto_free char *base_text = mem_strdup(path);
	auto_buf text = BUF_EMPTY;
	auto_json doc = NULL;
	auto_fd dir = -1;
	auto_fd lock = -1;
	int rc = dir_open(dirname(dir_text), 0700, &dir, e);

	if (rc == 0)
		rc = lock_acquire(dir, ".pare-login.lock", LOCK_EXCLUSIVE, true, &lock, e);
	if (rc == 0)
		rc = credentials_read(path, &doc, e);
	if (rc < 0)
		return rc;
	edit(doc ? json_root(doc) : NULL, c, &text);
	if (!c->auth && !c->met)
		return fail(e, FAIL_NOT_FOUND, "'%s' holds no credentials for '%s'", path, c->key);
	return file_write_atomic(dir, basename(base_text), text.data, text.len, 0600, e);
}

/* Docker's name for its Hub, so that Docker finds it too. */
static const char *file_key(const char *key)
{
	return strcmp(key, HUB_HOST) == 0 ? HUB_KEY : key;
}

int credentials_store(const char *path, const char *key, const char *user, const char *secret,
		      struct err *e)
{
	auto_free char *pair = mem_printf("%s:%s", user, secret);
	struct entry_change c = { .key = file_key(key) };
	auto_buf auth = BUF_EMPTY;

	base64_encode(view_of(pair), &auth);
	c.auth = buf_str(&auth);
	return change(path, &c, e);
}

int credentials_drop(const char *path, const char *key, struct err *e)
{
	struct entry_change c = { .key = file_key(key) };

	return change(path, &c, e);
}
