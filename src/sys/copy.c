/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of whole files, through a temporary one. */
#include "base/mem.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { COPY_BYTES = 128 << 10 };

static int write_all(int fd, const char *bytes, size_t len, struct err *e)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_sys(e, "write");
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy_all(int from, int to, struct err *e)
{
	auto_free char *bytes = mem_alloc(COPY_BYTES);
	ssize_t n;
	int rc = 0;

	while (rc == 0 && (n = read(from, bytes, COPY_BYTES)) != 0) {
		if (n > 0)
			rc = write_all(to, bytes, (size_t)n, e);
		else if (errno != EINTR)
			rc = fail_sys(e, "read");
	}
	return rc;
}

int file_copy(const char *from, int dir_fd, const char *name, struct err *e)
{
	auto_fd fd = open(from, O_RDONLY | O_CLOEXEC);
	auto_atomic_file f = ATOMIC_FILE_NONE;
	int rc;

	if (fd < 0)
		return fail_sys(e, "open '%s'", from);
	rc = atomic_file_open(&f, dir_fd, 0644, e);
	if (rc == 0)
		rc = copy_all(fd, f.fd, e);
	return rc < 0 ? rc : atomic_file_commit(&f, name, ATOMIC_KEEP_EXISTING, e);
}
