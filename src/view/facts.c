/* SPDX-License-Identifier: Apache-2.0 */
/* Counting files; see facts.h. */
#include "view/facts.h"

#include "base/array.h"

#include <string.h>

/* What POSIX shells, and programs that are used as one, are called; busybox is all of them. */
static const char *const shells[] = {
	"sh",	"bash",	 "dash", "ash",	 "zsh",	    "ksh",    "ksh93", "mksh", "fish",	 "csh",
	"tcsh", "rbash", "yash", "posh", "busybox", "toybox", "pwsh",  "nu",   "elvish", "oksh",
};

static const char *const managers[] = {
	"apt",	"apt-get", "dpkg",	   "aptitude", "apk",	 "rpm",
	"yum",	"dnf",	   "microdnf",	   "tdnf",     "zypper", "pacman",
	"opkg", "emerge",  "xbps-install", "nix-env",  "snap",	 "flatpak",
};

/* In any folder of programs; whether it is executable is not looked at. */
static bool is_named(const char *path, const char *const *names, size_t n)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct view folder = view_make(path, slash ? (size_t)(slash - path) : 0);

	if (!view_ends(folder, "bin") && !view_ends(folder, "busybox"))
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

struct counting {
	struct image_facts *to;
	struct map seen; /* inodes with several names */
	struct arena arena;
};

/* Bytes count once, whatever the number of names. */
static bool is_first_name(struct counting *c, const struct node *n)
{
	struct inode **key;
	void **seen;

	if (n->inode->n_links < 2)
		return true;
	key = arena_new(&c->arena, struct inode *);
	*key = n->inode;
	seen = map_put(&c->seen, view_make((const char *)key, sizeof(*key)));
	if (*seen)
		return false;
	*seen = n->inode;
	return true;
}

static int count(struct node *n, const char *path, void *ctx, struct err *e)
{
	struct counting *c = ctx;
	const struct inode *i = n->inode;

	(void)e;
	if (i->type == NODE_DIR) {
		c->to->n_folders++;
		return 0;
	}
	c->to->n_files++;
	if (i->type != NODE_FILE)
		return 0;
	c->to->n_shells += is_named(path, shells, COUNT_OF(shells));
	c->to->n_package_managers += is_named(path, managers, COUNT_OF(managers));
	c->to->n_executables += (i->mode & 0111) != 0;
	c->to->n_setuid += (i->mode & 06000) != 0;
	if (is_first_name(c, n))
		c->to->visible_bytes += i->content.size;
	return 0;
}

void image_facts(const struct image_view *v, struct image_facts *ret)
{
	struct counting c = { .to = ret };
	struct err unused;

	*ret = (struct image_facts){ 0 };
	(void)tree_walk(&v->tree, count, &c, &unused);
	map_done(&c.seen);
	arena_done(&c.arena);
}
