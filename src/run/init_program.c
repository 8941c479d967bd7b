/* SPDX-License-Identifier: Apache-2.0 */
/* Where there's no init, nothing fails: the program is the first process, and that is said. */
#include "run/init_program.h"

#include "sys/files.h"

#include <fcntl.h>
#include <sys/stat.h>

int init_program_write(const struct embedded *init, const struct run_folder *f, int *ret_fd,
		       struct err *e)
{
	int rc;

	*ret_fd = -1;
	if (!init)
		return 0;
	rc = file_write_atomic(f->fd, "init", init->bytes, init->size, 0755, e);
	if (rc < 0)
		return rc;
	*ret_fd = openat(f->fd, "init", O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0 || fchmod(*ret_fd, 0755) < 0)
		return fail_sys(e, "open '%s/init'", f->path);
	return 0;
}

void init_program_lacks(const struct plan *p, bool rootless, struct monitor *m)
{
	monitor_note(m, "this pare has no init for this machine: the program is process 1, which "
			"signals that it doesn't handle don't end");
	if (rootless && p->account.uid)
		monitor_note(m, "… and sees itself as user 0, not %u", p->account.uid);
}
