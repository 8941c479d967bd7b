/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to say when the local store has no image of a name: what was meant by it, as far as that can
 * be seen. People who come from other tools give a file or a folder, or a registry's image.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/suggest.h"
#include "place/place.h"
#include "place/store_private.h"

/* Names are listed with their tag; people leave ":latest" out. */
static const char *without_latest(const char *name, struct arena *a)
{
	struct view v = view_of(name);

	return view_ends(v, ":latest") ? arena_strndup(a, v.ptr, v.len - strlen(":latest")) : name;
}

static const char *nearest_name(struct store *s, const char *name, struct arena *a)
{
	struct store_entry *entries;
	struct err ignored;
	const char **names;
	size_t n;

	if (store_list(s, a, &entries, &n, &ignored) < 0)
		return NULL;
	names = arena_array(a, n + 1, sizeof(*names));
	for (size_t i = 0; i < n; i++)
		names[i] = without_latest(entries[i].name, a);
	return suggest_nearest(name, names, n);
}

int store_missing(struct store *s, const char *full, struct arena *a, struct err *e)
{
	const char *name = without_latest(full, a);
	const char *near = nearest_name(s, name, a);
	const char *prefix = place_prefix_meant(name, a);
	struct stat st;

	fail(e, FAIL_NOT_FOUND, "no image '%s' in the store '%s'", name, s->layout.path);
	if (near)
		return err_hint(e, "did you mean '%s'?", near);
	if (prefix)
		return err_hint(e, "did you mean '%s%s'?", prefix, strchr(name, ':') + 1);
	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		return err_hint(e, "the folder '%s' is oci:%s, or as a plain tree rootfs:%s", name,
				name, name);
	if (stat(name, &st) == 0)
		return err_hint(e, "the file '%s' is docker-archive:%s or oci-archive:%s", name,
				name, name);
	return err_hint(e, "'pare images' lists what is there; in a registry it is docker://%s",
			name);
}
