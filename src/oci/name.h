/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an image's name (distribution-spec, Pulling manifests): [HOST[:PORT]/]NAME[:TAG],
 * NAME of lower case words joined by '.', '_', '__' or dashes, separated by '/', TAG
 * [A-Za-z0-9_][A-Za-z0-9._-]{0,127}.
 */
#pragma once

#include "base/view.h"

#include <stdbool.h>

enum {
	IMAGE_NAME_MAX_CHARS = 255, /* with its host; what registries agree on */
	IMAGE_TAG_MAX_CHARS = 128,
};

/* A first component with a dot, a port or a capital is a host, and so is localhost. */
bool image_host_like(struct view first_component);
/* HOST or HOST:PORT; an IPv6 address is in brackets. */
bool image_host_valid(struct view v);
/* With or without a host; its length is not looked at. */
bool image_name_valid(struct view v);
bool image_tag_valid(struct view v);
