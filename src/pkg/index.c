/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a mapped index. Opening sums up all of it, at the speed of memory, for a wrong byte
 * would be another package in an image. Nevertheless every offset is checked when it is followed,
 * and one that leads outside makes the package count as damaged (index_package says so) or the
 * name as absent.
 */
#include "pkg/index.h"

#include "base/checked.h"
#include "base/mem.h"
#include "pkg/index_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct index {
	void *map;
	size_t map_bytes;
	uint32_t n_packages, n_names, n_ids;
	uint32_t slot_mask;
	const struct index_record *packages;
	const struct index_name *names;
	const uint32_t *slots, *ids;
	struct view texts;
};

const size_t index_text_at[INDEX_TEXTS] = {
	offsetof(struct package, name),	     offsetof(struct package, version),
	offsetof(struct package, arch),	     offsetof(struct package, source),
	offsetof(struct package, filename),  offsetof(struct package, depends),
	offsetof(struct package, provides),  offsetof(struct package, pre_depends),
	offsetof(struct package, conflicts), offsetof(struct package, breaks),
	offsetof(struct package, replaces),  offsetof(struct package, joins),
	offsetof(struct package, checksum),
};

/* The section's bytes, if it lies inside of the file and holds whole items. */
static const void *section(const struct index_header *h, const struct index_section *s, size_t item)
{
	uint64_t end;

	if (s->offset % INDEX_ALIGN != 0 || s->bytes % item != 0)
		return NULL;
	if (!checked_add(s->offset, s->bytes, &end) || end > h->file_bytes)
		return NULL;
	return (const char *)h + s->offset;
}

static const char *fault_of(const struct index_header *h, int fd, uint64_t file_bytes)
{
	uint64_t body;

	if (memcmp(h->magic, INDEX_MAGIC, sizeof(h->magic)) != 0)
		return "no package index";
	if (h->order != INDEX_ORDER || h->version != INDEX_VERSION)
		return "made by another version or kind of machine";
	if (h->check != index_hash(h, offsetof(struct index_header, check)))
		return "header is damaged";
	if (h->file_bytes != file_bytes)
		return "file is cut short or has grown";
	if (index_file_hash(fd, sizeof(*h), file_bytes, &body) < 0 || body != h->body)
		return "is damaged";
	return NULL;
}

/* Points `x` at the sections; false if one of them can't be right. */
static bool find_sections(struct index *x, const struct index_header *h)
{
	uint64_t n_slots = h->slots.bytes / sizeof(uint32_t);

	if (h->n_packages > INDEX_MAX_PACKAGES ||
	    h->packages.bytes != (uint64_t)h->n_packages * sizeof(struct index_record) ||
	    h->names.bytes != (uint64_t)h->n_names * sizeof(struct index_name) ||
	    n_slots <= h->n_names || (n_slots & (n_slots - 1)) != 0)
		return false;
	x->n_packages = h->n_packages;
	x->n_names = h->n_names;
	x->n_ids = (uint32_t)(h->ids.bytes / sizeof(uint32_t));
	x->slot_mask = (uint32_t)(n_slots - 1);
	x->packages = section(h, &h->packages, sizeof(struct index_record));
	x->names = section(h, &h->names, sizeof(struct index_name));
	x->slots = section(h, &h->slots, sizeof(uint32_t));
	x->ids = section(h, &h->ids, sizeof(uint32_t));
	x->texts = view_make(section(h, &h->texts, 1), h->texts.bytes);
	return x->packages && x->names && x->slots && x->ids && x->texts.ptr;
}

static int map_file(int fd, const char *name, struct index *x, struct err *e)
{
	const struct index_header *h;
	const char *fault;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_sys(e, "look at index '%s'", name);
	if (st.st_size < (off_t)sizeof(*h))
		return fail(e, FAIL_FORMAT, "index '%s': shorter than its header", name);
	if (st.st_size > INDEX_MAX_BYTES)
		return fail(e, FAIL_FORMAT, "index '%s': larger than any index is", name);
	x->map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (x->map == MAP_FAILED) {
		x->map = NULL;
		return fail_sys(e, "map index '%s'", name);
	}
	x->map_bytes = (size_t)st.st_size;
	h = x->map;
	fault = fault_of(h, fd, (uint64_t)st.st_size);
	if (!fault && !find_sections(x, h))
		fault = "a section lies outside of the file";
	return fault ? fail(e, FAIL_FORMAT, "index '%s': %s", name, fault) : 0;
}

