/* SPDX-License-Identifier: Apache-2.0 */
/* Names of packages and of their files. */
#include "pkg/apk/index_record.h"

#include "pkg/apk/depends.h"

#include <string.h>

bool apk_is_name(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((unsigned char)v.ptr[i] <= ' ' || v.ptr[i] == 0x7f || v.ptr[i] == '/' ||
		    v.ptr[i] == '\\')
			return false;
	return v.len > 0 && v.len < 200 && v.ptr[0] != '.';
}

bool apk_provides_are_names(struct view provides)
{
	struct view word;

	while (view_word(&provides, &word))
		if (apk_atom_name(word).len == 0)
			return false;
	return true;
}

int apk_index_add(struct index_writer *w, const struct package *p, struct err *e)
{
	struct view rest = p->provides, word;
	int rc = index_writer_add(w, p, e);

	while (rc == 0 && view_word(&rest, &word))
		rc = index_writer_provide(w, apk_atom_name(word), e);
	return rc;
}

/* ---- file names ---- */

static void add_hex(struct view bytes, struct buf *to)
{
	for (size_t i = 0; i < bytes.len; i++)
		buf_printf(to, "%02x", (unsigned char)bytes.ptr[i]);
}

/* "name" or "name:LENGTH" */
static bool add_variable(struct view text, const struct package *p, struct view hash,
			 struct buf *to)
{
	size_t start = to->len;
	struct view name;
	uint64_t chars;

	if (!view_split(&text, ':', &name))
		return false;
	if (view_is(name, "name"))
		buf_add_view(to, p->name);
	else if (view_is(name, "version"))
		buf_add_view(to, p->version);
	else if (view_is(name, "arch"))
		buf_add_view(to, p->arch);
	else if (view_is(name, "hash"))
		add_hex(hash, to);
	else
		return false;
	if (!text.ptr)
		return true;
	if (!view_to_u64(text, &chars))
		return false;
	if (to->len - start > chars)
		to->len = start + (size_t)chars;
	return true;
}

static bool is_path(struct view path)
{
	struct view part;

	while (view_split(&path, '/', &part))
		if (!apk_is_name(part))
			return false;
	return true;
}

int apk_package_path(struct view spec, const struct package *p, struct view hash, struct buf *to,
		     struct err *e)
{
	struct view rest = spec;
	const char *sign;

	buf_clear(to);
	while (rest.len && (sign = memmem(rest.ptr, rest.len, "${", 2))) {
		size_t before = (size_t)(sign - rest.ptr);
		const char *end = memchr(sign, '}', rest.len - before);

		buf_add(to, rest.ptr, before);
		if (!end ||
		    !add_variable(view_make(sign + 2, (size_t)(end - sign) - 2), p, hash, to))
			return fail(e, FAIL_UNSUPPORTED,
				    "its file names are '%.*s', which has "
				    "other variables than name, version, arch and hash",
				    (int)(spec.len > 80 ? 80 : spec.len), spec.ptr);
		rest = view_make(end + 1, rest.len - (size_t)(end + 1 - rest.ptr));
	}
	buf_add_view(to, rest);
	if (memmem(spec.ptr, spec.len, "://", 3))
		return fail(e, FAIL_UNSUPPORTED, "its packages are elsewhere: '%.*s'",
			    (int)(spec.len > 80 ? 80 : spec.len), spec.ptr);
	if (!is_path(buf_view(to)))
		return fail(e, FAIL_FORMAT, "'%.100s' is no file name below the repository",
			    buf_str(to));
	return 0;
}
