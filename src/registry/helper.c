/* SPDX-License-Identifier: Apache-2.0 */
/* Credential helpers: docker-credential-NAME get, a host on stdin, JSON on stdout. */
#include <string.h>

#include "base/array.h"
#include "registry/credentials_private.h"
#include "sys/process.h"

#define NOT_FOUND_TEXT "credentials not found" /* what every helper says for: nobody */

static bool name_valid(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.") == strlen(name);
}

int credentials_read_answer(struct view text, const char *program, struct arena *a,
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

/* Under the name that the helper may know the host by. */
static int ask(const char *program, const char *key, uint32_t timeout_ms, struct arena *a,
	       struct credentials *ret, struct err *e)
{
	const char *argv[] = { program, "get", NULL };
	auto_buf out = BUF_EMPTY, errors = BUF_EMPTY;
	struct process p = {
		.argv = argv,
		.out = &out,
		.errors = &errors,
		.limit = CREDENTIALS_MAX_HELPER_BYTES,
		.input = view_of(key),
		.timeout_ms = timeout_ms,
	};
	int status, rc = process_run(&p, &status, e);

	if (rc < 0)
		return rc;
	if (status == 0)
		return credentials_read_answer(buf_view(&out), program, a, ret, e);
	if (strstr(buf_str(&out), NOT_FOUND_TEXT) || strstr(buf_str(&errors), NOT_FOUND_TEXT))
		return 0;
	return fail(e, FAIL_AUTH, "%s fails (status %d)", program, status);
}

int credentials_ask_helper(const char *name, const char *host, const struct credentials_search *s,
			   struct arena *a, struct credentials *ret, struct err *e)
{
	const char *program = arena_printf(a, "docker-credential-%s", name);
	bool hub = credentials_same_host(view_of(HUB_HOST), host);
	/* Docker's name for its Hub; podman stores it under the other one */
	const char *keys[] = { hub ? HUB_KEY : host, hub ? HUB_HOST : NULL };
	int rc = 0;

	if (!name_valid(name))
		return fail(e, FAIL_FORMAT, "'%.64s' is no name of a credential helper", name);
	for (size_t i = 0; rc == 0 && i < COUNT_OF(keys); i++)
		if (keys[i] && !ret->user && !ret->identity_token)
			rc = ask(program, keys[i],
				 s->helper_ms ? s->helper_ms : CREDENTIALS_HELPER_MS, a, ret, e);
	if (rc == 0 || rc == -FAIL_INTERRUPTED)
		return rc;
	monitor_warn(s->monitor, "no credentials for '%s': %s", host, e->msg);
	return 0;
}
