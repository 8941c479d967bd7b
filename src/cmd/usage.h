/* SPDX-License-Identifier: Apache-2.0 */
/* `pare --help` and `pare VERB --help`, written from the verbs' tables. */
#pragma once

#include "base/buf.h"
#include "cmd/verb.h"

void usage_program(struct buf *to);
void usage_verb(const struct verb *v, struct buf *to);
