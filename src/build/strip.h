/* SPDX-License-Identifier: Apache-2.0 */
/* Programs without what nobody needs to run them. The backend is elfutils' libelf. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

/*
 * Writes the ELF file in `from` without debug data and symbol tables to `to`, an empty file open
 * for reading and writing; what is loaded stays the same, byte for byte. *ret is false, with
 * nothing in `to`, when there is nothing to leave out or it is no ELF file. `name` is for messages.
 */
int strip_elf(int from, int to, const char *name, bool *ret, struct err *e);
