/* SPDX-License-Identifier: Apache-2.0 */
/* A derived recipe as YAML: every text quoted, every decision with its reason as a comment. */
#include "recipe/derived.h"

#include "fmt/json.h"

#include <string.h>

/* JSON's quotes are YAML's, too. */
static void add_quoted(struct buf *to, const char *text)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	json_put_string(&w, text);
}

/* Comments can't hold line ends; names in them come from files. */
static void add_comment(struct buf *to, const char *indent, const char *text)
{
	buf_printf(to, "%s# ", indent);
	for (; *text; text++)
		buf_add_char(to, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
	buf_add_char(to, '\n');
}

static void add_lines(struct buf *to, const char *key, const struct derived_lines *lines)
{
	const char *last = NULL;

	if (!lines->n)
		return;
	buf_printf(to, "  %s:\n", key);
	for (size_t i = 0; i < lines->n; i++) {
		const char *why = lines->at[i].why;

		if (why && (!last || strcmp(why, last) != 0))
			add_comment(to, "    ", why);
		last = why;
		buf_add_str(to, "    - ");
		add_quoted(to, lines->at[i].value);
		buf_add_char(to, '\n');
	}
}

static void add_list(struct buf *to, const char *indent, const char *key,
		     const struct strings *list)
{
	if (!list->n)
		return;
	buf_printf(to, "%s%s: [", indent, key);
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			buf_add_str(to, ", ");
		add_quoted(to, list->at[i]);
	}
	buf_add_str(to, "]\n");
}

static void add_map(struct buf *to, const char *key, const struct pairs *map)
{
	if (!map->n)
		return;
	buf_printf(to, "%s:\n", key);
	for (size_t i = 0; i < map->n; i++) {
		buf_add_str(to, "  ");
		add_quoted(to, map->at[i].key);
		buf_add_str(to, ": ");
		add_quoted(to, map->at[i].value);
		buf_add_char(to, '\n');
	}
}

static void add_contents(const struct derived *d, struct buf *to)
{
	struct strings repositories = { 0 };
	struct derived_lines lines = { 0 };

	if (!d->packages.n)
		return;
	buf_add_str(to, "\ncontents:\n");
	release_write_repositories(d->release, d->a, &repositories);
	lines.at = arena_array(d->a, repositories.n + 1, sizeof(*lines.at));
	for (; lines.n < repositories.n; lines.n++)
		lines.at[lines.n].value = repositories.at[lines.n];
	add_lines(to, "repositories", &lines);
	add_list(to, "  ", "keyring", &d->wishes->keyring);
	add_lines(to, "packages", &d->packages);
	if (d->reached) {
		add_comment(to, "  ",
			    "of each package what the program reaches, its licence, its entry for "
			    "scanners");
		buf_add_str(to, "  keep: reached\n");
	}
	add_lines(to, "exclude", &d->excludes);
	add_lines(to, "include", &d->includes);
}

static void add_member(struct buf *to, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(to, "    %s: ", key);
	add_quoted(to, value);
	buf_add_char(to, '\n');
}

static void add_path(const struct derived_path *p, struct buf *to)
{
	if (p->why)
		add_comment(to, "  ", p->why);
	buf_add_str(to, "  - path: ");
	add_quoted(to, p->path);
	buf_printf(to, "\n    type: %s\n", p->type);
	add_member(to, "source", p->source);
	add_member(to, "content", p->content);
	add_member(to, "permissions", p->mode);
	if (p->uid)
		buf_printf(to, "    uid: %s\n", p->uid);
	if (p->gid)
		buf_printf(to, "    gid: %s\n", p->gid);
	if (p->strip)
		buf_add_str(to, "    strip: true\n");
}

