/* SPDX-License-Identifier: Apache-2.0 */
/* Reading maintainer scripts, which pare looks at and never runs. */
#pragma once

#include "base/buf.h"
#include "base/view.h"

#include <stdbool.h>

/*
 * The script's next line without blanks around it, continuation lines joined with blanks; false
 * at the end. `line` owns the text until the next call.
 */
bool script_next_line(struct view *script, struct buf *line);
