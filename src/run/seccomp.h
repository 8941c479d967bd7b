/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls a container is refused; a member of config.json's `linux`. */
#pragma once

#include "fmt/json.h"

/*
 * Writes the member `seccomp`, or nothing for a machine that it has no names for. `namespaces`: new
 * ones may be made, which run/init.c does for an ordinary user.
 */
void seccomp_write(struct json_writer *w, bool namespaces);
