/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said of images in the end, in every form: for a terminal, for programs and services, and
 * as a page. The report holds plain data, so that it is the same wherever that comes from;
 * from_view.h fills it. Every text may come from a hostile image: each format makes it harmless by
 * its own rules.
 */
#pragma once

#include "audit/finding.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum report_format {
	REPORT_TABLE,
	REPORT_JSON,	 /* docs/audit.schema.json */
	REPORT_SARIF,	 /* 2.1.0, within GitHub's limits */
	REPORT_JUNIT,	 /* a test case per rule and finding */
	REPORT_GITHUB,	 /* workflow commands: annotations */
	REPORT_MARKDOWN, /* GitHub's, for a step summary or a comment */
	REPORT_HTML,	 /* one page with everything in it */
	REPORT_FORMATS,
};

/* "table", "json", …; ended by NULL, for option tables. */
extern const char *const report_format_names[REPORT_FORMATS + 1];

struct report_layer {
	const char *digest;	 /* "sha256:…", or NULL */
	const char *instruction; /* that made it, or NULL */
	uint64_t compressed_bytes;
	uint64_t content_bytes; /* of its regular files */
	uint64_t dead_bytes;	/* of those, what is not visible in the end */
	uint64_t n_files, n_dead_files;
};

struct report_package {
	const char *name, *version;
	const char *licence; /* or NULL */
	uint64_t bytes, n_files;
};

/* Bytes of files that are visible in the end: of one layer, package and folder. */
struct report_part {
	size_t layer;
	const char *package; /* NULL: of none */
	const char *folder;  /* "/usr/lib" */
	uint64_t bytes, n_files;
};

struct report_image {
	const char *name;     /* as it was asked for */
	const char *platform; /* "linux/amd64" */
	const char *digest;   /* of the manifest, or NULL */
	const char *user, *entrypoint;
	const char *policy; /* that findings were judged by, or NULL */
	struct {
		struct report_layer *at;
		size_t n, cap;
	} layers;
	struct {
		struct report_package *at;
		size_t n, cap;
	} packages;
	struct {
		struct report_part *at;
		size_t n, cap;
	} parts;
	struct map part_index;		 /* key of all three → number + 1 in `parts` */
	const struct findings *findings; /* borrowed, sorted; or NULL */
	/* Rules that were looked for: no finding means that all is well. */
	bool checked[AUDIT_RULES];
};

struct report {
	struct arena arena;
	struct report_image **at;
	size_t n, cap;
};

struct report_style {
	unsigned columns; /* of the terminal; 0: none, lines are not cut */
	bool color;
	bool all; /* the table shows every finding of a rule */
};

void report_init(struct report *r);
void report_done(struct report *r);
/* An empty one, all rules but those about updates checked; strings are for the caller to keep. */
struct report_image *report_add_image(struct report *r, const char *name)
	__attribute__((returns_nonnull));
/* Counts a file of `bytes` to its layer, package (or NULL) and folder; strings are copied. */
void report_add_file(struct report *r, struct report_image *i, size_t layer, const char *package,
		     struct view folder, uint64_t bytes);

struct report_totals {
	uint64_t compressed_bytes, content_bytes, dead_bytes, n_files;
};

struct report_totals report_totals(const struct report_image *i);

/* `style` matters to REPORT_TABLE only. The report has an image at least. */
void report_write(const struct report *r, enum report_format f, const struct report_style *style,
		  struct buf *to);

/* One function per format, each in a file of its own. */
void report_table(const struct report *r, const struct report_style *style, struct buf *to);
void report_json(const struct report *r, struct buf *to);
void report_sarif(const struct report *r, struct buf *to);
void report_junit(const struct report *r, struct buf *to);
void report_github(const struct report *r, struct buf *to);
void report_markdown(const struct report *r, struct buf *to);
void report_html(const struct report *r, struct buf *to);

#define auto_report __attribute__((cleanup(report_done))) struct report
