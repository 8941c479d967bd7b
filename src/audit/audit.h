/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: an image as data goes in, findings come out. Evidence is what is in the files; the
 * history only names the instruction. Opening the view with the scan's scanners is what reads the
 * layers: every file of every layer passes once, by secrets and checksums.
 *
 *	struct audit_scan *s = audit_scan_new(…);
 *	view options: .scanners = audit_scanners(s, &n), .want = audit_wants
 *	audit_scan_apk(s, view, e)
 *	audit_run(view, s, &options, &audit, e)
 */
#pragma once

#include "audit/finding.h"
#include "audit/policy.h"
#include "base/monitor.h"
#include "view/image_view.h"

enum {
	/* Of one rule: the rest would say nothing new, and a report must be opened by somebody. */
	AUDIT_MAX_FINDINGS_OF_RULE = 1000,
};

struct audit_scan;

int audit_scan_new(struct audit_scan **ret, struct err *e);
void audit_scan_free(struct audit_scan *s);
/* For image_view_open(); they live as long as the scan. */
const struct view_scanner *audit_scanners(struct audit_scan *s, size_t *ret_n);
/* The view_want of an audit: programs, scripts, and small files of accounts and packages. */
bool audit_wants(void *ctx, const struct tar_entry *t, enum file_kind kind);

/*
 * Alpine's databases have SHA-1 digests, which other images need not be read for: reads the layers
 * with files of its packages once more, and nothing where there are none.
 */
int audit_scan_apk(struct audit_scan *s, struct image_view *v, struct err *e);

static inline void audit_scan_cleanup(struct audit_scan **s)
{
	audit_scan_free(*s);
}

#define auto_audit_scan __attribute__((cleanup(audit_scan_cleanup))) struct audit_scan *

/* A package of the image with a newer version in the archive of its release. */
struct audit_update {
	const struct view_package *package;
	const char *version; /* the newer one */
	bool security;	     /* the security archive has it */
	const char *archive; /* "trixie-security" */
	const char **cves;   /* that the changelog names between the two versions */
	size_t n_cves;
};

struct audit_options {
	struct policy *policy; /* its ignores get marked */
	int64_t now_s;	       /* for exceptions that expire */
	struct monitor *monitor;
	const struct audit_update *updates; /* as looked up; NULL: not asked for */
	size_t n_updates;
};

struct audit {
	const struct image_view *view;
	const struct policy *policy;
	struct findings findings; /* sorted */
	struct finding_counts counts;
};

/*
 * Errors are what kept pare from looking; whatever is wrong with the image is a finding. `ret` is
 * the caller's to audit_done(), the view and policy must live as long.
 */
int audit_run(const struct image_view *v, struct audit_scan *s, const struct audit_options *o,
	      struct audit *ret, struct err *e);
void audit_done(struct audit *a);

#define auto_audit __attribute__((cleanup(audit_done))) struct audit
