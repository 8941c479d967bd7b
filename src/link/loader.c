/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose rules hold, and where that loader looks by itself. Told by the loader's own file, as a
 * name may lead elsewhere: musl's calls itself libc, and glibc's has its folders written inside.
 */
#include "base/array.h"
#include "link/private.h"

#include <string.h>

enum { MAX_LOADER_BYTES = 8 << 20, MAX_FOLDERS = 16 }; /* real ones: 250 kB to 1 MB */

struct machine {
	uint16_t machine;
	bool is_64, big_endian;
	const char *tuple;    /* Debian's */
	const char *platform; /* the kernel's AT_PLATFORM, where it is one word */
	const char *musl;     /* in /etc/ld-musl-NAME.path */
};

static const struct machine machines[] = {
	{ ELF_X86_64, true, false, "x86_64-linux-gnu", "x86_64", "x86_64" },
	{ ELF_X86_64, false, false, "x86_64-linux-gnux32", "x86_64", "x32" },
	{ ELF_386, false, false, "i386-linux-gnu", "i686", "i386" },
	{ ELF_AARCH64, true, false, "aarch64-linux-gnu", "aarch64", "aarch64" },
	{ ELF_ARM, false, false, "arm-linux-gnueabihf", "v7l", "armhf" },
	{ ELF_PPC64, true, false, "powerpc64le-linux-gnu", NULL, "powerpc64le" },
	{ ELF_PPC64, true, true, "powerpc64-linux-gnu", NULL, "powerpc64" },
	{ ELF_PPC, false, true, "powerpc-linux-gnu", NULL, "powerpc" },
	{ ELF_S390, true, true, "s390x-linux-gnu", NULL, "s390x" },
	{ ELF_RISCV, true, false, "riscv64-linux-gnu", NULL, "riscv64" },
	{ ELF_MIPS, true, false, "mips64el-linux-gnuabi64", NULL, "mips64el" },
	{ ELF_MIPS, false, false, "mipsel-linux-gnu", NULL, "mipsel" },
	{ ELF_LOONGARCH, true, false, "loongarch64-linux-gnu", NULL, "loongarch64" },
};

static const struct machine *machine_of(const struct elf *f)
{
	for (size_t i = 0; i < COUNT_OF(machines); i++)
		if (machines[i].machine == f->machine && machines[i].is_64 == f->is_64 &&
		    machines[i].big_endian == f->big_endian)
			return &machines[i];
	return NULL;
}

static void add_folder(struct link *l, struct loader *to, struct view path)
{
	if (!to->folders)
		to->folders = arena_array(&l->arena, MAX_FOLDERS, sizeof(*to->folders));
	while (path.len > 1 && view_ends(path, "/"))
		path.len--;
	if (path.len && to->n_folders < MAX_FOLDERS)
		to->folders[to->n_folders++] = arena_view(&l->arena, path);
}

/* A text such as "/lib/x86_64-linux-gnu/": the folder's length with its last slash, or 0. */
static size_t folder_text(struct view v)
{
	size_t len = strnlen(v.ptr, v.len);

	if (len < 5 || len == v.len || len >= TREE_MAX_PATH || v.ptr[0] != '/' ||
	    v.ptr[len - 1] != '/' || !memmem(v.ptr, len, "/lib", 4))
		return 0;
	return len;
}

/* elf/dl-load.c: system_dirs holds one text after the other, each with its NUL. */
static size_t take_folders(struct link *l, struct view rest, struct loader *to)
{
	size_t n = 0;

	for (;; n++) {
		size_t len = folder_text(rest);

		if (len == 0)
			return n;
		if (to)
			add_folder(l, to, view_make(rest.ptr, len));
		rest = view_make(rest.ptr + len + 1, rest.len - len - 1);
	}
}

static void find_folders(struct link *l, struct view bytes, struct loader *to)
{
	const char *at = bytes.ptr, *end = bytes.ptr + bytes.len;

	while ((at = memmem(at, (size_t)(end - at), "\0/", 2))) {
		struct view rest = view_make(at + 1, (size_t)(end - at - 1));

		if (take_folders(l, rest, NULL) >= 2) {
			take_folders(l, rest, to);
			return;
		}
		at++;
	}
}

static void usual_folders(struct link *l, const struct machine *m, struct loader *to)
{
	if (m) {
		add_folder(l, to, view_of(arena_printf(&l->arena, "/lib/%s", m->tuple)));
		add_folder(l, to, view_of(arena_printf(&l->arena, "/usr/lib/%s", m->tuple)));
	}
	if (m && m->is_64) {
		add_folder(l, to, view_of("/lib64"));
		add_folder(l, to, view_of("/usr/lib64"));
	}
	add_folder(l, to, view_of("/lib"));
	add_folder(l, to, view_of("/usr/lib"));
}

