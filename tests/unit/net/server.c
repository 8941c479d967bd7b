/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the fault server; see server.h. */
#include "server.h"

#include "sys/files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_LOG_BYTES = 16 << 20 };

static _Noreturn void give_up(const char *what)
{
	perror(what);
	exit(99);
}

static void run_or_die(const char *command)
{
	int rc = system(command); /* NOLINT: a fixed command */

	if (rc != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(99);
	}
}

static void make_certificate(struct server *s)
{
	run_or_die(arena_printf(
		&s->arena,
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
		"-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 "
		"-keyout %s/key.pem -out %s/cert.pem 2>/dev/null",
		s->dir, s->dir));
}

static void exec_server(struct server *s, int in, int out)
{
	const char *argv[16] = { "python3", FAULT_SERVER, "--with-stdin", "--root",
				 NULL,	    "--log",	  NULL,		  NULL };
	size_t n = 7;

	argv[4] = server_path(s, "www");
	argv[6] = server_path(s, "log");
	if (s->tls) {
		argv[n++] = "--tls-cert";
		argv[n++] = server_path(s, "cert.pem");
		argv[n++] = "--tls-key";
		argv[n++] = server_path(s, "key.pem");
	}
	argv[n] = NULL;
	dup2(in, 0);
	dup2(out, 1);
	execvp(argv[0], (char **)(void *)argv);
	give_up("python3");
}

static unsigned read_port(int fd)
{
	FILE *f = fdopen(fd, "r");
	unsigned port = 0;

	if (!f || fscanf(f, "%u", &port) != 1) /* NOLINT: our own server's number */
		give_up("fault_server.py says no port");
	fclose(f);
	return port;
}

static void make_folders(struct server *s)
{
	const char *base = getenv("TMPDIR");
	char *dir = arena_printf(&s->arena, "%s/pare-net-XXXXXX", base ? base : "/tmp");

	if (!mkdtemp(dir))
		give_up("mkdtemp");
	s->dir = dir;
	if (mkdir(server_path(s, "www"), 0755) < 0 || mkdir(server_path(s, "out"), 0755) < 0)
		give_up("mkdir");
	s->out_fd = open(server_path(s, "out"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->out_fd < 0)
		give_up("out");
}

void server_start(struct server *s, bool tls)
{
	int in[2], out[2];

	*s = (struct server){ .tls = tls };
	make_folders(s);
	if (tls)
		make_certificate(s);
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		give_up("pipe");
	s->pid = fork();
	if (s->pid < 0)
		give_up("fork");
	if (s->pid == 0)
		exec_server(s, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	s->stdin_fd = in[1];
	s->port = read_port(out[0]);
}

void server_stop(struct server *s)
{
	close(s->stdin_fd);
	waitpid(s->pid, NULL, 0);
	close(s->out_fd);
	run_or_die(arena_printf(&s->arena, "rm -rf '%s'", s->dir));
	arena_done(&s->arena);
}

const char *server_path(struct server *s, const char *name)
{
	return arena_printf(&s->arena, "%s/%s", s->dir, name);
}

const char *server_url(struct server *s, const char *fmt, ...)
{
	char path[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return arena_printf(&s->arena, "%s://127.0.0.1:%u%s", s->tls ? "https" : "http", s->port,
			    path);
}

void server_put(struct server *s, const char *name, size_t size, struct buf *ret_bytes)
{
	FILE *f = fopen(arena_printf(&s->arena, "%s/www/%s", s->dir, name), "w");
	uint64_t x = 88172645463325252u + size;
	char *to = buf_grow(ret_bytes, size);

	for (size_t i = 0; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		to[i] = (char)x;
	}
	ret_bytes->len += size;
	if (!f || fwrite(to, 1, size, f) != size || fclose(f) != 0)
		give_up(name);
}

size_t server_log_lines(struct server *s, const char *a, const char *b)
{
	auto_buf log = BUF_EMPTY;
	struct err e;
	size_t n = 0;

	if (file_read(AT_FDCWD, server_path(s, "log"), MAX_LOG_BYTES, &log, &e) < 0)
		return 0;
	for (char *line = strtok(log.data, "\n"); line; line = strtok(NULL, "\n"))
		n += strstr(line, a) && strstr(line, b);
	return n;
}

struct http *quick_http(struct monitor *m)
{
	struct http_options o = {
		.connect_timeout_ms = 2000,
		.stall_timeout_ms = 400,
		.backoff_ms = 20,
		.hint = "is the mirror up? choose another with --mirror",
		.monitor = m,
	};

	return http_new(&o);
}
