/* SPDX-License-Identifier: Apache-2.0 */
/* Policy, image, audit; see judge.h. */
#include "cmd/judge.h"

#include "sys/clock.h"
#include "sys/files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define POLICY_FILE ".pare-audit.yaml"

static int read_policy_file(const char *path, struct arena *a, struct policy *ret, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, POLICY_MAX_BYTES, &text, e);

	if (rc == 0)
		rc = policy_parse(view_of(arena_view(a, buf_view(&text))), path, a, ret, e);
	return rc;
}

/* A name without slash and dot is one of the built-in ones. */
static int read_policy(const char *wanted, struct arena *a, struct policy *ret, struct err *e)
{
	if (!wanted)
		wanted = access(POLICY_FILE, F_OK) == 0 ? POLICY_FILE : "default";
	if (strpbrk(wanted, "./"))
		return read_policy_file(wanted, a, ret, e);
	return policy_builtin(wanted, a, ret, e);
}

int judge_open(struct command *c, const char *name, const struct view_flags *f, const char *policy,
	       struct judged *j, struct err *e)
{
	struct view_options v = { .want = audit_wants, .keep_reads = true };
	int rc = read_policy(policy, c->arena, &j->policy, e);

	if (rc == 0)
		rc = audit_scan_new(&j->scan, e);
	if (rc < 0)
		return rc;
	v.scanners = audit_scanners(j->scan, &v.n_scanners);
	rc = open_view_with(c, name, f, &v, &j->view, e);
	return rc < 0 ? rc : audit_scan_apk(j->scan, j->view, e);
}

int judge_run(struct command *c, struct judged *j, const struct audit_update *updates,
	      size_t n_updates, struct err *e)
{
	const struct audit_options o = { .policy = &j->policy,
					 .now_s = clock_now_s(),
					 .monitor = c->monitor,
					 .updates = updates,
					 .n_updates = n_updates };

	return audit_run(j->view, j->scan, &o, &j->audit, e);
}

void judged_done(struct judged *j)
{
	audit_done(&j->audit);
	image_view_free(j->view);
	audit_scan_free(j->scan);
	*j = (struct judged){ 0 };
}
