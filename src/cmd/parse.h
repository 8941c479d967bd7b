/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From argv to a filled options struct, by the verb's table. Words before the verb may only be
 * options that every verb has.
 */
#pragma once

#include "cmd/verb.h"

/* The options of every verb. */
extern const struct option_table global_options;
/* The `i`-th table of options that the verb shares with some others; NULL: there are no more. */
const struct option_table *shared_options(const struct verb *v, size_t i);

/* Looks up a word among the verbs; an unknown one is FAIL_USAGE with the nearest name. */
int parse_verb(const char *word, const struct verb **ret, struct err *e);

/*
 * Fills c->verb, ->globals, ->operands and ->arguments; *ret_options (in c->arena) is the verb's
 * own struct. Without a verb c->verb stays NULL. Operands are counted only when neither --help
 * nor --version is there.
 */
int parse_command(int argc, char **argv, struct command *c, void **ret_options, struct err *e);

/* The same for the words that follow a verb which is already known. */
int parse_verb_command(const struct verb *verb, int n, char **words, struct command *c,
		       void **ret_options, struct err *e);
