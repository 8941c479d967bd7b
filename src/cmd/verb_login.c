/* SPDX-License-Identifier: Apache-2.0 */
/* pare login and pare logout: credentials for a registry, tried before they are kept. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "cmd/remote.h"
#include "cmd/verbs.h"
#include "oci/name.h"
#include "registry/credentials.h"
#include "registry/hosts.h"

enum { MAX_SECRET_BYTES = 16 << 10 };

struct login_options {
	const char *user;
	bool from_stdin;
	bool get;
};

static const struct option login_rows[] = {
	OPTION('u', "username", STRING, struct login_options, user, "NAME", "who logs in"),
	OPTION(0, "password-stdin", BOOL, struct login_options, from_stdin, NULL,
	       "read the password from standard input"),
	OPTION(0, "get-login", BOOL, struct login_options, get, NULL,
	       "print who is logged in, and do nothing"),
};

/* HOST or HOST/NAME; a HOST needs no name, which the grammar of images wants. */
static int parse_key(const char *text, struct arena *a, struct reference *ret, struct err *e)
{
	const char *scheme = strstr(text, "://");

	if (scheme && !view_starts(view_of(text), REFERENCE_SCHEME))
		return fail(e, FAIL_USAGE,
			    "'%.200s' is a URL: expected HOST[:PORT]\nthat is '%.*s'", text,
			    (int)strcspn(scheme + 3, "/"), scheme + 3);
	if (strchr(text, '/')) {
		int rc = reference_parse(text, a, ret, e);

		if (rc == 0 && (ret->tag || ret->has_digest))
			rc = fail(e, FAIL_USAGE, "'%s' names an image: expected HOST or HOST/NAME",
				  text);
		return rc;
	}
	if (!image_host_valid(view_of(text)))
		return fail(e, FAIL_USAGE, "'%.200s' is no registry: expected HOST[:PORT]", text);
	*ret = (struct reference){ .host = text, .name = "" };
	return 0;
}

static const char *key_of(const struct reference *ref, struct arena *a)
{
	return *ref->name ? arena_printf(a, "%s/%s", ref->host, ref->name) : ref->host;
}

/* Standard input without the newline that ends it. */
static int read_all(struct arena *a, const char **ret, struct err *e)
{
	char *text = arena_alloc(a, MAX_SECRET_BYTES + 1);
	size_t n = fread(text, 1, MAX_SECRET_BYTES + 1, stdin);

	if (n > MAX_SECRET_BYTES)
		return fail(e, FAIL_LIMIT, "the password is longer than %d bytes",
			    MAX_SECRET_BYTES);
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		text[--n] = '\0';
	if (n == 0 || memchr(text, '\0', n))
		return fail(e, FAIL_USAGE, "there is no password on standard input");
	*ret = text;
	return 0;
}

/* A signal can come at any moment, and what is hidden must be shown again before the end. */
static int wait_for_line(struct err *e)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t stops, before;

	sigemptyset(&stops);
	sigaddset(&stops, SIGINT);
	sigaddset(&stops, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stops, &before);
	while (!interrupt_signal() && ppoll(&in, 1, NULL, &before) < 0 && errno == EINTR)
		;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return interrupt_check(e);
}

/* A line from the terminal, unseen if `hidden`. */
static int ask(const char *question, bool hidden, struct arena *a, const char **ret, struct err *e)
{
	__attribute__((cleanup(mem_cleanup))) char *line = NULL;
	struct termios before, silent;
	size_t size = 0;
	ssize_t n = -1;
	int rc;

	if (hidden && tcgetattr(STDIN_FILENO, &before) == 0) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	}
	fprintf(stderr, "%s: ", question);
	fflush(stderr);
	rc = wait_for_line(e);
	if (rc == 0)
		n = getline(&line, &size, stdin);
	if (hidden) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	if (rc < 0)
		return rc;
	if (n < 0)
		return fail(e, FAIL_USAGE, "no answer");
	line[strcspn(line, "\r\n")] = '\0';
	*ret = arena_strdup(a, line);
	return 0;
}

