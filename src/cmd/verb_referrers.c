/* SPDX-License-Identifier: Apache-2.0 */
/* pare referrers and pare attach: what hangs on an image in a registry. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/mem.h"
#include "cmd/remote.h"
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "io/hash.h"
#include "oci/artifact.h"
#include "place/target.h"
#include "report/table.h"
#include "report/text.h"
#include "sys/fd.h"
#include "view/look.h"

struct referrers_options {
	const char *type;
};

static const struct option referrers_rows[] = {
	OPTION(0, "type", STRING, struct referrers_options, type, "TYPE",
	       "only those of this artifact type"),
};

static void print_referrers_json(struct command *c, const struct referrer *at, size_t n)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_array(&w);
	for (size_t i = 0; i < n; i++) {
		const struct descriptor *d = &at[i].descriptor;

		json_open_object(&w);
		json_member_string(&w, "digest", look_digest(&d->digest, c->arena));
		json_member_string(&w, "artifactType", at[i].artifact_type);
		json_member_string(&w, "mediaType", d->media_type);
		json_member_u64(&w, "size", d->size);
		json_key(&w, "annotations");
		json_open_object(&w);
		for (size_t k = 0; k < d->n_annotations; k++)
			json_member_string(&w, d->annotations[k].key, d->annotations[k].value);
		json_close_object(&w);
		json_close_object(&w);
	}
	json_close_array(&w);
	fprintf(c->out, "%s\n", buf_str(&out));
}

static void print_referrers(struct command *c, const struct referrer *at, size_t n)
{
	static const struct table_column columns[] = { { "DIGEST", false }, { "TYPE", false } };
	struct table_style style = { .max_columns = c->out_columns, .color = c->out_color };
	auto_buf out = BUF_EMPTY;
	auto_table t;

	table_init(&t, columns, COUNT_OF(columns));
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = { look_digest(&at[i].descriptor.digest, c->arena),
					at[i].artifact_type };

		table_add_row(&t, cells);
	}
	table_write(&t, &style, &out);
	fwrite(out.data, 1, out.len, c->out);
}

/* The image that is meant, at its registry. */
static int find_subject(struct command *c, enum registry_access access, struct remote *remote,
			struct repository **p, struct descriptor *ret, struct err *e)
{
	struct reference ref;
	int rc = remote_reference(c, &ref, e);

	if (rc == 0)
		rc = remote_open(c, remote, e);
	if (rc == 0)
		rc = repository_open(remote->registry, &ref, access, p, e);
	if (rc == 0)
		rc = repository_get_manifest(*p, reference_target(&ref, c->arena), c->arena, ret,
					     NULL, e);
	return rc;
}

static int run_referrers(struct command *c, const void *options, struct err *e)
{
	const struct referrers_options *o = options;
	auto_remote remote = { 0 };
	auto_repository p = NULL;
	struct descriptor subject;
	struct referrer *at;
	size_t n;
	int rc = find_subject(c, REGISTRY_PULL, &remote, &p, &subject, e);

	if (rc == 0)
		rc = repository_referrers(p, &subject.digest, o->type, c->arena, &at, &n, e);
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		print_referrers_json(c, at, n);
	else
		print_referrers(c, at, n);
	return 0;
}

const struct verb verb_referrers = {
	.name = "referrers",
	.summary = "List what is attached to an image in a registry",
	.rare = true,
	.operands = "REF",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.example = "pare referrers registry.example/team/app:1",
	.options = OPTION_TABLE(referrers_rows),
	.options_size = sizeof(struct referrers_options),
	.run = run_referrers,
};

struct attach_options {
	const char *type;
	struct strings annotations;
};

static const struct option attach_rows[] = {
	OPTION(0, "type", STRING, struct attach_options, type, "TYPE",
	       "what it is, such as application/spdx+json"),
	OPTION(0, "annotation", STRINGS, struct attach_options, annotations, "KEY=VALUE",
	       "say so in the manifest; may be repeated"),
};

/* A media type: TYPE/SUBTYPE (RFC 6838, 4.2). */
static bool type_valid(const char *s)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "!#$&-^_.+";
	size_t first = strspn(s, chars),
	       second = s[first] == '/' ? strspn(s + first + 1, chars) : 0;

	return first && second && !s[first + 1 + second] && strlen(s) < 256;
}

static int read_annotations(const struct attach_options *o, struct arena *a, struct artifact *ret,
			    struct err *e)
{
	struct pair *at = arena_array(a, o->annotations.n + 1, sizeof(*at));

