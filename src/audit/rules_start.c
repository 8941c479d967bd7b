/* SPDX-License-Identifier: Apache-2.0 */
/* Would the image start? link/ answers; here its problems become findings. */
#include "audit/private.h"

#include "base/buf.h"
#include "fmt/json.h"

#include <string.h>

static const enum audit_rule_number rule_of_problem[] = {
	[LINK_NO_COMMAND] = RULE_START_COMMAND_MISSING,
	[LINK_NOT_EXECUTABLE] = RULE_START_NOT_EXECUTABLE,
	[LINK_NOT_PROGRAM] = RULE_START_NOT_A_PROGRAM,
	[LINK_DAMAGED] = RULE_START_NOT_A_PROGRAM,
	[LINK_ARCHITECTURE] = RULE_START_ARCHITECTURE,
	[LINK_NO_INTERPRETER] = RULE_START_INTERPRETER_MISSING,
	[LINK_CARRIAGE_RETURN] = RULE_START_CARRIAGE_RETURN,
	[LINK_SCRIPT_LOOP] = RULE_START_NOT_A_PROGRAM,
	[LINK_NO_LIBRARY] = RULE_START_LIBRARY_MISSING,
	[LINK_BAD_LIBRARY] = RULE_START_LIBRARY_MISSING,
	[LINK_NO_VERSION] = RULE_START_VERSION_MISSING,
	[LINK_NO_SYMBOL] = RULE_START_SYMBOL_MISSING,
	[LINK_NO_USER] = RULE_START_USER_MISSING,
	[LINK_NO_FOLDER] = RULE_START_FOLDER_UNUSABLE,
};

static bool is_shell(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return strcmp(name, "sh") == 0 || strcmp(name, "bash") == 0 || strcmp(name, "ash") == 0;
}

static bool is_shell_form(const struct strings *command)
{
	return command->n >= 2 && is_shell(command->at[0]) && command->at[1][0] == '-' &&
	       strchr(command->at[1], 'c');
}

static const char *problem_detail(struct auditing *x, const struct link_problem *p)
{
	auto_buf text = BUF_EMPTY;

	for (size_t i = 0; p->n_chain > 1 && i < p->n_chain; i++)
		buf_printf(&text, "%s%s", i ? " -> " : "by way of ", p->chain[i]);
	return text.len ? arena_strdup(x->a, buf_str(&text)) : NULL;
}

static const char *problem_text(struct auditing *x, const struct link_problem *p)
{
	auto_buf text = BUF_EMPTY;

	link_problem_text(p, &text);
	return arena_strdup(x->a, buf_str(&text));
}

/* The link context ends before the findings do: they get texts of their own. */
static struct finding *find_problem(struct auditing *x, enum audit_rule_number rule,
				    const struct link_problem *p)
{
	struct node *n = p->object ? tree_find(x->tree, p->object, true) : NULL;
	struct finding *f;

	if (n)
		f = find_node(x, rule, n);
	else
		f = find_layer(x, rule, FINDING_NO_LAYER,
			       p->object ? arena_strdup(x->a, p->object) : NULL);
	if (!f)
		return NULL;
	f->message = problem_text(x, p);
	f->detail = problem_detail(x, p);
	return f;
}

static void add_problem(struct auditing *x, const struct link_problem *p)
{
	enum audit_rule_number rule = rule_of_problem[p->kind];
	struct finding *f;

	if (p->kind == LINK_NO_COMMAND && is_shell_form(&x->command))
		rule = RULE_START_SHELL_MISSING;
	f = find_problem(x, rule, p);
	if (f && !p->fatal && f->level > AUDIT_WARNING)
		f->level = AUDIT_WARNING;
}

/* ---- the rest of the tree ---- */

static bool is_reported(const struct auditing *x, const char *object)
{
	for (size_t i = 0; i < x->start.n_problems; i++)
		if (x->start.problems[i].object && strcmp(x->start.problems[i].object, object) == 0)
			return true;
	return false;
}

