/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the tar archives of archive.h. */
#include "place/archive.h"

#include <string.h>

#include "base/mem.h"
#include "fmt/tar.h"
#include "io/basic.h"

int archive_open(struct archive *t, const char *path, int64_t mtime_s, struct err *e)
{
	int r;

	*t = (struct archive)ARCHIVE_NONE;
	t->mtime_s = mtime_s;
	t->path = path;
	r = result_file_open(&t->file, path, 0666, e);
	if (!r)
		t->to = fd_sink_new(t->file.fd, path);
	return r;
}

void archive_start(struct archive *t, struct sink *to, int64_t mtime_s)
{
	*t = (struct archive)ARCHIVE_NONE;
	t->mtime_s = mtime_s;
	t->to = to;
}

void archive_watch(struct archive *t, struct monitor *m, uint64_t total_bytes)
{
	const char *slash = strrchr(t->path, '/');
	auto_free char *what = mem_printf("write %s", slash ? slash + 1 : t->path);

	t->monitor = m;
	t->task = monitor_begin(m, what, total_bytes);
	t->to = monitor_sink_new(t->to, m, t->task);
}

static void end_watch(struct archive *t, bool failed)
{
	if (t->task)
		monitor_end(t->monitor, t->task, failed);
	t->task = 0;
}

int archive_commit(struct archive *t, struct err *e)
{
	int r = tar_write_end(t->to, e);

	if (!r)
		r = sink_finish(t->to, e);
	if (!r)
		r = result_file_commit(&t->file, e);
	end_watch(t, r < 0);
	return r;
}

void archive_done(struct archive *t)
{
	end_watch(t, true);
	sink_close(t->to);
	t->to = NULL;
	result_file_done(&t->file);
}

int archive_dir(struct archive *t, const char *path, struct err *e)
{
	struct tar_entry entry = {
		.type = TAR_DIR, .path = path, .mode = 0755, .mtime_s = t->mtime_s
	};

	return tar_write_header(t->to, &entry, e);
}

static int header(struct archive *t, const char *path, uint64_t size, struct err *e)
{
	struct tar_entry entry = {
		.type = TAR_FILE, .path = path, .mode = 0644, .mtime_s = t->mtime_s, .size = size
	};

	return tar_write_header(t->to, &entry, e);
}

int archive_bytes(struct archive *t, const char *path, struct view bytes, struct err *e)
{
	int r = header(t, path, bytes.len, e);

	if (!r)
		r = sink_write(t->to, bytes.ptr, bytes.len, e);
	return r ? r : tar_write_padding(t->to, bytes.len, e);
}

int archive_stream(struct archive *t, const char *path, struct source *from, uint64_t size,
		   struct err *e)
{
	auto_source source = from;
	uint64_t copied;
	int r = header(t, path, size, e);

	if (!r)
		r = stream_copy(source, t->to, &copied, e);
	if (r)
		return r;
	if (copied != size)
		return fail(e, FAIL_VERIFY, "'%s' has %llu bytes instead of %llu", path,
			    (unsigned long long)copied, (unsigned long long)size);
	return tar_write_padding(t->to, size, e);
}

int archive_blob(struct archive *t, const char *path, struct place_source *from,
		 const struct descriptor *d, struct err *e)
{
	struct source *source;
	int r = place_source_open(from, d, &source, e);

	return r ? r : archive_stream(t, path, source, d->size, e);
}
