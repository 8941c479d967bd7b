/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An OCI image layout on disk (image-layout.md): its folders, its blobs' names, and its index.json,
 * which is changed under a lock and replaced as a whole. Entries that other tools made stay as
 * they are, with all that pare knows nothing about. The store and oci:DIR are both made of this.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/monitor.h"
#include "oci/image.h"

#include <stdbool.h>
#include <sys/types.h>

#define LAYOUT_TEXT "{\"imageLayoutVersion\":\"1.0.0\"}" /* of the file oci-layout */

struct layout {
	int dir_fd;
	int blobs_fd; /* blobs/sha256 */
	char *path;
};

#define LAYOUT_NONE          \
	{                    \
		-1, -1, NULL \
	}

/* With create_mode, missing folders and files are made; without (0), they are FAIL_NOT_FOUND. */
int layout_open(const char *path, mode_t create_mode, struct layout *ret, struct err *e);
void layout_done(struct layout *l);

#define auto_layout __attribute__((cleanup(layout_done))) struct layout

/* Is there a blob of that size? Its bytes are not looked at. */
bool layout_has_blob(const struct layout *l, const struct sha256 *digest, uint64_t size);
/* The same, and its content is read and has the digest. */
bool layout_blob_is_right(const struct layout *l, const struct sha256 *digest, uint64_t size);
/* The same, and `task` of the monitor advances by what is read; false also when interrupted. */
bool layout_blob_check(const struct layout *l, const struct sha256 *digest, uint64_t size,
		       struct monitor *m, uint32_t task);

int layout_read_index(const struct layout *l, struct arena *a, struct image_index *ret,
		      struct err *e);
/* The name that an entry of index.json has, or NULL. */
const char *descriptor_ref(const struct descriptor *d);
/* The same descriptor under another name (NULL: none); its annotations lie in `a`. */
struct descriptor descriptor_with_ref(const struct descriptor *d, const char *ref, struct arena *a);

/*
 * Adds `d` under the name `ref`, in place of what had that name. With ref NULL it takes the place
 * of the entries without a name.
 */
int layout_set_ref(const struct layout *l, const char *ref, const struct descriptor *d,
		   struct err *e);
/* FAIL_NOT_FOUND when nothing has that name. Blobs stay. */
int layout_drop_ref(const struct layout *l, const char *ref, struct err *e);
