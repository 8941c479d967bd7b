/* SPDX-License-Identifier: Apache-2.0 */
/* See choose.h. */
#include "place/choose.h"

#include "base/buf.h"
#include "oci/artifact.h"
#include "oci/platform.h"
#include "place/manifests.h"
#include "place/walk.h"
#include "sys/machine.h"

struct choosing {
	struct place_source *source;
	struct arena *arena;
	const char *wanted;
	struct descriptor found, only;
	size_t n_found, n_listed;
	struct buf list;
};

/* An index need not say what it lists: then the config does. */
static int platform_of(const struct choosing *c, const struct descriptor *d, struct platform *ret,
		       struct err *e)
{
	struct image_config config;
	struct manifest m;
	struct view json;
	int rc;

	*ret = (struct platform){ .os = "unknown", .architecture = "unknown" };
	if (d->platform) {
		*ret = *d->platform;
		return 0;
	}
	rc = place_source_read(c->source, d, c->arena, &json, e);
	if (rc == 0)
		rc = manifest_read(json, "manifest", c->arena, &m, e);
	if (rc == 0 && manifest_is_artifact(&m))
		return 0;
	if (rc == 0)
		rc = place_source_read(c->source, &m.config, c->arena, &json, e);
	if (rc == 0)
		rc = image_config_read(json, "config", c->arena, &config, e);
	if (rc == 0)
		*ret = config.platform;
	return rc;
}

static int consider(struct choosing *c, const struct descriptor *d, struct err *e)
{
	struct platform p;
	int rc;

	if (descriptor_is_artifact(d))
		return 0;
	rc = platform_of(c, d, &p, e);
	if (rc < 0 || platform_is_none(&p))
		return rc;
	buf_printf(&c->list, "%s%s", c->n_listed++ ? ", " : "", platform_text(&p, c->arena));
	c->only = *d;
	if (platform_is(&p, c->wanted, c->arena) && c->n_found++ == 0)
		c->found = *d;
	return 0;
}

static int consider_all(struct choosing *c, const struct descriptor *root, struct err *e)
{
	struct descriptor *manifests;
	size_t n;
	int rc = place_manifests(c->source, root, c->arena, &manifests, &n, e);

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = consider(c, &manifests[i], e);
	return rc;
}

static int fail_platform(const struct choosing *c, const struct platform_choice *o, struct err *e)
{
	bool ask = !o->wanted && o->hint && c->n_listed;

	return fail(e, FAIL_NOT_FOUND, "no platform '%s'%s%.200s%s: it has %s%s%s", c->wanted,
		    o->name ? " in '" : "", o->name ? o->name : "", o->name ? "'" : "",
		    c->n_listed ? buf_str(&c->list) : "none", ask ? "\n" : "", ask ? o->hint : "");
}

int place_choose(struct place_source *s, const struct descriptor *root,
		 const struct platform_choice *o, struct arena *a, struct descriptor *ret,
		 struct err *e)
{
	struct choosing c = { .source = s,
			      .arena = a,
			      .wanted = o->wanted ? o->wanted : machine_architecture(),
			      .list = BUF_EMPTY };
	bool any = !o->wanted && !is_index_type(root->media_type);
	int rc = any ? 0 : consider_all(&c, root, e);

	if (any) /* there is no choice, and so nothing to read */
		c.only = *root;
	else if (rc == 0 && c.n_found == 0 && (c.n_listed != 1 || o->wanted))
		rc = fail_platform(&c, o, e);
	if (rc == 0) {
		*ret = c.n_found ? c.found : c.only;
		ret->platform = NULL;
		ret->annotations = NULL;
		ret->n_annotations = 0;
	}
	buf_done(&c.list);
	return rc;
}
