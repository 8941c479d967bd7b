/* SPDX-License-Identifier: Apache-2.0 */
/* Reads Release files, and decides whether one may be used now. */
#include "pkg/deb/release.h"

#include <stdlib.h>

#include "base/date.h"
#include "fmt/deb822.h"

static const char *text_field(const struct deb822_stanza *s, const char *field, struct arena *a)
{
	struct view v = view_trim(deb822_get(s, field));

	return v.len ? arena_view(a, v) : NULL;
}

static bool flag_field(const struct deb822_stanza *s, const char *field)
{
	return view_is(view_trim(deb822_get(s, field)), "yes");
}

static int date_field(const struct deb822_stanza *s, const char *field, const char *name,
		      int64_t *ret, struct err *e)
{
	struct view v = view_trim(deb822_get(s, field));

	if (v.len == 0)
		return 0;
	if (!date_parse_rfc2822(v, ret))
		return fail(e, FAIL_FORMAT, "%s: %s '%.*s' is no date", name, field,
			    v.len > 80 ? 80 : (int)v.len, v.ptr);
	return 0;
}

/* ---- lists ---- */

static int words_field(const struct deb822_stanza *s, const char *field, const char *name,
		       struct arena *a, const char *const **ret, size_t *ret_n, struct err *e)
{
	struct view rest = deb822_get(s, field);
	struct view count = rest;
	struct view word;
	const char **words;
	size_t n = 0;

	while (view_word(&count, &word))
		n++;
	if (n > RELEASE_MAX_WORDS)
		return fail(e, FAIL_LIMIT, "%s: more than %d words in %s", name, RELEASE_MAX_WORDS,
			    field);
	words = arena_array(a, n + 1, sizeof(*words));
	for (size_t i = 0; view_word(&rest, &word); i++)
		words[i] = arena_view(a, word);
	*ret = words;
	*ret_n = n;
	return 0;
}

/* "updates/main" stands for the files below main/. */
static int components_field(const struct deb822_stanza *s, const char *name, struct arena *a,
			    struct deb_release *r, struct err *e)
{
	const char *const *listed = NULL;
	const char **stripped;
	int rc = words_field(s, "Components", name, a, &listed, &r->n_components, e);

	if (rc < 0)
		return rc;
	stripped = arena_array(a, r->n_components + 1, sizeof(*stripped));
	for (size_t i = 0; i < r->n_components; i++) {
		const char *slash = strrchr(listed[i], '/');

		stripped[i] = slash ? slash + 1 : listed[i];
	}
	r->components = stripped;
	return 0;
}

/* ---- files ---- */

static int file_line(struct view line, const char *name, struct arena *a,
		     struct deb_release_file *ret, struct err *e)
{
	struct view whole = line;
	struct view hex, size, path, more;

	if (!view_word(&line, &hex) || !view_word(&line, &size) || !view_word(&line, &path) ||
	    view_word(&line, &more) || !sha256_from_hex(hex, &ret->digest) ||
	    !view_to_u64(size, &ret->size_bytes))
		return fail(e, FAIL_FORMAT,
			    "%s: expected 'DIGEST SIZE PATH' below SHA256, found '%.*s'", name,
			    whole.len > 120 ? 120 : (int)whole.len, whole.ptr);
	if (view_starts(path, "./"))
		path = view_make(path.ptr + 2, path.len - 2);
	ret->path = arena_view(a, path);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct deb_release_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* Two digests for one path would let the order of the lines decide. */
static int check_unique(const struct deb_release *r, const char *name, struct err *e)
{
	for (size_t i = 1; i < r->n_files; i++) {
		const struct deb_release_file *x = &r->files[i - 1], *y = &r->files[i];

		if (strcmp(x->path, y->path) == 0 &&
		    (x->size_bytes != y->size_bytes || !sha256_eq(&x->digest, &y->digest)))
			return fail(e, FAIL_FORMAT, "%s: '%s' is listed twice with other digests",
				    name, x->path);
	}
	return 0;
}

static int files_field(const struct deb822_stanza *s, const char *name, struct arena *a,
		       struct deb_release *r, struct err *e)
{
	struct view list = deb822_get(s, "SHA256");
	struct deb_release_file *files;
	struct view line;
	size_t lines = 1;
	int rc = 0;

	if (!list.ptr)
		return fail(e, FAIL_FORMAT, "%s: no SHA256", name);
	for (size_t i = 0; i < list.len; i++)
		lines += list.ptr[i] == '\n';
	if (lines > RELEASE_MAX_FILES)
		return fail(e, FAIL_LIMIT, "%s: lists more than %d files", name, RELEASE_MAX_FILES);
	files = arena_array(a, lines, sizeof(*files));
	while (rc == 0 && view_split(&list, '\n', &line)) {
		if (view_trim(line).len)
			rc = file_line(line, name, a, &files[r->n_files++], e);
	}
	if (rc < 0)
		return rc;
	qsort(files, r->n_files, sizeof(*files), by_path);
	r->files = files;
	return check_unique(r, name, e);
}

/* ---- all of it ---- */

static int parse_stanza(const struct deb822_stanza *s, const char *name, struct arena *a,
			struct deb_release *r, struct err *e)
{
	int rc;

