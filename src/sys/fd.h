/* SPDX-License-Identifier: Apache-2.0 */
/* File descriptors and open folders that close themselves when they go out of scope. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

/* Closes *fd if it is open; errno stays. */
static inline void fd_cleanup(int *fd)
{
	int kept = errno;

	if (*fd >= 0)
		close(*fd);
	errno = kept;
}

/* auto_fd fd = open(…); the type is int. */
#define auto_fd __attribute__((cleanup(fd_cleanup))) int

static inline void dir_cleanup(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* auto_dir d = opendir(…); the type is a pointer. */
#define auto_dir __attribute__((cleanup(dir_cleanup))) DIR *

/* Hands ownership on: yields the descriptor and leaves -1 behind. */
static inline int fd_steal(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}
