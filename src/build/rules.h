/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What maintainer scripts would have done, as named rules over the tree. Each looks for what
 * calls for it (a package, a file, a recipe key) and does nothing otherwise. Rules write files;
 * they never run anything.
 */
#pragma once

#include "build/build.h"

/* Rules that must see packages whole run before contents.exclude, the others after `paths`. */
int rules_before_cut(struct build *b, struct err *e);
int rules_after_paths(struct build *b, struct err *e);

/* The rules, one file each in build/rules/. */
int rule_status(struct build *b, struct err *e);       /* dpkg's status.d, for scanners */
int rule_md5sums(struct build *b, struct err *e);      /* status.d checksums, after cutting */
int rule_base_files(struct build *b, struct err *e);   /* /var/run, /usr/local, … */
int rule_tzdata(struct build *b, struct err *e);       /* /etc/localtime */
int rule_nsswitch(struct build *b, struct err *e);     /* /etc/nsswitch.conf */
int rule_certificates(struct build *b, struct err *e); /* the CA bundle */
int rule_alternatives(struct build *b, struct err *e); /* links by update-alternatives */
int rule_accounts(struct build *b, struct err *e);     /* passwd, group, home folders */
int rule_ldcache(struct build *b, struct err *e);      /* /etc/ld.so.cache */
int rule_debug(struct build *b, struct err *e);	       /* /busybox of debug variants */
int rule_scripts(struct build *b, struct err *e);      /* warns of what nobody does */

/* Alpine's. */
int rule_apk_accounts(struct build *b, struct err *e); /* users and groups of install scripts */
int rule_apk_owners(struct build *b, struct err *e);   /* owners that packages know by name */
int rule_busybox(struct build *b, struct err *e);      /* links for busybox's applets */
int rule_apk_scripts(struct build *b, struct err *e);  /* warns of what nobody does */
int rule_apk_database(struct build *b, struct err *e); /* lib/apk/db, etc/apk */
