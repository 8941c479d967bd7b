/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading libraries, once and for good: they keep state of their own, and threads. Their names are
 * not seen by other libraries, nor ours by them.
 */
#include "base/library.h"

#if LATE_LIBRARIES

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

static void *open_any(const struct library *l, struct err *e)
{
	void *handle = NULL;

	for (size_t i = 0; !handle && i < LIBRARY_MAX_SONAMES && l->sonames[i]; i++) {
		handle = dlopen(l->sonames[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
		if (!handle && i == 0) {
			(void)fail(e, FAIL_UNSUPPORTED, "%s can't be loaded: %s", l->name,
				   dlerror());
			err_hint(e, "it is in Debian's package %s", l->package);
		}
	}
	return handle;
}

static int fill_table(const struct library *l, void *handle, struct err *e)
{
	char *to = l->table;

	for (size_t i = 0; i < l->n_functions; i++) {
		void *function = dlsym(handle, l->functions[i]);

		if (!function)
			return fail(e, FAIL_UNSUPPORTED, "this machine's %s has no %s()", l->name,
				    l->functions[i]);
		memcpy(to + i * sizeof(function), &function, sizeof(function));
	}
	return 0;
}

int library_load(struct library *l, struct err *e)
{
	void *handle;
	int rc = 0;

	if (atomic_load_explicit(&l->loaded, memory_order_acquire))
		return 0;
	pthread_mutex_lock(&l->lock);
	if (!atomic_load_explicit(&l->loaded, memory_order_relaxed)) {
		handle = open_any(l, e);
		rc = handle ? fill_table(l, handle, e) : -(int)e->code;
		if (handle)
			dlclose(handle); /* it stays, as RTLD_NODELETE says */
		if (rc == 0)
			atomic_store_explicit(&l->loaded, true, memory_order_release);
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

#endif
