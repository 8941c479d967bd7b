/* SPDX-License-Identifier: Apache-2.0 */
/* What engines and Docker's client write in JSON; see answer.h. */
#include "engine/answer.h"

#include "crypto/digest.h"
#include "fmt/json.h"

static int read_id(const char *text, struct arena *a, const char **ret)
{
	struct view hex = view_of(text);
	struct sha256 digest;

	if (view_starts(hex, "sha256:"))
		hex = view_make(hex.ptr + 7, hex.len - 7);
	if (!text || !sha256_from_hex(hex, &digest))
		return -1;
	*ret = arena_printf(a, "sha256:%.*s", VIEW_ARG(hex));
	return 0;
}

int engine_image_read(struct view text, struct arena *a, struct engine_image *ret, struct err *e)
{
	auto_json doc = NULL;
	const char *id;
	uint64_t size = 0;
	int rc = json_parse(text, "the engine's answer", &doc, e);

	if (rc < 0)
		return rc;
	if (read_id(json_str(json_get(json_root(doc), "Id")), a, &id) < 0)
		return fail(e, FAIL_FORMAT, "the engine's answer: 'Id' is no SHA-256 digest");
	json_u64(json_get(json_root(doc), "Size"), &size);
	*ret = (struct engine_image){ .id = id, .size_bytes = size };
	return 0;
}

int engine_context_read(struct view text, const char *path, struct arena *a,
			struct engine_host *ret, struct err *e)
{
	const struct json *endpoint;
	auto_json doc = NULL;
	int rc = json_parse(text, path, &doc, e);

	if (rc < 0)
		return rc;
	endpoint = json_get(json_get(json_root(doc), "Endpoints"), "docker");
	if (!json_str(json_get(endpoint, "Host")))
		return fail(e, FAIL_FORMAT, "'%s' names no 'Host'", path);
	ret->text = arena_strdup(a, json_str(json_get(endpoint, "Host")));
	ret->insecure = json_bool(json_get(endpoint, "SkipTLSVerify"), false);
	return 0;
}
