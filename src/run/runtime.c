/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a runtime, and making it forget a container; running one: runtime_run.c. */
#include "run/runtime.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "sys/process.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_OUTPUT_BYTES = 64 << 10 };

static const char *const known[] = { "runc", "crun", "youki" };

#define SYSTEM_FOLDERS ":/usr/local/sbin:/usr/sbin:/sbin"

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static const char *find_in(const char *folders, const char *name, struct arena *a)
{
	struct view left = view_of(folders), folder;

	while (view_split(&left, ':', &folder)) {
		const char *path = arena_printf(a, "%.*s/%s", VIEW_ARG(folder), name);

		if (folder.len && is_program(path))
			return path;
	}
	return NULL;
}

/* The second version's groups mounted beside the first's: crun 1.8 refuses to work there. */
static bool has_hybrid_groups(void)
{
	return access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0;
}

static int find_wanted(const char *wanted, const char *folders, struct arena *a,
		       struct runtime *ret, struct err *e)
{
	const char *slash = strrchr(wanted, '/');
	const char *path = slash ? wanted : find_in(folders, wanted, a);

	if (!path || !is_program(path))
		return fail(e, FAIL_NOT_FOUND,
			    "there is no program '%.200s' to run containers with", wanted);
	*ret = (struct runtime){ path, slash ? slash + 1 : wanted };
	return 0;
}

int runtime_find(const char *wanted, const char *path, struct arena *a, struct runtime *ret,
		 struct err *e)
{
	const char *own = getenv("PATH");
	const char *folders =
		path ? path : arena_printf(a, "%s" SYSTEM_FOLDERS, own ? own : "/usr/bin:/bin");
	bool hybrid = has_hybrid_groups(), refused = false;

	if (wanted)
		return find_wanted(wanted, folders, a, ret, e);
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		const char *found = find_in(folders, known[i], a);

		if (!found)
			continue;
		if (hybrid && strcmp(known[i], "crun") == 0) {
			refused = true;
			continue;
		}
		*ret = (struct runtime){ found, known[i] };
		return 0;
	}
	if (refused)
		return fail(e, FAIL_UNSUPPORTED,
			    "crun doesn't work with the hybrid control groups of this machine\n"
			    "install the package 'runc' instead");
	return fail(e, FAIL_UNSUPPORTED,
		    "there is no OCI runtime on this machine: looked for runc, crun and youki\n"
		    "install the package 'runc' or 'crun'");
}

void runtime_delete(const struct runtime *r, const char *folder, const char *id)
{
	auto_free char *state = mem_printf("%s/state", folder);
	auto_free char *own = mem_printf("%s/state/%s", folder, id);
	const char *const argv[] = { r->path, "--root", state, "delete", "--force", id, NULL };
	auto_buf out = BUF_EMPTY, errors = BUF_EMPTY;
	struct process p = {
		.argv = argv, .out = &out, .errors = &errors, .limit = MAX_OUTPUT_BYTES
	};
	struct err ignored;
	int status;

	if (access(own, F_OK) == 0)
		(void)!process_run(&p, &status, &ignored);
}