static int check_others(struct auditing *x, struct err *e)
{
	struct link_result r = { 0 };
	int rc;

	if (!rule_is_on(x, RULE_START_OTHER_PROGRAM))
		return 0;
	rc = link_check_tree(x->link, &x->process, &r, e);
	for (size_t i = 0; rc == 0 && i < r.n_problems; i++) {
		const struct link_problem *p = &r.problems[i];
		struct node *n = p->object ? tree_find(x->tree, p->object, true) : NULL;
		const struct heap_item item = {
			.rule = RULE_START_OTHER_PROGRAM,
			.key = "programs or libraries that can not be loaded",
			.by_package = true,
			.detail = problem_text(x, p),
		};

		if (n && p->fatal && !is_reported(x, p->object))
			heap_add(x, &item, n);
	}
	link_result_done(&r);
	return rc;
}

/* ---- health check ---- */

/*
 * The program that a shell would start first; NULL when only a shell can tell: variables, its own
 * commands, assignments.
 */
static const char *first_word(struct auditing *x, const char *command)
{
	static const char *const own[] = {
		"if",	 "for",	   "while", "until", "case", "exit", "test", "echo", "true",
		"false", "exec",   "eval",  "set",   "cd",   "read", "kill", "wait", "trap",
		"time",	 "printf", "[",	    "[[",    "{",    "!",    ":",    ".",
	};
	struct view rest = view_of(command), word;
	const char *text;

	if (!view_word(&rest, &word))
		return NULL;
	text = arena_view(x->a, word);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(text, own[i]) == 0)
			return NULL;
	return strpbrk(text, "$`\"'\\=(){}*?[]<>|&;#~") ? NULL : text;
}

static int check_health_program(struct auditing *x, const char *program, struct err *e)
{
	struct link_result r = { 0 };
	int rc = link_start(x->link, &program, 1, &x->process, &r, e);

	for (size_t i = 0; rc == 0 && i < r.n_problems; i++) {
		const struct link_problem *p = &r.problems[i];

		if (!p->fatal || p->kind == LINK_NO_USER || p->kind == LINK_NO_FOLDER)
			continue;
		(void)find_problem(x, RULE_START_HEALTHCHECK_PROGRAM, p);
		break;
	}
	link_result_done(&r);
	return rc;
}

static int check_health(struct auditing *x, struct err *e)
{
	const struct json *test;
	auto_json doc = NULL;
	const char *kind, *command;
	struct finding *f;
	int rc;

	if (!x->view->platform.config_json.len)
		return 0;
	rc = json_parse(x->view->platform.config_json, "config", &doc, e);
	if (rc < 0)
		return rc;
	test = json_get(json_get(json_get(json_root(doc), "config"), "Healthcheck"), "Test");
	kind = json_str(json_at(test, 0));
	command = json_str(json_at(test, 1));
	if (!kind || !command)
		return 0;
	command = arena_strdup(x->a, command);
	if (strcmp(kind, "CMD-SHELL") == 0 && !tree_find(x->tree, "/bin/sh", true)) {
		f = find_image(x, RULE_START_HEALTHCHECK_SHELL);
		if (f)
			f->detail = command;
		return 0;
	}
	if (strcmp(kind, "CMD-SHELL") == 0)
		command = first_word(x, command);
	else if (strcmp(kind, "CMD") != 0)
		return 0;
	return command ? check_health_program(x, command, e) : 0;
}

int rules_start(struct auditing *x, struct err *e)
{
	int rc;

	if (x->view->is_rootfs)
		return check_others(x, e);
	if (x->command.n == 0)
		(void)find_image(x, RULE_START_NOTHING);
	rc = link_start(x->link, x->command.at, x->command.n, &x->process, &x->start, e);
	for (size_t i = 0; rc == 0 && i < x->start.n_problems; i++)
		add_problem(x, &x->start.problems[i]);
	if (rc == 0)
		rc = check_health(x, e);
	return rc < 0 ? rc : check_others(x, e);
}
