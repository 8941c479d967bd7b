/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image's files are, as far as names and attributes tell: for comparing images, and for
 * whoever judges them. One list of names for shells and package managers, so that all agree.
 */
#pragma once

#include "view/image_view.h"

/* By the file's name in any folder of programs; whether it is executable is not looked at. */
bool fact_is_shell(const char *path);
bool fact_is_package_manager(const char *path);

struct image_facts {
	size_t n_files; /* all but folders */
	size_t n_folders;
	size_t n_executables; /* regular files with an x bit */
	size_t n_setuid;      /* setuid or setgid regular files */
	size_t n_shells, n_package_managers;
	uint64_t visible_bytes; /* of regular files, each inode once */
};

void image_facts(const struct image_view *v, struct image_facts *ret);
