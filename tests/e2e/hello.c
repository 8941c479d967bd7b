/* SPDX-License-Identifier: Apache-2.0 */
/* The program in the images of the end-to-end tests: says what it was given, on one line. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *greeting = getenv("GREETING");
	char cwd[256] = "?";

	if (!getcwd(cwd, sizeof(cwd)))
		return 1;
	printf("%s %s uid=%d gid=%d cwd=%s\n", greeting ? greeting : "-", argc > 1 ? argv[1] : "-",
	       (int)getuid(), (int)getgid(), cwd);
	return 0;
}
