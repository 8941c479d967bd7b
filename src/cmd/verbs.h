/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, each in its own file. */
#pragma once

#include "cmd/verb.h"

extern const struct verb verb_build;
extern const struct verb verb_explain;
extern const struct verb verb_init;
extern const struct verb verb_lock;
extern const struct verb verb_packages;
extern const struct verb verb_vendor;
extern const struct verb verb_images;
extern const struct verb verb_audit;
extern const struct verb verb_inspect;
extern const struct verb verb_ls;
extern const struct verb verb_cat;
extern const struct verb verb_export;
extern const struct verb verb_history;
extern const struct verb verb_compare;
extern const struct verb verb_why;
extern const struct verb verb_diff;
extern const struct verb verb_run;
extern const struct verb verb_copy;
extern const struct verb verb_rebase;
extern const struct verb verb_push;
extern const struct verb verb_pull;
extern const struct verb verb_tags;
extern const struct verb verb_resolve;
extern const struct verb verb_login;
extern const struct verb verb_logout;
extern const struct verb verb_referrers;
extern const struct verb verb_attach;
extern const struct verb verb_rm;
extern const struct verb verb_gc;
extern const struct verb verb_completion;
extern const struct verb verb_help;
