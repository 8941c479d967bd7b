/* SPDX-License-Identifier: Apache-2.0 */
/* Fills and extends errors. What to do with one is for the caller; printing is main's. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int fail(struct err *e, enum fail_code code, const char *fmt, ...)
{
	va_list ap;

	e->code = code;
	e->sys = 0;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	return -(int)code;
}

int fail_sys(struct err *e, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;
	size_t used;

	e->code = sys == ENOENT ? FAIL_NOT_FOUND : FAIL_IO;
	e->sys = sys;
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	used = strlen(e->msg);
	snprintf(e->msg + used, sizeof(e->msg) - used, ": %s", strerror(sys));
	return -(int)e->code;
}

int err_context(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->msg)];
	va_list ap;
	size_t used;

	memcpy(old, e->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	used = strlen(e->msg);
	snprintf(e->msg + used, sizeof(e->msg) - used, ": %s", old);
	return -(int)e->code;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	size_t used = strlen(e->msg);
	va_list ap;

	snprintf(e->msg + used, sizeof(e->msg) - used, "\n");
	used = strlen(e->msg);
	va_start(ap, fmt);
	vsnprintf(e->msg + used, sizeof(e->msg) - used, fmt, ap);
	va_end(ap);
	return -(int)e->code;
}