static int find_answers(const struct login_options *o, struct arena *a, const char **ret_user,
			const char **ret_secret, struct err *e)
{
	int rc = 0;

	*ret_user = o->user;
	if (o->from_stdin && !o->user)
		return fail(e, FAIL_USAGE, "--password-stdin needs a --username");
	if (o->from_stdin)
		return read_all(a, ret_secret, e);
	if (!isatty(STDIN_FILENO))
		return fail(e, FAIL_USAGE,
			    "standard input is no terminal\ngive --username and --password-stdin");
	if (!o->user)
		rc = ask("Username", false, a, ret_user, e);
	return rc < 0 ? rc : ask("Password", true, a, ret_secret, e);
}

static int print_login(struct command *c, const struct reference *ref, struct err *e)
{
	struct strings helpers = { 0 };
	struct credentials_search how = {
		.file = c->globals.remote.auth_file,
		.helpers = &helpers,
		.monitor = c->monitor,
	};
	struct credentials known;
	int rc = hosts_helpers(NULL, c->arena, &helpers, e);

	if (rc == 0)
		rc = credentials_find(ref->host, *ref->name ? ref->name : NULL, &how, c->arena,
				      &known, e);
	if (rc < 0)
		return rc;
	if (!known.user && !known.identity_token)
		return fail(e, FAIL_NOT_FOUND, "nobody is logged in at '%s'",
			    key_of(ref, c->arena));
	fprintf(c->out, "%s\n", known.user ? known.user : "<token>");
	return 0;
}

static int run_login(struct command *c, const void *options, struct err *e)
{
	const struct login_options *o = options;
	const char *user, *secret, *path;
	auto_remote remote = { 0 };
	auto_repository p = NULL;
	struct reference ref;
	int rc = parse_key(c->operands[0], c->arena, &ref, e);

	if (rc == 0 && o->get)
		return print_login(c, &ref, e);
	if (rc == 0)
		rc = find_answers(o, c->arena, &user, &secret, e);
	if (rc == 0 && strchr(user, ':'))
		rc = fail(e, FAIL_USAGE, "a user's name can't have a ':'");
	if (rc == 0)
		rc = credentials_file(c->globals.remote.auth_file, c->arena, &path, e);
	if (rc == 0)
		rc = remote_open(c, &remote, e);
	if (rc == 0)
		rc = repository_open(remote.registry, &ref, REGISTRY_PULL, &p, e);
	if (rc == 0)
		rc = repository_check_login(p, user, secret, e);
	if (rc == 0)
		rc = credentials_store(path, key_of(&ref, c->arena), user, secret, e);
	if (rc < 0)
		return rc;
	fprintf(c->out, "%s\n", key_of(&ref, c->arena));
	monitor_note(c->monitor, "'%s' is logged in; kept in '%s'", user, path);
	return 0;
}

const struct verb verb_login = {
	.name = "login",
	.summary = "Log in to a registry",
	.rare = true,
	.operands = "REGISTRY",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.example = "pare login registry.example -u jo --password-stdin <secret.txt",
	.options = OPTION_TABLE(login_rows),
	.options_size = sizeof(struct login_options),
	.run = run_login,
};

struct logout_options {
	const char *auth_file;
};

static const struct option logout_rows[] = {
	OPTION(0, "authfile", STRING, struct logout_options, auth_file, "FILE",
	       "of credentials, instead of the usual one", .complete = COMPLETE_FILE),
};

static int run_logout(struct command *c, const void *options, struct err *e)
{
	const struct logout_options *o = options;
	struct reference ref;
	const char *path;
	int rc = parse_key(c->operands[0], c->arena, &ref, e);

	if (rc == 0)
		rc = credentials_file(o->auth_file, c->arena, &path, e);
	if (rc == 0)
		rc = credentials_drop(path, key_of(&ref, c->arena), e);
	if (rc < 0)
		return rc;
	fprintf(c->out, "%s\n", key_of(&ref, c->arena));
	monitor_note(c->monitor, "removed from '%s'", path);
	return 0;
}

const struct verb verb_logout = {
	.name = "logout",
	.summary = "Forget the credentials for a registry",
	.rare = true,
	.operands = "REGISTRY",
	.min_operands = 1,
	.max_operands = 1,
	.example = "pare logout registry.example",
	.options = OPTION_TABLE(logout_rows),
	.options_size = sizeof(struct logout_options),
	.run = run_logout,
};
