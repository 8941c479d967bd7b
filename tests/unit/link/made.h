/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees for link tests: a folder that a shell script fills (with cc, musl-gcc, …), looked at as
 * the root of an image, and what a result says, as text.
 */
#pragma once

#include "host_tree.h"
#include "link/link.h"

struct made {
	char *dir;
	struct host_tree host;
	struct link *link;
	struct link_result result;
};

/* Runs `script` in a new folder, which becomes the tree. Any failure ends the test program. */
void made_by(struct made *m, const char *script);
void made_done(struct made *m);
/* What a command prints, without its last newline; to be freed. */
char *output_of(const char *command);

/* Lines of "role path"; of `role` only, unless it is -1. To be freed. */
char *objects_text(const struct link_result *r, int role);
/* Lines of "fatal|note: text [chain > chain]"; to be freed. */
char *problems_text(const struct link_result *r);

/* Looks at the program at `path`, afresh. */
void look(struct made *m, const char *path, const struct link_process *p);
/* Looks, and fails the test unless the problems are these. */
void has_problems(struct made *m, const char *path, const char *want);
void starts_with(struct made *m, const struct link_process *p, const char *command,
		 const char *want_problems);

/*
 * For scripts: `libs FILE` copies the loader and the libraries that ldd finds for a program of this
 * machine; `program PATH [FLAGS…]` and `library PATH [FLAGS…]` compile what is on standard input.
 */
#define TOOLS                                                                                           \
	"libs() { ldd $1 | grep -o '/[^ ]*' | while read f; do mkdir -p .$(dirname $f);"                \
	"  cp -L $f .$f; done; };"                                                                      \
	"program() { mkdir -p $(dirname $1); o=$1; shift; cc -x c - -x none -o $o $*; };"               \
	"library() { mkdir -p $(dirname $1); o=$1; shift; cc -shared -fPIC -x c - -x none -o $o $*; };" \
	"hello='int main(void) { return 0; }';"
