/* SPDX-License-Identifier: Apache-2.0 */
/* What copy, push and pull do and print; see remote.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/remote.h"
#include "fmt/json.h"
#include "report/text.h"
#include "view/look.h"

/* "gzip", "zstd:19". */
static int parse_compression(const char *text, struct copy_options *o, struct err *e)
{
	struct view rest = view_of(text), name;
	uint64_t level;

	o->level = ENCODE_LEVEL_DEFAULT;
	if (!text)
		return 0;
	view_split(&rest, ':', &name);
	if (view_is(name, "gzip"))
		o->codec = CODEC_GZIP;
	else if (view_is(name, "zstd"))
		o->codec = CODEC_ZSTD;
	else
		return fail(e, FAIL_USAGE,
			    "--compression is gzip or zstd, with :LEVEL if wanted, not '%.100s'",
			    text);
	if (!rest.ptr)
		return 0;
	if (!view_to_u64(rest, &level) || level < 1 ||
	    level > (o->codec == CODEC_ZSTD ? ENCODE_ZSTD_MAX_LEVEL : ENCODE_GZIP_MAX_LEVEL))
		return fail(e, FAIL_USAGE, "the level in '%.100s' is 1 to %d", text,
			    o->codec == CODEC_ZSTD ? ENCODE_ZSTD_MAX_LEVEL : ENCODE_GZIP_MAX_LEVEL);
	o->level = (int)level;
	return 0;
}

static void print_json(struct command *c, const struct copy_result *r, const char *const *texts,
		       size_t n)
{
	auto_buf out = BUF_EMPTY;
	struct json_writer w;

	json_writer_init(&w, &out, 2);
	json_open_object(&w);
	json_member_string(&w, "digest", look_digest(&r->root.digest, c->arena));
	json_member_string(&w, "mediaType", r->root.media_type);
	json_member_u64(&w, "blobs", r->n_blobs);
	json_member_u64(&w, "bytes", r->bytes);
	json_member_u64(&w, "sentBlobs", r->n_sent);
	json_member_u64(&w, "sentBytes", r->sent_bytes);
	json_key(&w, "places");
	json_open_array(&w);
	for (size_t i = 0; i < n; i++)
		json_put_string(&w, texts[i]);
	json_close_array(&w);
	json_close_object(&w);
	fprintf(c->out, "%s", buf_str(&out));
}

static void print_text(struct command *c, const struct copy_result *r)
{
	auto_buf sent = BUF_EMPTY;

	buf_add_size(&sent, r->sent_bytes);
	fprintf(c->out, "%s\n", look_digest(&r->root.digest, c->arena));
	if (r->n_sent == 0)
		monitor_note(c->monitor, "every blob was there already");
	else
		monitor_note(c->monitor, "%zu of %zu blobs moved, %s", r->n_sent, r->n_blobs,
			     buf_str(&sent));
}

int remote_move(struct command *c, struct remote *r, const struct move_options *o,
		struct place *from, struct place *to, const char *const *texts, size_t n_to,
		struct err *e)
{
	struct copy_options copy = {
		.all = o->all,
		.arch = o->arch,
		.format = (enum copy_format)o->format,
		.store_dir = o->store,
		.cache_path = r->cache_path,
		.monitor = c->monitor,
	};
	struct copy_result result;
	int rc = parse_compression(o->compression, &copy, e);

	if (rc == 0 && o->all && o->arch)
		rc = fail(e, FAIL_USAGE, "--all and --arch exclude each other");
	if (rc < 0)
		return rc;
	remote_spare_stdout(c, to, n_to);
	remote_use(r, from);
	for (size_t i = 0; i < n_to; i++)
		remote_use(r, &to[i]);
	rc = copy_image(from, to, n_to, &copy, c->arena, &result, e);
	if (rc < 0)
		return rc;
	if (c->globals.format == FORMAT_JSON)
		print_json(c, &result, texts, n_to);
	else
		print_text(c, &result);
	return 0;
}
