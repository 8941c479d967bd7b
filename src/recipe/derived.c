/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a derived recipe that follow from the wishes and the extras alone. */
#include "recipe/derived.h"

#include "base/array.h"
#include "recipe/reader.h"
#include "tree/tree.h"

#include <ctype.h>
#include <string.h>

#define BUNDLE "/etc/ssl/certs/ca-certificates.crt"

enum { MAX_ID_DIGITS = 10 };

void derived_add(struct derived *d, struct derived_lines *to, const char *value, const char *why)
{
	for (size_t i = 0; i < to->n; i++)
		if (strcmp(to->at[i].value, value) == 0)
			return;
	*append(d->a, to->at, to->n) = (struct derived_line){ value, why };
}

void derived_need(struct derived *d, const char *name, const char *from, const char *evidence)
{
	for (size_t i = 0; i < d->n_needs; i++)
		if (strcmp(d->needs[i].name, name) == 0)
			return;
	*append(d->a, d->needs, d->n_needs) = (struct derived_need){ name, from, evidence };
}

void derived_saw(struct derived *d, const char *path, const struct stat *state)
{
	*append(d->a, d->seen, d->n_seen) =
		(struct derived_seen){ arena_strdup(d->a, path), *state };
}

void derived_add_path(struct derived *d, struct derived_path path)
{
	for (size_t i = 0; i < d->n_paths; i++)
		if (strcmp(d->paths[i].path, path.path) == 0)
			return;
	*append(d->a, d->paths, d->n_paths) = path;
}

void derived_note(struct derived *d, const char *text)
{
	if (!strings_have(&d->notes, text))
		strings_add(d->a, &d->notes, text);
}

/* ---- extras ---- */

static bool is_wished(const struct strings *list, enum extra x)
{
	return strings_have(list, extra_name(x));
}

void derived_extra(struct derived *d, enum extra x, const char *reason)
{
	struct derived_extra *extra = &d->extras[x];

	/* musl has its converters and its only locale built in, and reads no nsswitch.conf. */
	if (d->program->kind == PROGRAM_MUSL &&
	    (x == EXTRA_NSS || x == EXTRA_GCONV || x == EXTRA_LOCALE))
		return;
	if (extra->reason && !(extra->on && is_wished(&d->wishes->with, x)))
		return;
	extra->reason = reason;
	extra->on = !is_wished(&d->wishes->without, x);
}

static int split_extras(struct arena *a, const struct strings *from, const char *option,
			struct strings *to, struct err *e)
{
	for (size_t i = 0; i < from->n; i++) {
		struct view rest = view_of(from->at[i]), word;

		while (view_split(&rest, ',', &word)) {
			const char *name = arena_view(a, word);
			enum extra x;

			if (!extra_by_name(name, &x))
				return fail(e, FAIL_USAGE, "%s: no extra '%.40s'; there are %s",
					    option, name, extra_list(a));
			strings_add(a, to, name);
		}
	}
	return 0;
}

static int read_extras(struct derived *d, struct err *e)
{
	/* What both lists name was checked to be known: these are their single words. */
	for (size_t i = 0; i < EXTRAS; i++) {
		enum extra x = (enum extra)i;

		if (is_wished(&d->wishes->with, x) && is_wished(&d->wishes->without, x))
			return fail(e, FAIL_USAGE, "both --with and --without %s", extra_name(x));
		if (is_wished(&d->wishes->with, x))
			d->extras[i] = (struct derived_extra){ true, "asked for" };
	}
	if (d->wishes->base) /* it has its own */
		return 0;
	derived_extra(d, EXTRA_PASSWD, "the user that the program runs as");
	derived_extra(d, EXTRA_TMP, "a folder for temporary files");
	return 0;
}

bool derived_from_host(const struct derived *d)
{
	return d->wishes->libs_host && d->program->kind != PROGRAM_STATIC &&
	       d->program->kind != PROGRAM_SCRIPT;
}

