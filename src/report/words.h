/* SPDX-License-Identifier: Apache-2.0 */
/* What several formats say in the same words. */
#pragma once

#include "report/report.h"

/* "2 errors, 1 warning, 3 notes", "nothing found"; ignored ones behind. */
void words_counts(const struct finding_counts *c, struct buf *to);
/* "1 file", "1,204 files". */
void words_number(uint64_t n, const char *one, const char *many, struct buf *to);
/* 1204 as "1,204". */
void words_digits(uint64_t n, struct buf *to);
/*
 * "layer 2 (COPY app /)", the layers counted from 1; without a layer the instruction or nothing. A
 * command of the history is written as its Dockerfile has it.
 */
void words_layer(const struct finding *f, struct buf *to);
/* "/usr/bin/app:7 and 3 more", or nothing. */
void words_place(const struct finding *f, struct buf *to);
/* The number behind the last finding of the same rule and level as finding `i`. */
size_t words_group_end(const struct findings *f, size_t i);
