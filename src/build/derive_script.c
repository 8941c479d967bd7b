/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts: the interpreter's whole packages, for what of them a script loads can't be seen in its
 * file, and for Python what it imports besides.
 */
#include "build/derive.h"

#include "base/array.h"
#include "recipe/reader.h"

#include <string.h>

static const struct interpreter {
	const char *name; /* of the program in /usr/bin */
	const char *package;
	bool shell;
} interpreters[] = {
	{ "python3", "python3", false }, { "perl", "perl", false },
	{ "ruby", "ruby", false },	 { "lua5.4", "lua5.4", false },
	{ "node", "nodejs", false },	 { "php", "php-cli", false },
	{ "tclsh", "tcl", false },	 { "awk", "mawk", true },
	{ "sh", "dash", true },		 { "dash", "dash", true },
	{ "bash", "bash", true },	 { "busybox", "busybox", true },
};

/* Only where Debian has its programs. */
static const struct interpreter *find_interpreter(const char *path)
{
	static const char *const folders[] = { "/usr/bin/", "/bin/" };

	for (size_t f = 0; f < COUNT_OF(folders); f++) {
		size_t len = strlen(folders[f]);

		if (strncmp(path, folders[f], len) != 0)
			continue;
		for (size_t i = 0; i < COUNT_OF(interpreters); i++)
			if (strcmp(path + len, interpreters[i].name) == 0)
				return &interpreters[i];
	}
	return NULL;
}

static int check_shell(struct deriving *x, const struct interpreter *i, struct err *e)
{
	if (!i->shell || x->d->extras[EXTRA_SHELL].on)
		return 0;
	return fail(e, FAIL_UNSUPPORTED,
		    "'%s' is a script for %s, and an image with a shell lets whoever breaks into "
		    "it run whatever they like\n"
		    "if that is meant: --with shell; what else the script calls has to be added by "
		    "a recipe (pare init)",
		    x->program->path, x->program->interpreter);
}

/* What no program opens. */
static void exclude_documentation(struct derived *d)
{
	static const char *const paths[] = { "/usr/share/doc",	"/usr/share/man",
					     "/usr/share/info", "/usr/share/lintian",
					     "/usr/share/bug",	"/usr/share/doc-base",
					     "/usr/share/menu", "/usr/share/applications" };

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		derived_add(d, &d->excludes, paths[i],
			    "documentation; licences stay, whatever is excluded");
}

int derive_script(struct deriving *x, struct err *e)
{
	const struct interpreter *i = find_interpreter(x->program->interpreter);
	struct derived *d = x->d;
	int rc;

	if (!i)
		return fail(e, FAIL_UNSUPPORTED,
			    "'%s' is a script for '%s', an interpreter that pare knows no package "
			    "of\nwrite a recipe that names it: see pare.yaml(5)",
			    x->program->path, x->program->interpreter);
	rc = check_shell(x, i, e);
	if (rc == 0)
		rc = derive_newest_release(x, e);
	if (rc < 0)
		return rc;
	d->strategy = "packages";
	d->reason =
		arena_printf(x->a,
			     "a script for %s: that interpreter's packages from Debian "
			     "%s (%s), with all that they need",
			     x->program->interpreter, d->release->version, d->release->codename);
	derived_need(d, x->program->interpreter, i->package, "the script's first line names it");
	derived_add(d, &d->packages, i->package,
		    arena_printf(x->a, "%s, which the script's first line names",
				 x->program->interpreter));
	derive_evidence(x, NULL, 0);
	rc = derive_python(x, e);
	if (rc < 0)
		return rc;
	derived_apply_extras(d);
	exclude_documentation(d);
	derive_os_release(x);
	return 0;
}
