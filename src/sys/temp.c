/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files without a name. */
#include "base/mem.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

/* For file systems without O_TMPFILE: a name that is gone at once. */
static int open_named(const char *dir)
{
	auto_free char *path = mem_printf("%s/pare-XXXXXX", dir);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
}

static const char *temp_dir(void)
{
	const char *own = getenv("TMPDIR");

	return own && *own ? own : "/var/tmp";
}

int temp_file_failed(struct err *e)
{
	if (e->sys != ENOSPC && e->sys != EDQUOT && e->sys != EFBIG)
		return -(int)e->code;
	return err_hint(e, "it is in '%.200s'; TMPDIR can name a folder with more room",
			temp_dir());
}

int temp_file_open(int *ret_fd, struct err *e)
{
	const char *dir = temp_dir();
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_named(dir);
	if (fd < 0)
		return fail_sys(e, "make a temporary file in '%s'", dir);
	*ret_fd = fd;
	return 0;
}
