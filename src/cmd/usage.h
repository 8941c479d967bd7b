/* SPDX-License-Identifier: Apache-2.0 */
/* `pare --help` and `pare VERB --help`, written from the verbs' tables. */
#pragma once

#include "base/buf.h"
#include "cmd/verb.h"

void usage_program(struct buf *to);
void usage_verb(const struct verb *v, struct buf *to);
/* "-t, --tag=NAME", the way help and manual show an option. */
void usage_option_name(const struct option *o, struct buf *to);
/* "build [OPTIONS] RECIPE [-- ARG...]" */
void usage_synopsis(const struct verb *v, struct buf *to);
