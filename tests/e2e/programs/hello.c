/* SPDX-License-Identifier: Apache-2.0 */
/* Says who it is, where, and whether it may write there; looks up its own account in the image. */
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
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

/* Bytes of "\u20ac" (the euro sign) in a character set, in hex. */
static const char *euro_in(const char *set)
{
	static char hex[32];
	char text[] = "\xe2\x82\xac", out[16], *from = text, *to = out;
	size_t n = strlen(text), room = sizeof(out);
	iconv_t cd = iconv_open(set, "UTF-8");

	if (cd == (iconv_t)-1)
		return "unknown";
	if (iconv(cd, &from, &n, &to, &room) == (size_t)-1 ||
	    iconv(cd, NULL, NULL, &to, &room) == (size_t)-1)
		return "impossible";
	for (size_t i = 0; i < sizeof(out) - room; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)out[i]);
	iconv_close(cd);
	return hex;
}

int main(int argc, char **argv)
{
	static const char *const sets[] = { "UTF-16BE",	   "UTF-32LE",	 "UTF-7", "CP1252",
					    "ISO-8859-15", "ISO-8859-1", "IBM858" };
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
	printf("euro:");
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		printf(" %s=%s", sets[i], euro_in(sets[i]));
	printf("\n");
	return fflush(stdout) == 0 ? 0 : 1;
}
