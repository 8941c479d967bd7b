/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks in memory: finding an architecture, what an update changed, files. The text is lock_read.c
 * and lock_write.c.
 */
#include "pkg/lock.h"

#include "base/mem.h"
#include "sys/files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int lock_read_file(const char *path, struct lock **ret, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int r = file_read(AT_FDCWD, path, LOCK_MAX_BYTES, &text, e);

	return r < 0 ? r : lock_read(buf_view(&text), path, ret, e);
}

void lock_free(struct lock *l)
{
	struct arena arena;

	if (!l)
		return;
	arena = l->arena;
	arena_done(&arena);
	free(l);
}

const struct lock_arch *lock_find_arch(const struct lock *l, const char *arch)
{
	for (size_t i = 0; i < l->n_archs; i++) {
		if (strcmp(l->archs[i].arch, arch) == 0)
			return &l->archs[i];
	}
	return NULL;
}

/* Where changes go; room for them all is there. */
struct changes {
	struct lock_change *at;
	size_t n;
};

static bool same(const struct lock_package *a, const struct lock_package *b)
{
	return strcmp(a->version, b->version) == 0 && strcmp(a->arch, b->arch) == 0 &&
	       sha256_eq(&a->digest, &b->digest);
}

static void note_removed(struct changes *to, const char *arch, const struct lock_package *before)
{
	to->at[to->n++] = (struct lock_change){
		.arch = arch,
		.name = before->name,
		.old_version = before->version,
	};
}

static void note_new(struct changes *to, const struct lock *new, const char *arch,
		     const char *old_version, const struct lock_package *after)
{
	to->at[to->n++] = (struct lock_change){
		.arch = arch,
		.name = after->name,
		.old_version = old_version,
		.new_version = after->version,
		.security = new->indexes[after->index].security,
	};
}

/* Both lists are sorted by name. Of an architecture that one lock lacks there's an empty list. */
static void diff_packages(struct changes *to, const struct lock *new, const struct lock_arch *a,
			  const struct lock_arch *b)
{
	size_t i = 0, k = 0;

	while (i < a->n_packages || k < b->n_packages) {
		int order = i == a->n_packages	 ? 1
			    : k == b->n_packages ? -1
						 : strcmp(a->packages[i].name, b->packages[k].name);

		if (order < 0)
			note_removed(to, a->arch, &a->packages[i]);
		else if (order > 0)
			note_new(to, new, a->arch, NULL, &b->packages[k]);
		else if (!same(&a->packages[i], &b->packages[k]))
			note_new(to, new, a->arch, a->packages[i].version, &b->packages[k]);
		i += order <= 0;
		k += order >= 0;
	}
}

static size_t count_packages(const struct lock *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_archs; i++)
		n += l->archs[i].n_packages;
	return n;
}

size_t lock_diff(const struct lock *old, const struct lock *new, struct arena *a,
		 struct lock_change **ret)
{
	struct changes to = { 0 };
	size_t i = 0, k = 0;

	to.at = arena_array(a, count_packages(old) + count_packages(new) + 1, sizeof(*to.at));
	while (i < old->n_archs || k < new->n_archs) {
		int order = i == old->n_archs	? 1
			    : k == new->n_archs ? -1
						: strcmp(old->archs[i].arch, new->archs[k].arch);

		if (order == 0)
			diff_packages(&to, new, &old->archs[i], &new->archs[k]);
		else if (order < 0)
			diff_packages(&to, new, &old->archs[i],
				      &(struct lock_arch){ .arch = old->archs[i].arch });
		else
			diff_packages(&to, new, &(struct lock_arch){ .arch = new->archs[k].arch },
				      &new->archs[k]);
		i += order <= 0;
		k += order >= 0;
	}
	*ret = to.at;
	return to.n;
}
