/* SPDX-License-Identifier: Apache-2.0 */
/* Logical lines of shell scripts. */
#include "build/rules/script.h"

bool script_next_line(struct view *script, struct buf *line)
{
	struct view part;
	bool any = false;

	buf_clear(line);
	while (view_split(script, '\n', &part)) {
		part = view_trim(part);
		any = true;
		if (part.len == 0 || part.ptr[part.len - 1] != '\\') {
			buf_add_view(line, part);
			return true;
		}
		buf_add(line, part.ptr, part.len - 1);
		buf_add_char(line, ' ');
	}
	return any;
}
