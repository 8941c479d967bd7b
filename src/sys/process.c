/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program; see process.h. */
#include "sys/process.h"

#include "base/interrupt.h"
#include "sys/clock.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>

extern char **environ;

struct capture {
	int fd; /* -1 at its end */
	struct buf *to;
	size_t start;
};

struct spawning {
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
};

static void spawning_init(struct spawning *s)
{
	sigset_t set;

	posix_spawn_file_actions_init(&s->actions);
	posix_spawnattr_init(&s->attributes);
	/* the child starts with the signals that a program expects, whatever this thread has */
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&s->attributes, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&s->attributes, &set);
	posix_spawnattr_setflags(&s->attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static void spawning_done(struct spawning *s)
{
	posix_spawnattr_destroy(&s->attributes);
	posix_spawn_file_actions_destroy(&s->actions);
}

static int spawn(const struct process *p, int in_fd, int out_fd, int errors_fd, pid_t *ret_pid,
		 struct err *e)
{
	struct spawning s;
	int rc;

	spawning_init(&s);
	if (out_fd >= 0) {
		if (in_fd >= 0)
			posix_spawn_file_actions_adddup2(&s.actions, in_fd, 0);
		else
			posix_spawn_file_actions_addopen(&s.actions, 0, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&s.actions, out_fd, 1);
	}
	if (errors_fd >= 0)
		posix_spawn_file_actions_adddup2(&s.actions, errors_fd, 2);
	/* posix_spawn promises not to write to argv */
	rc = posix_spawnp(ret_pid, p->argv[0], &s.actions, &s.attributes,
			  (char *const *)(uintptr_t)p->argv, environ);
	spawning_done(&s);
	if (rc == 0)
		return 0;
	errno = rc;
	return fail_sys(e, "run '%s'", p->argv[0]);
}

/* What is there now; closes at the end. */
static int drain(struct capture *c, const struct process *p, struct err *e)
{
	enum { STEP_BYTES = 16 << 10 };
	ssize_t n = read(c->fd, buf_grow(c->to, STEP_BYTES), STEP_BYTES);

	if (n < 0)
		return errno == EINTR ? 0 : fail_sys(e, "read from '%s'", p->argv[0]);
	c->to->len += (size_t)n;
	buf_grow(c->to, 0);
	if (c->to->len - c->start > p->limit)
		return fail(e, FAIL_LIMIT, "'%s' writes more than %llu bytes", p->argv[0],
			    (unsigned long long)p->limit);
	if (n == 0) {
		close(c->fd);
		c->fd = -1;
	}
	return 0;
}

/* Milliseconds that poll() may wait; -1: for ever. */
static int time_left(const struct process *p, uint64_t begun_ms)
{
	uint64_t gone = clock_monotonic_ms() - begun_ms;

	if (!p->timeout_ms)
		return -1;
	return gone < p->timeout_ms ? (int)(p->timeout_ms - gone) : 0;
}

static int drain_all(struct capture c[2], const struct process *p, struct err *e)
{
	uint64_t begun_ms = clock_monotonic_ms();

	while (c[0].fd >= 0 || c[1].fd >= 0) {
		struct pollfd polled[2] = { { .fd = c[0].fd, .events = POLLIN },
					    { .fd = c[1].fd, .events = POLLIN } };

		int n = poll(polled, 2, time_left(p, begun_ms)), rc = 0;

		if (n == 0)
			return fail(e, FAIL_IO, "'%s' has not answered for %u s", p->argv[0],
				    p->timeout_ms / 1000);
		if (n < 0)
			rc = errno == EINTR ? interrupt_check(e)
					    : fail_sys(e, "wait for '%s'", p->argv[0]);
		for (int i = 0; rc == 0 && i < 2; i++)
			rc = polled[i].revents ? drain(&c[i], p, e) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* The end to read from in *ret_read, the one to write to is returned; -1 when not wanted. */
static int open_pipe(bool wanted, int *ret_read)
{
	int ends[2];

	*ret_read = -1;
	if (!wanted || pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	*ret_read = ends[0];
	return ends[1];
}

/* A pipe that holds the whole input already. */
static int fill_pipe(struct view input, int *ret_read, struct err *e)
{
	auto_fd end = input.len ? open_pipe(true, ret_read) : -1;

	if (input.len && (end < 0 || write(end, input.ptr, input.len) != (ssize_t)input.len))
		return fail_sys(e, "make a pipe");
	return 0;
}

int process_run(const struct process *p, int *ret_status, struct err *e)
{
	auto_fd in = -1;
	auto_fd out_read = -1, errors_read = -1;
	auto_fd out = open_pipe(p->out != NULL, &out_read);
	auto_fd errors = open_pipe(p->errors != NULL, &errors_read);
	struct capture c[2] = { { .to = p->out, .start = p->out ? p->out->len : 0 },
				{ .to = p->errors, .start = p->errors ? p->errors->len : 0 } };
	pid_t pid;
	int rc;

	if ((p->out && out < 0) || (p->errors && errors < 0))
		return fail_sys(e, "make a pipe");
	rc = fill_pipe(p->input, &in, e);
	if (rc == 0)
		rc = spawn(p, in, out, errors, &pid, e);
	if (rc < 0)
		return rc;
	fd_cleanup(&out);
	fd_cleanup(&errors);
	out = errors = -1;
	c[0].fd = fd_steal(&out_read);
	c[1].fd = fd_steal(&errors_read);
	rc = drain_all(c, p, e);
	if (rc < 0)
		kill(pid, SIGKILL);
	fd_cleanup(&c[0].fd);
	fd_cleanup(&c[1].fd);
	*ret_status = wait_for(pid);
	return rc;
}
