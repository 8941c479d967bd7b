/* SPDX-License-Identifier: Apache-2.0 */
/* Config, tree and request into one; finding the program: program.c. */
#include "run/plan.h"

#include "base/array.h"
#include "fmt/json.h"
#include "run/program.h"
#include "sys/files.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_HOST_FILE_BYTES = 64 << 10, /* /etc/hosts and /etc/resolv.conf of this machine */
	MAX_HOST_NAME = 63,
};

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const struct origin own = { .kind = ORIGIN_RULE, .name = "run" };

static void add_strings(struct strings *to, const struct strings *from)
{
	for (size_t i = 0; i < from->n; i++)
		*array_push(to) = from->at[i];
}

/* Entrypoint, then the given arguments or else the image's own. */
static int make_args(const struct run_request *rq, const struct image_config *c, struct plan *p,
		     struct err *e)
{
	if (rq->entrypoint)
		*array_push(&p->args) = rq->entrypoint;
	else
		add_strings(&p->args, &c->entrypoint);
	if (rq->args.n)
		add_strings(&p->args, &rq->args);
	else if (!rq->entrypoint)
		add_strings(&p->args, &c->cmd);
	if (p->args.n == 0)
		return fail(e, FAIL_USAGE,
			    "the image has neither Entrypoint nor Cmd\nname the program: pare run "
			    "%s PROGRAM",
			    rq->name);
	return 0;
}

/* The last one of a name counts, in the place of the first. */
static void set_env(struct strings *env, const char *pair)
{
	size_t n = strcspn(pair, "=");

	for (size_t i = 0; i < env->n; i++) {
		if (strncmp(env->at[i], pair, n) == 0 && env->at[i][n] == '=') {
			env->at[i] = pair;
			return;
		}
	}
	*array_push(env) = pair;
}

static void make_env(const struct run_request *rq, const struct image_config *c, struct arena *a,
		     struct plan *p)
{
	const char *term = getenv("TERM");

	*array_push(&p->env) = "PATH=" DEFAULT_PATH;
	*array_push(&p->env) = arena_printf(a, "HOME=%s", p->account.home);
	*array_push(&p->env) = arena_printf(a, "HOSTNAME=%s", p->host_name);
	if (rq->tty)
		*array_push(&p->env) = arena_printf(a, "TERM=%s", term && *term ? term : "xterm");
	for (size_t i = 0; i < c->env.n; i++)
		if (strchr(c->env.at[i], '='))
			set_env(&p->env, c->env.at[i]);
	for (size_t i = 0; i < rq->env.n; i++)
		set_env(&p->env, rq->env.at[i]);
}

/* "localhost:5000/team/my_app:1" → "my-app" */
static const char *make_host_name(const char *image, struct arena *a)
{
	const char *slash = strrchr(image, '/');
	char *name = arena_strdup(a, slash ? slash + 1 : image);
	size_t n = strcspn(name, ":@");

	if (n > MAX_HOST_NAME)
		n = MAX_HOST_NAME;
	name[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]))
			name[i] = '-';
	while (n && name[n - 1] == '-')
		name[--n] = '\0';
	name += strspn(name, "-");
	return *name ? name : "pare";
}

/* A file of the run's own, in place of the image's. Where that can't be, the image has its way. */
static void put_text(struct tree *t, const char *path, const char *text)
{
	struct inode i = inode_file(text, strlen(text), 0644, &own);
	struct node *old = tree_find(t, path, false);
	struct err ignored;

	if (old && old->inode->type == NODE_DIR)
		return;
	if (old)
		tree_remove(t, old);
	(void)!tree_put(t, path, &i, NULL, &ignored);
}

static const char *host_file(const char *path, struct arena *a)
{
	auto_buf text = BUF_EMPTY;
	struct err ignored;

	if (file_read(AT_FDCWD, path, MAX_HOST_FILE_BYTES, &text, &ignored) < 0)
		return NULL;
	return arena_view(a, buf_view(&text));
}

static void put_network_files(const struct run_request *rq, const struct plan *p, struct tree *t,
			      struct arena *a)
{
	const char *hosts = rq->network ? host_file("/etc/hosts", a) : NULL;
	const char *resolv = rq->network ? host_file("/etc/resolv.conf", a) : NULL;

	if (!hosts)
		hosts = arena_printf(a,
				     "127.0.0.1\tlocalhost %s\n"
				     "::1\tlocalhost ip6-localhost ip6-loopback\n",
				     p->host_name);
	put_text(t, "/etc/hosts", hosts);
	put_text(t, "/etc/hostname", arena_printf(a, "%s\n", p->host_name));
	if (resolv)
		put_text(t, "/etc/resolv.conf", resolv);
}

