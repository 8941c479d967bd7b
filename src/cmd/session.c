/* SPDX-License-Identifier: Apache-2.0 */
/* Setting the build engine's table: caches, connections, threads, recipe and lock. */
#include "cmd/session.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "build/resolve.h"
#include "sys/clock.h"
#include "sys/fd.h"
#include "sys/files.h"
#include "sys/result.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_TIMEOUT_S = 3600 };

int cache_folder(const char *option, struct arena *a, const char **ret, struct err *e)
{
	const char *own = getenv("PARE_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char cwd[PATH_MAX];

	if (!option && own && *own)
		option = own;
	if (option && *option != '/') {
		if (!getcwd(cwd, sizeof(cwd)))
			return fail_sys(e, "find the current folder");
		option = arena_printf(a, "%s/%s", cwd, option);
	}
	if (!option && xdg && *xdg == '/')
		option = arena_printf(a, "%s/pare", xdg);
	if (!option && home && *home == '/')
		option = arena_printf(a, "%s/.cache/pare", home);
	if (!option)
		return fail(e, FAIL_USAGE,
			    "no folder for the cache: HOME is not set\nname one with --cache DIR");
	*ret = option;
	return 0;
}

static int source_date_epoch(int64_t *ret, struct err *e)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;

	*ret = -1;
	if (!text || !*text)
		return 0;
	if (!view_to_u64(view_of(text), &value) || value > INT32_MAX * INT64_C(4))
		return fail(e, FAIL_USAGE, "SOURCE_DATE_EPOCH is '%s', no number of seconds", text);
	*ret = (int64_t)value;
	return 0;
}

