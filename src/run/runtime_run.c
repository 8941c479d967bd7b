/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime as a child process. Signals are taken one by one, in the order in which they come,
 * instead of by handlers: nothing can be missed between the fork and the wait.
 */
#include "run/runtime.h"

#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/view.h"
#include "fmt/json.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>

enum {
	INIT_FD = 3, /* of the container's first process, run/init.c */
	STARTED_FD = 4,
	STATUS_SIGNAL = 128,
	MAX_LOG_BYTES = 256 << 10,
	MAX_ARGS = 16,
};

/* What a program may want to hear; SIGCHLD is ours. */
static const int passed[] = {
	SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT
};

/* What the child needs, made before the fork. */
struct child {
	const struct runtime_run *run;
	const char *state, *log;
	int init_fd, started_fd; /* neither is INIT_FD or STARTED_FD; -1: no init */
	sigset_t mask;
	pid_t parent;
};

struct words {
	const char *at[MAX_ARGS];
	size_t n;
};

static void add(struct words *w, const char *word)
{
	w->at[w->n++] = word;
}

static void exec_runtime(const struct child *c)
{
	const struct runtime_run *r = c->run;
	bool is_runc = strcmp(r->runtime->name, "runc") == 0;
	struct words w = { 0 };

	add(&w, r->runtime->path);
	add(&w, "--root");
	add(&w, c->state);
	add(&w, "--log");
	add(&w, c->log);
	if (strcmp(r->runtime->name, "youki") != 0) {
		add(&w, "--log-format");
		add(&w, "json");
	}
	/* control groups are welcome where they can be had, and not needed */
	if (is_runc)
		add(&w, "--rootless=true");
	else if (strcmp(r->runtime->name, "crun") == 0)
		add(&w, "--cgroup-manager=disabled");
	add(&w, "run");
	add(&w, "--bundle");
	add(&w, r->folder->path);
	if (c->init_fd >= 0)
		add(&w, "--preserve-fds=2");
	add(&w, r->folder->id);
	add(&w, NULL);
	/* execv promises not to write to argv */
	execv(w.at[0], (char *const *)(uintptr_t)w.at);
}

static void default_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT_OF(passed); i++)
		sigaction(passed[i], &action, NULL);
	sigaction(SIGPIPE, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
}

/* In the child, before the program: async-signal-safe calls only. */
static void run_child(const struct child *c)
{
	default_signals();
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	/* if pare is killed, the program is asked to end; what is left, the next run removes */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != c->parent)
		_exit(1);
	if (!c->run->interactive && !c->run->tty) {
		int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

		if (nothing >= 0)
			dup2(nothing, STDIN_FILENO);
	}
	if (c->init_fd >= 0) {
		dup2(c->init_fd, INIT_FD);
		dup2(c->started_fd, STARTED_FD);
	}
	exec_runtime(c);
	_exit(127);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * Until the child ends; *ret_passed is the last signal that was passed on, or 0. What the kernel
 * itself sends, for keys that were pressed, goes to all
 * processes on the terminal: the runtime has it already.
 */
static int wait_and_pass(pid_t pid, const sigset_t *waited, int *ret_passed)
{
	siginfo_t info;
	int status;

	*ret_passed = 0;
	for (;;) {
		int n = sigwaitinfo(waited, &info);

		if (n == SIGCHLD && waitpid(pid, &status, WNOHANG) == pid)
			return exit_status(status);
		if (n <= 0 || n == SIGCHLD)
			continue;
		if (n != SIGWINCH && n != SIGCONT)
			*ret_passed = n;
		if (info.si_code != SI_KERNEL)
			kill(pid, n);
	}
}

/* What the runtime complained about, when that is why nothing ran. */
static const char *read_complaint(const struct run_folder *f, struct arena *a)
{
	auto_buf text = BUF_EMPTY;
	struct view left, line;
	const char *found = NULL;
	struct err ignored;

	if (file_read(f->fd, "log", MAX_LOG_BYTES, &text, &ignored) < 0)
		return NULL;
	left = buf_view(&text);
	while (view_split(&left, '\n', &line)) {
		auto_json doc = NULL;
		const char *level, *msg;

		if (!line.len || json_parse(line, "log", &doc, &ignored) < 0)
			continue;
		level = json_str(json_get(json_root(doc), "level"));
		msg = json_str(json_get(json_root(doc), "msg"));
		if (level && msg && (strcmp(level, "error") == 0 || strcmp(level, "fatal") == 0))
			found = arena_strdup(a, msg);
	}
	return found;
}

/* Whether the container's first process ran; without ours, one can only guess. */
static bool has_started(int fd, int status, const char *complaint)
{
	char byte;

	if (fd >= 0)
		return read(fd, &byte, 1) == 1;
	return status == 0 || !complaint;
}

static int check_started(const struct runtime_run *r, int fd, int sent, int *status, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	const char *why = *status ? read_complaint(r->folder, &a) : NULL;

	if (has_started(fd, *status, why))
		return 0;
	if (sent) {
		*status = STATUS_SIGNAL + sent;
		return 0;
	}
	return fail(e, FAIL_IO, "%s could not run the container%s%.300s", r->runtime->name,
		    why ? "\n" : "", why ? why : "");
}

/* Descriptors that the child can move to their places without one closing the other. */
static int lift(int fd, int *ret, struct err *e)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, STARTED_FD + 1);
	return *ret < 0 ? fail_sys(e, "duplicate a descriptor") : 0;
}

static int start(struct child *c, const sigset_t *waited, pid_t *ret, struct err *e)
{
	c->parent = getpid();
	sigprocmask(SIG_BLOCK, waited, &c->mask);
	*ret = fork();
	if (*ret == 0)
		run_child(c);
	if (*ret > 0)
		return 0;
	sigprocmask(SIG_SETMASK, &c->mask, NULL);
	return fail_sys(e, "start '%s'", c->run->runtime->path);
}

static void make_set(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGCHLD);
	for (size_t i = 0; i < COUNT_OF(passed); i++)
		sigaddset(ret, passed[i]);
}

/* The pipe and the init's file, when there is an init. */
static int make_descriptors(const struct runtime_run *r, int *ret_read, int *ret_write,
			    int *ret_init, struct err *e)
{
	int ends[2], rc;

	if (r->init_fd < 0)
		return 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return fail_sys(e, "make a pipe");
	*ret_read = ends[0];
	rc = lift(ends[1], ret_write, e);
	close(ends[1]);
	return rc < 0 ? rc : lift(r->init_fd, ret_init, e);
}

int runtime_run(const struct runtime_run *r, int *ret_status, struct err *e)
{
	auto_free char *state = mem_printf("%s/state", r->folder->path);
	auto_free char *log = mem_printf("%s/log", r->folder->path);
	auto_fd read_fd = -1, write_fd = -1, init_fd = -1;
	struct child c = { .run = r, .state = state, .log = log };
	struct termios terminal;
	bool on_terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &terminal) == 0;
	int rc = make_descriptors(r, &read_fd, &write_fd, &init_fd, e), sent;
	sigset_t waited;
	pid_t pid;

	if (rc < 0)
		return rc;
	c.init_fd = init_fd;
	c.started_fd = write_fd;
	make_set(&waited);
	rc = start(&c, &waited, &pid, e);
	if (rc < 0)
		return rc;
	*ret_status = wait_and_pass(pid, &waited, &sent);
	if (on_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	sigprocmask(SIG_SETMASK, &c.mask, NULL);
	return check_started(r, read_fd, sent, ret_status, e);
}
