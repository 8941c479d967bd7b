/* SPDX-License-Identifier: Apache-2.0 */
/* Locks between processes by flock(); see lock.h. */
#include "sys/lock.h"

#include "base/interrupt.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

/* Without write access, a file that is there will do for a shared lock. */
static int open_lock_file(int dir_fd, const char *name, enum lock_kind kind)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0666), why = errno;

	if (fd >= 0 || kind == LOCK_EXCLUSIVE)
		return fd;
	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	errno = why;
	return fd;
}

int lock_acquire(int dir_fd, const char *name, enum lock_kind kind, bool wait, int *ret_fd,
		 struct err *e)
{
	int how = (kind == LOCK_EXCLUSIVE ? LOCK_EX : LOCK_SH) | (wait ? 0 : LOCK_NB);
	auto_fd fd = open_lock_file(dir_fd, name, kind);

	if (fd < 0)
		return fail_sys(e, "open the lock file '%s'", name);
	while (flock(fd, how) < 0) {
		int rc = 0;

		if (errno == EWOULDBLOCK)
			return fail(e, FAIL_CONFLICT, "'%s' is held by another process", name);
		if (errno != EINTR)
			return fail_sys(e, "lock '%s'", name);
		rc = interrupt_check(e);
		if (rc < 0)
			return rc;
	}
	*ret_fd = fd_steal(&fd);
	return 0;
}