/* pare.yaml → pare.lock, other.yaml → other.lock, a folder's pare.yaml's beside that. */
static const char *lock_path_of(const char *recipe, struct arena *a)
{
	const char *slash = strrchr(recipe, '/'), *name = slash ? slash + 1 : recipe;
	const char *variant = strrchr(name, ':'), *dot;
	size_t len = variant ? (size_t)(variant - recipe) : strlen(recipe);

	recipe = arena_strndup(a, recipe, len);
	name = strrchr(recipe, '/') ? strrchr(recipe, '/') + 1 : recipe;
	dot = strrchr(name, '.');
	if (dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
		return arena_printf(a, "%.*s.lock", (int)(dot - recipe), recipe);
	return arena_printf(a, "%s.lock", recipe);
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int load_recipe(struct command *c, const struct session_options *wishes, struct session *s,
		       struct err *e)
{
	const char *name = c->n_operands ? c->operands[0] : RECIPE_DEFAULT_NAME;
	const struct recipe_options *o = wishes->recipe;

	if (o->profile && c->n_operands)
		return fail(e, FAIL_USAGE, "both a recipe and --profile; one of them is enough");
	if (o->profile)
		return recipe_load_profile(o->profile, &s->recipe, e);
	if (is_folder(name))
		name = arena_printf(c->arena, "%s/" RECIPE_DEFAULT_NAME, name);
	s->lock_path = lock_path_of(name, c->arena);
	if (strcmp(name, RECIPE_DEFAULT_NAME) == 0 && c->n_operands == 0 && access(name, F_OK) < 0)
		return fail(e, FAIL_NOT_FOUND,
			    "there is no " RECIPE_DEFAULT_NAME " here\nname a recipe%s, or start "
			    "from --profile distroless/cc",
			    wishes->program ? " or a program" : "");
	/* what has a colon may be a recipe with a variant, which the reader takes apart */
	if (wishes->program && !strchr(name, ':') && !view_ends(view_of(name), ".yaml") &&
	    access(name, F_OK) < 0 && errno == ENOENT)
		return fail_sys(e, "program or recipe '%.300s'", name);
	return recipe_load_file(name, &s->recipe, e);
}

/* Paths of the command line are seen from where one stands. */
static int override_base(const struct recipe_options *o, struct session *s, struct err *e)
{
	char cwd[PATH_MAX];

	if (!o->base)
		return 0;
	if (!getcwd(cwd, sizeof(cwd)))
		return fail_sys(e, "find the current folder");
	recipe_set_base(s->recipe, o->base, cwd);
	return 0;
}

static int choose_archs(const struct recipe_options *o, struct session *s, struct err *e)
{
	const struct strings *from = o->archs.n ? &o->archs : &s->recipe->archs;

	for (size_t i = 0; i < from->n; i++) {
		const struct arch *arch =
			(recipe_is_alpine(s->recipe) ? arch_by_alpine : arch_by_any)(from->at[i]);

		if (!arch)
			return fail(e, FAIL_USAGE, "architecture '%s' is not known", from->at[i]);
		*array_push(&s->archs) = arch->oci;
	}
	if (s->archs.n == 0) {
		if (!arch_host())
			return fail(e, FAIL_UNSUPPORTED,
				    "this machine's architecture is not known; name one with "
				    "--arch");
		*array_push(&s->archs) = arch_host()->oci;
	}
	return 0;
}

static int find_mirrors(struct command *c, const struct recipe_options *o, struct session *s,
			struct err *e)
{
	struct deb_mirror_wishes wishes = { 0 };

	deb_mirror_wishes_from_environment(&wishes, c->arena);
	wishes.option_debian = o->mirror;
	wishes.option_security = o->security_mirror;
	/* No image is of both worlds, so that one option serves them. */
	wishes.option_alpine = o->mirror;
	s->ctx.mirrors = &s->mirrors;
	s->ctx.vendor = getenv("PARE_VENDOR");
	return deb_mirrors_find(&wishes, c->arena, &s->mirrors, e);
}

int http_timeout_ms(uint32_t *ret, struct err *e)
{
	const char *text = getenv("PARE_TIMEOUT");
	char *end;
	long s;

	*ret = 0;
	if (!text || !*text)
		return 0;
	s = strtol(text, &end, 10);
	if (*end || s < 1 || s > MAX_TIMEOUT_S)
		return fail(e, FAIL_USAGE,
			    "PARE_TIMEOUT is '%s'; it is a number of seconds, 1 to %d", text,
			    MAX_TIMEOUT_S);
	*ret = (uint32_t)s * 1000;
	return 0;
}

static int open_cache(struct session *s, struct err *e)
{
	if (dir_open(s->ctx.cache_path, 0755, &s->ctx.cache_fd, e) == 0)
		return 0;
	return e->sys == EACCES || e->sys == EROFS
		       ? err_hint(e, "name another cache: --cache=DIR, or PARE_CACHE")
		       : -(int)e->code;
}

/* The recipe of a program is not there before the context is. */
static bool has_base(const struct session_options *o, const struct session *s)
{
	return s->recipe ? s->recipe->base != NULL : o->recipe->base != NULL;
}

static int open_context(struct command *c, const struct session_options *o, struct session *s,
			struct err *e)
{
	struct http_options http = { .offline = o->recipe->offline, .monitor = c->monitor };
	int rc;

	s->ctx.monitor = c->monitor;
	s->ctx.thorough = c->globals.verbose;
	s->ctx.offline = o->recipe->offline;
	s->ctx.allow_unsigned = o->recipe->allow_unsigned;
	rc = source_date_epoch(&s->ctx.source_date_epoch, e);
	if (rc == 0)
		rc = cache_folder(o->recipe->cache, c->arena, &s->ctx.cache_path, e);
	if (rc == 0)
		rc = open_cache(s, e);
	if (rc == 0)
		rc = find_mirrors(c, o->recipe, s, e);
	if (rc == 0)
		rc = http_timeout_ms(&http.stall_timeout_ms, e);
	http.connect_timeout_ms = http.stall_timeout_ms;
	if (rc == 0)
		s->ctx.http = http_new(&http);
	if (rc == 0 && (o->needs_store || has_base(o, s)))
		rc = store_open(o->store, &s->ctx.store, e);
	if (rc == 0 && has_base(o, s))
		rc = remote_open(c, &s->remote, e);
	s->ctx.registry = s->remote.registry;
	s->ctx.access = &s->remote.access;
	return rc;
}

/* Whether what the operand names is a program: it begins like one, or has no recipe's name. */
static bool is_program(const char *path)
{
	char start[PROGRAM_SNIFF_BYTES];
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	n = pread(fd, start, sizeof(start), 0);
	if (n == 0)
		return !view_ends(view_of(path), ".yaml") && !view_ends(view_of(path), ".yml");
	return n > 0 && program_sniff(view_make(start, (size_t)n));
}

static int check_program_arch(const struct recipe_options *o, const struct program *p,
			      struct err *e)
{
	for (size_t i = 0; p->arch && i < o->archs.n; i++) {
		const struct arch *arch = arch_by_any(o->archs.at[i]);

		if (arch != p->arch)
			return fail(e, FAIL_USAGE, "'%s' is a program for %s, not for %s", p->path,
				    p->arch->oci, o->archs.at[i]);
	}
	return 0;
}

static int derive_recipe(struct command *c, const struct session_options *o, struct session *s,
			 struct err *e)
{
	struct program_wishes w = program_wishes_of(o->program, c);
	struct evidence_rules *rules = arena_new(c->arena, struct evidence_rules);
	struct program *p = arena_new(c->arena, struct program);
	struct derived *d = arena_new(c->arena, struct derived);
	char cwd[PATH_MAX];
	int rc = evidence_rules_builtin(c->arena, rules, e);

	w.base = o->recipe->base;
	if (rc == 0 && !getcwd(cwd, sizeof(cwd)))
		rc = fail_sys(e, "find the current folder");
	if (rc == 0)
		rc = program_read(c->operands[0], rules, c->arena, p, e);
	if (rc == 0)
		rc = check_program_arch(o->recipe, p, e);
	if (rc == 0)
		rc = build_derive(&s->ctx, p, rules, &w, cwd, c->arena, d, e);
	if (rc < 0)
		return rc;
	s->program = p;
	s->derived = d;
	derived_write(d, NULL, &s->derived_text);
	return recipe_load_text(buf_view(&s->derived_text),
				arena_printf(c->arena, "recipe of %s", p->path), cwd, &s->recipe,
				e);
}

/* Recipes say in their own words what these options say about programs. */
static int refuse_program_options(struct command *c, const struct session_options *o, struct err *e)
{
	const char *given = o->program ? program_option_given(o->program, c) : NULL;

	if (o->program_only && is_folder(c->operands[0]))
		return fail(e, FAIL_FORMAT, "'%s' is a folder, not a program", c->operands[0]);
	if (o->program_only)
		return fail(e, FAIL_FORMAT,
			    "'%s' is no program: it begins with neither the ELF magic nor '#!'",
			    c->operands[0]);
	if (given)
		return fail(e, FAIL_USAGE,
			    "%s: only for the image of a program; a recipe has "
			    "keys for that",
			    given);
	return 0;
}

static void start(const struct session_options *o, struct session *ret)
{
	*ret = (struct session){ .ctx = { .cache_fd = -1, .now_s = clock_now_s() } };
	ret->memo.now_s = ret->ctx.now_s;
	ret->ctx.memo = &ret->memo;
	ret->ctx.workers = workers_new(
		(unsigned)(o->jobs < WORKERS_MAX_THREADS ? o->jobs : WORKERS_MAX_THREADS));
}

/* Meanwhile the program is looked at; both take a while for a large one. */
static void hash_ahead(const char *path, struct session *s)
{
	auto_free char *real = realpath(path, NULL);

	if (real)
		host_memo_begin(&s->memo, s->ctx.workers, real);
}

int session_open(struct command *c, const struct session_options *o, struct session *ret,
		 struct err *e)
{
	bool program;
	int rc;

	start(o, ret);
	program = c->n_operands && !o->recipe->profile &&
		  (is_program(c->operands[0]) ||
		   (o->program_only && access(c->operands[0], F_OK) < 0));
	if (program && !o->program)
		return fail(e, FAIL_USAGE,
			    "'%s' is a program, and '%s' takes a recipe\n"
			    "make one: pare init %s",
			    c->operands[0], c->verb->name, c->operands[0]);
	if (program) {
		if (o->builds)
			hash_ahead(c->operands[0], ret);
		rc = open_context(c, o, ret, e);
		if (rc == 0)
			rc = derive_recipe(c, o, ret, e);
		return rc < 0 ? rc : choose_archs(o->recipe, ret, e);
	}
	rc = refuse_program_options(c, o, e);
	if (rc == 0)
		rc = load_recipe(c, o, ret, e);
	if (rc == 0)
		rc = override_base(o->recipe, ret, e);
	if (rc == 0)
		rc = choose_archs(o->recipe, ret, e);
	return rc < 0 ? rc : open_context(c, o, ret, e);
}

int session_open_archives(struct command *c, const struct recipe_options *o, struct session *ret,
			  struct err *e)
{
	const struct session_options so = { .recipe = o, .jobs = 1 };

	start(&so, ret);
	return open_context(c, &so, ret, e);
}

void session_close(struct session *s)
{
	host_memo_done(&s->memo);
	workers_free(s->ctx.workers);
	store_close(s->ctx.store);
	http_free(s->ctx.http);
	remote_close(&s->remote);
	fd_cleanup(&s->ctx.cache_fd);
	recipe_free(s->recipe);
	free(s->archs.at);
	buf_done(&s->derived_text);
}

int session_read_lock(const struct session *s, struct lock **ret, struct err *e)
{
	*ret = NULL;
	if (!s->lock_path || access(s->lock_path, F_OK) != 0)
		return 0;
	return lock_read_file(s->lock_path, ret, e);
}

int session_save_lock(const struct session *s, const struct lock *l, struct err *e)
{
	auto_buf text = BUF_EMPTY;

	lock_write(l, &text);
	return result_file_write(s->lock_path, text.data, text.len, 0644, e);
}

/* Whoever builds from a lock need not be who let the archive in. */
static void warn_unsigned(const struct session *s, const struct lock *l)
{
	for (size_t i = 0; i < l->n_indexes; i++)
		if (!l->indexes[i].signer)
			monitor_warn(s->ctx.monitor,
				     "'%s': nobody vouches for the packages of '%s %s'; it was let "
				     "in by --allow-unsigned",
				     s->lock_path, l->indexes[i].uri, l->indexes[i].suite);
}

int session_lock(struct session *s, bool locked, struct lock **ret, struct err *e)
{
	struct resolve_options o = { .archs = (const char *const *)s->archs.at,
				     .n_archs = s->archs.n };
	struct build_context ctx;
	auto_lock old = NULL;
	auto_buf why = BUF_EMPTY;
	int rc = session_read_lock(s, &old, e);

	if (rc < 0)
		return rc;
	if (old && build_lock_is_current(old, s->recipe, o.archs, o.n_archs)) {
		warn_unsigned(s, old);
		*ret = steal(old);
		return 0;
	}
	if (locked)
		return fail(e, FAIL_CONFLICT, "%s\nmake it with: pare lock",
			    !s->lock_path ? "--locked needs a recipe file with its lock"
			    : old	  ? "the lock is not that of the recipe as it is now"
					  : "the recipe has no lock");
	o.old = old;
	ctx = s->ctx;
	/* By the very indexes that decided what the recipe says. */
	ctx.offline |= s->derived && s->derived->resolved;
	rc = build_resolve(&ctx, s->recipe, &o, ret, &why, e);
	if (rc < 0) {
		if (why.len)
			monitor_note(s->ctx.monitor, "%s", buf_str(&why));
		return rc;
	}
	return s->lock_path && !s->only_look ? session_save_lock(s, *ret, e) : 0;
}
