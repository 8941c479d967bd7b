/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Config, manifest and index as JSON: members in the order in which the specification's examples
 * have them, which is also that of the common Go tools.
 */
#include "fmt/json.h"
#include "oci/descriptor_json.h"
#include "oci/image.h"

static void write_execution(struct json_writer *w, const struct image_config *c)
{
	json_key(w, "config"); /* always there: consumers look into it unasked */
	json_open_object(w);
	write_optional(w, "User", c->user);
	write_sorted_keys(w, "ExposedPorts", &c->exposed_ports);
	write_strings(w, "Env", &c->env);
	write_strings(w, "Entrypoint", &c->entrypoint);
	write_strings(w, "Cmd", &c->cmd);
	write_sorted_keys(w, "Volumes", &c->volumes);
	write_optional(w, "WorkingDir", c->working_dir);
	write_pairs(w, "Labels", c->labels.at, c->labels.n);
	write_optional(w, "StopSignal", c->stop_signal);
	for (size_t i = 0; i < c->more.n; i++) {
		json_key(w, c->more.at[i].key);
		json_put_literal(w, c->more.at[i].value);
	}
	json_close_object(w);
}

static void write_rootfs(struct json_writer *w, const struct image_config *c)
{
	json_key(w, "rootfs");
	json_open_object(w);
	json_member_string(w, "type", "layers");
	json_key(w, "diff_ids");
	json_open_array(w);
	for (size_t i = 0; i < c->n_diff_ids; i++)
		write_digest(w, &c->diff_ids[i]);
	json_close_array(w);
	json_close_object(w);
}

static void write_history(struct json_writer *w, const struct image_config *c)
{
	if (c->n_history == 0)
		return;
	json_key(w, "history");
	json_open_array(w);
	for (size_t i = 0; i < c->n_history; i++) {
		const struct history *h = &c->history[i];

		json_open_object(w);
		write_optional(w, "created", h->created);
		write_optional(w, "created_by", h->created_by);
		write_optional(w, "author", h->author);
		write_optional(w, "comment", h->comment);
		if (h->empty_layer)
			json_member_bool(w, "empty_layer", true);
		json_close_object(w);
	}
	json_close_array(w);
}

void image_config_write(const struct image_config *c, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	json_open_object(&w);
	write_optional(&w, "created", c->created);
	write_optional(&w, "author", c->author);
	json_member_string(&w, "architecture", c->platform.architecture);
	json_member_string(&w, "os", c->platform.os);
	write_optional(&w, "variant", c->platform.variant);
	write_execution(&w, c);
	write_rootfs(&w, c);
	write_history(&w, c);
	json_close_object(&w);
}

static void write_head(struct json_writer *w, const char *media_type)
{
	json_open_object(w);
	json_member_u64(w, "schemaVersion", 2);
	json_member_string(w, "mediaType", media_type);
}

static void write_descriptors(struct json_writer *w, const char *key, const struct descriptor *at,
			      size_t n)
{
	json_key(w, key);
	json_open_array(w);
	for (size_t i = 0; i < n; i++)
		write_descriptor(w, &at[i]);
	json_close_array(w);
}

void manifest_write(const struct manifest *m, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	write_head(&w, m->media_type ? m->media_type : MEDIA_TYPE_MANIFEST);
	json_key(&w, "config");
	write_descriptor(&w, &m->config);
	write_descriptors(&w, "layers", m->layers, m->n_layers);
	write_pairs(&w, "annotations", m->annotations.at, m->annotations.n);
	json_close_object(&w);
}

void image_index_write(const struct image_index *x, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	write_head(&w, x->media_type ? x->media_type : MEDIA_TYPE_INDEX);
	write_descriptors(&w, "manifests", x->manifests, x->n_manifests);
	write_pairs(&w, "annotations", x->annotations.at, x->annotations.n);
	json_close_object(&w);
}
