/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image's files are, as far as names and attributes tell, in numbers: for comparing images.
 * An audit goes by data/audit-paths.txt.
 */
#pragma once

#include "view/image_view.h"

struct image_facts {
	size_t n_files; /* all but folders */
	size_t n_folders;
	size_t n_executables; /* regular files with an x bit */
	size_t n_setuid;      /* setuid or setgid regular files */
	size_t n_shells, n_package_managers;
	uint64_t visible_bytes; /* of regular files, each inode once */
};

void image_facts(const struct image_view *v, struct image_facts *ret);
