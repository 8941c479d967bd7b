/* SPDX-License-Identifier: Apache-2.0 */
/* pare export: an image's files, all layers merged, as one canonical tar. */
#include "base/mem.h"
#include "cmd/verbs.h"
#include "cmd/view_options.h"
#include "io/basic.h"
#include "sys/result.h"
#include "tree/tar_out.h"

#include <string.h>
#include <unistd.h>

struct export_options {
	const char *output;
	struct view_flags view;
};

static const struct option export_rows[] = {
	OPTION('o', "output", STRING, struct export_options, output, "FILE",
	       "instead of standard output", .complete = COMPLETE_FILE),
	VIEW_OPTIONS(struct export_options, view),
};

static bool all(const struct node *n, void *ctx)
{
	(void)n;
	(void)ctx;
	return true;
}

/* Kept at hand while layers are read: one by one, each would have its layer fetched again. */
static bool want_all(void *ctx, const struct tar_entry *t, enum file_kind kind)
{
	(void)ctx;
	(void)t;
	(void)kind;
	return true;
}

static int write_tar(const struct image_view *v, int fd, const char *name, struct err *e)
{
	auto_sink to = fd_sink_new(fd, name);
	int rc = tree_write_tar(&v->tree, all, NULL, to, e);

	return rc == 0 ? sink_finish(to, e) : rc;
}

static int write_file(const struct image_view *v, const char *path, struct err *e)
{
	auto_result_file f = RESULT_FILE_NONE;
	int rc = result_file_open(&f, path, 0644, e);

	if (rc == 0)
		rc = write_tar(v, f.fd, path, e);
	return rc == 0 ? result_file_commit(&f, e) : rc;
}

static int run_export(struct command *c, const void *options, struct err *e)
{
	const struct export_options *o = options;
	bool to_file = o->output && strcmp(o->output, "-") != 0;
	struct view_options how = { .want = want_all };
	auto_image_view v = NULL;
	int rc;

	if (!to_file && isatty(STDOUT_FILENO))
		return fail(e, FAIL_USAGE,
			    "a tar is nothing for a terminal; write it to a file with -o FILE");
	rc = open_view_with(c, c->operands[0], &o->view, &how, &v, e);
	if (rc < 0)
		return rc;
	return to_file ? write_file(v, o->output, e)
		       : write_tar(v, STDOUT_FILENO, "standard output", e);
}

const struct verb verb_export = {
	.name = "export",
	.summary = "Write an image's merged files as one tar",
	.rare = true,
	.operands = "IMAGE",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.complete = COMPLETE_IMAGE,
	.example = "pare export hello | tar -tv",
	.options = OPTION_TABLE(export_rows),
	.options_size = sizeof(struct export_options),
	.run = run_export,
};
