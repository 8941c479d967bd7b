/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine as a source. It gives an image as a whole, as Docker's archive: that lies in an unnamed
 * temporary file while it is looked at, and is read as such an archive.
 */
#include <string.h>

#include "engine/engine.h"
#include "io/basic.h"
#include "place/daemon.h"
#include "place/name.h"
#include "place/source_private.h"
#include "sys/fd.h"
#include "sys/files.h"

int daemon_ref_check(const char *ref, struct arena *a, struct err *e)
{
	const char *at = strchr(ref, '@'), *digest = at ? at + 1 : ref, *full;
	struct view hex = view_of(digest);
	struct sha256 parsed;

	if (!at && !view_starts(hex, "sha256:"))
		return image_name_parse(ref, a, &full, NULL, NULL, e);
	hex = view_make(digest + 7, hex.len < 7 ? 0 : hex.len - 7);
	if (!view_starts(view_of(digest), "sha256:") || !sha256_from_hex(hex, &parsed))
		return fail(e, FAIL_USAGE,
			    "'%.300s' is no image of an engine: expected NAME[:TAG], "
			    "NAME@sha256:DIGEST or sha256:ID, with 64 hex digits",
			    ref);
	if (!at)
		return 0;
	return image_name_parse(arena_strndup(a, ref, (size_t)(at - ref)), a, &full, NULL, NULL, e);
}

/* By its id, so that nobody can give the name to another image in between. */
static int save(struct engine *g, const struct engine_image *image, const char *what,
		struct monitor *m, int *ret_fd, struct err *e)
{
	auto_sink to = NULL;
	auto_fd fd = -1;
	uint32_t task;
	int r = temp_file_open(&fd, e);

	if (r)
		return r;
	task = monitor_begin(m, what, image->size_bytes);
	to = monitor_sink_new(fd_sink_new(fd, "temporary file"), m, task);
	to = limit_sink_new(to, MEMBERS_MAX_COPY_BYTES, what);
	r = engine_save(g, image->id, to, e);
	if (!r)
		r = sink_finish(to, e);
	monitor_end(m, task, r < 0);
	if (r)
		return temp_file_failed(e);
	*ret_fd = fd_steal(&fd);
	return 0;
}

static int open_saved(const struct place *p, const char *what, struct arena *a, int *ret_fd,
		      struct err *e)
{
	const struct http_options *http = p->access ? &p->access->http : NULL;
	struct engine_image image;
	auto_engine g = NULL;
	int r = engine_open(http, &g, e);

	if (!r)
		r = engine_find(g, p->ref, a, &image, e);
	if (!r)
		r = save(g, &image, what, http ? http->monitor : NULL, ret_fd, e);
	return r;
}

int daemon_source_open(const struct place *p, struct arena *a, struct place_source **ret,
		       struct descriptor *ret_root, struct err *e)
{
	const char *what = arena_printf(a, "docker-daemon:%s", p->ref);
	struct members m = MEMBERS_NONE;
	int fd = -1, r = open_saved(p, what, a, &fd, e);

	if (r)
		return err_context(e, "%s", what);
	r = members_of_file(fd, what, a, &m, e);
	return r ? r : docker_source_open(&m, NULL, place_monitor(p), a, ret, ret_root, e);
}
