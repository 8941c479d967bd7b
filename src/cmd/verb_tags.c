/* SPDX-License-Identifier: Apache-2.0 */
/* pare tags and pare resolve: what a registry says of a name. */
#include "cmd/remote.h"
#include "cmd/verbs.h"
#include "fmt/json.h"
#include "view/look.h"

static void print_tags_json(struct command *c, const char *name, const struct strings *tags)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_object(&w);
	json_member_string(&w, "repository", name);
	json_key(&w, "tags");
	json_open_array(&w);
	for (size_t i = 0; i < tags->n; i++)
		json_put_string(&w, tags->at[i]);
	json_close_array(&w);
	json_close_object(&w);
	fprintf(c->out, "%s", buf_str(&out));
}

static int run_tags(struct command *c, const void *options, struct err *e)
{
	auto_remote remote = { 0 };
	auto_repository p = NULL;
	struct reference ref;
	struct strings tags;
	int rc = remote_reference(c, &ref, e);

	(void)options;
	if (rc == 0 && (ref.tag || ref.has_digest))
		rc = fail(e, FAIL_USAGE, "'%s' names one image\nname its repository: %s/%s",
			  c->operands[0], ref.host, ref.name);
	if (rc == 0)
		rc = remote_open(c, &remote, e);
	if (rc == 0)
		rc = repository_open(remote.registry, &ref, REGISTRY_PULL, &p, e);
	if (rc == 0)
		rc = repository_tags(p, c->arena, &tags, e);
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		print_tags_json(c, repository_text(p), &tags);
	else
		for (size_t i = 0; i < tags.n; i++)
			fprintf(c->out, "%s\n", tags.at[i]);
	return 0;
}

const struct verb verb_tags = {
	.name = "tags",
	.summary = "List the tags of a repository",
	.rare = true,
	.operands = "REPOSITORY",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.example = "pare tags registry.example/team/app",
	.run = run_tags,
};

static void print_resolved_json(struct command *c, const struct reference *ref,
				const struct descriptor *d)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_object(&w);
	json_member_string(&w, "name", reference_text(ref, c->arena));
	json_member_string(&w, "digest", look_digest(&d->digest, c->arena));
	json_member_string(&w, "mediaType", d->media_type);
	json_member_u64(&w, "size", d->size);
	json_close_object(&w);
	fprintf(c->out, "%s", buf_str(&out));
}

static int run_resolve(struct command *c, const void *options, struct err *e)
{
	auto_remote remote = { 0 };
	auto_repository p = NULL;
	struct reference ref;
	struct descriptor d;
	int rc = remote_reference(c, &ref, e);

	(void)options;
	if (rc == 0)
		rc = remote_open(c, &remote, e);
	if (rc == 0)
		rc = repository_open(remote.registry, &ref, REGISTRY_PULL, &p, e);
	if (rc == 0)
		rc = repository_get_manifest(p, reference_target(&ref, c->arena), c->arena, &d,
					     NULL, e);
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		print_resolved_json(c, &ref, &d);
	else
		fprintf(c->out, "%s\n", look_digest(&d.digest, c->arena));
	return 0;
}

const struct verb verb_resolve = {
	.name = "resolve",
	.summary = "Print the digest that a name in a registry stands for",
	.rare = true,
	.operands = "REF",
	.min_operands = 1,
	.max_operands = 1,
	.asks_registries = true,
	.shows = true,
	.example = "pare resolve registry.example/team/app:1",
	.run = run_resolve,
};
