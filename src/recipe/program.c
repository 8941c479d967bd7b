/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a program's file: what it is by its first bytes, then as ELF or as a script. The file is
 * read with pread(), not mapped: one that shrinks meanwhile is an error, not a signal.
 */
#include "recipe/program.h"

#include "base/mem.h"
#include "recipe/evidence.h"
#include "recipe/foreign.h"
#include "recipe/reader.h"
#include "recipe/scan.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCAN_PIECE_BYTES = 256 << 10 };

struct file {
	const char *path;
	int fd;
	struct stat seen;
	bool library; /* a shared library is what is wanted */
};

static int changed(const struct file *f, struct err *e)
{
	return fail(e, FAIL_IO, "'%s' changed while it was being read; try again when it is still",
		    f->path);
}

static int read_at(void *ctx, uint64_t offset, void *to, size_t n, struct err *e)
{
	struct file *f = ctx;
	char *at = to;

	while (n > 0) {
		ssize_t got = pread(f->fd, at, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_sys(e, "read '%s'", f->path);
		if (got == 0)
			return changed(f, e);
		at += got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

static int open_file(const char *path, struct file *ret, struct err *e)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail_sys(e, "open '%s'", path);
	if (fstat(fd, &ret->seen) < 0)
		return fail_sys(e, "look at '%s'", path);
	if (!S_ISREG(ret->seen.st_mode))
		return fail(e, FAIL_FORMAT, "'%s' is no regular file", path);
	if (ret->seen.st_size == 0)
		return fail(e, FAIL_FORMAT, "'%s' is an empty file, not a program", path);
	ret->path = path;
	ret->fd = fd_steal(&fd);
	return 0;
}

static int check_unchanged(const struct file *f, struct err *e)
{
	struct stat now;

	if (fstat(f->fd, &now) < 0)
		return fail_sys(e, "look at '%s'", f->path);
	if (now.st_size != f->seen.st_size || now.st_mtim.tv_sec != f->seen.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != f->seen.st_mtim.tv_nsec)
		return changed(f, e);
	return 0;
}

/* ---- ELF ---- */

static bool is_base(const char *path, const char *start)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, start, strlen(start)) == 0;
}

/* Where distributions have their loader; elsewhere it is somebody's own. */
static bool is_standard_folder(const char *path)
{
	static const char *const folders[] = { "/lib/", "/lib64/", "/lib32/", "/libx32/" };
	const char *rest = strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strncmp(rest, folders[i], strlen(folders[i])) == 0)
			return true;
	return false;
}

static enum program_kind kind_of_loader(const char *interpreter)
{
	if (!is_standard_folder(interpreter))
		return PROGRAM_OTHER_LOADER;
	if (is_base(interpreter, "ld-musl-"))
		return PROGRAM_MUSL;
	if (is_base(interpreter, "ld-linux") || is_base(interpreter, "ld64.so") ||
	    is_base(interpreter, "ld.so."))
		return PROGRAM_GLIBC;
	return PROGRAM_OTHER_LOADER;
}

static int set_kind(struct program *p, struct err *e)
{
	switch (p->elf.linkage) {
	case ELF_STATIC:
	case ELF_STATIC_PIE:
		p->kind = PROGRAM_STATIC;
		return 0;
	case ELF_DYNAMIC:
		p->kind = kind_of_loader(p->elf.interpreter.ptr);
		return 0;
	case ELF_SHARED:
		return fail(e, FAIL_UNSUPPORTED, "'%s' is a shared library, not a program",
			    p->path);
	case ELF_OTHER:
		break;
	}
	if (p->elf.type == ELF_TYPE_CORE)
		return fail(e, FAIL_UNSUPPORTED, "'%s' is a core dump, not a program", p->path);
	return fail(e, FAIL_UNSUPPORTED,
		    "'%s' is an object file, not a program: it was not linked yet", p->path);
}

