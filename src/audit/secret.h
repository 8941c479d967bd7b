/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in bytes and in strings: the rules of data/secrets.txt, each a keyword that is looked for
 * everywhere at once and a precise pattern around it. Example values don't count. What a file is
 * for, and whether a package owns it, is the caller's business.
 */
#pragma once

#include "audit/rule.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"
#include "crypto/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* What a rule sees behind its keyword: a private key of 16384 bits has 12,700 bytes. */
	SECRET_REACH_BYTES = 32 << 10,
	/* Findings told of one file or string: the rest would say nothing new. */
	SECRET_MAX_HITS = 64,
};

/* What it is: a private key, a token that opens a service, or a file or address with a password. */
enum secret_kind { SECRET_KEY, SECRET_TOKEN, SECRET_CREDENTIAL };

struct secret_hit {
	const char *rule;  /* id, such as "github-token" */
	const char *title; /* "GitHub access token" */
	enum secret_kind kind;
	enum audit_level level;
	uint64_t offset;    /* of the value, in bytes */
	uint64_t line;	    /* from 1; 0: in a file that is no text */
	size_t value_bytes; /* of the whole value */
	const char *masked; /* "ghp_… (40 characters)": never more than 4 of its characters */
};

/* Pointers in the hit last until it returns. */
typedef void secret_found(void *ctx, const struct secret_hit *hit);

struct secret_rules;

/* The built-in rules; in `a`, and for any number of threads. */
int secret_rules_builtin(struct arena *a, const struct secret_rules **ret, struct err *e);
/* Of the built-in rules' text: whoever keeps what they found asks whether they are the same. */
void secret_rules_digest(struct sha256 *ret);
/* The same from a text in the form of data/secrets.txt. FAIL_FORMAT with "name: line N: ". */
int secret_rules_parse(struct view text, const char *name, struct arena *a,
		       const struct secret_rules **ret, struct err *e);

/*
 * One file after the other, in pieces of any size: begin, feed, …, end. A match may lie across
 * pieces. 320 kB of memory each; for one thread at a time.
 */
struct secret_scan;

struct secret_scan *secret_scan_new(const struct secret_rules *rules);
void secret_scan_free(struct secret_scan *s); /* NULL is fine */
void secret_scan_begin(struct secret_scan *s, secret_found *found, void *ctx);
void secret_scan_feed(struct secret_scan *s, struct view piece);
void secret_scan_end(struct secret_scan *s);

static inline void secret_scan_cleanup(struct secret_scan **s)
{
	secret_scan_free(*s);
}

#define auto_secret_scan __attribute__((cleanup(secret_scan_cleanup))) struct secret_scan *

/* A whole string, such as a label. */
void secret_scan_text(const struct secret_rules *rules, struct view text, secret_found *found,
		      void *ctx);
/*
 * A value that has a name, as in an environment. When no rule finds something in the value, a name
 * that speaks of secrets (secret_name_tells()) with a value that is no placeholder, path or switch
 * is the finding "named-secret".
 */
void secret_scan_named(const struct secret_rules *rules, struct view name, struct view value,
		       secret_found *found, void *ctx);
/*
 * A command of an image's history: as secret_scan_text(), and each NAME=VALUE and "ENV NAME VALUE"
 * in it as secret_scan_named().
 */
void secret_scan_command(const struct secret_rules *rules, struct view command, secret_found *found,
			 void *ctx);

/* The same command with "****" for every secret in it: itself, or in `a`. NULL stays NULL. */
const char *secret_masked_command(const struct secret_rules *rules, const char *command,
				  struct arena *a);

/*
 * Whether one of the words in a name, divided by anything that is no letter (and where a small
 * letter is followed by a capital), is such as PASSWORD, TOKEN or SECRET; not MONKEY, nor
 * ACCESS_LOG, nor what is called PUBLIC or says where or how long (TOKEN_URL, PASSWORD_FILE).
 */
bool secret_name_tells(struct view name);
/* Whether a value is there to show a form only: EXAMPLE, xxxx, ${…}, <…>, 123456789, … */
bool secret_is_placeholder(struct view value);
