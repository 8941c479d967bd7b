/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe's table of keys, and the keys that only need a plain value. What apko has and pare
 * has not is in the tables too, so that the error can say so.
 */
#include "base/array.h"
#include "pkg/arch.h"
#include "recipe/reader.h"

#include <string.h>

enum {
	/* Docker's graph drivers stop at 127 layers, and images built on this one need room. */
	MAX_LAYER_BUDGET = 100,
	MAX_RECIPE_ARCHS = 16,
};

/* `extends` and `include` are followed before the file's own keys are read: see load.c. */
static int read_elsewhere(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)rd;
	(void)n;
	(void)to;
	return 0;
}

static int read_base(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char *place = NULL;
	int r = read_text(rd, n, &place);

	(void)to;
	if (r == 0 && !*place)
		return fail_value(rd, n, "an image such as docker://HOST/NAME:TAG, or 'scratch'");
	if (r == 0)
		recipe_set_base(rd->recipe, place, rd->dir);
	return r;
}

static int read_work_dir(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return read_absolute(rd, n, &rd->recipe->work_dir);
}

static int read_volume(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char *path = NULL;
	int r = read_absolute(rd, n, &path);

	(void)to;
	if (r == 0 && !strings_have(&rd->recipe->volumes, path))
		strings_add(rd->a, &rd->recipe->volumes, path);
	return r;
}

static int read_volumes(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_volume, to);
}

static int read_annotations(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return read_pairs(rd, n, &rd->recipe->annotations);
}

static int read_history(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return read_strings(rd, n, &rd->recipe->history);
}

static int read_labels(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	return read_pairs(rd, n, &rd->recipe->labels);
}

static void add_arch(struct reader *rd, const struct arch *arch)
{
	if (!strings_have(&rd->recipe->archs, arch->oci))
		strings_add(rd->a, &rd->recipe->archs, arch->oci);
}

static int read_arch(struct reader *rd, const struct yaml_node *n, void *to)
{
	const char *name = NULL;
	const struct arch *arch;
	int r = read_text(rd, n, &name);

	(void)to;
	if (r < 0)
		return r;
	if (strcmp(name, "all") == 0) {
		rd->recipe->all_archs = true; /* whose world isn't known yet: recipe_finish() */
		return 0;
	}
	if (strcmp(name, "armhf") == 0) { /* one of Debian's, and another of Alpine's */
		if (!strings_have(&rd->recipe->archs, name))
			strings_add(rd->a, &rd->recipe->archs, name);
		return 0;
	}
	arch = strcmp(name, "host") == 0 ? arch_host() : arch_by_any(name);
	if (!arch)
		return fail_value(rd, n, "an architecture such as amd64, arm64 or arm/v7");
	add_arch(rd, arch);
	return 0;
}

/* The outermost recipe that names architectures decides them: a list to choose from, not to add. */
static int read_archs(struct reader *rd, const struct yaml_node *n, void *to)
{
	rd->recipe->archs.n = 0;
	rd->recipe->archs.at = NULL;
	rd->recipe->all_archs = false;
	return read_list(rd, n, read_arch, to);
}

static int read_certificate_name(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	struct recipe_certificate *c = to;
	int r = read_text(rd, n, &c->name);

	if (r == 0 && (!*c->name || c->name[0] == '.' || strlen(c->name) > 100 ||
		       c->name[strspn(c->name, allowed)]))
		return fail_value(rd, n, "a file name of letters, digits, '.', '_' and '-'");
	return r;
}

static int read_certificate_content(struct reader *rd, const struct yaml_node *n, void *to)
{
	struct recipe_certificate *c = to;
	int r = read_text(rd, n, &c->content);

	if (r == 0 && (!strstr(c->content, "-----BEGIN CERTIFICATE-----") ||
		       !strstr(c->content, "-----END CERTIFICATE-----")))
		return fail_node(rd, n, FAIL_FORMAT, "'%s' must be a certificate in PEM form",
				 rd->what);
	if (r == 0 && strstr(c->content, "PRIVATE KEY"))
		return fail_node(rd, n, FAIL_FORMAT, "'%s' holds a private key", rd->what);
	return r;
}