/* Skips code, where no text is, unless the linker put texts and code together. */
static bool is_searched(const struct elf_range *range, const struct elf_range *all, size_t n)
{
	if (!range->executable)
		return true;
	for (size_t i = 0; i < n; i++)
		if (!all[i].executable && !all[i].writable && all[i].size > range->size / 64)
			return false;
	return true;
}

static int scan_range(struct file *f, const struct scan *s, uint64_t at, uint64_t end,
		      uint64_t *found, struct err *e)
{
	auto_free char *piece = mem_alloc(SCAN_PIECE_BYTES);

	while (at < end) {
		size_t n = end - at < SCAN_PIECE_BYTES ? (size_t)(end - at) : SCAN_PIECE_BYTES;
		int rc = read_at(f, at, piece, n, e);

		if (rc < 0)
			return rc;
		*found |= scan_bytes(s, view_make(piece, n));
		if (at + n == end)
			break;
		at += n - SCAN_MAX_TEXT_BYTES;
	}
	return 0;
}

/* From a scan's numbers of texts to the rules'. */
static uint64_t numbered(uint64_t found, const uint8_t numbers[SCAN_MAX_TEXTS])
{
	uint64_t texts = 0;

	for (unsigned i = 0; i < SCAN_MAX_TEXTS; i++)
		if (found >> i & 1)
			texts |= UINT64_C(1) << numbers[i];
	return texts;
}

static int scan_texts(struct file *f, const struct elf_input *in,
		      const struct evidence_rules *rules, struct program *p, struct arena *a,
		      struct err *e)
{
	auto_free struct scan *s = mem_alloc(sizeof(*s));
	struct elf_range *ranges;
	size_t n = elf_loaded_ranges(&p->elf, in, a, &ranges);
	uint8_t numbers[SCAN_MAX_TEXTS];
	uint64_t found = 0;
	uint64_t done = 0; /* no byte is looked at twice, whatever the headers say */
	int rc = 0;

	evidence_scan_init(s, rules, false, numbers);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint64_t at = ranges[i].offset > done ? ranges[i].offset : done;
		uint64_t end = ranges[i].offset + ranges[i].size;

		if (at >= end || !is_searched(&ranges[i], ranges, n))
			continue;
		rc = scan_range(f, s, at, end, &found, e);
		done = end;
	}
	p->texts = numbered(found, numbers);
	return rc;
}

static int read_elf(struct file *f, struct view start, const struct evidence_rules *rules,
		    struct arena *a, struct program *p, struct err *e)
{
	struct elf_input in = { p->size_bytes, read_at, f };
	int rc = elf_read(&in, a, &p->elf, e);

	if (rc < 0)
		return err_context(e, "'%s' is damaged or was cut off", p->path);
	if (p->elf.missing_bytes)
		return fail(e, FAIL_FORMAT, "'%s' was cut off: %llu bytes are missing at its end",
			    p->path, (unsigned long long)p->elf.missing_bytes);
	rc = foreign_elf(p, start, e);
	if (rc == 0 && !f->library)
		rc = set_kind(p, e);
	if (rc == 0)
		rc = foreign_machine(p, e);
	if (rc < 0)
		return rc;
	rc = elf_read_symbols(&in, &p->elf, a, &p->symbols, e);
	if (rc == 0)
		rc = elf_read_facts(&in, &p->elf, a, &p->facts, e);
	if (rc == 0 && rules)
		rc = scan_texts(f, &in, rules, p, a, e);
	return rc < 0 ? err_context(e, "'%s'", p->path) : 0;
}

/* ---- scripts ---- */

static int scan_script(struct file *f, const struct evidence_rules *rules, struct program *p,
		       struct err *e)
{
	auto_free struct scan *s = mem_alloc(sizeof(*s));
	uint8_t numbers[SCAN_MAX_TEXTS];
	uint64_t found = 0;
	int rc;

	evidence_scan_init(s, rules, true, numbers);
	rc = scan_range(f, s, 0, p->size_bytes, &found, e);
	p->texts = numbered(found, numbers);
	return rc;
}

