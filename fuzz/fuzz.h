/* SPDX-License-Identifier: Apache-2.0 */
/* The entry point that libFuzzer and replay.c call; every <name>_fuzz.c defines it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Always 0: any input is fine, only crashes and failed asserts are findings. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
