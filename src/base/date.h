/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as text, always UTC, years 1970 to 9999; no locale and no time zone data are involved. */
#pragma once

#include "base/view.h"

#include <stdbool.h>
#include <stdint.h>

enum { DATE_TEXT_BYTES = sizeof("9999-12-31T23:59:59Z") };

/* The last second that the functions below can write: 9999-12-31T23:59:59Z. */
#define DATE_MAX_S INT64_C(253402300799)

/*
 * "Sat, 21 Nov 2026 09:15:44 UTC", as Release files have it (RFC 5322 3.3): the day's name may be
 * missing and is not compared with the date; the zone is UTC, GMT, UT, Z or +hhmm.
 */
bool date_parse_rfc2822(struct view text, int64_t *ret_s);
/* "2026-11-21T09:15:44Z" (RFC 3339 5.6): fractions of a second are dropped, offsets applied. */
bool date_parse_rfc3339(struct view text, int64_t *ret_s);
/* "2026-11-21T09:15:44Z"; what is outside the years above becomes the nearest second inside. */
void date_format_rfc3339(int64_t s, char ret[DATE_TEXT_BYTES]);
