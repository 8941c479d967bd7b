/* SPDX-License-Identifier: Apache-2.0 */
#include "build/derive.h"

int derive_host(struct deriving *x, struct err *e)
{
	return fail(e, FAIL_UNSUPPORTED, "'%s': --libs=host is not supported yet",
		    x->program->path);
}
