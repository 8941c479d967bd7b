/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process in the container: a program of its own, embedded in pare, without any library;
 * with the C library, linked statically, on machines whose system calls aren't written down here.
 * It starts the image's program and passes on signals and exit status, because the kernel shields
 * a container's first process from signals that it doesn't catch, and leaves orphans to it. For
 * an ordinary user it also makes the one id that there is the one that the image wants.
 *
 *	init UID|- GID PROGRAM ARGV0 [ARG...]
 */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

enum {
	STATUS_CANT_RUN = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128,
	OWN_FD = 3,	/* this program's file, as run/runtime_run.c hands it over */
	STARTED_FD = 4, /* takes a byte when this program runs: the runtime did its work */
	NO_ENTRY = 2,
	SIGNAL_SET_BYTES = 8,
	MAX_CAPABILITIES = 64,
};

/* Just enough of the kernel's siginfo_t. */
struct signal_info {
	int number, error, code;
	char rest[116];
};

#if defined(INIT_WITH_LIBC)
#include <errno.h>
#include <unistd.h>

static long call5(long number, long a, long b, long c, long d, long f)
{
	long ret = syscall(number, a, b, c, d, f);

	return ret < 0 ? -errno : ret;
}

#elif defined(__x86_64__)

static long call5(long number, long a, long b, long c, long d, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}

__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n"
	"\tcall start\n\thlt\n");

#elif defined(__aarch64__)

static long call5(long number, long a, long b, long c, long d, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}

__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x30, #0\n\tmov x0, sp\n"
	"\tand sp, x0, #-16\n\tbl start\n\tbrk #1\n");

#else
#error "no system calls for this architecture here: build with -DINIT_WITH_LIBC"
#endif

#define CALL(name, a, b, c, d) call5(__NR_##name, (long)(a), (long)(b), (long)(c), (long)(d), 0)

static long length(const char *s)
{
	long n = 0;

	while (s[n])
		n++;
	return n;
}

static void say(const char *s)
{
	CALL(write, 2, s, length(s), 0);
}

static void say_number(long n)
{
	char text[24];
	int at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n && at > 0);
	say(text + at);
}

static void end(int status)
{
	for (;;)
		CALL(exit_group, status, 0, 0, 0);
}

static void give_up(const char *what, long error)
{
	say("pare: ");
	say(what);
	say(": error ");
	say_number(-error);
	say("\n");
	end(STATUS_CANT_RUN);
}

static void write_file(const char *path, const char *text, long n)
{
	long fd = CALL(openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	long error = fd < 0 ? fd : CALL(write, fd, text, n, 0);

	if (error < 0)
		give_up(path, error);
	CALL(close, fd, 0, 0, 0);
}

/* "65532 0 1": seen from now on as 65532 who is 0 outside. */
static void write_map(const char *path, const char *id)
{
	static const char rest[] = " 0 1";
	char line[40];
	long n = 0;

	for (; id[n] && n < 20; n++)
		line[n] = id[n];
	for (long i = 0; rest[i]; i++)
		line[n++] = rest[i];
	write_file(path, line, n);
}

/* A user namespace begins with every capability that there is; the runtime gave fewer. */
static void become(const char *uid, const char *gid)
{
	unsigned long long allowed = 0;
	long error;

	for (int i = 0; i < MAX_CAPABILITIES; i++)
		if (CALL(prctl, PR_CAPBSET_READ, i, 0, 0) == 1)
			allowed |= 1ULL << i;
	error = CALL(unshare, CLONE_NEWUSER, 0, 0, 0);
	if (error < 0)
		give_up("make a user namespace", error);
	for (int i = 0; i < MAX_CAPABILITIES; i++)
		if (!(allowed >> i & 1))
			CALL(prctl, PR_CAPBSET_DROP, i, 0, 0);
	/* the kernel asks for this before an ordinary user maps a group */
	write_file("/proc/self/setgroups", "deny", 4);
	write_map("/proc/self/uid_map", uid);
	write_map("/proc/self/gid_map", gid);
}

static void run_program(const unsigned long long *old_mask, char **argv, char **env)
{
	long error;

	CALL(rt_sigprocmask, SIG_SETMASK, old_mask, 0, SIGNAL_SET_BYTES);
	error = CALL(execve, argv[0], argv + 1, env, 0);
	if (error == -NO_ENTRY) {
		say("pare: '");
		say(argv[0]);
		say("' can't be run: the loader or interpreter that it names is not in the "
		    "image\n");
		end(STATUS_NOT_FOUND);
	}
	say("pare: '");
	say(argv[0]);
	give_up("' can't be run", error);
}

/* All that have ended; ends with the program. */
static void reap(long program)
{
	int status = 0;
	long pid;

	while ((pid = call5(__NR_wait4, -1, (long)&status, WNOHANG, 0, 0)) > 0) {
		if (pid != program)
			continue;
		end(status & 0x7f ? STATUS_SIGNAL + (status & 0x7f) : status >> 8 & 0xff);
	}
}

static void serve(const unsigned long long *all, long program)
{
	for (;;) {
		struct signal_info info;
		long n = CALL(rt_sigtimedwait, all, &info, 0, SIGNAL_SET_BYTES);

		if (n == SIGCHLD)
			reap(program);
		/* what the terminal sends goes to its whole group: the program has it already */
		else if (n > 0 && info.code != SI_KERNEL)
			CALL(kill, program, n, 0, 0);
	}
}

/* Where clone(2) has its arguments in another order, the C library knows it. */
static long new_process(void)
{
#ifdef INIT_WITH_LIBC
	return fork();
#else
	return call5(__NR_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

static void run(long argc, char **argv, char **env)
{
	const unsigned long long all = ~0ULL;
	unsigned long long old_mask = 0;
	long pid;

	if (argc < 5)
		end(STATUS_CANT_RUN);
	CALL(write, STARTED_FD, "s", 1, 0);
	CALL(close, STARTED_FD, 0, 0, 0);
	CALL(close, OWN_FD, 0, 0, 0);
	if (argv[1][0] != '-')
		become(argv[1], argv[2]);
	CALL(rt_sigprocmask, SIG_SETMASK, &all, &old_mask, SIGNAL_SET_BYTES);
	pid = new_process();
	if (pid < 0)
		give_up("start a process", pid);
	if (pid == 0)
		run_program(&old_mask, argv + 3, env);
	serve(&all, pid);
}

#ifdef INIT_WITH_LIBC

int main(int argc, char **argv, char **env)
{
	run(argc, argv, env);
	return STATUS_CANT_RUN;
}

#else

__attribute__((used, noreturn)) void start(long *stack);

void start(long *stack)
{
	char **argv = (char **)(stack + 1);

	run(stack[0], argv, argv + stack[0] + 1);
	__builtin_unreachable();
}

#endif
