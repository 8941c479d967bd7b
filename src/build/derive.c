/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the strategy, and does what all of them share. */
#include "build/derive_dynamic.h"

#include "base/array.h"
#include "build/host_hash.h"
#include "recipe/reader.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SHOWN_BYTES = 120 }; /* of a name, in messages that say more */

int derive_newest_release(struct deriving *x, struct err *e)
{
	struct release *all, *chosen = arena_new(x->a, struct release);
	size_t n;
	int rc;

	x->d->release = chosen;
	if (x->wishes->release)
		return release_find(x->wishes->release, x->a, chosen, e);
	rc = releases_builtin(x->a, &all, &n, e);
	if (rc == 0)
		*chosen = all[n - 1];
	return rc;
}

void derive_os_release(struct deriving *x)
{
	derived_add_path(x->d,
			 (struct derived_path){ .path = "/usr/lib/os-release",
						.type = "file",
						.content = release_os_release(x->d->release, x->a),
						.why = "what scanners know the release by" });
	derived_add_path(x->d, (struct derived_path){ .path = "/etc/os-release",
						      .type = "symlink",
						      .source = "../usr/lib/os-release" });
	if (x->d->release->alpine)
		derived_add_path(x->d, (struct derived_path){
					       .path = "/etc/alpine-release",
					       .type = "file",
					       .content = arena_printf(x->a, "%s\n",
								       x->d->release->version) });
}

/* --libs=host: single files of this machine; modules would need a look at what they load. */
static void load_from_host(struct deriving *x, const struct evidence_found *found)
{
	struct view rest = view_of(found->rule->paths), part;

	while (view_split(&rest, ',', &part)) {
		const char *path = arena_view(x->a, part);

		if (strchr(path, '*') || access(path, R_OK) < 0)
			derived_note(x->d,
				     arena_printf(x->a, "%s is left out (%s): --file adds files",
						  path, found->reason));
		else
			derived_add_path(x->d, (struct derived_path){ .path = path,
								      .type = "file",
								      .source = path,
								      .mode = "0644",
								      .why = found->reason });
	}
}

/* The files that the rules name by Debian's packages, where musl has them; no package: built in. */
static void load_from_alpine(struct deriving *x, const struct evidence_found *found)
{
	static const struct {
		const char *path, *package;
	} known[] = { { "/etc/services", "alpine-baselayout-data" }, { "/etc/protocols", NULL } };
	struct view path = view_of(found->rule->paths);

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (!view_is(path, known[i].path))
			continue;
		if (known[i].package) {
			derived_add(x->d, &x->d->packages, known[i].package, found->reason);
			derived_add(x->d, &x->d->includes, known[i].path, found->reason);
		}
		return;
	}
	derived_note(x->d, arena_printf(x->a,
					"files for it are left out (%s): --file or a recipe adds "
					"them",
					found->reason));
}

static void load_files(struct deriving *x, const struct evidence_found *found)
{
	struct view rest = view_of(found->rule->paths), path;

	if (x->program->kind == PROGRAM_MUSL && !derived_from_host(x->d)) {
		load_from_alpine(x, found);
		return;
	}
	derived_extra(x->d, found->rule->extra, found->reason);
	if (!x->d->extras[found->rule->extra].on)
		return;
	if (derived_from_host(x->d)) {
		load_from_host(x, found);
		return;
	}
	if (found->rule->package)
		derived_add(x->d, &x->d->packages, found->rule->package, found->reason);
	while (view_split(&rest, ',', &path))
		derived_add(x->d, &x->d->includes, arena_view(x->a, path), found->reason);
}

void derive_evidence(struct deriving *x, const struct evidence_object *objects, size_t n)
{
	struct evidence_found *found;
	size_t n_found = evidence_find(x->rules, x->texts, x->program->kind == PROGRAM_SCRIPT,
				       objects, n, x->a, &found);

	for (size_t i = 0; i < n_found; i++) {
		if (found[i].rule->paths)
			load_files(x, &found[i]);
		else
			derived_extra(x->d, found[i].rule->extra, found[i].reason);
	}
}

static int derive_scratch(struct deriving *x, struct err *e)
{
	struct derived *d = x->d;
	int rc = 0;

	d->strategy = "scratch";
	d->reason = x->program->elf.linkage == ELF_STATIC_PIE
			    ? "the program is static (static-pie), the kernel alone starts it"
			    : "the program is static, the kernel alone starts it";
	derive_evidence(x, NULL, 0);
	if (d->packages.n || d->extras[EXTRA_CERTIFICATES].on || d->extras[EXTRA_TZDATA].on)
		rc = derive_newest_release(x, e);
	derived_apply_extras(d);
	if (rc == 0 && d->packages.n)
		derive_os_release(x);
	return rc;
}

/* Nothing is looked for: that the base has it all is proved on the tree of both. */
static int derive_on_base(struct deriving *x, struct err *e)
{
	struct derived *d = x->d;
	int rc = 0;

	d->strategy = "on a base";
	d->reason = arena_printf(x->a, "the program, on what '%s' has", x->wishes->base);
	d->reached = false;
	if (d->extras[EXTRA_CERTIFICATES].on || d->extras[EXTRA_TZDATA].on ||
	    d->extras[EXTRA_LOCALE].on)
		rc = derive_newest_release(x, e);
	derived_apply_extras(d);
	return rc;
}

static int fail_loader(const struct program *p, struct err *e)
{
	const struct view name = p->elf.interpreter;
	const size_t shown = name.len > MAX_SHOWN_BYTES ? MAX_SHOWN_BYTES : name.len;

	return fail(e, FAIL_UNSUPPORTED,
		    "'%s' is started by '%.*s%s', which is no loader of Debian's or Alpine's\n"
		    "take this machine's libraries with --libs=host",
		    p->path, (int)shown, name.ptr, shown < name.len ? "…" : "");
}

static int choose(struct deriving *x, struct err *e)
{
	const struct program *p = x->program;

	if (x->wishes->base)
		return derive_on_base(x, e);
	if (p->kind == PROGRAM_STATIC)
		return derive_scratch(x, e);
	if (p->kind == PROGRAM_SCRIPT)
		return derive_script(x, e);
	if (x->wishes->libs_host)
		return derive_host(x, e);
	if (p->kind == PROGRAM_MUSL)
		return derive_packages(x, &archive_alpine, e);
	if (p->kind == PROGRAM_OTHER_LOADER)
		return fail_loader(p, e);
	return derive_packages(x, &archive_debian, e);
}

int build_derive(const struct build_context *ctx, const struct program *p,
		 const struct evidence_rules *rules, const struct program_wishes *w,
		 const char *cwd, struct arena *a, struct derived *ret, struct err *e)
{
	struct deriving x = { ctx, p, rules, w, a, ret, cwd, p->texts };
	int rc = derived_init(ret, p, w, a, e);

	if (rc == 0) {
		x.wishes = ret->wishes;
		derived_saw(ret, p->path, &p->seen);
		rc = choose(&x, e);
	}
	return rc;
}

int build_derived_check(const struct derived *d, struct err *e)
{
	for (size_t i = 0; i < d->n_seen; i++) {
		struct stat now;

		if (stat(d->seen[i].path, &now) < 0)
			return fail_sys(e, "look at '%s' again", d->seen[i].path);
		if (!host_same_state(&d->seen[i].state, &now))
			return host_changed(d->seen[i].path, e);
	}
	return 0;
}
