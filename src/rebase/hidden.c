/* SPDX-License-Identifier: Apache-2.0 */
/* What of the new base nobody sees any more; see rebase.h. */
#include <string.h>

#include "base/array.h"
#include "rebase/rebase.h"
#include "view/image_view.h"

static const char *plain(const char *path)
{
	return path + strspn(path, "./");
}

static bool has_file(const struct view_layer *l, const char *path)
{
	struct layer_entry entry;

	for (size_t i = 0; i < layer_index_count(l->index); i++)
		if (layer_index_get(l->index, i, &entry) && entry.tar.type == TAR_FILE &&
		    strcmp(plain(entry.tar.path), path) == 0)
			return true;
	return false;
}

static bool base_has_file(const struct image_view *v, size_t n_base, const char *path)
{
	for (size_t i = 0; i < n_base && i < v->n_layers; i++)
		if (has_file(&v->layers[i], path))
			return true;
	return false;
}

static bool is_of_own_layers(const struct image_view *v, size_t n_base, const char *path)
{
	const struct node *n = tree_find(&v->tree, path, true);
	const struct view_layer *l = n ? view_layer_of(v, n) : NULL;

	return l && (size_t)(l - v->layers) >= n_base;
}

void rebase_warn_hidden(const struct image_view *v, size_t n_base, struct monitor *m)
{
	static const char *const databases[] = { "var/lib/dpkg/status", "lib/apk/db/installed",
						 "usr/lib/apk/db/installed" };

	for (size_t i = 0; i < COUNT_OF(databases); i++)
		if (is_of_own_layers(v, n_base, databases[i]) &&
		    base_has_file(v, n_base, databases[i]))
			monitor_warn(m,
				     "the image's own '/%s' hides the new base's: it lists the old "
				     "base's packages, and scanners will report those; to have it "
				     "right, build the image anew",
				     databases[i]);
}
