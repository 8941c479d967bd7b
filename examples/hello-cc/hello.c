/* SPDX-License-Identifier: Apache-2.0 */
/* Says where it is: that it needs only the C library is the point. */
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct utsname host;

	if (uname(&host) < 0)
		return 1;
	printf("Hello from a distroless image: user %u, %s, %d argument%s\n", getuid(),
	       host.machine, argc - 1, argc == 2 ? "" : "s");
	for (int i = 1; i < argc; i++)
		printf("  %s\n", argv[i]);
	return fflush(stdout) == 0 ? 0 : 1;
}
