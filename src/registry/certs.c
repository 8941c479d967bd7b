/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a host's folder of certificates; see certs.h. */
#include "registry/certs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/fd.h"
#include "sys/files.h"

enum { MAX_CERT_BYTES = 1 << 20 }; /* of all CAs together; a system's whole bundle has 200 kB */

static int take(const char *dir, const char *name, struct buf *pem, struct arena *a,
		struct http_trust *ret, struct err *e)
{
	const char *path = arena_printf(a, "%s/%s", dir, name);
	struct view v = view_of(name);

	if (view_ends(v, ".crt")) {
		int rc = file_read(AT_FDCWD, path, MAX_CERT_BYTES - pem->len, pem, e);

		buf_add_char(pem, '\n');
		return rc;
	}
	if (view_ends(v, ".cert") && !ret->cert_file) {
		ret->cert_file = path;
		ret->key_file = arena_printf(a, "%.*s.key", (int)(strlen(path) - 5), path);
		if (access(ret->key_file, R_OK) < 0)
			return fail_sys(e, "'%s' needs its key '%s'", path, ret->key_file);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int read_dir(const char *path, DIR *d, struct arena *a, struct http_trust *ret,
		    struct err *e)
{
	enum { MAX_FILES = 256 };
	const char *names[MAX_FILES];
	auto_buf pem = BUF_EMPTY;
	struct dirent *entry;
	size_t n = 0;
	int rc = 0;

	while (n < MAX_FILES && (entry = readdir(d)))
		names[n++] = arena_strdup(a, entry->d_name);
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = take(path, names[i], &pem, a, ret, e);
	if (rc == 0 && pem.len)
		ret->ca_pem = arena_view(a, buf_view(&pem));
	return rc < 0 ? err_context(e, "certificates in '%s'", path) : 0;
}

int certs_find(const char *host, const char *dir, struct arena *a, struct http_trust *ret,
	       struct err *e)
{
	const char *home = getenv("HOME");
	const char *paths[] = {
		dir,
		dir || !home ? NULL
			     : arena_printf(a, "%s/.config/containers/certs.d/%s", home, host),
		dir ? NULL : arena_printf(a, "/etc/containers/certs.d/%s", host),
		dir ? NULL : arena_printf(a, "/etc/docker/certs.d/%s", host),
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		auto_dir d = paths[i] ? opendir(paths[i]) : NULL;

		if (d)
			return read_dir(paths[i], d, a, ret, e);
		if (paths[i] && (errno != ENOENT || paths[i] == dir))
			return fail_sys(e, "open the folder '%s' of certificates", paths[i]);
	}
	return 0;
}
