/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variants: derivations that work on any recipe. What they add to the image's files beyond the
 * struct (busybox and its links) is the engine's.
 */
#include "base/array.h"
#include "base/suggest.h"
#include "pkg/arch.h"
#include "recipe/load.h"

#include <string.h>

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define NONROOT_HOME "/home/nonroot"

/*
 * Docker pulls three layers at a time and every layer costs a request and a lookup per missing
 * file: 16 keep the largest packages apart, so that an update moves little, and leave images that
 * build on this one 111 of the 127 that Docker takes.
 */
enum { NONROOT_ID = 65532, DEFAULT_LAYER_BUDGET = 16 };

static const struct variant variants[] = {
	{ "nonroot", true, false },
	{ "debug", false, true },
	{ "debug-nonroot", true, true },
};

bool variant_split(struct view *name, const struct variant **ret, struct view *ret_suffix)
{
	size_t i = name->len;

	*ret = NULL;
	while (i && name->ptr[i - 1] != ':' && name->ptr[i - 1] != '/')
		i--;
	if (!i || name->ptr[i - 1] != ':')
		return true;
	*ret_suffix = view_make(name->ptr + i, name->len - i);
	for (size_t k = 0; k < COUNT_OF(variants); k++) {
		if (view_is(*ret_suffix, variants[k].name)) {
			name->len = i - 1;
			*ret = &variants[k];
			return true;
		}
	}
	return false;
}

static void add_nonroot_user(struct recipe *r)
{
	for (size_t i = 0; i < r->n_users; i++) {
		if (strcmp(r->users[i].name, "nonroot") == 0)
			return;
	}
	*append(&r->arena, r->users, r->n_users) = (struct recipe_user){
		.name = "nonroot",
		.uid = NONROOT_ID,
		.gid = NONROOT_ID,
		.shell = "/sbin/nologin",
		.home = NONROOT_HOME,
		.gecos = "nonroot",
	};
}

static void add_nonroot_group(struct recipe *r)
{
	for (size_t i = 0; i < r->n_groups; i++) {
		if (strcmp(r->groups[i].name, "nonroot") == 0)
			return;
	}
	*append(&r->arena, r->groups, r->n_groups) =
		(struct recipe_group){ .name = "nonroot", .gid = NONROOT_ID };
}

static void add_nonroot_home(struct reader *rd)
{
	struct recipe *r = rd->recipe;

	for (size_t i = 0; i < r->n_paths; i++) {
		if (strcmp(r->paths[i].path, NONROOT_HOME) == 0)
			return;
	}
	*append(&r->arena, r->paths, r->n_paths) = (struct recipe_path){
		.path = NONROOT_HOME,
		.type = PATH_DIRECTORY,
		.has_uid = true,
		.has_gid = true,
		.has_mode = true,
		.uid = NONROOT_ID,
		.gid = NONROOT_ID,
		.mode = 0700,
		.where = arena_printf(&r->arena, "%s: variant nonroot", rd->file),
	};
}

void variant_apply(struct reader *rd, const struct variant *v)
{
	struct recipe *r = rd->recipe;

	if (v->debug)
		r->debug = true;
	if (!v->nonroot)
		return;
	add_nonroot_user(r);
	add_nonroot_group(r);
	add_nonroot_home(rd);
	r->run_as = "65532"; /* a number: Kubernetes' runAsNonRoot can't judge names */
	r->work_dir = NONROOT_HOME;
}

static void finish_debug(struct recipe *r)
{
	const char *path = pairs_get(&r->environment, "PATH");

	if (!strstr(path, "/busybox"))
		pairs_set(&r->arena, &r->environment, "PATH",
			  arena_printf(&r->arena, "%s:/busybox", path));
	if (r->entrypoint.n == 0 && !r->own_entrypoint) {
		r->default_entrypoint = true;
		strings_add(&r->arena, &r->entrypoint, "/busybox/sh");
		r->cmd = (struct strings){ 0 };
		r->own_cmd = false;
	}
}

/* Those of Debian's stable release, or all of Alpine's. */
static void add_all_archs(struct recipe *r)
{
	bool alpine = recipe_is_alpine(r);
	size_t n;
	const struct arch *table = arch_table(&n);

	for (size_t i = 0; i < n; i++)
		if ((alpine ? table[i].alpine != NULL : table[i].released) &&
		    !strings_have(&r->archs, table[i].oci))
			strings_add(&r->arena, &r->archs, table[i].oci);
}

/* Names that mean something else in each world. */
static void settle_archs(struct recipe *r)
{
	bool alpine = recipe_is_alpine(r);
	struct strings names = r->archs;

	r->archs = (struct strings){ 0 };
	for (size_t i = 0; i < names.n; i++) {
		const char *name = (alpine ? arch_by_alpine : arch_by_any)(names.at[i])->oci;

		if (!strings_have(&r->archs, name))
			strings_add(&r->arena, &r->archs, name);
	}
}

void recipe_finish(struct recipe *r)
{
	settle_archs(r);
	/* apk goes on only with an image in which nothing is missing. */
	if (r->database == DATABASE_FULL && !r->has_depends)
		r->depends = DEPENDS_FULL;
	if (r->all_archs)
		add_all_archs(r);
	r->default_path = !pairs_get(&r->environment, "PATH");
	if (r->default_path)
		pairs_set(&r->arena, &r->environment, "PATH", DEFAULT_PATH);
	if (!r->layer_budget)
		r->layer_budget = DEFAULT_LAYER_BUDGET;
	if (r->debug)
		finish_debug(r);
}