static int read_imports(struct file *f, struct program *p, struct arena *a, struct err *e)
{
	size_t len = p->size_bytes < PROGRAM_MAX_IMPORTING ? (size_t)p->size_bytes
							   : PROGRAM_MAX_IMPORTING;
	char *text = arena_array(a, len + 1, 1);
	int rc = read_at(f, 0, text, len, e);

	if (rc == 0)
		p->n_imports = python_imports(view_make(text, len), a, &p->imports);
	return rc;
}

/* "#!/usr/bin/env [-S] NAME": NAME is looked for on PATH, which in an image is /usr/bin. */
static int leave_env(struct program *p, struct view *rest, struct arena *a, struct err *e)
{
	struct view word;

	if (strcmp(p->interpreter, "/usr/bin/env") != 0 && strcmp(p->interpreter, "/bin/env") != 0)
		return 0;
	if (!view_word(rest, &word) || (view_is(word, "-S") && !view_word(rest, &word)) ||
	    word.ptr[0] == '-' || memchr(word.ptr, '=', word.len))
		return fail(e, FAIL_UNSUPPORTED,
			    "'%s': only '#!%s NAME' is understood, not '%s%.*s'", p->path,
			    p->interpreter, p->interpreter, VIEW_ARG(*rest));
	p->interpreter =
		arena_printf(a, "%s%.*s", word.ptr[0] == '/' ? "" : "/usr/bin/", VIEW_ARG(word));
	return 0;
}

static int read_script(struct file *f, struct view start, const struct evidence_rules *rules,
		       struct arena *a, struct program *p, struct err *e)
{
	struct view seen =
		view_make(start.ptr, start.len < PROGRAM_MAX_SCRIPT_LINE ? start.len
									 : PROGRAM_MAX_SCRIPT_LINE);
	const char *end = memchr(seen.ptr, '\n', seen.len);
	struct view line = view_make(seen.ptr + 2, (end ? (size_t)(end - seen.ptr) : seen.len) - 2);
	struct view word;
	int rc;

	p->kind = PROGRAM_SCRIPT;
	if (!end && p->size_bytes > seen.len)
		return fail(e, FAIL_FORMAT, "'%s': the '#!' line is over %d bytes; Linux cuts it",
			    p->path, PROGRAM_MAX_SCRIPT_LINE);
	if (line.len && line.ptr[line.len - 1] == '\r')
		return fail(e, FAIL_FORMAT,
			    "'%s': the '#!' line ends in a carriage return, so that Linux looks "
			    "for an interpreter of that name\nsave it with Unix line ends",
			    p->path);
	if (!view_word(&line, &word) || word.ptr[0] != '/' || memchr(word.ptr, '\0', word.len))
		return fail(e, FAIL_FORMAT, "'%s': no interpreter's absolute path behind '#!'",
			    p->path);
	p->interpreter = arena_view(a, word);
	rc = leave_env(p, &line, a, e);
	/* The kernel gives what is left as one argument. */
	line = view_trim(line);
	if (rc == 0 && line.len)
		strings_add(a, &p->arguments, arena_view(a, line));
	if (rc == 0 && rules)
		rc = scan_script(f, rules, p, e);
	if (rc == 0 && is_base(p->interpreter, "python3"))
		rc = read_imports(f, p, a, e);
	return rc;
}

