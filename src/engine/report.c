/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the stream into lines and reads each; see report.h. */
#include "engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/text.h"
#include "fmt/json.h"

struct report_sink {
	struct sink base;
	struct engine_report *report;
	struct buf line;
};

static void take_stream(struct engine_report *r, const char *text)
{
	auto_free char *shown = engine_text(text);

	if (!*shown)
		return;
	if (view_starts(view_of(shown), "Loaded image"))
		r->loaded = true;
	if (r->n_notes++ < REPORT_MAX_NOTES)
		monitor_note(r->monitor, "the engine says: %s", shown);
}

static int take_object(struct engine_report *r, const struct json *o, struct err *e)
{
	const char *failed = json_str(json_get(json_get(o, "errorDetail"), "message"));
	const char *stream = json_str(json_get(o, "stream"));
	auto_free char *shown = NULL;

	if (!failed)
		failed = json_str(json_get(o, "error"));
	if (failed) {
		shown = engine_text(failed);
		return fail(e, FAIL_NET, "the engine says: %s", shown);
	}
	if (stream)
		take_stream(r, stream);
	return 0;
}

static int take_line(struct engine_report *r, struct view line, struct err *e)
{
	auto_json doc = NULL;
	int rc;

	line = view_trim(line);
	if (line.len == 0)
		return 0;
	rc = json_parse(line, "the engine's answer", &doc, e);
	if (rc == 0 && !json_is_object(json_root(doc)))
		rc = fail(e, FAIL_FORMAT, "the engine's answer: expected objects");
	return rc < 0 ? rc : take_object(r, json_root(doc), e);
}

static int add(struct report_sink *s, struct view part, struct err *e)
{
	if (part.len > REPORT_MAX_LINE_BYTES - s->line.len)
		return fail(e, FAIL_LIMIT, "the engine's answer has a line of more than %d bytes",
			    REPORT_MAX_LINE_BYTES);
	buf_add_view(&s->line, part);
	return 0;
}

static int report_write(struct sink *sink, const void *bytes, size_t size, struct err *e)
{
	struct report_sink *s = (struct report_sink *)sink;
	struct view rest = view_make(bytes, size), part;
	const char *end;
	int rc = 0;

	if (size > REPORT_MAX_BYTES - s->report->n_bytes)
		return fail(e, FAIL_LIMIT, "the engine's answer is longer than %d bytes",
			    REPORT_MAX_BYTES);
	s->report->n_bytes += size;
	while (rc == 0 && rest.len) {
		end = memchr(rest.ptr, '\n', rest.len);
		part = view_make(rest.ptr, end ? (size_t)(end - rest.ptr) + 1 : rest.len);
		rest = view_make(rest.ptr + part.len, rest.len - part.len);
		rc = add(s, part, e);
		if (rc == 0 && end) {
			rc = take_line(s->report, buf_view(&s->line), e);
			buf_clear(&s->line);
		}
	}
	return rc;
}

static int report_finish(struct sink *sink, struct err *e)
{
	struct report_sink *s = (struct report_sink *)sink;

	return take_line(s->report, buf_view(&s->line), e);
}

static void report_close(struct sink *sink)
{
	struct report_sink *s = (struct report_sink *)sink;

	buf_done(&s->line);
	free(s);
}

struct sink *report_sink_new(struct engine_report *r)
{
	static const struct sink_ops ops = { report_write, report_finish, report_close };
	struct report_sink *s = mem_zalloc(sizeof(*s));

	sink_init(&s->base, &ops);
	s->report = r;
	return &s->base;
}
