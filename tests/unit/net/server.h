/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/tools/fault_server.py for cmocka tests: started with a folder of its own, ended with the
 * test. Any failure to set up ends the test program.
 */
#pragma once

#include "base/arena.h"
#include "base/array.h"
#include "base/buf.h"
#include "net/http.h"

#include <sys/types.h>

struct server {
	struct arena arena; /* of URLs and paths; until server_stop() */
	pid_t pid;
	int stdin_fd;
	unsigned port;
	bool tls;
	const char *dir; /* holds www/, out/, log */
	int out_fd;	 /* out/, for fetched files */
};

/* A self-signed certificate for localhost and 127.0.0.1 when `tls`: dir/cert.pem. */
void server_start(struct server *s, bool tls);
void server_stop(struct server *s);

/* A file under www/ of `size` bytes that look random but are the same in each run. */
void server_put(struct server *s, const char *name, size_t size, struct buf *ret_bytes);
/* "http://127.0.0.1:PORT" + path */
const char *server_url(struct server *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *server_path(struct server *s, const char *name);
/* How many lines of the log hold all of the two texts ("" matches each line). */
size_t server_log_lines(struct server *s, const char *a, const char *b);

/* A handle whose waits are short enough for tests. */
struct http *quick_http(struct monitor *m);