int index_open(int dir_fd, const char *name, struct index **ret, struct err *e)
{
	struct index *x;
	int fd, r;

	fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_sys(e, "open index '%s'", name);
	x = mem_zalloc(sizeof(*x));
	r = map_file(fd, name, x, e);
	close(fd);
	if (r < 0) {
		index_close(x);
		return r;
	}
	*ret = x;
	return 0;
}

void index_close(struct index *x)
{
	if (!x)
		return;
	if (x->map)
		munmap(x->map, x->map_bytes);
	free(x);
}

uint32_t index_count(const struct index *x)
{
	return x->n_packages;
}

/* The text at an offset; ptr is NULL if it leads outside. */
static struct view text_at(const struct index *x, uint32_t offset)
{
	uint32_t len;

	if (x->texts.len < sizeof(len) || offset > x->texts.len - sizeof(len))
		return view_make(NULL, 0);
	memcpy(&len, x->texts.ptr + offset, sizeof(len));
	if (len > x->texts.len - sizeof(len) - offset)
		return view_make(NULL, 0);
	return view_make(x->texts.ptr + offset + sizeof(len), len);
}

bool index_package(const struct index *x, uint32_t id, struct package *ret)
{
	const struct index_record *r;
	bool good = true;

	*ret = (struct package){ 0 };
	if (id >= x->n_packages)
		return false;
	r = &x->packages[id];
	for (size_t i = 0; i < INDEX_TEXTS; i++) {
		struct view text = text_at(x, r->text[i]);

		good = good && text.ptr;
		memcpy((char *)ret + index_text_at[i], &text, sizeof(text));
	}
	ret->size_bytes = r->size_bytes;
	ret->installed_bytes = r->installed_bytes;
	memcpy(ret->digest.bytes, r->digest, sizeof(r->digest));
	ret->multi_arch = r->multi_arch <= MULTI_ARCH_ALLOWED ? r->multi_arch : MULTI_ARCH_NO;
	ret->provider_priority = r->provider_priority;
	ret->essential = r->essential == 1;
	ret->priority = r->priority <= PRIORITY_EXTRA ? r->priority : PRIORITY_UNKNOWN;
	return good && r->multi_arch <= MULTI_ARCH_ALLOWED && r->essential <= 1 && ret->name.len;
}

struct view index_name_of(const struct index *x, uint32_t id)
{
	return id < x->n_packages ? text_at(x, x->packages[id].text[0]) : view_make(NULL, 0);
}

static const struct index_name *find_name(const struct index *x, struct view name)
{
	uint32_t at = (uint32_t)index_hash(name.ptr, name.len) & x->slot_mask;

	/* A garbled table may have no free slot at all: at most once round. */
	for (uint32_t i = 0; i <= x->slot_mask; i++, at = (at + 1) & x->slot_mask) {
		uint32_t slot = x->slots[at];

		if (slot == 0 || slot > x->n_names)
			return NULL;
		if (view_eq(text_at(x, x->names[slot - 1].text), name))
			return &x->names[slot - 1];
	}
	return NULL;
}

/* `skip` ids from where the name's lists start, `n` ids long. */
static size_t list_of(const struct index *x, uint32_t first, uint64_t skip, uint32_t n,
		      const uint32_t **ret_ids)
{
	uint64_t start = first + skip;

	*ret_ids = x->ids;
	if (start > x->n_ids || n > x->n_ids - start)
		return 0;
	*ret_ids = x->ids + start;
	return n;
}

size_t index_named(const struct index *x, struct view name, const uint32_t **ret_ids)
{
	const struct index_name *found = find_name(x, name);

	return found ? list_of(x, found->first, 0, found->n_named, ret_ids) : 0;
}

size_t index_providing(const struct index *x, struct view name, const uint32_t **ret_ids)
{
	const struct index_name *found = find_name(x, name);

	return found ? list_of(x, found->first, found->n_named, found->n_providing, ret_ids) : 0;
}
