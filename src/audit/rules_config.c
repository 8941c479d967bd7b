/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration says, what the files tell of the build, and the policy's limits. */
#include "audit/private.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/date.h"
#include "place/place.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_LAYERS_OF_ENGINES = 127, /* Docker's overlay2 */
	DAY_S = 24 * 60 * 60,
};

/* ---- configuration ---- */

static void check_tag(struct auditing *x)
{
	const char *ref, *slash, *colon;
	struct place p;
	struct err ignored;
	struct finding *f;

	if (place_parse(x->view->name, x->a, &p, &ignored) < 0)
		return;
	ref = p.ref;
	if (!ref || strchr(ref, '@'))
		return;
	slash = strrchr(ref, '/');
	colon = strchr(slash ? slash : ref, ':');
	if (p.kind == PLACE_OCI || p.kind == PLACE_OCI_ARCHIVE) {
		if (strcmp(ref, "latest") != 0)
			return;
	} else if (colon && strcmp(colon, ":latest") != 0) {
		return;
	}
	f = find_image(x, RULE_TAG_LATEST);
	if (f)
		f->message = arena_printf(x->a, "the image is asked for as '%s'", x->view->name);
}

static void check_workdir(struct auditing *x)
{
	const char *dir = x->config->working_dir;
	struct finding *f;

	if (!dir || dir[0] == '/')
		return;
	f = find_image(x, RULE_WORKDIR_RELATIVE);
	if (f)
		f->message = arena_printf(x->a, "the working directory is '%s'", dir);
}

/* Without slashes around it and "." in it, as runtimes clean it. */
static const char *clean(struct auditing *x, const char *path)
{
	struct view v = view_of(path), part;
	auto_buf out = BUF_EMPTY;

	while (view_split(&v, '/', &part)) {
		if (part.len == 0 || view_is(part, "."))
			continue;
		if (out.len)
			buf_add_char(&out, '/');
		buf_add_view(&out, part);
	}
	return arena_strdup(x->a, out.len ? buf_str(&out) : "/");
}

static void check_volumes(struct auditing *x)
{
	for (size_t i = 0; i < x->config->volumes.n; i++) {
		const char *volume = clean(x, x->config->volumes.at[i]);
		const struct path_rule *row;
		struct finding *f;
		size_t at = 0;

		row = path_rules_next(x->path_rules, PATH_VOLUME, volume, &at);
		if (!row)
			continue;
		f = find_layer(x, row->rule, FINDING_NO_LAYER, x->config->volumes.at[i]);
		if (f)
			f->message = arena_printf(x->a, "a volume lies over %s", row->words);
	}
}

static void check_ports(struct auditing *x)
{
	for (size_t i = 0; i < x->config->exposed_ports.n; i++) {
		struct view rest = view_of(x->config->exposed_ports.at[i]), number, first;
		struct finding *f;
		uint64_t port = 0;
		bool sound;

		if (!view_split(&rest, '/', &number) || !view_split(&number, '-', &first))
			continue;
		sound = view_to_u64(first, &port) && port >= 1 && port <= 65535;
		if (sound && port != 22)
			continue;
		f = find_image(x, RULE_PORT_SSH);
		if (f)
			f->message = arena_printf(x->a,
						  sound ? "the port of SSH is exposed: '%s'"
							: "there is no such port: '%s'",
						  x->config->exposed_ports.at[i]);
	}
}

static void check_layers(struct auditing *x)
{
	struct finding *f;

	if (x->view->n_layers <= MAX_LAYERS_OF_ENGINES)
		return;
	f = find_image(x, RULE_LAYERS_MANY);
	if (f)
		f->message = arena_printf(x->a, "there are %zu layers", x->view->n_layers);
}

/* ---- times of the build ---- */

struct times {
	struct auditing *x;
	int64_t built_s;
	int64_t first_s;
	bool several;
	struct {
		const struct node **at;
		size_t n, cap;
	} nodes;
};

