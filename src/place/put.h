/* SPDX-License-Identifier: Apache-2.0 */
/* Writers of the several kinds of places; place_put() chooses one. */
#pragma once

#include "place/place.h"

int put_oci_layout(const struct place *to, struct store *from, const struct descriptor *root,
		   struct err *e);
int put_oci_archive(const struct place *to, struct store *from, const struct descriptor *root,
		    int64_t created_s, struct err *e);
int put_docker_archive(const struct place *to, struct store *from, const struct descriptor *root,
		       int64_t created_s, struct err *e);
