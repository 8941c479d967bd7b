/* SPDX-License-Identifier: Apache-2.0 */
/* An image as `docker image inspect` prints it. */
#include "cmd/inspect.h"

#include "fmt/json.h"

#include <string.h>

/* Docker writes null where there is nothing. */
static void add_list(struct json_writer *w, const char *key, const struct strings *list)
{
	json_key(w, key);
	if (list->n == 0) {
		json_put_string(w, NULL);
		return;
	}
	json_open_array(w);
	for (size_t i = 0; i < list->n; i++)
		json_put_string(w, list->at[i]);
	json_close_array(w);
}

/* {"8080/tcp": {}}, only when there is one. */
static void add_set(struct json_writer *w, const char *key, const struct strings *set)
{
	if (set->n == 0)
		return;
	json_key(w, key);
	json_open_object(w);
	for (size_t i = 0; i < set->n; i++) {
		json_key(w, set->at[i]);
		json_open_object(w);
		json_close_object(w);
	}
	json_close_object(w);
}

static void add_pairs(struct json_writer *w, const char *key, const struct pairs *pairs)
{
	json_key(w, key);
	if (pairs->n == 0) {
		json_put_string(w, NULL);
		return;
	}
	json_open_object(w);
	for (size_t i = 0; i < pairs->n; i++) {
		json_key(w, pairs->at[i].key);
		json_put_string(w, pairs->at[i].value);
	}
	json_close_object(w);
}

static void add_config(struct json_writer *w, const struct image_config *c)
{
	json_key(w, "Config");
	json_open_object(w);
	json_key(w, "User");
	json_put_string(w, c->user ? c->user : "");
	add_set(w, "ExposedPorts", &c->exposed_ports);
	add_list(w, "Env", &c->env);
	add_list(w, "Cmd", &c->cmd);
	add_set(w, "Volumes", &c->volumes);
	json_key(w, "WorkingDir");
	json_put_string(w, c->working_dir ? c->working_dir : "");
	add_list(w, "Entrypoint", &c->entrypoint);
	add_pairs(w, "Labels", &c->labels);
	json_member_string(w, "StopSignal", c->stop_signal);
	json_close_object(w);
}

static void add_rootfs(struct json_writer *w, const struct image_config *c, struct arena *a)
{
	json_key(w, "RootFS");
	json_open_object(w);
	json_member_string(w, "Type", "layers");
	json_key(w, "Layers");
	json_open_array(w);
	for (size_t i = 0; i < c->n_diff_ids; i++)
		json_put_string(w, look_digest(&c->diff_ids[i], a));
	json_close_array(w);
	json_close_object(w);
}

static void add_layers(struct json_writer *w, const struct look_platform *p, struct arena *a)
{
	json_key(w, "Layers");
	json_open_array(w);
	for (size_t i = 0; i < p->manifest.n_layers; i++) {
		const struct descriptor *d = &p->manifest.layers[i];
		const struct history *h = look_layer_history(&p->config, i);

		json_open_object(w);
		json_member_string(w, "MediaType", d->media_type);
		json_member_string(w, "Digest", look_digest(&d->digest, a));
		if (i < p->config.n_diff_ids)
			json_member_string(w, "DiffID", look_digest(&p->config.diff_ids[i], a));
		json_member_u64(w, "Size", d->size);
		if (h) {
			json_member_string(w, "CreatedBy", h->created_by);
			json_member_string(w, "Comment", h->comment);
		}
		json_close_object(w);
	}
	json_close_array(w);
}

/* The name without its tag; a ':' before a '/' belongs to a registry's port. */
static const char *repository(const char *name, struct arena *a)
{
	const char *colon = strrchr(name, ':');

	if (!colon || strchr(colon, '/'))
		return name;
	return arena_strndup(a, name, (size_t)(colon - name));
}

static bool is_listed(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void add_names(struct json_writer *w, const struct inspected *i, struct arena *a)
{
	const char *digest = look_digest(&i->look.root.digest, a);
	const char **seen = arena_array(a, i->n_names + 1, sizeof(*seen));
	size_t n_seen = 0;

	json_key(w, "RepoTags");
	json_open_array(w);
	for (size_t k = 0; k < i->n_names; k++)
		json_put_string(w, i->names[k]);
	json_close_array(w);
	json_key(w, "RepoDigests");
	json_open_array(w);
	for (size_t k = 0; k < i->n_names; k++) {
		const char *name = repository(i->names[k], a);

		if (is_listed(name, seen, n_seen))
			continue;
		seen[n_seen++] = name;
		json_put_string(w, arena_printf(a, "%s@%s", name, digest));
	}
	json_close_array(w);
}

static void add_platform(struct json_writer *w, const struct inspected *i,
			 const struct look_platform *p, struct arena *a)
{
	json_open_object(w);
	json_member_string(w, "Id", look_digest(&p->manifest.config.digest, a));
	json_member_string(w, "Digest", look_digest(&p->descriptor.digest, a));
	add_names(w, i, a);
	json_member_string(w, "Created", p->config.created);
	json_key(w, "Author");
	json_put_string(w, p->config.author ? p->config.author : "");
	add_config(w, &p->config);
	json_member_string(w, "Architecture", p->config.platform.architecture);
	json_member_string(w, "Variant", p->config.platform.variant);
	json_member_string(w, "Os", p->config.platform.os);
	json_member_u64(w, "Size", p->layer_bytes);
	add_rootfs(w, &p->config, a);
	add_layers(w, p, a);
	add_pairs(w, "Annotations", &p->manifest.annotations);
	json_close_object(w);
}

void inspect_json(const struct inspected *i, struct arena *a, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 4);
	json_open_array(&w);
	for (size_t k = 0; k < i->look.n_platforms; k++)
		add_platform(&w, i, &i->look.platforms[k], a);
	json_close_array(&w);
	buf_add_char(to, '\n');
}