bool program_sniff(struct view start)
{
	return elf_has_magic(start) || view_starts(start, "#!") || foreign_name(start) ||
	       memchr(start.ptr, '\0', start.len);
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int read_program(struct file *f, const struct evidence_rules *rules, struct arena *a,
			struct program *p, struct err *e)
{
	char start[PROGRAM_SNIFF_BYTES];
	size_t n = p->size_bytes < sizeof(start) ? (size_t)p->size_bytes : sizeof(start);
	struct view sniffed = view_make(start, n);
	int rc = read_at(f, 0, start, n, e);

	if (rc < 0)
		return rc;
	if (elf_has_magic(sniffed))
		return read_elf(f, sniffed, rules, a, p, e);
	if (view_starts(sniffed, "#!"))
		return read_script(f, sniffed, rules, a, p, e);
	if (foreign_name(sniffed))
		return fail(e, FAIL_UNSUPPORTED, "'%s' is %s; an image needs a Linux program",
			    p->path, foreign_name(sniffed));
	return fail(e, FAIL_FORMAT,
		    "'%s' is no program: it begins with neither the ELF magic nor '#!'", p->path);
}

static int read_file(const char *path, bool library, const struct evidence_rules *rules,
		     struct arena *a, struct program *ret, struct err *e)
{
	auto_free char *real = realpath(path, NULL);
	struct file f = { .fd = -1, .library = library };
	int rc;

	if (!real)
		return fail_sys(e, "program '%s'", path);
	rc = open_file(path, &f, e);
	if (rc < 0)
		return rc;
	*ret = (struct program){ .path = arena_strdup(a, path),
				 .absolute = arena_strdup(a, real),
				 .size_bytes = (uint64_t)f.seen.st_size,
				 .seen = f.seen,
				 .executable = f.seen.st_mode & S_IXUSR };
	ret->name = name_of(ret->path);
	rc = read_program(&f, rules, a, ret, e);
	if (rc == 0)
		rc = check_unchanged(&f, e);
	fd_cleanup(&f.fd);
	return rc;
}

int program_read(const char *path, const struct evidence_rules *rules, struct arena *a,
		 struct program *ret, struct err *e)
{
	return read_file(path, false, rules, a, ret, e);
}

int program_read_library(const char *path, const struct evidence_rules *rules, struct arena *a,
			 struct program *ret, struct err *e)
{
	return read_file(path, true, rules, a, ret, e);
}

/* ---- versions and words ---- */

/* The next run of digits, as a number; false when there's none any more. */
static bool next_number(struct view *v, uint64_t *ret)
{
	while (v->len && (v->ptr[0] < '0' || v->ptr[0] > '9'))
		*v = view_make(v->ptr + 1, v->len - 1);
	if (!v->len)
		return false;
	*ret = 0;
	while (v->len && v->ptr[0] >= '0' && v->ptr[0] <= '9') {
		*ret = *ret * 10 + (uint64_t)(v->ptr[0] - '0');
		*v = view_make(v->ptr + 1, v->len - 1);
	}
	return true;
}

int program_compare_versions(struct view a, struct view b)
{
	for (;;) {
		uint64_t x = 0, y = 0;
		bool more_a = next_number(&a, &x), more_b = next_number(&b, &y);

		if (!more_a || !more_b)
			return (int)more_a - (int)more_b;
		if (x != y)
			return x < y ? -1 : 1;
	}
}

struct view program_newest_version(const struct elf_symbols *s, const char *prefix)
{
	struct view newest = { NULL, 0 };

	for (size_t i = 0; i < s->n_versions_needed; i++) {
		const struct elf_version *v = &s->versions_needed[i];
		size_t n = strlen(prefix);

		if (v->weak || !view_starts(v->name, prefix) || v->name.len == n ||
		    v->name.ptr[n] < '0' || v->name.ptr[n] > '9')
			continue;
		if (!newest.ptr || program_compare_versions(newest, v->name) < 0)
			newest = v->name;
	}
	return newest;
}

const char *program_describe(const struct program *p, struct arena *a)
{
	static const char *const kinds[] = {
		[PROGRAM_STATIC] = "static program",
		[PROGRAM_GLIBC] = "dynamic program (glibc)",
		[PROGRAM_MUSL] = "dynamic program (musl)",
		[PROGRAM_OTHER_LOADER] = "dynamic program",
	};

	if (p->kind == PROGRAM_SCRIPT)
		return arena_printf(a, "script for %s", p->interpreter);
	return arena_printf(a, "%s%s for linux/%s", p->facts.go.present ? "Go, " : "",
			    p->elf.linkage == ELF_STATIC_PIE ? "static program (static-pie)"
							     : kinds[p->kind],
			    p->arch->oci);
}
