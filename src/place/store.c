/* SPDX-License-Identifier: Apache-2.0 */
/* The local store: where it is, and the names of its images. Blobs: blob.c; removal: gc.c. */
#include "place/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "place/name.h"
#include "place/store_private.h"
#include "place/walk.h"
#include "sys/fd.h"
#include "sys/files.h"

/* An empty variable counts as unset, as the XDG base directory specification has it. */
static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

static int default_path(char **ret, struct err *e)
{
	const char *store = env("PARE_STORE"), *data = env("XDG_DATA_HOME"), *home = env("HOME");

	if (store)
		*ret = mem_strdup(store);
	else if (data && data[0] == '/')
		*ret = mem_printf("%s/pare/store", data);
	else if (home)
		*ret = mem_printf("%s/.local/share/pare/store", home);
	else
		return fail(e, FAIL_USAGE,
			    "no place for the store: set PARE_STORE, XDG_DATA_HOME or HOME");
	return 0;
}

int store_open(const char *dir, struct store **ret, struct err *e)
{
	auto_free char *path = dir ? mem_strdup(dir) : NULL;
	struct layout l = LAYOUT_NONE;
	int r = path ? 0 : default_path(&path, e);

	if (r)
		return r;
	if (layout_open(path, 0700, &l, e) < 0)
		return e->sys == EACCES || e->sys == EROFS
			       ? err_hint(e, "name another store: --store=DIR, or PARE_STORE")
			       : -(int)e->code;
	*ret = mem_zalloc(sizeof(**ret));
	(*ret)->layout = l;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	layout_done(&s->layout);
	free(s);
}

const char *store_path(const struct store *s)
{
	return s->layout.path;
}

int store_guard(const struct store *s, enum lock_kind kind, int *ret_fd, struct err *e)
{
	int r = lock_acquire(s->layout.dir_fd, ".lock", kind, true, ret_fd, e);

	return r ? err_context(e, "store '%s'", s->layout.path) : 0;
}

/* All of the image must be there, or the name would be a trap for who uses it. */
static int check_complete(struct store *s, const struct descriptor *d, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	auto_walk w = { .store = s, .arena = &a };
	char hex[SHA256_HEX_CHARS + 1];
	int r = walk_image(&w, d, e);

	for (size_t i = 0; !r && i < w.n; i++) {
		if (layout_has_blob(&s->layout, &w.at[i].digest, w.at[i].size))
			continue;
		sha256_to_hex(&w.at[i].digest, hex);
		r = fail(e, FAIL_NOT_FOUND, "'%s' has no blob sha256:%s of %llu bytes",
			 s->layout.path, hex, (unsigned long long)w.at[i].size);
	}
	return r;
}

int store_tag(struct store *s, const char *name, const struct descriptor *d, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	auto_fd guard = -1;
	struct err ignored;
	const char *full;
	int r = image_name_parse(name, &a, &full, NULL, NULL, e);

	/* held until the name is there: garbage collection comes before all this, or after */
	if (!r)
		r = store_guard(s, LOCK_SHARED, &guard, e);
	if (r)
		return r;
	r = check_complete(s, d, e);
	if (r)
		return err_context(e, "image '%s'", full);
	/* of who was killed here; there are but a few files beside it */
	(void)remove_stale_temps(s->layout.dir_fd, NULL, &ignored);
	return layout_set_ref(&s->layout, full, d, e);
}

/* The entry called `full`, else the one that another tool called just `given`. */
static const struct descriptor *find(const struct image_index *x, const char *full,
				     const char *given)
{
	const struct descriptor *second = NULL;

	for (size_t i = 0; i < x->n_manifests; i++) {
		const char *ref = descriptor_ref(&x->manifests[i]);

		if (ref && strcmp(ref, full) == 0)
			return &x->manifests[i];
		if (ref && strcmp(ref, given) == 0)
			second = &x->manifests[i];
	}
	return second;
}

int store_resolve(struct store *s, const char *name, struct arena *a, struct descriptor *ret,
		  struct err *e)
{
	const struct descriptor *d;
	struct image_index x;
	const char *full;
	int r = image_name_parse(name, a, &full, NULL, NULL, e);

	if (!r)
		r = layout_read_index(&s->layout, a, &x, e);
	if (r)
		return r;
	d = find(&x, full, name);
	if (!d)
		return store_missing(s, full, a, e);
	*ret = *d;
	return 0;
}

int store_untag(struct store *s, const char *name, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	struct descriptor d;
	int r = store_resolve(s, name, &a, &d, e);

	return r ? r : layout_drop_ref(&s->layout, descriptor_ref(&d), e);
}

static int compare_entries(const void *a, const void *b)
{
	const struct store_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int store_list(struct store *s, struct arena *a, struct store_entry **ret, size_t *ret_n,
	       struct err *e)
{
	struct store_entry *at;
	struct image_index x;
	size_t n = 0;
	int r = layout_read_index(&s->layout, a, &x, e);

	if (r)
		return r;
	at = arena_array(a, x.n_manifests, sizeof(*at));
	for (size_t i = 0; i < x.n_manifests; i++) {
		const char *ref = descriptor_ref(&x.manifests[i]);

		if (ref)
			at[n++] = (struct store_entry){ ref, x.manifests[i] };
	}
	qsort(at, n, sizeof(*at), compare_entries);
	*ret = at;
	*ret_n = n;
	return 0;
}
