/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deb822: stanzas of "Field: value" lines (deb-control(5), deb822(5)), as in Packages, Release,
 * control files and *.sources. Two readers: one over text in memory, and one that takes a stream
 * of any length with bounded memory and hands out one stanza at a time.
 */
#pragma once

#include "base/err.h"
#include "base/view.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	DEB822_MAX_STANZA_BYTES = 16 << 20, /* Release files hold 1 MB in one stanza */
	DEB822_MAX_FIELDS = 512,	    /* per stanza; real ones have about 30 */
};

struct deb822_field {
	struct view name;
	/* Without the blank after the colon; continuation lines included, each with its newline and
	 * leading blank, as in the text. */
	struct view value;
};

struct deb822_stanza {
	const struct deb822_field *fields;
	size_t n_fields;
	struct view text; /* the whole stanza, for keeping it verbatim */
	size_t line;	  /* of its first line, counted from 1 */
};

struct deb822_reader;

/* Takes `from`. `name` is for messages ("name: line 12: …") and is borrowed. */
struct deb822_reader *deb822_reader_new(struct source *from, const char *name);
/* Over borrowed memory. */
struct deb822_reader *deb822_reader_new_mem(struct view text, const char *name);
void deb822_reader_free(struct deb822_reader *r);
/* 1 and the stanza (its views valid until the next call), 0 at the end, negative on error. */
int deb822_reader_next(struct deb822_reader *r, struct deb822_stanza *ret, struct err *e);

/* A field's value (names compare without case), or a view with ptr == NULL. */
struct view deb822_get(const struct deb822_stanza *s, const char *name);
