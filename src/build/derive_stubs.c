/* SPDX-License-Identifier: Apache-2.0 */
#include "build/derive.h"

int derive_packages(struct deriving *x, struct err *e)
{
	return fail(e, FAIL_UNSUPPORTED, "'%s': dynamic programs are not supported yet",
		    x->program->path);
}

int derive_host(struct deriving *x, struct err *e)
{
	return derive_packages(x, e);
}
