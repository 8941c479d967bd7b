/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of engines and of their clients, as text: pure. */
#pragma once

#include "base/view.h"
#include "engine/endpoint.h"
#include "engine/engine.h"

/* GET /images/NAME/json. FAIL_FORMAT without an 'Id' that is a SHA-256 digest. */
int engine_image_read(struct view text, struct arena *a, struct engine_image *ret, struct err *e);
/* A context's meta.json: address and whether certificates count; `path` is for messages. */
int engine_context_read(struct view text, const char *path, struct arena *a,
			struct engine_host *ret, struct err *e);
