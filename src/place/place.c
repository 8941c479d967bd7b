/* SPDX-License-Identifier: Apache-2.0 */
/* The names of places, as containers-image(5) has them, and which file writes to which kind. */
#include "place/place.h"

#include <string.h>

#include "base/array.h"
#include "base/suggest.h"
#include "place/daemon.h"
#include "place/name.h"
#include "place/put.h"

static const struct {
	const char *prefix;
	enum place_kind kind;
} kinds[] = {
	{ "oci:", PLACE_OCI },
	{ "oci-archive:", PLACE_OCI_ARCHIVE },
	{ "docker-archive:", PLACE_DOCKER_ARCHIVE },
	{ "docker-daemon:", PLACE_DAEMON },
	{ "docker://", PLACE_REGISTRY },
	{ "rootfs:", PLACE_ROOTFS },
};

/* Without this, they would be taken for names in the store. */
static const char *const known_elsewhere[] = {
	"containers-storage:", "dir:", "ostree:", "sif:", "tarball:", "atomic:"
};

/* PATH[:REF] after the prefix; a path can't hold a colon. */
static int parse_path(const char *text, size_t skip, struct arena *a, struct place *p,
		      struct err *e)
{
	struct view rest = view_of(text + skip), path;

	if (!view_split(&rest, ':', &path) || path.len == 0)
		return fail(e, FAIL_USAGE, "'%.300s' names no path: expected %.*sPATH[:%s]", text,
			    (int)skip, text, p->kind == PLACE_DOCKER_ARCHIVE ? "NAME:TAG" : "TAG");
	if (view_is(path, "-") && p->kind != PLACE_OCI)
		return fail(
			e, FAIL_USAGE,
			"'%.300s': a pipe is %.*s/dev/stdin or %.*s/dev/stdout, and a file that "
			"is called so %.*s./-",
			text, (int)skip, text, (int)skip, text, (int)skip, text);
	p->path = arena_view(a, path);
	p->ref = rest.ptr ? arena_view(a, rest) : NULL;
	return 0;
}

static int check_ref(const char *text, struct arena *a, struct place *p, struct err *e)
{
	if (!p->ref)
		return 0;
	if (p->kind == PLACE_DOCKER_ARCHIVE)
		return image_name_parse(p->ref, a, &p->ref, NULL, NULL, e);
	if (!layout_ref_valid(p->ref))
		return fail(e, FAIL_USAGE,
			    "the tag in '%.300s' must be words of A-Z a-z 0-9 joined by - . _ : @ "
			    "+ or /",
			    text);
	return 0;
}

static int check_scheme(const char *text, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(known_elsewhere); i++) {
		if (view_starts(view_of(text), known_elsewhere[i]))
			return fail(
				e, FAIL_USAGE,
				"'%s' is no place that pare knows: it knows oci:, oci-archive:, "
				"docker-archive:, docker:// and docker-daemon:",
				known_elsewhere[i]);
	}
	if (strstr(text, "://"))
		return fail(e, FAIL_USAGE, "'%.300s': images in registries are named docker://NAME",
			    text);
	return 0;
}

enum place_kind place_kind_of(const char *text, size_t *ret_skip)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (view_starts(view_of(text), kinds[i].prefix)) {
			*ret_skip = strlen(kinds[i].prefix);
			return kinds[i].kind;
		}
	}
	*ret_skip = 0;
	return PLACE_STORE;
}

const char *place_prefix_meant(const char *text, struct arena *a)
{
	const char *prefixes[COUNT_OF(kinds)], *colon = strchr(text, ':');

	if (!colon)
		return NULL;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		prefixes[i] = kinds[i].prefix;
	return suggest_nearest(arena_strndup(a, text, (size_t)(colon - text) + 1), prefixes,
			       COUNT_OF(prefixes));
}

/* "docker:…" and "docker:/…", but not an image called docker with a tag. */
static bool is_half_scheme(const char *text)
{
	return view_starts(view_of(text), "docker:") && strpbrk(text, "/@");
}

