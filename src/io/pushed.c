/* SPDX-License-Identifier: Apache-2.0 */
/* A pipe inside of the process; see pushed.h. */
#include "io/pushed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/basic.h"
#include "sys/fd.h"
#include "sys/thread.h"

enum { PIPE_BYTES = 1 << 20 }; /* what an ordinary user may ask for; less only means more turns */

struct pushed {
	struct source source;
	push_fn *push;
	void *ctx;
	pthread_t thread;
	bool joined;
	int write_fd; /* the thread's */
	struct source *from;
	struct err failed; /* the thread's until it is joined */
};

/* SIGPIPE is blocked in every thread but the first: a reader that is gone is just an error. */
static void *run(void *arg)
{
	struct pushed *p = arg;

	if (p->push(p->ctx, fd_sink_new(p->write_fd, "pipe"), &p->failed) == 0)
		p->failed.code = FAIL_NONE;
	close(p->write_fd);
	return NULL;
}

static void join(struct pushed *p)
{
	if (!p->joined)
		pthread_join(p->thread, NULL);
	p->joined = true;
}

static int pushed_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	struct pushed *p = (struct pushed *)s;
	int rc = source_read(p->from, to, size, ret_n, e);

	if (rc < 0 || *ret_n > 0)
		return rc;
	join(p);
	if (!p->failed.code)
		return 0;
	*e = p->failed;
	return -(int)e->code;
}

static void pushed_close(struct source *s)
{
	struct pushed *p = (struct pushed *)s;

	source_close(p->from);
	join(p);
	free(p);
}

int pushed_source_new(push_fn *push, void *ctx, struct source **ret, struct err *e)
{
	static const struct source_ops ops = { pushed_read, pushed_close };
	struct pushed *p;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_sys(e, "make a pipe");
	(void)fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES);
	p = mem_zalloc(sizeof(*p));
	source_init(&p->source, &ops);
	p->push = push;
	p->ctx = ctx;
	p->write_fd = ends[1];
	p->from = fd_source_new(ends[0], "pipe");
	if (!thread_start(&p->thread, run, p)) {
		close(ends[1]);
		source_close(p->from);
		free(p);
		return fail(e, FAIL_IO, "start a thread: the system has no room for another");
	}
	*ret = &p->source;
	return 0;
}
