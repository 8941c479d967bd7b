/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the kind of a target; see target.h. */
#include "place/target.h"

#include "place/target_private.h"

int place_target_open(const struct place *to, const struct target_options *o,
		      struct place_target **ret, struct err *e)
{
	int rc = place_check_put(to, e);

	if (rc < 0)
		return rc;
	if (to->kind == PLACE_REGISTRY)
		return registry_target_open(to, o, ret, e);
	if (to->kind == PLACE_DAEMON)
		return daemon_target_open(to, o, ret, e);
	return layout_target_open(to, o, ret, e);
}

void place_target_close(struct place_target *t)
{
	if (t)
		t->ops->close(t);
}

int place_target_has(struct place_target *t, const struct descriptor *d, bool *ret, struct err *e)
{
	return t->ops->has(t, d, ret, e);
}

int place_target_folder(const struct place_target *t)
{
	return t->ops->folder ? t->ops->folder(t) : -1;
}

int place_target_put(struct place_target *t, const struct descriptor *d,
		     const struct blob_file *from, struct monitor *m, uint32_t task, struct err *e)
{
	return t->ops->put(t, d, from, m, task, e);
}

int place_target_put_bytes(struct place_target *t, const struct descriptor *d, struct view bytes,
			   struct err *e)
{
	return t->ops->put_bytes(t, d, bytes, e);
}

int place_target_put_document(struct place_target *t, const struct descriptor *d, struct view bytes,
			      struct err *e)
{
	return t->ops->put_document(t, d, bytes, e);
}

int place_target_finish(struct place_target *t, const struct descriptor *root, struct view bytes,
			int64_t created_s, struct err *e)
{
	return t->ops->finish(t, root, bytes, created_s, e);
}

bool place_target_sent(const struct place_target *t)
{
	return t->ops->sent && t->ops->sent(t);
}
