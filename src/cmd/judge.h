/* SPDX-License-Identifier: Apache-2.0 */
/* One image, opened for an audit and judged by a policy: what audit and compare share. */
#pragma once

#include "audit/audit.h"
#include "cmd/view_options.h"

/* Its parts live until judged_done(), as long as a report needs them. */
struct judged {
	struct audit_scan *scan;
	struct image_view *view;
	struct policy policy;
	struct audit audit;
};

/*
 * Reads the policy (a built-in one's name, a file, or NULL: .pare-audit.yaml of this folder, else
 * the default) and the whole image. Done also after an error.
 */
int judge_open(struct command *c, const char *name, const struct view_flags *f, const char *policy,
	       struct judged *j, struct err *e);
/* Finds what is wrong; `updates` of the image's packages may be NULL. */
int judge_run(struct command *c, struct judged *j, const struct audit_update *updates,
	      size_t n_updates, struct err *e);
void judged_done(struct judged *j);

#define auto_judged __attribute__((cleanup(judged_done))) struct judged
