/* SPDX-License-Identifier: Apache-2.0 */
/* Making a layer's index: gathered in memory, without the kept bytes' second copy, then written. */
#include "view/layer_index.h"

#include "base/array.h"
#include "base/buf.h"
#include "view/layer_index_file.h"

#include <string.h>

struct layer_writer {
	struct {
		struct layer_record *at;
		size_t n, cap;
	} records;
	struct buf text, kept;
	uint64_t end; /* of the last file's bytes in the tar */
	uint64_t content_bytes, n_files;
};

struct layer_writer *layer_writer_new(void)
{
	struct layer_writer *w = mem_zalloc(sizeof(*w));

	buf_add_char(&w->text, '\0'); /* 0 is the empty text */
	return w;
}

void layer_writer_free(struct layer_writer *w)
{
	if (!w)
		return;
	free(w->records.at);
	buf_done(&w->text);
	buf_done(&w->kept);
	free(w);
}

size_t layer_writer_room(const struct layer_writer *w)
{
	return LAYER_INDEX_MAX_KEPT_BYTES - w->kept.len;
}

static uint32_t add_text(struct layer_writer *w, const char *text)
{
	uint32_t at = (uint32_t)w->text.len;

	if (!text || !*text)
		return 0;
	buf_add(&w->text, text, strlen(text) + 1);
	return at;
}

static uint32_t add_xattrs(struct layer_writer *w, const struct tar_entry *t)
{
	uint32_t at = (uint32_t)w->text.len;

	for (size_t i = 0; i < t->n_xattrs; i++) {
		uint32_t len = (uint32_t)t->xattrs[i].value.len;

		buf_add(&w->text, t->xattrs[i].name, strlen(t->xattrs[i].name) + 1);
		buf_add(&w->text, &len, sizeof(len));
		buf_add_view(&w->text, t->xattrs[i].value);
	}
	buf_add_char(&w->text, '\0'); /* all texts together end in one */
	return at;
}

static int check_room(const struct layer_writer *w, const struct tar_entry *t, struct err *e)
{
	uint64_t more = strlen(t->path) + strlen(t->link ? t->link : "") + 2;

	for (size_t i = 0; i < t->n_xattrs; i++)
		more += strlen(t->xattrs[i].name) + t->xattrs[i].value.len + 8;
	if (w->text.len + more > LAYER_INDEX_MAX_TEXT_BYTES)
		return fail(e, FAIL_LIMIT, "the names of a layer take more than %llu bytes",
			    (unsigned long long)LAYER_INDEX_MAX_TEXT_BYTES);
	if (t->type == TAR_FILE && t->size && t->offset < w->end)
		return fail(e, FAIL_FORMAT, "'%.200s': its bytes lie inside of another file's",
			    t->path);
	return 0;
}

int layer_writer_add(struct layer_writer *w, const struct tar_entry *t, const struct sha256 *digest,
		     enum file_kind kind, const struct view *kept, struct err *e)
{
	bool file = t->type == TAR_FILE, device = t->type == TAR_CHAR || t->type == TAR_BLOCK;
	struct layer_record r = {
		.offset = file && t->size ? t->offset : w->end,
		.size = device ? (uint64_t)t->dev_major << 32 | t->dev_minor : t->size,
		.mtime_s = t->mtime_s,
		.uid = (uint32_t)t->uid,
		.gid = (uint32_t)t->gid,
		.mode = (uint16_t)t->mode,
		.type = (uint8_t)t->type,
		.kind = (uint8_t)kind,
		.n_xattrs = (uint8_t)t->n_xattrs,
	};
	int rc = check_room(w, t, e);

	if (rc < 0)
		return rc;
	r.path = add_text(w, t->path);
	r.link = add_text(w, t->link);
	r.xattrs = t->n_xattrs ? add_xattrs(w, t) : 0;
	if (digest)
		memcpy(r.digest, digest->bytes, SHA256_BYTES);
	if (kept && kept->len) {
		r.kept = (uint32_t)w->kept.len + 1;
		buf_add_view(&w->kept, *kept);
	}
	w->end = file && t->size ? t->offset + t->size : w->end;
	w->content_bytes += t->size;
	w->n_files += file || t->type == TAR_HARDLINK;
	*array_push(&w->records) = r;
	return 0;
}

int layer_writer_write(struct layer_writer *w, const struct sha256 *diff_id, uint64_t tar_bytes,
		       int fd, struct err *e)
{
	const struct layer_head h = {
		.tar_bytes = tar_bytes,
		.content_bytes = w->content_bytes,
		.n_files = w->n_files,
		.n_records = w->records.n,
		.text_bytes = w->text.len,
		.kept_bytes = w->kept.len,
	};
	const struct view pieces[] = {
		view_make((const char *)&h, sizeof(h)),
		view_make((const char *)w->records.at, w->records.n * sizeof(w->records.at[0])),
		buf_view(&w->text),
		buf_view(&w->kept),
	};

	return mapped_write(fd, &LAYER_INDEX_KIND, diff_id, pieces, COUNT_OF(pieces), e);
}
