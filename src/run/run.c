/* SPDX-License-Identifier: Apache-2.0 */
/* One run from image to exit status; see run.h. */
#include "run/run.h"

#include "base/embed.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "oci/replay.h"
#include "place/walk.h"
#include "run/folder.h"
#include "run/init_program.h"
#include "run/plan.h"
#include "run/runtime.h"
#include "run/spec.h"
#include "run/unpack.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/machine.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* run/init.c as a program; empty where it can't be built: see meson.build. */
extern const struct embedded pare_run_init[];
extern const size_t pare_run_init_count;

struct run {
	const struct run_request *rq;
	struct place_source *from;
	struct monitor *monitor;
	struct arena *arena;
	struct runtime runtime;
	struct manifest manifest;
	struct image_config config;
	bool rootless;
};

/* ---- which image ------------------------------------------------------------------------- */

/* What the kernel runs besides its own. */
static bool is_runnable(const struct platform *p)
{
	const char *host = machine_architecture();

	if (!p->os || !p->architecture || strcmp(p->os, "linux") != 0)
		return false;
	if (strcmp(p->architecture, host) == 0)
		return true;
	return (strcmp(host, "amd64") == 0 && strcmp(p->architecture, "386") == 0) ||
	       (strcmp(host, "arm64") == 0 && strcmp(p->architecture, "arm") == 0);
}

static int fail_platform(const char *has, struct err *e)
{
	return fail(e, FAIL_UNSUPPORTED, "the image is for %.200s, and this machine is linux/%s",
		    has, machine_architecture());
}

/* The first manifest for this machine, a native one before others. */
static int choose(const struct image_index *x, const struct descriptor **ret, struct err *e)
{
	auto_buf has = BUF_EMPTY;

	*ret = NULL;
	for (size_t i = 0; i < x->n_manifests; i++) {
		const struct descriptor *d = &x->manifests[i];
		const struct platform *p = d->platform;
		bool native;

		if (!p || !p->os || !p->architecture)
			continue;
		native = strcmp(p->architecture, machine_architecture()) == 0;
		if (is_runnable(p) && (!*ret || (native && strcmp((*ret)->platform->architecture,
								  p->architecture) != 0)))
			*ret = d;
		if (strcmp(p->os, "unknown") != 0)
			buf_printf(&has, "%s%s/%s", has.len ? ", " : "", p->os, p->architecture);
	}
	if (!*ret && x->n_manifests == 1)
		*ret = &x->manifests[0];
	return *ret ? 0 : fail_platform(has.len ? buf_str(&has) : "no platform", e);
}

static int read_manifest(struct run *r, const struct descriptor *d, bool in_index, struct err *e)
{
	const struct descriptor *chosen;
	struct image_index x;
	struct view text;
	int rc = place_source_read(r->from, d, r->arena, &text, e);

	if (rc < 0)
		return rc;
	if (!is_index_type(d->media_type))
		return manifest_read(text, "manifest", r->arena, &r->manifest, e);
	if (in_index)
		return fail(e, FAIL_UNSUPPORTED, "the image is an index of indexes");
	rc = image_index_read(text, "index", r->arena, &x, e);
	if (rc == 0)
		rc = choose(&x, &chosen, e);
	return rc < 0 ? rc : read_manifest(r, chosen, true, e);
}

static int read_image(struct run *r, const struct descriptor *root, struct err *e)
{
	const struct platform *p = &r->config.platform;
	struct view text;
	int rc = read_manifest(r, root, false, e);

	if (rc == 0)
		rc = place_source_read(r->from, &r->manifest.config, r->arena, &text, e);
	if (rc == 0)
		rc = image_config_read(text, "config", r->arena, &r->config, e);
	if (rc < 0)
		return rc;
	if (!is_runnable(p))
		return fail_platform(arena_printf(r->arena, "%s/%s", p->os, p->architecture), e);
	return 0;
}

/* ---- its files --------------------------------------------------------------------------- */

static int open_layer(void *ctx, const struct descriptor *d, struct source **ret, struct err *e)
{
	return place_source_open(ctx, d, ret, e);
}

