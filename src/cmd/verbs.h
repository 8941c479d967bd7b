/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs, each in its own file. */
#pragma once

#include "cmd/verb.h"

extern const struct verb verb_build;
extern const struct verb verb_explain;
extern const struct verb verb_init;
extern const struct verb verb_lock;
extern const struct verb verb_packages;
extern const struct verb verb_images;
extern const struct verb verb_audit;
extern const struct verb verb_inspect;
extern const struct verb verb_ls;
extern const struct verb verb_cat;
extern const struct verb verb_export;
extern const struct verb verb_history;
extern const struct verb verb_compare;
extern const struct verb verb_diff;
extern const struct verb verb_run;
extern const struct verb verb_rm;
extern const struct verb verb_gc;
extern const struct verb verb_completion;
extern const struct verb verb_help;
