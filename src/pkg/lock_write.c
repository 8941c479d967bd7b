/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a lock: JSON with one index and one package a line, keys in a fixed order, so that a
 * version control system shows an update as the packages that changed.
 */
#include "fmt/json.h"
#include "pkg/lock.h"

static void put_digest(struct json_writer *w, const char *key, const struct sha256 *d)
{
	char text[sizeof("sha256:") + SHA256_HEX_CHARS] = "sha256:";

	sha256_to_hex(d, text + sizeof("sha256:") - 1);
	json_member_string(w, key, text);
}

static void write_index(const struct lock_index *x, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	json_open_object(&w);
	json_member_string(&w, "uri", x->uri);
	json_member_string(&w, "suite", x->suite);
	json_member_string(&w, "codename", x->codename);
	json_member_string(&w, "date", x->date);
	put_digest(&w, "digest", &x->digest);
	json_member_string(&w, "signer", x->signer);
	json_member_string(&w, "world", x->alpine ? "apk" : NULL);
	json_member_string(&w, "tag", x->tag);
	if (x->security)
		json_member_bool(&w, "security", true);
	json_close_object(&w);
}

static void write_package(const struct lock_package *p, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 0);
	json_open_object(&w);
	json_member_string(&w, "name", p->name);
	json_member_string(&w, "version", p->version);
	json_member_string(&w, "arch", p->arch);
	json_member_string(&w, "source", p->source);
	json_member_string(&w, "url", p->url);
	json_member_u64(&w, "size", p->size_bytes);
	json_member_u64(&w, "installed", p->installed_bytes);
	put_digest(&w, "digest", &p->digest);
	json_member_string(&w, "checksum", p->checksum);
	json_member_u64(&w, "index", p->index);
	json_member_string(&w, "asked-by", p->asked_by);
	json_close_object(&w);
}

static void write_arch(const struct lock_arch *a, struct buf *to)
{
	struct json_writer w;

	buf_add_str(to, "{\"arch\":");
	json_writer_init(&w, to, 0);
	json_put_string(&w, a->arch);
	buf_add_str(to, ",\"packages\":[");
	for (size_t i = 0; i < a->n_packages; i++) {
		buf_add_str(to, i ? ",\n" : "\n");
		write_package(&a->packages[i], to);
	}
	buf_add_str(to, "\n]}");
}

static void write_base(const struct lock_base *b, struct buf *to)
{
	struct json_writer w;

	buf_add_str(to, "\"base\":");
	json_writer_init(&w, to, 0);
	json_open_object(&w);
	json_member_string(&w, "place", b->place);
	json_member_string(&w, "mediaType", b->media_type);
	put_digest(&w, "digest", &b->digest);
	json_member_u64(&w, "size", b->size_bytes);
	json_close_object(&w);
	buf_add_str(to, ",\n");
}

void lock_write(const struct lock *l, struct buf *to)
{
	char hex[SHA256_HEX_CHARS + 1];

	sha256_to_hex(&l->recipe, hex);
	buf_printf(to, "{\"version\":%d,\n\"recipe\":\"sha256:%s\",\n", LOCK_VERSION, hex);
	if (l->base)
		write_base(l->base, to);
	buf_add_str(to, "\"indexes\":[");
	for (size_t i = 0; i < l->n_indexes; i++) {
		buf_add_str(to, i ? ",\n" : "\n");
		write_index(&l->indexes[i], to);
	}
	buf_add_str(to, "\n],\n\"archs\":[");
	for (size_t i = 0; i < l->n_archs; i++) {
		buf_add_str(to, i ? ",\n" : "\n");
		write_arch(&l->archs[i], to);
	}
	buf_add_str(to, "\n]}\n");
}