static int unpack(struct run *r, const struct run_folder *f, const struct tree *t, struct err *e)
{
	struct unpacking u = { .owners = !r->rootless };
	auto_fd fd = -1;
	int rc;

	if (mkdirat(f->fd, "rootfs", 0700) < 0)
		return fail_sys(e, "make the folder '%s/rootfs'", f->path);
	rc = dir_open_at(f->fd, "rootfs", 0, &fd, e);
	if (rc == 0)
		rc = unpack_tree(t, fd, &u, e);
	if (rc == 0 && u.n_devices)
		monitor_note(r->monitor, "%llu device files of the image are left out",
			     (unsigned long long)u.n_devices);
	return rc < 0 ? err_context(e, "unpack the image") : 0;
}

/* The layers become a tree, the plan adds to it, and the tree becomes a folder. */
static int prepare(struct run *r, const struct run_folder *f, struct plan *ret, struct err *e)
{
	static const struct origin root = { .kind = ORIGIN_RULE, .name = "root" };
	struct layer_opener from = { open_layer, r->from };
	auto_spool spool = NULL;
	struct tree t;
	int rc = spool_new(f->fd, RUN_MAX_BYTES, &spool, e);

	if (rc < 0)
		return rc;
	tree_init(&t, &root);
	rc = image_replay(&r->manifest, &r->config, &from, &t, spool, r->arena, e);
	if (rc == 0)
		rc = plan_make(r->rq, &r->config, &t, r->arena, ret, e);
	if (rc == 0)
		rc = unpack(r, f, &t, e);
	tree_done(&t);
	return rc;
}

/* ---- the container ----------------------------------------------------------------------- */

static int write_spec(struct run *r, const struct run_folder *f, const struct plan *p, bool init,
		      struct err *e)
{
	struct spec_options o = {
		.root = arena_printf(r->arena, "%s/rootfs", f->path),
		.rootless = r->rootless,
		.uid = geteuid(),
		.gid = getegid(),
		.init = init,
		.tty = r->rq->tty,
		.read_only = r->rq->read_only,
		.network = r->rq->network,
	};
	auto_buf text = BUF_EMPTY;

	spec_write(p, &o, r->arena, &text);
	return file_write_atomic(f->fd, "config.json", text.data, text.len, 0600, e);
}

static int run_container(struct run *r, const struct run_folder *f, const struct plan *p,
			 int *ret_status, struct err *e)
{
	const struct embedded *init = pare_run_init_count ? &pare_run_init[0] : NULL;
	auto_fd init_fd = -1;
	struct runtime_run rr = { .runtime = &r->runtime,
				  .folder = f,
				  .tty = r->rq->tty,
				  .interactive = r->rq->interactive };
	int rc = init_program_write(init, f, &init_fd, e);

	if (rc == 0)
		rc = write_spec(r, f, p, init_fd >= 0, e);
	if (rc == 0)
		rc = interrupt_check(e);
	if (rc < 0)
		return rc;
	if (init_fd < 0)
		init_program_lacks(p, r->rootless, r->monitor);
	rr.init_fd = init_fd;
	rc = runtime_run(&rr, ret_status, e);
	if (rc < 0 && r->rootless && machine_user_namespace_hint())
		monitor_note(r->monitor, "%s", machine_user_namespace_hint());
	return rc;
}

static void end_stale(const char *path, const char *id, void *ctx)
{
	runtime_delete(ctx, path, id);
}

static int run_in_folder(struct run *r, int *ret_status, struct err *e)
{
	auto_run_folder f = RUN_FOLDER_NONE;
	auto_plan plan = { 0 };
	struct err cleaning;
	int rc = run_folder_open(r->rq->folder, end_stale, &r->runtime, &f, e);

	if (rc < 0)
		return rc;
	rc = prepare(r, &f, &plan, e);
	if (rc == 0)
		rc = run_container(r, &f, &plan, ret_status, e);
	/* also after an error: a runtime that was killed may have left something running */
	runtime_delete(&r->runtime, f.path, f.id);
	if (run_folder_remove(&f, &cleaning) < 0)
		monitor_warn(r->monitor, "%s", cleaning.msg);
	return rc;
}

int run_image(const struct run_request *rq, struct place_source *from,
	      const struct descriptor *root, struct monitor *m, int *ret_status, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct run r = { .rq = rq, .from = from, .monitor = m, .arena = &a };
	int rc;

	r.rootless = geteuid() != 0;
	rc = runtime_find(rq->runtime, NULL, &a, &r.runtime, e);
	if (rc == 0 && r.rootless)
		rc = machine_check_user_namespaces(e);
	if (rc == 0)
		rc = read_image(&r, root, e);
	return rc < 0 ? rc : run_in_folder(&r, ret_status, e);
}
