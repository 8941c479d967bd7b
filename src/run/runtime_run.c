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

enum { INIT_FD = 3, STATUS_SIGNAL = 128, MAX_LOG_BYTES = 256 << 10, MAX_ARGS = 16 };

/* What a program may want to hear; SIGCHLD is ours. */
static const int passed[] = {
	SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT
};

struct words {
	const char *at[MAX_ARGS];
	size_t n;
};

static void add(struct words *w, const char *word)
{
	w->at[w->n++] = word;
}

static void exec_runtime(const struct runtime_run *r, const char *state, const char *log)
{
	bool is_runc = strcmp(r->runtime->name, "runc") == 0;
	struct words w = { 0 };

	add(&w, r->runtime->path);
	add(&w, "--root");
	add(&w, state);
	add(&w, "--log");
	add(&w, log);
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
	if (r->init_fd >= 0)
		add(&w, "--preserve-fds=1");
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
static void run_child(const struct runtime_run *r, const char *state, const char *log,
		      const sigset_t *mask, pid_t parent)
{
	default_signals();
	sigprocmask(SIG_SETMASK, mask, NULL);
	/* if pare is killed, the program is asked to end; what is left, the next run removes */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	if (!r->interactive && !r->tty) {
		int nothing = open("/dev/null", O_RDONLY);

		if (nothing >= 0)
			dup2(nothing, STDIN_FILENO);
		if (nothing > INIT_FD)
			close(nothing);
	}
	if (r->init_fd == INIT_FD)
		fcntl(INIT_FD, F_SETFD, 0);
	else if (r->init_fd >= 0)
		dup2(r->init_fd, INIT_FD);
	exec_runtime(r, state, log);
	_exit(127);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? STATUS_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * Until the child ends. What the kernel itself sends, for keys that were pressed, goes to all
 * processes on the terminal: the runtime has it already.
 */
static int wait_and_pass(pid_t pid, const sigset_t *waited)
{
	siginfo_t info;
	int status;

	for (;;) {
		int n = sigwaitinfo(waited, &info);

		if (n == SIGCHLD && waitpid(pid, &status, WNOHANG) == pid)
			return exit_status(status);
		if (n > 0 && n != SIGCHLD && info.si_code != SI_KERNEL)
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

static int check_started(const struct runtime_run *r, int status, struct err *e)
{
	auto_arena a = ARENA_EMPTY;
	const char *why = status ? read_complaint(r->folder, &a) : NULL;

	if (!why)
		return 0;
	return fail(e, FAIL_IO, "%s could not run the container (its message is above)\n%.300s",
		    r->runtime->name, why);
}

int runtime_run(const struct runtime_run *r, int *ret_status, struct err *e)
{
	auto_free char *state = mem_printf("%s/state", r->folder->path);
	auto_free char *log = mem_printf("%s/log", r->folder->path);
	bool on_terminal = isatty(STDIN_FILENO);
	struct termios terminal;
	sigset_t waited, before;
	pid_t parent = getpid(), pid;

	sigemptyset(&waited);
	sigaddset(&waited, SIGCHLD);
	for (size_t i = 0; i < COUNT_OF(passed); i++)
		sigaddset(&waited, passed[i]);
	on_terminal = on_terminal && tcgetattr(STDIN_FILENO, &terminal) == 0;
	sigprocmask(SIG_BLOCK, &waited, &before);
	pid = fork();
	if (pid == 0)
		run_child(r, state, log, &before, parent);
	if (pid < 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		return fail_sys(e, "start '%s'", r->runtime->path);
	}
	*ret_status = wait_and_pass(pid, &waited);
	if (on_terminal)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return check_started(r, *ret_status, e);
}
