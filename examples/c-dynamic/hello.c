/* SPDX-License-Identifier: Apache-2.0 */
/* Says where it is, and that it can't change anything there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	FILE *f = fopen("/usr/bin/new", "w");

	printf("hello from user %u; a new file: %s\n", getuid(), f ? "yes" : strerror(errno));
	return fflush(stdout) == 0 ? 0 : 1;
}
