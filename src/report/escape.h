/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from images made harmless for each kind of document. Bytes that are no UTF-8 become U+FFFD;
 * control characters and overrides of the writing direction are shown, as \x1b or \u202e.
 */
#pragma once

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>

/* For elements and quoted attributes of HTML and XML 1.0; line feeds and tabs stay. */
void escape_markup(struct buf *to, struct view v);
/* For a cell of a table: nothing in it is markup, and it is one line. */
void escape_markdown(struct buf *to, struct view v);
/* The path of a URI (RFC 3986): all but unreserved characters and '/' in percent form. */
void escape_uri_path(struct buf *to, struct view v);
/* For what follows "::" in a command of a GitHub workflow; or a property in it. */
void escape_workflow(struct buf *to, struct view v, bool property);
