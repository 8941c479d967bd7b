/* SPDX-License-Identifier: Apache-2.0 */
/* Docker's contexts: named endpoints that its client keeps in files below its configuration. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "engine/answer.h"
#include "fmt/json.h"
#include "sys/files.h"

static int read_json(const char *path, struct json_doc **ret, struct err *e)
{
	auto_buf text = BUF_EMPTY;
	int rc = file_read(AT_FDCWD, path, ENGINE_MAX_FILE_BYTES, &text, e);

	return rc < 0 ? rc : json_parse(buf_view(&text), path, ret, e);
}

/* NULL: none is chosen. *ret_by is who says so. */
static int chosen(const char *config_dir, struct arena *a, const char **ret, const char **ret_by,
		  struct err *e)
{
	const char *path = arena_printf(a, "%s/config.json", config_dir);
	const char *name = getenv("DOCKER_CONTEXT");
	auto_json doc = NULL;
	int rc = 0;

	*ret_by = name && *name ? "DOCKER_CONTEXT" : path;
	if (!name || !*name) {
		rc = read_json(path, &doc, e);
		name = rc < 0 ? NULL : json_str(json_get(json_root(doc), "currentContext"));
	}
	if (rc < 0 && rc != -FAIL_NOT_FOUND)
		return rc;
	*ret = name && *name && strcmp(name, "default") != 0 ? arena_strdup(a, name) : NULL;
	return 0;
}

/* A context speaks TLS when there are certificates for it, or when it needs none to be right. */
static int read_certs(const char *dir, struct arena *a, struct engine_host *h, struct err *e)
{
	int rc = engine_certs_read(dir, a, &h->certs, e);

	h->tls = h->insecure || h->certs.ca_pem || h->certs.cert_file;
	return rc;
}

int engine_context_find(const char *config_dir, struct arena *a, struct engine_host *ret,
			struct err *e)
{
	char hex[SHA256_HEX_CHARS + 1];
	const char *name, *path, *by;
	struct engine_host h = { 0 };
	struct sha256 digest;
	auto_buf text = BUF_EMPTY;
	int rc = chosen(config_dir, a, &name, &by, e);

	if (rc < 0 || !name)
		return rc;
	sha256_of(name, strlen(name), &digest);
	sha256_to_hex(&digest, hex);
	path = arena_printf(a, "%s/contexts/meta/%s/meta.json", config_dir, hex);
	h.named_by = arena_printf(a, "the context '%.100s'", name);
	rc = file_read(AT_FDCWD, path, ENGINE_MAX_FILE_BYTES, &text, e);
	if (rc == -FAIL_NOT_FOUND)
		return fail(e, FAIL_NOT_FOUND,
			    "there is no context '%.100s' in '%.150s/contexts'\n"
			    "%.150s names it; 'docker context ls' lists those that are there",
			    name, config_dir, by);
	if (rc == 0)
		rc = engine_context_read(buf_view(&text), path, a, &h, e);
	if (rc < 0)
		return err_context(e, "%s", h.named_by);
	rc = read_certs(arena_printf(a, "%s/contexts/tls/%s/docker", config_dir, hex), a, &h, e);
	if (rc == 0)
		*ret = h;
	return rc;
}
