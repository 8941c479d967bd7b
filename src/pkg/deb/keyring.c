/* SPDX-License-Identifier: Apache-2.0 */
/* Collects trusted keys from files, from the host, or from the program itself. */
#include "pkg/deb/keyring.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/mem.h"
#include "sys/files.h"

enum { MAX_KEYRING_BYTES = 16 << 20 };

extern const struct embedded pare_builtin_keyring[];
extern const size_t pare_builtin_keyring_count;

/* Where the package debian-archive-keyring puts it, by Debian release. */
static const char *const host_files[] = {
	"usr/share/keyrings/debian-archive-keyring.pgp",
	"usr/share/keyrings/debian-archive-keyring.gpg",
};

static int add_file(struct openpgp_keyring *k, const char *path, struct err *e)
{
	auto_buf bytes = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, MAX_KEYRING_BYTES, &bytes, e);

	if (rc < 0)
		return err_context(e, "keyring '%s'", path);
	return openpgp_keyring_add(k, buf_view(&bytes), path, e);
}

static int add_builtin(struct openpgp_keyring *k, struct err *e)
{
	int rc = 0;

	if (pare_builtin_keyring_count == 0)
		return fail(e, FAIL_NOT_FOUND,
			    "no Debian keyring: install the package debian-archive-keyring or name "
			    "a file in contents.keyring");
	for (size_t i = 0; rc == 0 && i < pare_builtin_keyring_count; i++) {
		const struct embedded *file = &pare_builtin_keyring[i];
		struct view bytes = view_make((const char *)file->bytes, file->size);

		rc = openpgp_keyring_add(k, bytes, file->name, e);
	}
	return rc;
}

static int add_default(struct openpgp_keyring *k, const char *root, struct err *e)
{
	for (size_t i = 0; root && i < COUNT_OF(host_files); i++) {
		auto_free char *path = mem_printf("%s/%s", root, host_files[i]);
		int rc = add_file(k, path, e);

		if (rc != -FAIL_NOT_FOUND)
			return rc;
	}
	return add_builtin(k, e);
}

int deb_keyring_open(const char *const *files, size_t n_files, const char *root,
		     struct openpgp_keyring **ret, struct err *e)
{
	struct openpgp_keyring *k;
	int rc = openpgp_keyring_new(&k, e);

	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < n_files; i++)
		rc = add_file(k, files[i], e);
	if (rc == 0 && n_files == 0)
		rc = add_default(k, root, e);
	if (rc < 0) {
		openpgp_keyring_free(k);
		return rc;
	}
	*ret = k;
	return 0;
}
