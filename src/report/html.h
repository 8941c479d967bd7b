/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the page; report_html() puts them together. */
#pragma once

#include "report/report.h"

enum {
	/* What a browser lays out at once, and what keeps a page below 2 MB. */
	HTML_MAX_TILES = 1500,
	HTML_MAX_FINDINGS = 100, /* of one rule */
	HTML_MAX_PACKAGES = 2000,
	HTML_MAX_LAYERS = 1024,
	HTML_MAX_TEXT =
		600, /* bytes of a text from the image: an instruction may have a megabyte */
};

/* Escaped; cut at HTML_MAX_TEXT. NULL is nothing. */
void html_text(struct buf *to, const char *text);
/* "1.2 MB" */
void html_size(struct buf *to, uint64_t bytes);

void html_findings(struct buf *to, const struct findings *f);
/* About `max_tiles` rectangles at most, besides one for each layer and its dead bytes. */
void html_treemap(struct buf *to, const struct report_image *i, size_t max_tiles);
void html_layers(struct buf *to, const struct report_image *i);
void html_packages(struct buf *to, const struct report_image *i);
void html_comparison(struct buf *to, const struct report *r);
