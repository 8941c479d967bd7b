/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

char *output_of(const char *command)
{
	FILE *f = popen(command, "r"); /* NOLINT: fixed commands */
	struct buf b = BUF_EMPTY;
	char piece[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, n);
	if (pclose(f) != 0)
		fail_msg("failed: %s", command);
	if (b.len && b.data[b.len - 1] == '\n')
		b.data[--b.len] = '\0';
	return buf_steal(&b);
}

void made_by(struct made *m, const char *script)
{
	char *command;

	memset(m, 0, sizeof(*m));
	m->dir = mem_strdup("/tmp/pare-link-XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	command = mem_printf("cd %s && { set -e; chmod 755 .; umask 022; %s; }", m->dir, script);
	free(output_of(command));
	free(command);
	host_tree_load(&m->host, m->dir);
	m->link = link_new(&m->host.tree);
}

void made_done(struct made *m)
{
	char *command = mem_printf("rm -rf %s", m->dir);

	free(output_of(command));
	free(command);
	free(m->dir);
	link_result_done(&m->result);
	link_free(m->link);
	host_tree_done(&m->host);
}

char *objects_text(const struct link_result *r, int role)
{
	static const char *const roles[] = { "script",	"program", "interpreter",
					     "preload", "library", "variant" };
	struct buf b = BUF_EMPTY;

	for (size_t i = 0; i < r->n_objects; i++)
		if (role < 0 || r->objects[i]->role == (enum link_role)role)
			buf_printf(&b, "%s %s\n", roles[r->objects[i]->role], r->objects[i]->path);
	return buf_steal(&b);
}

char *problems_text(const struct link_result *r)
{
	struct buf b = BUF_EMPTY;

	for (size_t i = 0; i < r->n_problems; i++) {
		const struct link_problem *p = &r->problems[i];

		buf_add_str(&b, p->fatal ? "fatal: " : "note: ");
		link_problem_text(p, &b);
		for (size_t k = 0; k < p->n_chain; k++)
			buf_printf(&b, "%s%s", k ? " > " : " [", p->chain[k]);
		buf_add_str(&b, p->n_chain ? "]\n" : "\n");
	}
	return buf_steal(&b);
}

void look(struct made *m, const char *path, const struct link_process *p)
{
	static const struct link_process plain = { .user = "65532" };
	struct err e;

	link_result_done(&m->result);
	if (link_closure(m->link, path, p ? p : &plain, &m->result, &e) < 0)
		fail_msg("%s", e.msg);
}

static void are_problems(struct made *m, const char *want)
{
	char *got = problems_text(&m->result);

	assert_string_equal(got, want);
	free(got);
}

/* Linux's and the loader's own word on it, where we may chroot: does the program start? */
static void is_as_on_linux(struct made *m, const char *path)
{
	char *command;
	bool fails = link_result_fails(&m->result);
	char *status;

	if (geteuid() != 0)
		return;
	command = mem_printf("chroot --userspec=65532:65532 %s %s >/dev/null 2>&1; echo $?", m->dir,
			     path);
	status = output_of(command);
	if (fails != (strcmp(status, "0") != 0))
		fail_msg("'%s' ends with %s, though pare says that it %s", path, status,
			 fails ? "can't start" : "starts");
	free(command);
	free(status);
}

void has_problems(struct made *m, const char *path, const char *want)
{
	look(m, path, NULL);
	are_problems(m, want);
	is_as_on_linux(m, path);
}

void starts_with(struct made *m, const struct link_process *p, const char *command,
		 const char *want_problems)
{
	struct err e;

	link_result_done(&m->result);
	if (link_start(m->link, &command, 1, p, &m->result, &e) < 0)
		fail_msg("%s", e.msg);
	are_problems(m, want_problems);
}
