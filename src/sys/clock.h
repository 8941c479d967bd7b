/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clocks. clock_now_s() is the only reading of the date in the program: what must not depend
 * on it (every byte of an image) never includes this header.
 */
#pragma once

#include <stdint.h>

/* Seconds since 1970-01-01 UTC. */
int64_t clock_now_s(void);
/* For measuring spans; unrelated to the date. */
uint64_t clock_monotonic_ms(void);
