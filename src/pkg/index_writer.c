/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building an index in memory and saving it. Texts are appended to one blob; a field that equals
 * that of the package before (a source's packages share most of them) is kept once, names always
 * are. What a name stands for is collected as (name, package) pairs and sorted out at the end.
 */
#include "base/array.h"
#include "base/buf.h"
#include "base/checked.h"
#include "base/mem.h"
#include "pkg/index.h"
#include "pkg/index_file.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FIRST_SLOTS = 1024, N_SECTIONS = 5 };

/* A package that has (or provides) a name. */
struct link {
	uint32_t name, package;
};

struct links {
	struct link *at;
	size_t n, cap;
};

struct index_writer {
	struct buf texts;
	struct {
		struct index_record *at;
		size_t n, cap;
	} packages;
	struct {
		struct index_name *at; /* n_providing holds the last provider + 1 until save */
		size_t n, cap;
	} names;
	struct links named, providing;
	uint32_t *slots;
	uint32_t slot_mask;
};

struct index_writer *index_writer_new(void)
{
	struct index_writer *w = mem_zalloc(sizeof(*w));

	w->slots = mem_zalloc(FIRST_SLOTS * sizeof(*w->slots));
	w->slot_mask = FIRST_SLOTS - 1;
	buf_add(&w->texts, "\0\0\0\0", 4); /* offset 0: the empty text */
	return w;
}

void index_writer_free(struct index_writer *w)
{
	if (!w)
		return;
	buf_done(&w->texts);
	free(w->packages.at);
	free(w->names.at);
	free(w->named.at);
	free(w->providing.at);
	free(w->slots);
	free(w);
}

static struct view text_at(const struct index_writer *w, uint32_t offset)
{
	uint32_t len;

	memcpy(&len, w->texts.data + offset, sizeof(len));
	return view_make(w->texts.data + offset + sizeof(len), len);
}

static uint32_t add_text(struct index_writer *w, struct view v)
{
	uint32_t offset = (uint32_t)w->texts.len, len = (uint32_t)v.len;

	if (len == 0)
		return 0;
	buf_add(&w->texts, &len, sizeof(len));
	buf_add_view(&w->texts, v);
	return offset;
}

/* The slot that holds the name, or the free one where it would go. */
static uint32_t *slot_of(struct index_writer *w, struct view name)
{
	uint32_t at = (uint32_t)index_hash(name.ptr, name.len) & w->slot_mask;

	while (w->slots[at] && !view_eq(text_at(w, w->names.at[w->slots[at] - 1].text), name))
		at = (at + 1) & w->slot_mask;
	return &w->slots[at];
}

static void grow_slots(struct index_writer *w)
{
	size_t n = ((size_t)w->slot_mask + 1) * 2;

	free(w->slots);
	w->slots = mem_zalloc(n * sizeof(*w->slots));
	w->slot_mask = (uint32_t)(n - 1);
	for (uint32_t i = 0; i < w->names.n; i++)
		*slot_of(w, text_at(w, w->names.at[i].text)) = i + 1;
}

/* The name's number, given one if it's new. */
static uint32_t intern(struct index_writer *w, struct view name)
{
	uint32_t *slot = slot_of(w, name);

	if (*slot == 0) {
		if (w->names.n * 2 >= w->slot_mask) {
			grow_slots(w);
			slot = slot_of(w, name);
		}
		*array_push(&w->names) = (struct index_name){ .text = add_text(w, name) };
		*slot = (uint32_t)w->names.n;
	}
	return *slot - 1;
}

static int check_room(const struct index_writer *w, size_t extra, struct err *e)
{
	if (w->packages.n >= INDEX_MAX_PACKAGES)
		return fail(e, FAIL_LIMIT, "index: more than %d packages", INDEX_MAX_PACKAGES);
	if (extra > INDEX_MAX_BYTES - w->texts.len)
		return fail(e, FAIL_LIMIT, "index: more than %d bytes", INDEX_MAX_BYTES);
	return 0;
}

/* All of the package's texts; `bytes` gets what they take at most. */
static int texts_of(const struct package *p, struct view texts[INDEX_TEXTS], size_t *bytes,
		    struct err *e)
{
	*bytes = 0;
	for (size_t i = 0; i < INDEX_TEXTS; i++) {
		memcpy(&texts[i], (const char *)p + index_text_at[i], sizeof(texts[i]));
		if (texts[i].len > INDEX_MAX_FIELD_BYTES)
			return fail(e, FAIL_LIMIT, "index: package '%.*s': a field of %zu bytes",
				    VIEW_ARG(p->name), texts[i].len);
		*bytes += texts[i].len + sizeof(uint32_t);
	}
	return 0;
}

int index_writer_add(struct index_writer *w, const struct package *p, struct err *e)
{
	struct view texts[INDEX_TEXTS];
	struct index_record record = { 0 };
	const struct index_record *last = w->packages.n ? &w->packages.at[w->packages.n - 1] : NULL;
	uint32_t name;
	size_t bytes;
	int r;

	if (p->name.len == 0 || p->name.len > INDEX_MAX_NAME_BYTES)
		return fail(e, FAIL_FORMAT, "index: package %zu: a name of %zu bytes",
			    w->packages.n + 1, p->name.len);
	if ((r = texts_of(p, texts, &bytes, e)) < 0 || (r = check_room(w, bytes, e)) < 0)
		return r;
	name = intern(w, p->name);
	record.text[0] = w->names.at[name].text;
	for (size_t i = 1; i < INDEX_TEXTS; i++) {
		if (last && view_eq(text_at(w, last->text[i]), texts[i]))
			record.text[i] = last->text[i];
		else if (view_eq(texts[i], p->name))
			record.text[i] = record.text[0];
		else
			record.text[i] = add_text(w, texts[i]);
	}
	record.size_bytes = p->size_bytes;
	record.installed_bytes = p->installed_bytes;
	record.multi_arch = (uint8_t)p->multi_arch;
	record.provider_priority = p->provider_priority;
	record.essential = p->essential;
	record.priority = (uint8_t)p->priority;
	memcpy(record.digest, p->digest.bytes, sizeof(record.digest));
	*array_push(&w->named) = (struct link){ name, (uint32_t)w->packages.n };
	*array_push(&w->packages) = record;
	return 0;
}

int index_writer_provide(struct index_writer *w, struct view name, struct err *e)
{
	uint32_t package = (uint32_t)w->packages.n - 1, n;
	int r;

	if (w->packages.n == 0)
		return fail(e, FAIL_FORMAT, "index: a provided name before any package");
	if (name.len == 0 || name.len > INDEX_MAX_NAME_BYTES)
		return fail(e, FAIL_FORMAT, "index: package %zu: provides a name of %zu bytes",
			    w->packages.n, name.len);
	if (w->providing.n >= INDEX_MAX_PACKAGES * 4)
		return fail(e, FAIL_LIMIT, "index: more than %d provided names",
			    INDEX_MAX_PACKAGES * 4);
	if ((r = check_room(w, name.len + sizeof(uint32_t), e)) < 0)
		return r;
	n = intern(w, name);
	if (w->names.at[n].n_providing == package + 1)
		return 0; /* the same name in two versions */
	w->names.at[n].n_providing = package + 1;
	*array_push(&w->providing) = (struct link){ n, package };
	return 0;
}

/*
 * The lists of all names, one behind the other: a counting sort, which keeps the order in which
 * packages came.
 */
static uint32_t *sort_ids(struct index_writer *w)
{
	uint32_t *ids = mem_alloc((w->named.n + w->providing.n) * sizeof(*ids));
	uint32_t next = 0;

	for (size_t i = 0; i < w->names.n; i++)
		w->names.at[i].n_named = w->names.at[i].n_providing = 0;
	for (size_t i = 0; i < w->named.n; i++)
		w->names.at[w->named.at[i].name].n_named++;
	for (size_t i = 0; i < w->providing.n; i++)
		w->names.at[w->providing.at[i].name].n_providing++;
	for (size_t i = 0; i < w->names.n; i++) {
		w->names.at[i].first = next;
		next += w->names.at[i].n_named + w->names.at[i].n_providing;
	}
	for (size_t i = 0; i < w->named.n; i++)
		ids[w->names.at[w->named.at[i].name].first++] = w->named.at[i].package;
	for (size_t i = 0; i < w->providing.n; i++)
		ids[w->names.at[w->providing.at[i].name].first++] = w->providing.at[i].package;
	for (size_t i = 0; i < w->names.n; i++)
		w->names.at[i].first -= w->names.at[i].n_named + w->names.at[i].n_providing;
	return ids;
}

static int write_at(int fd, const char *bytes, size_t len, uint64_t at)
{
	while (len) {
		ssize_t n = pwrite(fd, bytes, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n ? errno : EIO;
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

/* The gaps that alignment leaves between sections read as zeros. */
static int write_file(const struct index_writer *w, const uint32_t *ids, int fd)
{
	struct index_header h = { .magic = INDEX_MAGIC,
				  .version = INDEX_VERSION,
				  .order = INDEX_ORDER,
				  .n_packages = (uint32_t)w->packages.n,
				  .n_names = (uint32_t)w->names.n };
	struct {
		struct index_section *section;
		const void *bytes;
		size_t len;
	} parts[N_SECTIONS] = {
		{ &h.packages, w->packages.at, w->packages.n * sizeof(*w->packages.at) },
		{ &h.names, w->names.at, w->names.n * sizeof(*w->names.at) },
		{ &h.slots, w->slots, ((size_t)w->slot_mask + 1) * sizeof(*w->slots) },
		{ &h.ids, ids, (w->named.n + w->providing.n) * sizeof(*ids) },
		{ &h.texts, w->texts.data, w->texts.len },
	};
	uint64_t at = sizeof(h);

	for (size_t i = 0; i < N_SECTIONS; i++) {
		at = (at + INDEX_ALIGN - 1) & ~(uint64_t)(INDEX_ALIGN - 1);
		*parts[i].section = (struct index_section){ at, parts[i].len };
		if (write_at(fd, parts[i].bytes, parts[i].len, at) < 0)
			return -1;
		at += parts[i].len;
	}
	h.file_bytes = at;
	if (index_file_hash(fd, sizeof(h), at, &h.body) < 0)
		return -1;
	h.check = index_hash(&h, offsetof(struct index_header, check));
	return write_at(fd, (const char *)&h, sizeof(h), 0);
}

int index_writer_save(struct index_writer *w, int dir_fd, const char *name, struct err *e)
{
	auto_free uint32_t *ids = sort_ids(w);
	auto_atomic_file f = ATOMIC_FILE_NONE;
	int rc = atomic_file_open(&f, dir_fd, 0644, e);

	if (rc == 0 && write_file(w, ids, f.fd) < 0)
		rc = fail_sys(e, "write");
	if (rc == 0)
		rc = atomic_file_commit(&f, name, ATOMIC_REPLACE_CACHED, e);
	return rc < 0 ? err_context(e, "index '%s'", name) : 0;
}