static int read_certificate(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "name", read_certificate_name, NULL },
		{ "content", read_certificate_content, NULL },
	};
	struct recipe *recipe = rd->recipe;
	struct recipe_certificate c = { 0 };
	int r = read_map(rd, n, rules, COUNT_OF(rules), &c);

	(void)to;
	if (r == 0)
		r = require_key(rd, n, "name");
	if (r == 0)
		r = require_key(rd, n, "content");
	if (r < 0)
		return r;
	for (size_t i = 0; i < recipe->n_certificates; i++) {
		if (strcmp(recipe->certificates[i].name, c.name) == 0) {
			recipe->certificates[i] = c;
			return 0;
		}
	}
	*append(rd->a, recipe->certificates, recipe->n_certificates) = c;
	return 0;
}

static int read_additional(struct reader *rd, const struct yaml_node *n, void *to)
{
	return read_list(rd, n, read_certificate, to);
}

static int read_certificates(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "additional", read_additional, NULL },
		{ "providers", NULL, "write the certificates below 'additional'" },
	};

	return read_map(rd, n, rules, COUNT_OF(rules), to);
}

static int read_strategy(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	if (n->kind != YAML_SCALAR || strcmp(n->text, "origin") != 0)
		return fail_value(rd, n, "'origin', the only strategy");
	return 0;
}

static int read_budget(struct reader *rd, const struct yaml_node *n, void *to)
{
	uint64_t v;

	(void)to;
	if (n->kind != YAML_SCALAR || !view_to_u64(view_of(n->text), &v) || v < 1 ||
	    v > MAX_LAYER_BUDGET)
		return fail_value(rd, n, "a number from 1 to 100");
	rd->recipe->layer_budget = (uint32_t)v;
	return 0;
}

static int read_layering(struct reader *rd, const struct yaml_node *n, void *to)
{
	static const struct key_rule rules[] = {
		{ "strategy", read_strategy, NULL },
		{ "budget", read_budget, NULL },
	};

	return read_map(rd, n, rules, COUNT_OF(rules), to);
}

static int read_format(struct reader *rd, const struct yaml_node *n, void *to)
{
	(void)to;
	if (n->kind == YAML_SCALAR && strcmp(n->text, "tar") == 0)
		return 0;
	return fail_node(rd, n, FAIL_UNSUPPORTED,
			 "apko's 'format' is not supported but for 'tar', which all layers are");
}

/* "URL@COMMIT", which counts more than annotations of the same file: so it's read after them. */
static int read_vcs_url(struct reader *rd, const struct yaml_node *n)
{
	struct pairs *to = &rd->recipe->annotations;
	const char *text = NULL, *at;
	size_t hex;
	int r;

	rd->what = "vcs-url";
	r = read_text(rd, n, &text);
	if (r < 0)
		return r;
	at = strrchr(text, '@');
	hex = at ? strspn(at + 1, "0123456789abcdef") : 0;
	if (hex >= 7 && !at[1 + hex]) {
		pairs_set(rd->a, to, "org.opencontainers.image.revision", at + 1);
		text = arena_strndup(rd->a, text, (size_t)(at - text));
	}
	pairs_set(rd->a, to, "org.opencontainers.image.source", text);
	return 0;
}

int read_recipe(struct reader *rd, const struct yaml_node *root)
{
	static const struct key_rule rules[] = {
		{ "extends", read_elsewhere, NULL },
		{ "base", read_base, NULL },
		{ "contents", read_contents, NULL },
		{ "paths", read_paths, NULL },
		{ "accounts", read_accounts, NULL },
		{ "entrypoint", read_entrypoint, NULL },
		{ "cmd", read_cmd, NULL },
		{ "environment", read_environment, NULL },
		{ "work-dir", read_work_dir, NULL },
		{ "stop-signal", read_stop_signal, NULL },
		{ "volumes", read_volumes, NULL },
		{ "ports", read_ports, NULL },
		{ "annotations", read_annotations, NULL },
		{ "labels", read_labels, NULL },
		{ "archs", read_archs, NULL },
		{ "certificates", read_certificates, NULL },
		{ "layering", read_layering, NULL },
		{ "history", read_history, NULL },
		{ "include", read_elsewhere, NULL },
		{ "format", read_format, NULL },
		{ "vcs-url", read_elsewhere, NULL },
		{ "os-release", NULL, "write a path of type file for /etc/os-release" },
	};
	const struct yaml_node *vcs_url;
	int r;

	rd->what = "";
	if (root->kind != YAML_MAP)
		return fail_node(rd, root, FAIL_FORMAT, "a recipe must be a map of keys, not %s",
				 yaml_kind_name(root));
	r = read_map(rd, root, rules, COUNT_OF(rules), rd->recipe);
	vcs_url = yaml_get(root, "vcs-url");
	return r < 0 || !vcs_url ? r : read_vcs_url(rd, vcs_url);
}
