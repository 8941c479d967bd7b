/* SPDX-License-Identifier: Apache-2.0 */
/* Says who it is, where, and whether it may write there; looks up its own account in the image. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *try_to_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	return fd < 0 ? strerror(errno) : "yes";
}

int main(int argc, char **argv)
{
	struct passwd *pw = getpwuid(getuid());
	time_t noon = 1720000000;
	char cwd[256], zone[16];

	printf("hello %s\n", argc > 1 ? argv[1] : "nobody");
	printf("uid=%u gid=%u name=%s cwd=%s\n", getuid(), getgid(), pw ? pw->pw_name : "?",
	       getcwd(cwd, sizeof(cwd)));
	printf("write=%s\n", try_to_write("/tmp/x"));
	setenv("TZ", "Europe/Berlin", 1);
	strftime(zone, sizeof(zone), "%H:%M %Z", localtime(&noon));
	printf("berlin=%s sqrt=%.3f\n", zone, sqrt(argc + 1.0));
	return fflush(stdout) == 0 ? 0 : 1;
}
