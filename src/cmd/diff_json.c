/* SPDX-License-Identifier: Apache-2.0 */
/* A difference as JSON; the keys are pare-diff(1)'s. */
#include "cmd/diff.h"
#include "cmd/view_options.h"
#include "view/facts.h"

static void add_image(struct json_writer *w, const char *key, const struct image_view *v)
{
	struct image_facts f;

	image_facts(v, &f);
	json_key(w, key);
	json_open_object(w);
	json_member_string(w, "image", v->name);
	json_member_u64(w, "storedBytes", view_compressed_bytes(v));
	json_member_u64(w, "bytes", f.visible_bytes);
	json_member_u64(w, "deadBytes", view_dead_bytes(v));
	json_member_u64(w, "layers", v->n_layers);
	json_member_u64(w, "files", f.n_files);
	json_member_u64(w, "packages", v->n_packages);
	json_close_object(w);
}

static const char *package_change(const struct diff_package *p)
{
	if (!p->a || !p->b)
		return p->b ? "added" : "removed";
	return p->order > 0 ? "downgraded" : "upgraded";
}

static void add_packages(struct json_writer *w, const struct view_diff *d)
{
	json_key(w, "packages");
	json_open_array(w);
	for (size_t i = 0; i < d->packages.n; i++) {
		const struct diff_package *p = &d->packages.at[i];

		json_open_object(w);
		json_member_string(w, "name", p->name);
		json_member_string(w, "change", package_change(p));
		json_member_string(w, "from", p->a ? p->a->version : NULL);
		json_member_string(w, "to", p->b ? p->b->version : NULL);
		json_close_object(w);
	}
	json_close_array(w);
}

static void add_config(struct json_writer *w, const struct view_diff *d)
{
	json_key(w, "config");
	json_open_array(w);
	for (size_t i = 0; i < d->config.n; i++) {
		const struct diff_value *v = &d->config.at[i];

		json_open_object(w);
		json_member_string(w, "key", v->key);
		json_member_string(w, "from", v->a);
		json_member_string(w, "to", v->b);
		json_close_object(w);
	}
	json_close_array(w);
}

static void add_file(struct json_writer *w, const struct diff_file *f)
{
	static const char *const kinds[] = { [DIFF_ADDED] = "added",
					     [DIFF_REMOVED] = "removed",
					     [DIFF_CHANGED] = "changed",
					     [DIFF_ATTRIBUTES] = "attributes" };

	json_open_object(w);
	json_member_string(w, "path", f->path);
	json_member_string(w, "change", kinds[f->kind]);
	json_member_string(w, "type", type_name((f->b ? f->b : f->a)->inode->type));
	json_member_string(w, "package", f->package);
	json_key(w, "bytes");
	json_put_i64(w, f->bytes);
	json_member_string(w, "detail", f->what);
	json_close_object(w);
}

void diff_json(const struct view_diff *d, const struct image_view *a, const struct image_view *b,
	       struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	add_image(&w, "from", a);
	add_image(&w, "to", b);
	add_packages(&w, d);
	add_config(&w, d);
	json_key(&w, "files");
	json_open_array(&w);
	for (size_t i = 0; i < d->files.n; i++)
		add_file(&w, &d->files.at[i]);
	json_close_array(&w);
	json_close_object(&w);
	buf_add_char(to, '\n');
}
