/* SPDX-License-Identifier: Apache-2.0 */
/* pare vendor: every package of a lock into a folder, to build from it for ever. */
#include "build/vendor.h"
#include "cmd/recipe_options.h"
#include "cmd/session.h"
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "report/text.h"
#include "sys/fd.h"
#include "sys/files.h"

struct vendor_options {
	struct recipe_options recipe;
};

static const struct option vendor_rows[] = {
	RECIPE_OPTIONS(struct vendor_options, recipe),
};

static void print(struct command *c, const char *dir, const struct vendored *v)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	if (c->globals.format == FORMAT_JSON) {
		json_writer_init(&w, &out, 2);
		json_open_object(&w);
		json_member_string(&w, "folder", dir);
		json_member_u64(&w, "packages", v->n);
		json_member_u64(&w, "baseBlobs", v->n_base);
		json_member_u64(&w, "new", v->n_new);
		json_member_u64(&w, "size", v->bytes);
		json_close_object(&w);
	} else {
		buf_printf(&out, "%zu package%s", v->n, v->n == 1 ? "" : "s");
		if (v->n_base)
			buf_printf(&out, " and %zu blob%s of the base", v->n_base,
				   v->n_base == 1 ? "" : "s");
		buf_printf(&out, ", %zu of them new, ", v->n_new);
		buf_add_size(&out, v->bytes);
		buf_printf(&out, " in %s", dir);
	}
	fprintf(c->out, "%s\n", buf_str(&out));
}

static int run_vendor(struct command *c, const void *options, struct err *e)
{
	const struct vendor_options *o = options;
	struct session_options wishes = { .recipe = &o->recipe };
	const char *dir = c->operands[0];
	struct vendored v;
	auto_lock lock = NULL;
	auto_fd dir_fd = -1;
	auto_session s;
	int rc;

	/* What is left is the recipe, as with other verbs. */
	c->operands++;
	c->n_operands--;
	rc = session_open(c, &wishes, &s, e);
	if (rc == 0)
		rc = session_lock(&s, false, &lock, e);
	if (rc == 0)
		rc = dir_open(dir, 0755, &dir_fd, e);
	if (rc == 0)
		rc = build_vendor(&s.ctx, s.recipe, lock, dir_fd, &v, e);
	if (rc == 0)
		print(c, dir, &v);
	return rc;
}

const struct verb verb_vendor = {
	.name = "vendor",
	.summary = "Keep every package of a lock in a folder",
	.rare = true,
	.operands = "DIR [RECIPE]",
	.min_operands = 1,
	.max_operands = 2,
	.asks_registries = true,
	.shows = true,
	.complete = COMPLETE_FILE,
	.example = "pare vendor packages && PARE_VENDOR=packages pare build --offline",
	.options = OPTION_TABLE(vendor_rows),
	.options_size = sizeof(struct vendor_options),
	.run = run_vendor,
};
