/* SPDX-License-Identifier: Apache-2.0 */
/* Hands what engines say to whoever listens. */
#include "base/monitor.h"

#include <stdarg.h>
#include <stdio.h>

void monitor_say(struct monitor *m, enum monitor_level level, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!m)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->ops->say(m, level, text);
}

uint32_t monitor_begin(struct monitor *m, const char *what, uint64_t total_bytes)
{
	return m ? m->ops->begin(m, what, total_bytes) : 0;
}

void monitor_advance(struct monitor *m, uint32_t task, uint64_t bytes)
{
	if (m)
		m->ops->advance(m, task, bytes);
}

void monitor_end(struct monitor *m, uint32_t task, int failed)
{
	if (m)
		m->ops->end(m, task, failed);
}

void monitor_gather(struct monitor *m, uint32_t task)
{
	if (m && m->ops->gather)
		m->ops->gather(m, task);
}
