/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms as people name them. */
#pragma once

#include "base/arena.h"
#include "oci/descriptor.h"

#include <stdbool.h>

/* "linux/arm64", "linux/arm/v7"; in `a`. */
const char *platform_text(const struct platform *p, struct arena *a);
/* Whether `wanted` ("arm64", "arm/v7", "linux/arm64") names the platform. */
bool platform_is(const struct platform *p, const char *wanted, struct arena *a);
/* What indexes list without its being an image for anything: an attestation. */
bool platform_is_none(const struct platform *p);
