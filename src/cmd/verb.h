/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a verb is: a const table that says all the frame needs to parse its command line, to print
 * its help, to write its completions and to check its manual, plus the function that does its
 * work. verbs.c lists them all; dispatch.c runs one.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/monitor.h"
#include "oci/image.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
	OPTION_BOOL,
	OPTION_STRING,	 /* the last one counts */
	OPTION_STRINGS,	 /* may be repeated */
	OPTION_U64,	 /* decimal */
	OPTION_SIZE,	 /* bytes: 1500, 64k, 20M, 1.5G; k is 1000, Ki 1024 */
	OPTION_AGE,	 /* seconds: 90, 90s, 10m, 12h, 7d, 2w */
	OPTION_CHOICE,	 /* index into `choices` */
	OPTION_OPTIONAL, /* --name or --name=VALUE; -n or -nVALUE */
};

/* What an OPTION_OPTIONAL is stored as; `value` is NULL for a bare --name. */
struct optional {
	bool given;
	const char *value;
};

/* What a shell offers for a value or an operand. */
enum complete_kind {
	COMPLETE_NONE,
	COMPLETE_FILE,
	COMPLETE_FOLDER,
	COMPLETE_IMAGE, /* a name from the local store */
	COMPLETE_PROFILE,
	COMPLETE_VERB,
	COMPLETE_SHELL,
};

struct option {
	char letter; /* 0: none */
	const char *name;
	enum option_kind kind;
	size_t offset;
	const char *value; /* what stands for the value in --help; NULL for OPTION_BOOL */
	const char *help;
	bool negatable; /* --no-NAME clears it */
	const char *const *choices;
	enum complete_kind complete;
};

#define OPTION_TYPE_BOOL bool
#define OPTION_TYPE_STRING const char *
#define OPTION_TYPE_STRINGS struct strings
#define OPTION_TYPE_U64 uint64_t
#define OPTION_TYPE_SIZE uint64_t
#define OPTION_TYPE_AGE int64_t
#define OPTION_TYPE_CHOICE int
#define OPTION_TYPE_OPTIONAL struct optional

/* offsetof(), which doesn't compile when the member's type is not the one that `kind` stores. */
#define OPTION_OFFSET(k, type, member)                                                 \
	(offsetof(type, member) +                                                      \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member), \
						      OPTION_TYPE_##k)                 \
				 ? 1                                                   \
				 : -1]))

/* One row of a table: OPTION('t', "tag", STRINGS, struct x, tags, "NAME", "…", .complete = …) */
#define OPTION(l, n, k, type, member, v, h, ...)                                                 \
	{                                                                                        \
		.letter = (l), .name = (n), .kind = OPTION_##k,                                  \
		.offset = OPTION_OFFSET(k, type, member), .value = (v), .help = (h), __VA_ARGS__ \
	}

struct option_table {
	const struct option *at;
	size_t n;
};

#define OPTION_TABLE(rows)                                          \
	{                                                           \
		.at = (rows), .n = sizeof(rows) / sizeof((rows)[0]) \
	}

enum { ARITY_ANY = INT_MAX };

struct command;

struct verb {
	const char *name;
	const char *summary;  /* one line for `pare --help` and the manual's NAME */
	bool rare;	      /* `pare --help` names it without its summary */
	const char *operands; /* as in the synopsis: "RECIPE", "NAME...", "[VERB]"; NULL: none */
	int min_operands, max_operands;
	bool takes_arguments; /* "-- ARG..." goes to command.arguments, not to the operands */
	bool ends_options; /* what follows the first operand is arguments, a "--" before them or not
			    */
	bool shows;	   /* has --json, and --format table|json unless it has one of its own */
	bool asks_registries; /* has --tls-verify, --authfile and --cert-dir */
	enum complete_kind complete;
	const char *example; /* one whole command line */
	struct option_table options;
	size_t options_size;  /* of the struct that the options are stored in */
	const void *defaults; /* of that struct; NULL: zero */
	/* 0; -code with `e` filled; 1 when there are findings. Results go to command.out. */
	int (*run)(struct command *c, const void *options, struct err *e);
};

enum color_mode { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum output_format { FORMAT_TABLE, FORMAT_JSON };

enum remote_tls { REMOTE_TLS_AUTO, REMOTE_TLS_TRUE, REMOTE_TLS_FALSE };

/* How registries are asked. */
struct remote_options {
	int tls_verify; /* enum remote_tls */
	const char *auth_file, *cert_dir;
};

/* The options that verbs share; struct verb says which of them it has. */
struct globals {
	bool help, version, quiet, verbose, json;
	int color;  /* enum color_mode */
	int format; /* enum output_format; --json has set it */
	struct remote_options remote;
};

/* One run of one verb. */
struct command {
	const struct verb *verb;
	struct globals globals;
	const char **operands;
	int n_operands;
	const char **arguments; /* after "--", when the verb takes them */
	int n_arguments;
	struct arena *arena; /* lives until the program ends */
	struct monitor *monitor;
	FILE *out;		  /* standard output; the frame checks that all of it was written */
	bool out_color;		  /* colors may go to `out` */
	unsigned int out_columns; /* of the terminal behind `out`; 0: not a terminal */
};

/* Every verb, in the order of `pare --help`. */
extern const struct verb *const verbs[];
extern const size_t n_verbs;

/* NULL when there is none. */
const struct verb *verb_find(const char *name);

/* The whole program: argv[0] is not looked at. Returns the exit status. */
int command_main(int argc, char **argv);
