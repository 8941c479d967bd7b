/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of other systems and machines: naming them, so that the error can. */
#pragma once

#include "recipe/program.h"

/* "a Windows program (PE)" by a file's first bytes; NULL when nothing is known by them. */
const char *foreign_name(struct view start);
/* FAIL_UNSUPPORTED for ELF files of other systems than Linux, and for what needs more than one. */
int foreign_elf(const struct program *p, struct view start, struct err *e);
/* Sets p->arch; FAIL_UNSUPPORTED for machines that neither Debian nor the OCI has a name for. */
int foreign_machine(struct program *p, struct err *e);
