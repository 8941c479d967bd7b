/* SPDX-License-Identifier: Apache-2.0 */
/* Opening images for the verbs that look into them, and words for what they show. */
#include "cmd/view_options.h"

#include "cmd/session.h"
#include "report/text.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <stdio.h>
#include <string.h>

int open_view_with(struct command *c, const char *name, const struct view_flags *f,
		   struct view_options *o, struct image_view **ret, struct err *e)
{
	struct place_access *access = arena_new(c->arena, struct place_access);
	const char *cache = NULL;
	int fd = -1, rc;

	if (cache_folder(f->cache, c->arena, &cache, e) < 0 || dir_open(cache, 0755, &fd, e) < 0) {
		monitor_note(c->monitor, "layers' indexes are not kept: %s", e->msg);
		fd = -1;
	}
	rc = remote_access(c, access, e);
	if (rc < 0)
		return rc;
	o->access = access;
	o->arch = f->arch;
	o->store_dir = f->store;
	o->cache_fd = fd; /* open until the program ends, as the view may need it */
	o->monitor = c->monitor;
	return image_view_open(name, o, ret, e);
}

int open_view_path(struct command *c, const char *name, const struct view_flags *f,
		   const char *path, struct image_view **ret, struct err *e)
{
	struct view_options o = { .only = path };

	return open_view_with(c, name, f, &o, ret, e);
}

int open_view(struct command *c, const char *name, const struct view_flags *f,
	      struct image_view **ret, struct err *e)
{
	return open_view_path(c, name, f, NULL, ret, e);
}

void mode_text(enum node_type type, uint32_t mode, char ret[11])
{
	static const char types[] = { [NODE_DIR] = 'd',	 [NODE_FILE] = '-',  [NODE_SYMLINK] = 'l',
				      [NODE_CHAR] = 'c', [NODE_BLOCK] = 'b', [NODE_FIFO] = 'p' };
	static const char bits[] = "rwxrwxrwx";

	ret[0] = types[type];
	for (unsigned i = 0; i < 9; i++)
		ret[1 + i] = mode & 0400u >> i ? bits[i] : '-';
	if (mode & 04000)
		ret[3] = mode & 0100 ? 's' : 'S';
	if (mode & 02000)
		ret[6] = mode & 0010 ? 's' : 'S';
	if (mode & 01000)
		ret[9] = mode & 0001 ? 't' : 'T';
	ret[10] = '\0';
}

const char *type_name(enum node_type type)
{
	static const char *const names[] = {
		[NODE_DIR] = "folder",	       [NODE_FILE] = "file",
		[NODE_SYMLINK] = "symlink",    [NODE_CHAR] = "char-device",
		[NODE_BLOCK] = "block-device", [NODE_FIFO] = "pipe",
	};

	return names[type];
}

const char *layer_number(const struct image_view *v, const struct node *n, struct arena *a)
{
	const struct view_layer *l = view_layer_of(v, n);

	return l ? arena_printf(a, "%zu", (size_t)(l - v->layers) + 1) : "-";
}

const char *size_text(uint64_t bytes, struct arena *a)
{
	auto_buf text = BUF_EMPTY;

	buf_add_size(&text, bytes);
	return arena_view(a, buf_view(&text));
}

static void add_package(struct json_writer *w, const struct view_package *p)
{
	if (!p)
		return;
	json_key(w, "package");
	json_open_object(w);
	json_member_string(w, "name", p->name);
	json_member_string(w, "version", p->version);
	json_close_object(w);
}

void json_add_node(struct json_writer *w, const struct image_view *v, const struct node *n,
		   const char *path, struct arena *a)
{
	const struct view_layer *l = view_layer_of(v, n);
	const struct inode *i = n->inode;

	json_member_string(w, "path", path);
	json_member_string(w, "type", type_name(i->type));
	json_member_string(w, "mode", arena_printf(a, "%04o", i->mode));
	json_member_u64(w, "uid", i->uid);
	json_member_u64(w, "gid", i->gid);
	json_key(w, "mtime");
	json_put_i64(w, i->mtime_s);
	if (i->type == NODE_FILE) {
		json_member_u64(w, "size", i->content.size);
		json_member_string(w, "digest", look_digest(&i->content.digest, a));
		if (i->n_links > 1)
			json_member_u64(w, "links", i->n_links);
	}
	if (i->type == NODE_SYMLINK)
		json_member_string(w, "target", i->target);
	if (i->type == NODE_CHAR || i->type == NODE_BLOCK) {
		json_member_u64(w, "major", i->dev_major);
		json_member_u64(w, "minor", i->dev_minor);
	}
	if (l)
		json_member_u64(w, "layer", (uint64_t)(l - v->layers) + 1);
	add_package(w, view_package_of(v, n));
}
