/* SPDX-License-Identifier: Apache-2.0 */
/* Fills a report's image; see from_view.h. */
#include "report/from_view.h"

#include "audit/secret.h"
#include "base/array.h"
#include "view/look.h"

#include <string.h>

struct filler {
	const struct secret_rules *secrets;
	struct report *report;
	struct report_image *image;
	const struct image_view *view;
	struct map linked; /* inodes of several names that are counted */
};

/* Two names of one file are its bytes once. */
static bool is_counted(struct filler *f, struct inode *const inode)
{
	struct view key;
	void **slot;

	if (inode->n_links < 2)
		return false;
	key = view_make((const char *)&inode, sizeof(inode));
	if (map_get(&f->linked, key))
		return true;
	key.ptr = arena_strndup(&f->report->arena, key.ptr, key.len);
	slot = map_put(&f->linked, key);
	*slot = inode;
	return false;
}

static int count_file(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct filler *f = ctx;
	const struct view_layer *layer = view_layer_of(f->view, n);
	const struct view_package *package;
	const char *slash = strrchr(path, '/');
	auto_buf folder = BUF_EMPTY;

	(void)e;
	if (n->inode->type != NODE_FILE || !layer || is_counted(f, n->inode))
		return 0;
	package = view_package_of(f->view, n);
	buf_add_char(&folder, '/');
	buf_add(&folder, path, slash ? (size_t)(slash - path) : 0);
	report_add_file(f->report, f->image, (size_t)(layer - f->view->layers),
			package ? package->name : NULL, buf_view(&folder), n->inode->content.size);
	return 0;
}

static void add_layers(struct filler *f)
{
	struct arena *a = &f->report->arena;

	for (size_t i = 0; i < f->view->n_layers; i++) {
		const struct view_layer *l = &f->view->layers[i];

		*array_push(&f->image->layers) = (struct report_layer){
			.digest = l->descriptor ? look_digest(&l->descriptor->digest, a) : NULL,
			.instruction = secret_masked_command(
				f->secrets, l->history ? l->history->created_by : NULL, a),
			.compressed_bytes = l->compressed_bytes,
			.content_bytes = l->content_bytes,
			.dead_bytes = l->dead_bytes,
			.n_files = l->n_files,
			.n_dead_files = l->n_dead_files,
		};
	}
}

static void add_packages(struct filler *f)
{
	for (size_t i = 0; i < f->view->n_packages; i++) {
		const struct view_package *p = &f->view->packages[i];

		*array_push(&f->image->packages) = (struct report_package){
			.name = p->name,
			.version = p->version,
			.licence = p->licence,
			.bytes = p->content_bytes,
			.n_files = p->n_files,
		};
	}
}

static void add_words(struct buf *to, const struct strings *words)
{
	for (size_t i = 0; i < words->n; i++)
		buf_printf(to, "%s%s", to->len ? " " : "", words->at[i]);
}

static void add_config(struct filler *f)
{
	const struct look_platform *p = &f->view->platform;
	struct arena *a = &f->report->arena;
	auto_buf command = BUF_EMPTY;

	add_words(&command, &p->config.entrypoint);
	add_words(&command, &p->config.cmd);
	f->image->entrypoint =
		secret_masked_command(f->secrets, arena_view(a, buf_view(&command)), a);
	f->image->user = p->config.user && *p->config.user ? p->config.user : "0 (root)";
	f->image->platform = platform_text(&p->config.platform, a);
	f->image->digest = look_digest(&p->descriptor.digest, a);
}

int report_add_view(struct report *r, const struct image_view *v, const struct findings *f,
		    struct report_image **ret, struct err *e)
{
	struct filler fill = { .report = r, .image = report_add_image(r, v->name), .view = v };
	int rc = secret_rules_builtin(&r->arena, &fill.secrets, e);

	if (rc < 0)
		return rc;
	fill.image->findings = f;
	if (!v->is_rootfs)
		add_config(&fill);
	add_layers(&fill);
	add_packages(&fill);
	rc = tree_walk(&v->tree, count_file, &fill, e);
	map_done(&fill.linked);
	*ret = fill.image;
	return rc;
}