static void apply_certificates(struct derived *d, const char *why)
{
	if (d->program->kind == PROGRAM_MUSL && !derived_from_host(d)) {
		derived_add(d, &d->packages, "ca-certificates-bundle", why);
		derived_add(d, &d->includes, BUNDLE, why);
		derived_add(d, &d->includes, "/etc/ssl/cert.pem", why);
	} else if (!derived_from_host(d))
		derived_add(d, &d->packages, "ca-certificates", why);
	/* The bundle is made from the package; OpenSSL of Debian looks at other places by itself.
	 */
	if (!pairs_get(&d->environment, "SSL_CERT_FILE"))
		pairs_set(d->a, &d->environment, "SSL_CERT_FILE", BUNDLE);
}

static void apply_nss(struct derived *d, const char *why)
{
	derived_add_path(d, (struct derived_path){
				    .path = "/etc/nsswitch.conf",
				    .type = "file",
				    .content = "passwd:   files\ngroup:    files\nshadow:   files\n"
					       "hosts:    files dns\nnetworks: files\n"
					       "services: files\nprotocols: files\n",
				    .why = why });
}

static void apply_locale(struct derived *d, const char *why)
{
	/* musl and static programs of other makers have theirs built in. */
	if (d->program->kind != PROGRAM_GLIBC && d->program->kind != PROGRAM_SCRIPT)
		return;
	if (!derived_from_host(d)) {
		derived_add(d, &d->packages, "libc-bin", why);
		derived_add(d, &d->includes, "/usr/lib/locale/C.utf8/**", why);
	}
	if (!pairs_get(&d->environment, "LANG"))
		pairs_set(d->a, &d->environment, "LANG", "C.UTF-8");
}

void derived_apply_extras(struct derived *d)
{
	const struct derived_extra *x = d->extras;

	if (x[EXTRA_CERTIFICATES].on)
		apply_certificates(d, x[EXTRA_CERTIFICATES].reason);
	if (x[EXTRA_TZDATA].on && !derived_from_host(d)) {
		derived_add(d, &d->packages, "tzdata", x[EXTRA_TZDATA].reason);
		derived_add(d, &d->includes, "/usr/share/zoneinfo", x[EXTRA_TZDATA].reason);
	}
	if (x[EXTRA_LOCALE].on)
		apply_locale(d, x[EXTRA_LOCALE].reason);
	if (x[EXTRA_NSS].on)
		apply_nss(d, x[EXTRA_NSS].reason);
	if (x[EXTRA_TMP].on)
		derived_add_path(d, (struct derived_path){
					    .path = "/tmp", .type = "directory", .mode = "01777" });
}

/* ---- wishes ---- */

static bool is_id(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return len > 0 && len <= MAX_ID_DIGITS;
}

static int check_user(const char *user, struct err *e)
{
	size_t len = user ? strcspn(user, ":") : 0;

	if (!user ||
	    (is_id(user, len) && (!user[len] || is_id(user + len + 1, strlen(user + len + 1)))))
		return 0;
	return fail(e, FAIL_USAGE, "--user is UID or UID:GID, numbers, not '%.40s'", user);
}

static int check_pairs(const struct strings *list, const char *option, struct err *e)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *equals = strchr(list->at[i], '=');

		if (!equals || equals == list->at[i])
			return fail(e, FAIL_USAGE, "%s is NAME=VALUE, not '%.80s'", option,
				    list->at[i]);
	}
	return 0;
}