	r->origin = text_field(s, "Origin", a);
	r->label = text_field(s, "Label", a);
	r->suite = text_field(s, "Suite", a);
	r->codename = text_field(s, "Codename", a);
	r->by_hash = flag_field(s, "Acquire-By-Hash");
	rc = date_field(s, "Date", name, &r->date_s, e);
	if (rc == 0 && r->date_s == 0)
		rc = fail(e, FAIL_FORMAT, "%s: no Date", name);
	if (rc == 0)
		rc = date_field(s, "Valid-Until", name, &r->valid_until_s, e);
	if (rc == 0)
		rc = words_field(s, "Architectures", name, a, &r->archs, &r->n_archs, e);
	if (rc == 0)
		rc = components_field(s, name, a, r, e);
	if (rc == 0)
		rc = files_field(s, name, a, r, e);
	if (rc < 0)
		return rc;
	r->all_included =
		!deb_release_has_arch(r, "all") ||
		view_is(view_trim(deb822_get(s, "No-Support-for-Architecture-all")), "Packages");
	return 0;
}

int deb_release_parse(struct view text, const char *name, struct arena *a, struct deb_release *ret,
		      struct err *e)
{
	struct deb822_reader *reader;
	struct deb822_stanza s;
	struct deb_release r = { 0 };
	int rc;

	if (text.len > RELEASE_MAX_BYTES)
		return fail(e, FAIL_LIMIT, "%s: over %d bytes", name, RELEASE_MAX_BYTES);
	reader = deb822_reader_new_mem(text, name);
	rc = deb822_reader_next(reader, &s, e);
	if (rc == 0)
		rc = fail(e, FAIL_FORMAT, "%s: empty", name);
	if (rc > 0)
		rc = parse_stanza(&s, name, a, &r, e);
	if (rc == 0)
		rc = deb822_reader_next(reader, &s, e);
	if (rc > 0)
		rc = fail(e, FAIL_FORMAT, "%s: line %zu: a second stanza", name, s.line);
	deb822_reader_free(reader);
	if (rc == 0)
		*ret = r;
	return rc;
}

const struct deb_release_file *deb_release_find(const struct deb_release *r, const char *path)
{
	struct deb_release_file key = { .path = path };

	if (r->n_files == 0)
		return NULL;
	return bsearch(&key, r->files, r->n_files, sizeof(*r->files), by_path);
}

bool deb_release_has_arch(const struct deb_release *r, const char *arch)
{
	for (size_t i = 0; i < r->n_archs; i++) {
		if (strcmp(r->archs[i], arch) == 0)
			return true;
	}
	return false;
}

bool deb_release_is_security(const struct deb_release *r)
{
	return (r->suite && view_ends(view_of(r->suite), "-security")) ||
	       (r->codename && view_ends(view_of(r->codename), "-security")) ||
	       (r->label && view_ends(view_of(r->label), "-Security"));
}

/* ---- checks ---- */

/* Before bullseye, security suites were asked for as "buster/updates". */
static bool is_suite(const char *is, const char *asked)
{
	struct view v = view_of(asked);

	if (!is)
		return false;
	if (view_ends(v, "/updates"))
		v.len -= sizeof("/updates") - 1;
	return strcmp(is, asked) == 0 || view_eq(view_of(is), v);
}

static int check_suite(const struct deb_release *r, const char *name, const char *asked,
		       struct err *e)
{
	if (!asked || (!r->suite && !r->codename) || is_suite(r->suite, asked) ||
	    is_suite(r->codename, asked))
		return 0;
	return fail(e, FAIL_VERIFY, "%s: asked for the suite '%s', but this is '%s' ('%s')", name,
		    asked, r->codename ? r->codename : "?", r->suite ? r->suite : "?");
}

int deb_release_check(const struct deb_release *r, const char *name,
		      const struct deb_release_wishes *w, struct err *e)
{
	char date[DATE_TEXT_BYTES], other[DATE_TEXT_BYTES];
	int rc = check_suite(r, name, w->suite, e);

	if (rc < 0)
		return rc;
	date_format_rfc3339(r->date_s, date);
	if (r->date_s > w->now_s + RELEASE_CLOCK_SKEW_S) {
		date_format_rfc3339(w->now_s, other);
		return fail(e, FAIL_VERIFY, "%s: is from the future: %s, and it is %s", name, date,
			    other);
	}
	if (w->check_valid_until && r->valid_until_s && r->valid_until_s < w->now_s) {
		date_format_rfc3339(r->valid_until_s, other);
		return fail(e, FAIL_VERIFY,
			    "%s: was valid until %s; the mirror is out of date, or somebody holds "
			    "updates back",
			    name, other);
	}
	if (r->date_s < w->not_before_s) {
		date_format_rfc3339(w->not_before_s, other);
		return fail(e, FAIL_VERIFY,
			    "%s: of %s is older than the one seen before, of %s; the mirror is out "
			    "of date, or somebody holds updates back",
			    name, date, other);
	}
	return 0;
}