/* A bare word is in the store. */
static int parse_store_name(const char *text, struct arena *a, struct place *p, struct err *e)
{
	const char *meant = place_prefix_meant(text, a);
	int r = check_scheme(text, e);

	if (r)
		return r;
	r = image_name_parse(text, a, &p->ref, NULL, NULL, e);
	if (r && is_half_scheme(text)) {
		text += strlen("docker:");
		return err_hint(e, "did you mean 'docker://%.300s'?", text + strspn(text, "/"));
	}
	if (r && meant)
		return err_hint(e, "did you mean '%s%.300s'?", meant, strchr(text, ':') + 1);
	if (r && (text[0] == '/' || text[0] == '.'))
		return err_hint(e, "a file is docker-archive:FILE or oci-archive:FILE, a folder "
				   "oci:DIR, a plain tree rootfs:PATH");
	return r;
}

int place_parse(const char *text, struct arena *a, struct place *ret, struct err *e)
{
	struct place p = { .kind = PLACE_STORE };
	struct reference ref;
	size_t skip;
	int r;

	p.kind = place_kind_of(text, &skip);
	switch (p.kind) {
	case PLACE_STORE:
		r = parse_store_name(text, a, &p, e);
		break;
	case PLACE_REGISTRY:
		r = reference_parse(text, a, &ref, e);
		/* with its host: what is read again has no scheme */
		if (!r)
			p.ref = reference_text(&ref, a);
		break;
	case PLACE_DAEMON:
		p.ref = arena_strdup(a, text + skip);
		r = *p.ref ? daemon_ref_check(p.ref, a, e)
			   : fail(e, FAIL_USAGE, "'%s' names no image", text);
		break;
	case PLACE_ROOTFS:
		p.path = arena_strdup(a, text + skip);
		r = *p.path ? 0 : fail(e, FAIL_USAGE, "'%s' names no folder or tar", text);
		break;
	default:
		r = parse_path(text, skip, a, &p, e);
		if (!r)
			r = check_ref(text, a, &p, e);
		break;
	}
	if (!r)
		*ret = p;
	return r;
}

/* The last component of a path names it well enough for a person. */
static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

const char *place_base_name(const struct place *p, struct arena *a)
{
	struct reference ref;
	struct err ignored;

	if (p->kind == PLACE_REGISTRY && reference_parse(p->ref, a, &ref, &ignored) == 0)
		return reference_text(&ref, a);
	if (!p->path || (p->ref && strpbrk(p->ref, "/:")))
		return p->ref;
	return p->ref ? arena_printf(a, "%s:%s", last_part(p->path), p->ref) : last_part(p->path);
}

int place_check_put(const struct place *to, struct err *e)
{
	switch (to->kind) {
	case PLACE_DAEMON:
		if (!strchr(to->ref, '@') && !view_starts(view_of(to->ref), "sha256:"))
			return 0;
		return fail(e, FAIL_USAGE,
			    "docker-daemon:%.100s names a digest, and an engine makes those: "
			    "expected docker-daemon:NAME[:TAG]",
			    to->ref);
	case PLACE_ROOTFS:
		return fail(e, FAIL_UNSUPPORTED, "rootfs:%s is a plain tree, no place for images",
			    to->path);
	default:
		return 0;
	}
}

int place_put(const struct place *to, struct store *from, const struct descriptor *root,
	      int64_t created_s, struct err *e)
{
	switch (to->kind) {
	case PLACE_STORE:
		return store_tag(from, to->ref, root, e);
	case PLACE_OCI:
		return put_oci_layout(to, from, root, e);
	case PLACE_OCI_ARCHIVE:
		return put_oci_archive(to, from, root, created_s, e);
	case PLACE_DOCKER_ARCHIVE:
		return put_docker_archive(to, from, root, created_s, e);
	case PLACE_REGISTRY:
	case PLACE_DAEMON:
	case PLACE_ROOTFS:
		break;
	}
	return fail(e, FAIL_UNSUPPORTED, "'%.300s' is no place that is written to as a whole",
		    to->ref ? to->ref : to->path);
}
