/* SPDX-License-Identifier: Apache-2.0 */
/* What a user may say about the image of a program: the options of build, explain and init. */
#pragma once

#include "cmd/verb.h"
#include "recipe/derived.h"

enum libs_source { LIBS_PACKAGES, LIBS_HOST };
enum keep_choice { KEEP_CHOICE_REACHED, KEEP_CHOICE_PACKAGES };

struct program_options {
	struct program_wishes w;
	int libs; /* enum libs_source */
	int keep; /* enum keep_choice */
};

extern const char *const libs_choices[], *const keep_choices[];

/* Rows for a table whose struct has the program_options at member `m`. */
#define PROGRAM_OPTIONS(type, m)                                                                  \
	OPTION(0, "user", STRING, type, m.w.user, "UID[:GID]",                                    \
	       "run the program as this user instead of 65532"),                                  \
		OPTION(0, "port", STRINGS, type, m.w.ports, "PORT", "the program listens here"),  \
		OPTION('e', "env", STRINGS, type, m.w.env, "NAME=VALUE", "set a variable"),       \
		OPTION(0, "label", STRINGS, type, m.w.labels, "NAME=VALUE", "add a label"),       \
		OPTION(0, "workdir", STRING, type, m.w.work_dir, "PATH", "start in this folder"), \
		OPTION(0, "entrypoint", STRING, type, m.w.entrypoint, "COMMAND",                  \
		       "instead of the program"),                                                 \
		OPTION(0, "cmd", STRING, type, m.w.cmd, "ARGS",                                   \
		       "default arguments, as a shell would split them"),                         \
		OPTION(0, "volume", STRINGS, type, m.w.volumes, "PATH", "data is kept here"),     \
		OPTION(0, "stop-signal", STRING, type, m.w.stop_signal, "SIGNAL",                 \
		       "what asks the program to end"),                                           \
		OPTION(0, "file", STRINGS, type, m.w.files, "SRC:DST[:MODE[:UID:GID]]",           \
		       "add a file of this machine"),                                             \
		OPTION(0, "strip", BOOL, type, m.w.strip, NULL,                                   \
		       "without debug data and symbols; the input stays"),                        \
		OPTION(0, "with", STRINGS, type, m.w.with, "EXTRA,...",                           \
		       "add what was not seen to be needed"),                                     \
		OPTION(0, "without", STRINGS, type, m.w.without, "EXTRA,...",                     \
		       "leave out what was seen to be needed"),                                   \
		OPTION(0, "charset", STRINGS, type, m.w.charsets, "NAME",                         \
		       "of gconv's converters, only this one's"),                                 \
		OPTION(0, "libs", CHOICE, type, m.libs, "FROM",                                   \
		       "libraries: packages, or host for this machine's",                         \
		       .choices = libs_choices),                                                  \
		OPTION(0, "keep", CHOICE, type, m.keep, "WHAT",                                   \
		       "of packages: reached, or packages for all of them",                       \
		       .choices = keep_choices),                                                  \
		OPTION(0, "release", STRING, type, m.w.release, "NAME",                           \
		       "of Debian: bookworm or trixie"),                                          \
		OPTION(0, "keyring", STRINGS, type, m.w.keyring, "FILE",                          \
		       "trust these keys instead of Debian's", .complete = COMPLETE_FILE)

/* The wishes, with the choices in them and `--`'s arguments of the command. */
struct program_wishes program_wishes_of(const struct program_options *o, const struct command *c);
/* The first of these options that was given, or NULL: recipes say the same in their own words. */
const char *program_option_given(const struct program_options *o, const struct command *c);
