/* SPDX-License-Identifier: Apache-2.0 */
/* Credential helpers: docker-credential-NAME get, a host on stdin, JSON on stdout. */
#include <string.h>

#include "registry/credentials_private.h"
#include "sys/process.h"

#define NOT_FOUND_TEXT "credentials not found" /* what every helper says for: nobody */

static bool name_valid(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.") == strlen(name);
}

static int take_answer(struct view text, const char *program, struct arena *a,
		       struct credentials *ret, struct err *e)
{
	auto_json doc = NULL;
	const char *user, *secret;
	int rc = json_parse(text, program, &doc, e);

	if (rc < 0)
		return rc;
	user = json_str(json_get(json_root(doc), "Username"));
	secret = json_str(json_get(json_root(doc), "Secret"));
	if (!user || !secret)
		return fail(e, FAIL_FORMAT, "%s: the answer has no Username and Secret", program);
	*ret = (struct credentials){ .from = program };
	if (strcmp(user, "<token>") == 0)
		ret->identity_token = arena_strdup(a, secret);
	else {
		ret->user = arena_strdup(a, user);
		ret->secret = arena_strdup(a, secret);
	}
	return 0;
}

int credentials_ask_helper(const char *name, const char *host, struct monitor *m, struct arena *a,
			   struct credentials *ret, struct err *e)
{
	const char *program = arena_printf(a, "docker-credential-%s", name);
	const char *argv[] = { program, "get", NULL };
	auto_buf out = BUF_EMPTY, errors = BUF_EMPTY;
	struct process p = {
		.argv = argv,
		.out = &out,
		.errors = &errors,
		.limit = CREDENTIALS_MAX_HELPER_BYTES,
		.input = view_of(credentials_same_host(view_of(HUB_HOST), host) ? HUB_KEY : host),
		.timeout_ms = CREDENTIALS_HELPER_MS,
	};
	struct err why;
	int status, rc;

	if (!name_valid(name))
		return fail(e, FAIL_FORMAT, "'%.64s' is no name of a credential helper", name);
	rc = process_run(&p, &status, &why);
	if (rc == -FAIL_INTERRUPTED) {
		*e = why;
		return rc;
	}
	if (rc == 0 && status == 0)
		return take_answer(buf_view(&out), program, a, ret, e);
	if (rc == 0 &&
	    (strstr(buf_str(&out), NOT_FOUND_TEXT) || strstr(buf_str(&errors), NOT_FOUND_TEXT)))
		return 0;
	if (rc == 0)
		(fail)(&why, FAIL_AUTH, "%s fails (status %d)", program, status);
	monitor_warn(m, "no credentials for '%s': %s", host, why.msg);
	return 0;
}
