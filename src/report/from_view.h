/* SPDX-License-Identifier: Apache-2.0 */
/* An image that was opened, as what reports say of it. */
#pragma once

#include "report/report.h"
#include "view/image_view.h"

/*
 * Adds the image: its layers, packages, and the bytes of each layer, package and folder. The view
 * and the findings (sorted; or NULL) must live as long as the report.
 */
int report_add_view(struct report *r, const struct image_view *v, const struct findings *f,
		    struct report_image **ret, struct err *e);