	for (size_t i = 0; i < o->annotations.n; i++) {
		struct view rest = view_of(o->annotations.at[i]), key;

		if (!view_split(&rest, '=', &key) || !rest.ptr || !key.len)
			return fail(e, FAIL_USAGE, "'%.200s' is no annotation: expected KEY=VALUE",
				    o->annotations.at[i]);
		at[i] = (struct pair){ arena_view(a, key), arena_view(a, rest) };
	}
	ret->annotations = (struct pairs){ at, o->annotations.n, o->annotations.n };
	return 0;
}

static int hash_file(int fd, const char *path, struct descriptor *ret, struct err *e)
{
	auto_hasher h = hasher_new(DIGEST_SHA256);
	int rc = hash_fd(fd, path, 0, h, &ret->size, e);

	if (rc == 0)
		sha256_final(h, &ret->digest);
	return rc;
}

static int put_all(struct command *c, struct place_target *t, const struct artifact *x, int fd,
		   struct descriptor *ret, struct err *e)
{
	struct blob_file file = { fd, 0 };
	struct descriptor empty = ARTIFACT_EMPTY;
	auto_buf text = BUF_EMPTY;
	uint32_t task = monitor_begin(c->monitor, c->operands[1], x->layer.size);
	int rc = place_target_put(t, &x->layer, &file, c->monitor, task, e);

	monitor_end(c->monitor, task, rc < 0);
	if (rc == 0)
		rc = place_target_put_bytes(t, &empty, view_of(ARTIFACT_EMPTY_TEXT), e);
	if (rc < 0)
		return rc;
	artifact_write(x, &text);
	*ret = (struct descriptor){ .media_type = MEDIA_TYPE_MANIFEST, .size = text.len };
	sha256_of(text.data, text.len, &ret->digest);
	return place_target_put_document(t, ret, buf_view(&text), e);
}

static void print_attached(struct command *c, const struct artifact *x, const struct descriptor *d)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	if (c->globals.format != FORMAT_JSON) {
		fprintf(c->out, "%s\n", look_digest(&d->digest, c->arena));
		return;
	}
	json_writer_init(&w, &out, 2);
	json_open_object(&w);
	json_member_string(&w, "digest", look_digest(&d->digest, c->arena));
	json_member_string(&w, "mediaType", d->media_type);
	json_member_u64(&w, "size", d->size);
	json_member_string(&w, "artifactType", x->type);
	json_member_string(&w, "subject", look_digest(&x->subject.digest, c->arena));
	json_close_object(&w);
	fprintf(c->out, "%s", buf_str(&out));
}

static int run_attach(struct command *c, const void *options, struct err *e)
{
	const struct attach_options *o = options;
	struct artifact x = { .type = o->type, .title = strrchr(c->operands[1], '/') };
	struct target_options none = { 0 };
	__attribute__((cleanup(place_target_cleanup))) struct place_target *t = NULL;
	struct place to = { .kind = PLACE_REGISTRY };
	struct descriptor manifest;
	auto_remote remote = { 0 };
	auto_repository p = NULL;
	auto_fd fd = -1;
	int rc;

	if (!o->type || !type_valid(o->type))
		return fail(e, FAIL_USAGE,
			    "--type must say what it is: expected a media type such as "
			    "application/spdx+json");
	x.title = x.title ? x.title + 1 : c->operands[1];
	fd = open(c->operands[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_sys(e, "open '%s'", c->operands[1]);
	rc = read_annotations(o, c->arena, &x, e);
	if (rc == 0)
		rc = hash_file(fd, c->operands[1], &x.layer, e);
	if (rc == 0)
		rc = find_subject(c, REGISTRY_PUSH, &remote, &p, &x.subject, e);
	if (rc < 0)
		return rc;
	to.ref = c->operands[0] + (view_starts(view_of(c->operands[0]), "docker://") ? 9 : 0);
	to.registry = remote.registry;
	x.layer.media_type = o->type;
	rc = place_target_open(&to, &none, &t, e);
	if (rc == 0)
		rc = put_all(c, t, &x, fd, &manifest, e);
	if (rc == 0)
		print_attached(c, &x, &manifest);
	return rc;
}

const struct verb verb_attach = {
	.name = "attach",
	.summary = "Attach a file to an image in a registry",
	.rare = true,
	.operands = "REF FILE",
	.min_operands = 2,
	.max_operands = 2,
	.asks_registries = true,
	.shows = true,
	.example = "pare attach registry.example/app:1 sbom.json --type application/spdx+json",
	.options = OPTION_TABLE(attach_rows),
	.options_size = sizeof(struct attach_options),
	.run = run_attach,
};