static void add_accounts(const struct derived *d, struct buf *to)
{
	const char *user = d->wishes->user ? d->wishes->user : "65532:65532";
	size_t uid_len = strcspn(user, ":");
	const char *gid = user[uid_len] ? user + uid_len + 1 : NULL;
	bool root = uid_len == 1 && user[0] == '0';

	if (d->wishes->base && !d->wishes->user && !d->extras[EXTRA_PASSWD].on)
		return; /* as whom the base says */
	buf_add_str(to, "\naccounts:\n  run-as: ");
	add_quoted(to, user);
	buf_add_char(to, '\n');
	if (!d->extras[EXTRA_PASSWD].on)
		return;
	buf_add_str(to, "  users:\n"
			"    - {username: root, uid: 0, homedir: /root, shell: /sbin/nologin}\n");
	if (!root)
		buf_printf(to,
			   "    - {username: nonroot, uid: %.*s, gid: %s, homedir: /home/nonroot, "
			   "shell: /sbin/nologin}\n",
			   (int)uid_len, user, gid ? gid : arena_strndup(d->a, user, uid_len));
	buf_add_str(to, "  groups:\n    - {groupname: root, gid: 0}\n");
	if (!root && !(gid && strcmp(gid, "0") == 0))
		buf_printf(to, "    - {groupname: nonroot, gid: %s}\n",
			   gid ? gid : arena_strndup(d->a, user, uid_len));
}

static void add_history(const struct derived *d, struct buf *to)
{
	buf_add_str(to, "\n# Kept in the image's history.\nhistory:\n  - ");
	add_quoted(to, arena_printf(d->a, "%s: %s", d->strategy, d->reason));
	buf_add_char(to, '\n');
	for (size_t i = 0; i < EXTRAS; i++) {
		const struct derived_extra *x = &d->extras[i];

		if (!x->on || !x->reason || i == EXTRA_PASSWD || i == EXTRA_TMP)
			continue;
		buf_add_str(to, "  - ");
		add_quoted(to, arena_printf(d->a, "%s: %s", extra_name((enum extra)i), x->reason));
		buf_add_char(to, '\n');
	}
}

static void add_setting(struct buf *to, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(to, "%s: ", key);
	add_quoted(to, value);
	buf_add_char(to, '\n');
}

static void add_run(const struct derived *d, struct buf *to)
{
	const struct program_wishes *w = d->wishes;
	struct pairs labels = { 0 };

	buf_add_char(to, '\n');
	if (w->entrypoint)
		add_setting(to, "entrypoint", w->entrypoint);
	else
		add_list(to, "", "entrypoint", &d->entrypoint);
	if (w->arguments.n)
		add_list(to, "", "cmd", &w->arguments);
	else
		add_setting(to, "cmd", w->cmd);
	add_map(to, "environment", &d->environment);
	add_setting(to, "work-dir", w->work_dir);
	add_setting(to, "stop-signal", w->stop_signal);
	add_list(to, "", "volumes", &w->volumes);
	add_list(to, "", "ports", &w->ports);
	labels.at = arena_array(d->a, w->labels.n + 1, sizeof(*labels.at));
	for (; labels.n < w->labels.n; labels.n++) {
		const char *equals = strchr(w->labels.at[labels.n], '=');

		labels.at[labels.n].key = arena_strndup(d->a, w->labels.at[labels.n],
							(size_t)(equals - w->labels.at[labels.n]));
		labels.at[labels.n].value = equals + 1;
	}
	add_map(to, "labels", &labels);
	if (d->program->arch)
		buf_printf(to, "archs: [%s]\n", d->program->arch->oci);
}

void derived_write(const struct derived *d, const char *command, struct buf *to)
{
	add_comment(to, "",
		    arena_printf(d->a, "The image of %s: %s.", d->program->path,
				 program_describe(d->program, d->a)));
	add_comment(to, "", arena_printf(d->a, "%s: %s.", d->strategy, d->reason));
	if (command)
		add_comment(to, "", command);
	if (d->wishes->base) {
		buf_add_char(to, '\n');
		add_setting(to, "base", d->wishes->base);
	}
	add_contents(d, to);
	buf_add_str(to, "\npaths:\n");
	for (size_t i = 0; i < d->n_paths; i++)
		add_path(&d->paths[i], to);
	add_accounts(d, to);
	add_run(d, to);
	add_history(d, to);
}
