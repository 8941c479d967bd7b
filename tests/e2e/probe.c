/* SPDX-License-Identifier: Apache-2.0 */
/* The program in the containers of run.bats: does one thing that a test can see. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say_id(void)
{
	gid_t groups[64];
	int n = getgroups(64, groups);

	printf("uid=%d gid=%d groups=", (int)getuid(), (int)getgid());
	for (int i = 0; i < n; i++)
		printf("%s%d", i ? "," : "", (int)groups[i]);
	printf("\n");
}

static int copy(const char *path)
{
	char bytes[65536];
	FILE *f = strcmp(path, "-") ? fopen(path, "r") : stdin;
	size_t n;

	if (!f) {
		perror(path);
		return 1;
	}
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		fwrite(bytes, 1, n, stdout);
	return 0;
}

static int put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
		perror(path);
		return 1;
	}
	return 0;
}

static int has_size(void)
{
	struct winsize size = { 0 };

	return ioctl(0, TIOCGWINSZ, &size) == 0 && size.ws_row;
}

static void say_size(void)
{
	struct winsize size = { 0 };

	ioctl(0, TIOCGWINSZ, &size);
	printf("size %dx%d\n", size.ws_row, size.ws_col);
	fflush(stdout);
}

static volatile sig_atomic_t got;

static void on_signal(int number)
{
	got = number;
}

static int wait_for_signal(void)
{
	static const int numbers[] = {
		SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGWINCH
	};
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], on_signal);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		sigsuspend(&none);
		if (got != SIGWINCH)
			break;
		say_size();
	}
	printf("signal %d\n", (int)got);
	return 100 + (int)got;
}

/* One line per file of this file system: TYPE MODE UID:GID PATH [-> TARGET | SIZE NAMES] */
static void list(const char *folder, dev_t dev)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[4096], target[4096];
		struct stat st;
		ssize_t len;

		if (!strcmp(names[i]->d_name, ".") || !strcmp(names[i]->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", folder, folder[1] ? "/" : "",
			 names[i]->d_name);
		if (lstat(path, &st) < 0 || st.st_dev != dev)
			continue;
		printf("%06o %d:%d %s", st.st_mode, (int)st.st_uid, (int)st.st_gid, path);
		len = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof(target) - 1) : -1;
		if (len >= 0)
			printf(" -> %.*s", (int)len, target);
		if (S_ISREG(st.st_mode))
			printf(" %lld %ld", (long long)st.st_size, (long)st.st_nlink);
		printf("\n");
		if (S_ISDIR(st.st_mode))
			list(path, dev);
	}
}

/* The line of a file that begins with a word. */
static int say_line(const char *path, const char *word)
{
	char line[4096];
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, word, strlen(word)))
			fputs(line, stdout);
	return f ? 0 : 1;
}

static void say_interfaces(void)
{
	char line[4096];
	FILE *f = fopen("/proc/net/dev", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strchr(line, ':'))
			printf("%.*s\n", (int)(strchr(line, ':') - line - strspn(line, " ")),
			       line + strspn(line, " "));
}

static void say_env(char **names)
{
	for (; *names; names++)
		printf("%s=%s\n", *names, getenv(*names) ? getenv(*names) : "(unset)");
}

static void say_call(const char *name, long result)
{
	printf("%s %s\n", name, result < 0 && errno == EPERM ? "refused" : "works");
	fflush(stdout);
}

static long new_process(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid;
}

/* Calls that work for anybody, unless a filter refuses them. */
static void say_calls(void)
{
	say_call("keyctl", syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 0));
	say_call("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
	say_call("clone", new_process(0));
	say_call("new user", new_process(CLONE_NEWUSER));
	say_call("unshare", unshare(CLONE_NEWUSER));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "id";
	const char *first = argc > 2 ? argv[2] : "", *second = argc > 3 ? argv[3] : "";
	char cwd[4096];
	struct stat st;

	if (!strcmp(what, "id"))
		say_id();
	else if (!strcmp(what, "args"))
		for (int i = 0; i < argc; i++)
			printf("<%s>\n", argv[i]);
	else if (!strcmp(what, "env"))
		say_env(argv + 2);
	else if (!strcmp(what, "exit"))
		return atoi(first);
	else if (!strcmp(what, "die"))
		raise(atoi(first));
	else if (!strcmp(what, "abort"))
		abort();
	else if (!strcmp(what, "cat"))
		return copy(first);
	else if (!strcmp(what, "write"))
		return put(first, second);
	else if (!strcmp(what, "cwd"))
		puts(getcwd(cwd, sizeof(cwd)));
	else if (!strcmp(what, "wait"))
		return wait_for_signal();
	else if (!strcmp(what, "sleep")) {
		printf("ready\n");
		fflush(stdout);
		sleep(atoi(first));
	} else if (!strcmp(what, "tree") && stat("/", &st) == 0)
		list("/", st.st_dev);
	else if (!strcmp(what, "line"))
		return say_line(first, second);
	else if (!strcmp(what, "calls"))
		say_calls();
	else if (!strcmp(what, "net"))
		say_interfaces();
	else if (!strcmp(what, "fds")) {
		for (int fd = 0; fd < 1024; fd++)
			if (fcntl(fd, F_GETFD) >= 0)
				printf("%d ", fd);
		printf("\n");
	} else if (!strcmp(what, "host")) {
		gethostname(cwd, sizeof(cwd));
		puts(cwd);
	} else if (!strcmp(what, "both")) {
		puts("out");
		fprintf(stderr, "err\n");
	} else if (!strcmp(what, "tty")) {
		printf("tty %d %d %d\n", isatty(0), isatty(1), isatty(2));
		/* the runtime sets the size when the program already runs */
		for (int i = 0; i < 100 && isatty(0) && !has_size(); i++)
			usleep(20000);
		say_size();
	} else
		return 99;
	return 0;
}