/* What no package brought and is as old as the image, give or take a day. */
static int see_time(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct times *t = ctx;
	int64_t age = t->built_s - n->inode->mtime_s;

	(void)path;
	(void)e;
	if (n->inode->type != NODE_FILE || view_package_of(t->x->view, n) || age == 0 ||
	    age > DAY_S || age < -DAY_S)
		return 0;
	if (t->nodes.n == 0)
		t->first_s = n->inode->mtime_s;
	else if (n->inode->mtime_s != t->first_s)
		t->several = true;
	*array_push(&t->nodes) = n;
	return 0;
}

static int check_times(struct auditing *x, struct err *e)
{
	struct times t = { .x = x };
	int rc;

	if (!x->config->created || !date_parse_rfc3339(view_of(x->config->created), &t.built_s) ||
	    !rule_is_on(x, RULE_IRREPRODUCIBLE))
		return 0;
	rc = tree_walk(x->tree, see_time, &t, e);
	for (size_t i = 0; t.several && i < t.nodes.n; i++) {
		const struct heap_item item = { .rule = RULE_IRREPRODUCIBLE,
						.key = "files with times of the build" };

		heap_add(x, &item, t.nodes.at[i]);
	}
	free(t.nodes.at);
	return rc;
}

int rules_config(struct auditing *x, struct err *e)
{
	if (x->view->is_rootfs)
		return 0;
	check_tag(x);
	check_workdir(x);
	check_volumes(x);
	check_ports(x);
	check_layers(x);
	return check_times(x, e);
}

/* ---- limits of the policy ---- */

static void check_bytes(struct auditing *x, enum audit_rule_number rule, uint64_t bytes,
			uint64_t limit, const char *what)
{
	struct finding *f = bytes > limit ? find_image(x, rule) : NULL;

	if (!f)
		return;
	f->bytes = bytes;
	f->message = arena_printf(x->a, "%s: %s, and the policy allows %s", what,
				  bytes_text(x, bytes), bytes_text(x, limit));
}

static void check_number(struct auditing *x, enum audit_rule_number rule, uint64_t n,
			 uint64_t limit, const char *what)
{
	struct finding *f = n > limit ? find_image(x, rule) : NULL;

	if (f)
		f->message = arena_printf(x->a, "%llu %s, and the policy allows %llu",
					  (unsigned long long)n, what, (unsigned long long)limit);
}

int rules_limits(struct auditing *x, struct err *e)
{
	const struct policy *p = x->policy;

	(void)e;
	check_bytes(x, RULE_LIMIT_SIZE, view_compressed_bytes(x->view), p->max_size_bytes,
		    "the layers, as stored");
	check_bytes(x, RULE_LIMIT_DEAD_BYTES, view_dead_bytes(x->view), p->max_dead_bytes,
		    "dead bytes");
	check_number(x, RULE_LIMIT_PACKAGES, x->view->n_packages, p->max_packages, "packages");
	check_number(x, RULE_LIMIT_FILES, x->n_files, p->max_files, "files");
	return 0;
}

/* ---- updates ---- */

static const char *list_cves(struct auditing *x, const struct audit_update *u)
{
	auto_buf list = BUF_EMPTY;

	for (size_t i = 0; i < u->n_cves; i++)
		buf_printf(&list, "%s%s", i ? " " : "", u->cves[i]);
	return u->n_cves ? arena_strdup(x->a, buf_str(&list)) : NULL;
}

int rules_updates(struct auditing *x, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < x->options->n_updates; i++) {
		const struct audit_update *u = &x->options->updates[i];
		struct finding *f =
			find_layer(x, u->security ? RULE_UPDATE_SECURITY : RULE_UPDATE_AVAILABLE,
				   FINDING_NO_LAYER, u->package->database);

		if (!f)
			continue;
		f->package = arena_printf(x->a, "%s %s", u->package->name, u->package->version);
		f->message =
			arena_printf(x->a, "%s %s can be updated to %s of %s", u->package->name,
				     u->package->version, u->version, u->archive);
		f->detail = list_cves(x, u);
		if (u->package->kind == VIEW_APK)
			f->detail = "Alpine's index doesn't say what it repairs";
	}
	return 0;
}