/* $LIB is what the first folder has below the root. */
static int glibc_loader(struct link *l, const struct link_file *f, struct loader *to, struct err *e)
{
	const struct machine *m = machine_of(&f->elf);
	struct arena scratch = ARENA_EMPTY;
	struct view bytes;
	int rc = 0;

	if (f->elf.interpreter.ptr == NULL && f->inode->content.size <= MAX_LOADER_BYTES) {
		rc = inode_read(f->inode, MAX_LOADER_BYTES, &scratch, &bytes, e);
		if (rc == 0)
			find_folders(l, bytes, to);
		arena_done(&scratch);
	}
	if (to->n_folders == 0)
		usual_folders(l, m, to);
	to->lib = to->folders[0] + 1;
	to->platform = m ? m->platform : NULL;
	return rc;
}

/* The part between "ld-musl-" and ".so" of the name that the program asks for. */
static const char *musl_name(struct link *l, const char *interpreter, const struct machine *m)
{
	const char *base = strrchr(interpreter, '/'), *end;

	base = base ? base + 1 : interpreter;
	if (strncmp(base, "ld-musl-", 8) != 0)
		return m ? m->musl : "unknown";
	base += 8;
	end = strstr(base, ".so");
	return arena_strndup(&l->arena, base, end ? (size_t)(end - base) : strlen(base));
}

/* Two components off the end: the prefix that musl was installed below. */
static struct view prefix_of(const char *interpreter)
{
	struct view v = view_of(interpreter);

	for (int i = 0; i < 2; i++) {
		const char *slash = v.len ? memrchr(v.ptr, '/', v.len) : NULL;

		v.len = slash ? (size_t)(slash - v.ptr) : 0;
	}
	return v;
}

static int musl_loader(struct link *l, const char *interpreter, const struct link_file *f,
		       struct loader *to, struct err *e)
{
	struct view prefix = prefix_of(interpreter), text, line, part;
	const char *path = arena_printf(&l->arena, "%.*s/etc/ld-musl-%s.path", VIEW_ARG(prefix),
					musl_name(l, interpreter, machine_of(&f->elf)));

	if (link_text(l, path, &text, e) < 0)
		return -(int)e->code;
	if (!text.ptr)
		text = view_of("/lib:/usr/local/lib:/usr/lib");
	while (view_split(&text, '\n', &line))
		while (view_split(&line, ':', &part))
			add_folder(l, to, part);
	return 0;
}

static bool is_musl(const char *interpreter, const struct link_file *f)
{
	const char *base = strrchr(interpreter, '/');

	if (f->elf.soname.ptr)
		return view_starts(f->elf.soname, "libc.");
	return strncmp(base ? base + 1 : interpreter, "ld-musl-", 8) == 0;
}

int loader_of(struct link *l, const char *interpreter, struct link_file *f,
	      const struct loader **ret, struct err *e)
{
	if (!f->loader) {
		struct loader *made = arena_new(&l->arena, struct loader);
		int rc;

		made->musl = is_musl(interpreter, f);
		rc = made->musl ? musl_loader(l, interpreter, f, made, e)
				: glibc_loader(l, f, made, e);
		if (rc < 0)
			return err_context(e, "loader '%s'", interpreter);
		f->loader = made;
	}
	*ret = f->loader;
	return 0;
}

static bool needs_musl(const struct elf *f)
{
	for (size_t i = 0; i < f->n_needed; i++)
		if (view_is(f->needed[i], "libc.so") || view_starts(f->needed[i], "libc.musl-"))
			return true;
	return false;
}

/* A loader of this machine and kind in a folder, under its lowest name. */
static int find_loader(struct link *l, const char *folder, const struct elf *f, bool musl,
		       struct candidate *ret, struct err *e)
{
	const struct node *n = tree_find(l->tree, folder, true);

	for (size_t i = 0; n && i < n->children.n; i++) {
		const struct node *child = n->children.at[i].value;
		struct candidate found;

		if (!child || strncmp(child->name, "ld", 2) != 0 || !strstr(child->name, ".so"))
			continue;
		found.path = arena_printf(&l->arena, "/%s/%s", folder, child->name);
		found.node = tree_find(l->tree, found.path, true);
		if (!found.node || found.node->inode->type != NODE_FILE)
			continue;
		if (link_file_get(l, found.node, &found.file, e) < 0)
			return -(int)e->code;
		if (found.file->kind == LINK_FILE_ELF && same_machine(&found.file->elf, f) &&
		    is_musl(found.path, found.file) == musl &&
		    (!ret->path || strcmp(found.path, ret->path) < 0))
			*ret = found;
	}
	return 0;
}

int loader_for_library(struct link *l, const struct elf *f, struct candidate *ret, struct err *e)
{
	static const char *const folders[] = { "lib64", "lib", "usr/lib64", "usr/lib" };
	bool musl = needs_musl(f);

	*ret = (struct candidate){ 0 };
	for (size_t i = 0; i < COUNT_OF(folders) && !ret->path; i++)
		if (find_loader(l, folders[i], f, musl, ret, e) < 0)
			return -(int)e->code;
	return 0;
}

const struct loader *loader_without(struct link *l, const struct elf *f)
{
	struct loader *made = arena_new(&l->arena, struct loader);

	made->musl = needs_musl(f);
	usual_folders(l, machine_of(f), made);
	made->lib = made->folders[0] + 1;
	return made;
}
