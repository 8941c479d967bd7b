/* SPDX-License-Identifier: Apache-2.0 */
/* Collects keys from files, folders of the host, and the recipe's own texts. */
#include "pkg/apk/keyring.h"

#include "base/array.h"
#include "sys/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct named_key {
	char *name;
	struct public_key *key;
};

struct apk_keyring {
	struct named_key *at;
	size_t n, cap;
};

static int add(struct apk_keyring *k, const char *name, struct view pem, struct err *e)
{
	struct public_key *key;
	int rc;

	if (k->n == APK_MAX_KEYS)
		return fail(e, FAIL_LIMIT, "more than %d keys", APK_MAX_KEYS);
	rc = public_key_new(pem, name, &key, e);
	if (rc < 0)
		return rc;
	*array_push(k) = (struct named_key){ mem_strdup(name), key };
	return 0;
}

static int add_file(struct apk_keyring *k, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	auto_buf pem = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, APK_MAX_KEY_BYTES, &pem, e);

	return rc < 0 ? err_context(e, "key '%s'", path)
		      : add(k, slash ? slash + 1 : path, buf_view(&pem), e);
}

static int is_key(const struct dirent *d)
{
	return view_ends(view_of(d->d_name), ".pub");
}

static int add_folder(struct apk_keyring *k, const char *path, struct err *e)
{
	struct dirent **files;
	int n = scandir(path, &files, is_key, alphasort), rc = 0;

	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++) {
		auto_free char *file = mem_printf("%s/%s", path, files[i]->d_name);

		if (rc == 0)
			rc = add_file(k, file, e);
		free(files[i]);
	}
	free(files);
	return rc;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int add_host(struct apk_keyring *k, const char *root, struct err *e)
{
	static const char *const folders[] = { "etc/apk/keys", "usr/share/apk/keys" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < COUNT_OF(folders); i++) {
		auto_free char *path = mem_printf("%s/%s", root, folders[i]);

		rc = add_folder(k, path, e);
	}
	return rc;
}

int apk_keyring_open(const char *const *files, size_t n_files, const struct apk_key_text *texts,
		     size_t n_texts, const char *root, struct apk_keyring **ret, struct err *e)
{
	auto_apk_keyring k = mem_zalloc(sizeof(*k));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n_files; i++)
		rc = is_folder(files[i]) ? add_folder(k, files[i], e) : add_file(k, files[i], e);
	for (size_t i = 0; rc == 0 && i < n_texts; i++)
		rc = add(k, texts[i].name, view_of(texts[i].pem), e);
	if (rc == 0 && k->n == 0 && root)
		rc = add_host(k, root, e);
	if (rc == 0 && k->n == 0)
		rc = fail(e, FAIL_VERIFY,
			  "no keys of Alpine are known, to trust its indexes by\n"
			  "name files or folders of them in contents.keyring, or in "
			  "PARE_ALPINE_KEYRING");
	if (rc < 0)
		return rc;
	*ret = steal(k);
	return 0;
}

void apk_keyring_free(struct apk_keyring *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++) {
		free(k->at[i].name);
		public_key_free(k->at[i].key);
	}
	free(k->at);
	free(k);
}

const struct public_key *apk_keyring_find(const struct apk_keyring *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->at[i].name, name) == 0)
			return k->at[i].key;
	return NULL;
}

const struct public_key *apk_keyring_find_id(const struct apk_keyring *k, const uint8_t *id,
					     const char **ret_name)
{
	for (size_t i = 0; i < k->n; i++) {
		if (memcmp(public_key_id(k->at[i].key), id, PUBLIC_KEY_ID_BYTES) == 0) {
			*ret_name = k->at[i].name;
			return k->at[i].key;
		}
	}
	return NULL;
}

/* "a, b" */
static void list_names(const struct apk_keyring *k, struct buf *to)
{
	for (size_t i = 0; i < k->n; i++)
		buf_printf(to, "%s%s", i ? ", " : "", k->at[i].name);
}

int apk_keyring_refuse(const struct apk_keyring *k, const char *name, const char *why,
		       struct err *e)
{
	auto_buf trusted = BUF_EMPTY;

	list_names(k, &trusted);
	return fail(e, FAIL_VERIFY, "%s is not signed by a trusted key: %.200s (trusted: %.120s)",
		    name, why, buf_str(&trusted));
}
