/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of data/secrets.txt, compiled, and the matcher of one pattern at one place. A pattern
 * is matched from left to right without going back, so that its cost is what it reaches over.
 */
#pragma once

#include "audit/secret.h"
#include "audit/secret_places.h"
#include "base/buf.h"

enum {
	PATTERN_MAX_ITEMS = 48,
	PATTERN_MAX_REPEAT = 4096,
	PATTERN_LEAD_BYTES = 64, /* what may come before the keyword */
	KEYWORD_MIN_BYTES = 3,
	KEYWORD_MAX_BYTES = 64,
};

enum item_kind {
	ITEM_TEXT,    /* exactly `text` */
	ITEM_FOLDED,  /* `text` in any case */
	ITEM_CLASS,   /* `least` to `most` bytes of `set`, as many as there are */
	ITEM_SKIP,    /* up to `most` bytes until `text`, which goes too */
	ITEM_START,   /* no letter, digit or '_' before */
	ITEM_END,     /* none behind, and nothing that the class before would take */
	ITEM_OPEN,    /* where the value starts */
	ITEM_CLOSE,   /* where it ends */
	ITEM_CHECKER, /* a matcher or check of its own */
};

struct match {
	struct view window;
	size_t at;
	size_t open, close; /* the value */
};

/* Moves match.at on or looks at the value; false when it is none. */
typedef bool pattern_checker(struct match *m);

struct item {
	enum item_kind kind;
	struct view text;
	uint32_t least, most;
	uint64_t set[4];
	pattern_checker *checker;
};

struct pattern {
	const struct secret_rule *rule;
	struct item *items;
	size_t n_items;
	struct view keyword;
	bool folded;	      /* it may be in any case */
	size_t lead;	      /* bytes before the keyword */
	struct pattern *next; /* in its bucket */
};

struct secret_rule {
	const char *id, *title;
	enum secret_kind kind;
	enum audit_level level;
	bool only_text; /* not in files that hold NULs */
	bool any_value; /* what looks like an example counts too */
};

enum { BUCKET_BITS = 10 };

struct secret_rules {
	struct secret_rule *at;
	size_t n;
	struct pattern *patterns;
	size_t n_patterns;
	struct places places;
	struct pattern *buckets[1 << BUCKET_BITS]; /* by the first three bytes */
};

/*
 * By the first three bytes of four that can be read, capitals as small letters: the factor shifts
 * the last one out.
 */
static inline uint32_t bucket_slot(const char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return (x | UINT32_C(0x20202020)) * (UINT32_C(0x85ebca6b) << 8) >> (32 - BUCKET_BITS);
}

/* The keyword is at `at`; fills match.open and match.close with the value. */
bool pattern_match(const struct pattern *p, struct view window, size_t at, struct match *ret);
/* NULL when there's none of that name. */
pattern_checker *pattern_checker_find(struct view name);

/* What is shown of a value. */
void secret_mask(struct view value, struct buf *to);
