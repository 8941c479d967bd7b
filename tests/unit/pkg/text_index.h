/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: an index out of the text of a Packages file, without a repository around it. */
#pragma once

#include "fmt/deb822.h"
#include "pkg/deb/depends.h"
#include "pkg/index.h"
#include "pkg/world.h"

#include <stdlib.h>
#include <unistd.h>

static inline struct view text_field(const struct deb822_stanza *s, const char *name,
				     const char *otherwise)
{
	struct view v = deb822_get(s, name);

	return v.ptr ? v : view_of(otherwise);
}

static inline void text_package(const struct deb822_stanza *s, struct package *p)
{
	struct view multi = text_field(s, "Multi-Arch", "no");
	struct view priority = text_field(s, "Priority", "");

	*p = (struct package){ .name = text_field(s, "Package", ""),
			       .version = text_field(s, "Version", "1"),
			       .arch = text_field(s, "Architecture", "amd64"),
			       .filename = text_field(s, "Filename", ""),
			       .depends = text_field(s, "Depends", ""),
			       .pre_depends = text_field(s, "Pre-Depends", ""),
			       .provides = text_field(s, "Provides", ""),
			       .conflicts = text_field(s, "Conflicts", ""),
			       .breaks = text_field(s, "Breaks", ""),
			       .replaces = text_field(s, "Replaces", "") };
	p->source = text_field(s, "Source", "");
	p->essential = view_is(text_field(s, "Essential", ""), "yes");
	p->multi_arch = view_is(multi, "same")	    ? MULTI_ARCH_SAME
			: view_is(multi, "foreign") ? MULTI_ARCH_FOREIGN
			: view_is(multi, "allowed") ? MULTI_ARCH_ALLOWED
						    : MULTI_ARCH_NO;
	p->priority = view_is(priority, "required")    ? PRIORITY_REQUIRED
		      : view_is(priority, "important") ? PRIORITY_IMPORTANT
		      : view_is(priority, "standard")  ? PRIORITY_STANDARD
		      : view_is(priority, "optional")  ? PRIORITY_OPTIONAL
						       : PRIORITY_UNKNOWN;
}

static inline int text_add(struct index_writer *w, const struct deb822_stanza *s, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct clause *provides;
	struct package p;
	size_t n = 0;
	int r;

	text_package(s, &p);
	if ((r = index_writer_add(w, &p, e)) < 0)
		return r;
	if (deb_depends_parse(p.provides, "Provides", &a, &provides, &n, e) < 0)
		return 0; /* the solver is to find out */
	for (size_t i = 0; r == 0 && i < n; i++)
		r = index_writer_provide(w, provides[i].atoms[0].name, e);
	return r;
}

/* Writes the text's packages to the file `name` in the folder. */
static inline int text_index(struct view text, int dir_fd, const char *name, struct err *e)
{
	struct index_writer *w = index_writer_new();
	struct deb822_reader *reader = deb822_reader_new_mem(text, name);
	struct deb822_stanza stanza;
	int r;

	while ((r = deb822_reader_next(reader, &stanza, e)) == 1) {
		if ((r = text_add(w, &stanza, e)) < 0)
			break;
	}
	if (r == 0)
		r = index_writer_save(w, dir_fd, name, e);
	deb822_reader_free(reader);
	index_writer_free(w);
	return r;
}