/* SRC:DST[:MODE[:UID:GID]] */
static int read_file(struct derived *d, const char *text, struct err *e)
{
	struct derived_path p = { .type = "file" };
	struct view rest = view_of(text), part;
	const char *parts[5] = { NULL };
	size_t n = 0;

	while (view_split(&rest, ':', &part)) {
		if (n == COUNT_OF(parts))
			break;
		parts[n++] = arena_view(d->a, part);
	}
	if (rest.ptr || n < 2 || n == 4 || !*parts[0] || parts[1][0] != '/')
		return fail(e, FAIL_USAGE, "--file is SOURCE:/PATH[:MODE[:UID:GID]], not '%.200s'",
			    text);
	if (n == 5 && (!is_id(parts[3], strlen(parts[3])) || !is_id(parts[4], strlen(parts[4]))))
		return fail(e, FAIL_USAGE, "--file '%.200s': UID and GID are numbers", text);
	p.source = parts[0];
	p.path = parts[1];
	if (n > 2) {
		if (parts[2][strspn(parts[2], "01234567")] || !*parts[2])
			return fail(e, FAIL_USAGE, "--file '%.200s': '%.20s' is no octal mode",
				    text, parts[2]);
		p.mode = arena_printf(d->a, "%s%s", parts[2][0] == '0' ? "" : "0", parts[2]);
	}
	p.uid = parts[3];
	p.gid = parts[4];
	derived_add_path(d, p);
	return 0;
}

static void set_entrypoint(struct derived *d)
{
	const struct program *p = d->program;

	if (p->kind == PROGRAM_SCRIPT) {
		strings_add(d->a, &d->entrypoint, p->interpreter);
		for (size_t i = 0; i < p->arguments.n; i++)
			strings_add(d->a, &d->entrypoint, p->arguments.at[i]);
	}
	strings_add(d->a, &d->entrypoint, d->image_path);
}

static void set_environment(struct derived *d)
{
	for (size_t i = 0; i < d->wishes->env.n; i++) {
		const char *text = d->wishes->env.at[i], *equals = strchr(text, '=');

		pairs_set(d->a, &d->environment, arena_strndup(d->a, text, (size_t)(equals - text)),
			  equals + 1);
	}
}

static int check_wishes(const struct program_wishes *w, struct err *e)
{
	int rc = check_user(w->user, e);

	if (rc == 0)
		rc = check_pairs(&w->env, "--env", e);
	if (rc == 0)
		rc = check_pairs(&w->labels, "--label", e);
	if (rc == 0 && w->base && w->libs_host)
		rc = fail(e, FAIL_USAGE,
			  "both --base and --libs=host: libraries come from the base");
	if (rc == 0 && w->cmd && w->arguments.n)
		rc = fail(e, FAIL_USAGE, "both --cmd and arguments after '--'");
	if (rc == 0 && w->work_dir && w->work_dir[0] != '/')
		rc = fail(e, FAIL_USAGE, "--workdir is an absolute path, not '%.200s'",
			  w->work_dir);
	return rc;
}

/* The wishes with --with and --without split into words. */
static int split_wishes(struct derived *d, const struct program_wishes *w, struct err *e)
{
	struct program_wishes *own = arena_new(d->a, struct program_wishes);
	int rc;

	*own = *w;
	own->with = own->without = (struct strings){ 0 };
	rc = split_extras(d->a, &w->with, "--with", &own->with, e);
	if (rc == 0)
		rc = split_extras(d->a, &w->without, "--without", &own->without, e);
	d->wishes = own;
	return rc;
}

int derived_init(struct derived *d, const struct program *p, const struct program_wishes *w,
		 struct arena *a, struct err *e)
{
	int rc = check_wishes(w, e);

	*d = (struct derived){ .a = a, .program = p };
	if (rc == 0)
		rc = split_wishes(d, w, e);
	if (rc == 0)
		rc = read_extras(d, e);
	if (rc < 0)
		return rc;
	/* On PATH, so that a person in a debug shell or `docker run IMAGE NAME` finds it. */
	d->image_path = arena_printf(a, "/usr/bin/%s", p->name);
	d->reached = !w->keep_packages && p->kind != PROGRAM_SCRIPT;
	derived_add_path(d, (struct derived_path){ .path = d->image_path,
						   .type = "file",
						   .source = p->path,
						   .mode = "0755",
						   .strip = w->strip });
	for (size_t i = 0; rc == 0 && i < w->files.n; i++)
		rc = read_file(d, w->files.at[i], e);
	set_entrypoint(d);
	set_environment(d);
	return rc;
}