const char *plan_tidy_path(const char *path, struct arena *a)
{
	char *out = arena_alloc(a, strlen(path) + 2);
	struct view left = view_of(path), part;
	size_t n = 0;

	while (view_split(&left, '/', &part)) {
		if (part.len == 0 || view_is(part, "."))
			continue;
		out[n++] = '/';
		memcpy(out + n, part.ptr, part.len);
		n += part.len;
	}
	if (n == 0)
		out[n++] = '/';
	out[n] = '\0';
	return out;
}

/* A folder of the image, made if it isn't there; the path that leads to it without any link. */
static int need_folder(struct tree *t, const char *path, const struct account *owner,
		       struct arena *a, const char **ret, struct err *e)
{
	struct inode dir = inode_dir(0755, &own);
	struct node *n;
	int rc;

	path = plan_tidy_path(path, a);
	n = tree_find(t, path, true);
	if (!n) {
		dir.uid = owner->uid;
		dir.gid = owner->gid;
		rc = tree_put(t, path, &dir, &n, e);
		if (rc < 0)
			return rc;
	}
	if (n->inode->type != NODE_DIR)
		return fail(e, FAIL_CONFLICT, "'%.200s' is no folder in the image", path);
	if (ret)
		*ret = node_path(n, a);
	return 0;
}

static int make_work_dir(const struct run_request *rq, const struct image_config *c, struct tree *t,
			 struct arena *a, struct plan *p, struct err *e)
{
	const char *dir = rq->work_dir ? rq->work_dir : c->working_dir;
	int rc;

	if (!dir || !*dir)
		dir = "/";
	else if (*dir != '/')
		dir = arena_printf(a, "/%s", dir);
	/* a volume may be there by then */
	for (size_t i = 0; i < rq->n_volumes; i++) {
		size_t n = strlen(rq->volumes[i].target);

		if (strncmp(dir, rq->volumes[i].target, n) == 0 && (!dir[n] || dir[n] == '/')) {
			p->work_dir = dir;
			return 0;
		}
	}
	rc = need_folder(t, dir, &p->account, a, &p->work_dir, e);
	return rc < 0 ? err_context(e, "working folder") : 0;
}

static bool is_asked_for(const struct run_request *rq, const char *target)
{
	for (size_t i = 0; i < rq->n_volumes; i++)
		if (strcmp(rq->volumes[i].target, target) == 0)
			return true;
	return false;
}

static int make_volumes(const struct run_request *rq, const struct image_config *c, struct tree *t,
			struct arena *a, struct plan *p, struct err *e)
{
	size_t n_own = rq->read_only ? c->volumes.n : 0;

	p->volumes = arena_array(a, rq->n_volumes + n_own + 1, sizeof(*p->volumes));
	for (size_t i = 0; i < n_own; i++) {
		const char *path;
		int rc = need_folder(t, c->volumes.at[i], &p->account, a, &path, e);

		if (rc < 0)
			return err_context(e, "volume");
		if (!path[1] || is_asked_for(rq, path))
			continue;
		p->volumes[p->n_volumes++] =
			(struct plan_volume){ .source = path, .target = path, .own = true };
	}
	for (size_t i = 0; i < rq->n_volumes; i++) {
		const struct run_volume *v = &rq->volumes[i];

		p->volumes[p->n_volumes++] = (struct plan_volume){ .source = v->source,
								   .target = v->target,
								   .read_only = v->read_only };
	}
	return 0;
}

/* The runtime reads them from JSON, where other bytes would become U+FFFD. */
static int check_utf8(const struct plan *p, struct err *e)
{
	for (size_t i = 0; i < p->args.n; i++)
		if (!json_can_hold(view_of(p->args.at[i])))
			return fail(e, FAIL_UNSUPPORTED,
				    "argument %zu is no UTF-8, and runtimes take nothing else", i);
	for (size_t i = 0; i < p->env.n; i++)
		if (!json_can_hold(view_of(p->env.at[i])))
			return fail(e, FAIL_UNSUPPORTED,
				    "the variable '%.*s' is no UTF-8, and runtimes take nothing "
				    "else",
				    (int)strcspn(p->env.at[i], "="), p->env.at[i]);
	return 0;
}

int plan_make(const struct run_request *rq, const struct image_config *c, struct tree *t,
	      struct arena *a, struct plan *ret, struct err *e)
{
	int rc;

	*ret = (struct plan){ 0 };
	rc = make_args(rq, c, ret, e);
	if (rc == 0)
		rc = account_find(t, rq->user ? rq->user : c->user, a, &ret->account, e);
	if (rc < 0)
		return rc;
	ret->host_name = make_host_name(rq->name, a);
	make_env(rq, c, a, ret);
	put_network_files(rq, ret, t, a);
	rc = check_utf8(ret, e);
	if (rc == 0)
		rc = make_work_dir(rq, c, t, a, ret, e);
	if (rc == 0)
		rc = make_volumes(rq, c, t, a, ret, e);
	return rc < 0 ? rc : program_find(ret, t, a, &ret->program, e);
}

void plan_done(struct plan *p)
{
	free(p->args.at);
	free(p->env.at);
	*p = (struct plan){ 0 };
}
