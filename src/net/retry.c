/* SPDX-License-Identifier: Apache-2.0 */
/* Sorts failures into those that may pass and those that won't; see retry.h. */
#include "net/retry.h"

#include "net/header.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reason_set(struct reason *r, enum fail_code code, bool again, enum reason_hint hint,
		const char *fmt, ...)
{
	va_list ap;

	r->code = code;
	r->again = again;
	r->hint = hint;
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof(r->text), fmt, ap);
	va_end(ap);
	make_printable(r->text);
}

/* The C library's words, as part of a sentence. */
static void connect_failed(int sys, const char *detail, struct reason *ret)
{
	reason_set(ret, FAIL_NET, true, HINT_SERVER, "%s", sys ? strerror(sys) : detail);
	ret->text[0] = (char)tolower((unsigned char)ret->text[0]);
}

void reason_of_curl(CURLcode rc, int sys, const char *detail, struct reason *ret)
{
	if (!detail || !*detail)
		detail = libcurl.easy_strerror(rc);
	switch (rc) {
	case CURLE_COULDNT_CONNECT:
		connect_failed(sys, detail, ret);
		return;
	case CURLE_COULDNT_RESOLVE_HOST:
		reason_set(ret, FAIL_NET, true, HINT_NAME, "the host's name can't be resolved");
		return;
	case CURLE_COULDNT_RESOLVE_PROXY:
		reason_set(ret, FAIL_NET, true, HINT_PROXY, "the proxy's name can't be resolved");
		return;
	case CURLE_OPERATION_TIMEDOUT:
		reason_set(ret, FAIL_NET, true, HINT_SERVER, "no answer in time");
		return;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		reason_set(ret, FAIL_NET, true, HINT_SERVER, "the connection was cut");
		return;
	case CURLE_BAD_DOWNLOAD_RESUME: /* a local file that is shorter than what we have */
		reason_set(ret, FAIL_NET, true, HINT_NONE, "it is shorter than before");
		return;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		reason_set(ret, FAIL_NET, true, HINT_SERVER, "%s", detail);
		return;
	case CURLE_PEER_FAILED_VERIFICATION:
		reason_set(ret, FAIL_VERIFY, false, HINT_TRUST,
			   "the server's certificate does not hold (%s)", detail);
		return;
	case CURLE_SSL_CACERT_BADFILE:
		reason_set(ret, FAIL_VERIFY, false, HINT_TRUST, "no CA certificates (%s)", detail);
		return;
	case CURLE_TOO_MANY_REDIRECTS:
		reason_set(ret, FAIL_NET, false, HINT_NONE, "too many redirects");
		return;
	case CURLE_UNSUPPORTED_PROTOCOL:
		reason_set(ret, FAIL_UNSUPPORTED, false, HINT_NONE,
			   "only http and https can be used, and no redirect away from https");
		return;
	case CURLE_URL_MALFORMAT:
		reason_set(ret, FAIL_FORMAT, false, HINT_NONE, "not a URL");
		return;
	case CURLE_FILE_COULDNT_READ_FILE:
		reason_set(ret, FAIL_NOT_FOUND, false, HINT_NONE, "no such file");
		return;
	default:
		reason_set(ret, FAIL_NET, false, HINT_NONE, "%s", detail);
		return;
	}
}

bool status_may_pass(long status)
{
	return status == 408 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

void reason_of_tunnel(long status, struct reason *ret)
{
	if (status == 407)
		reason_set(ret, FAIL_AUTH, false, HINT_PROXY,
			   "the proxy wants the right credentials (status 407)");
	else
		reason_set(ret, FAIL_NET, status_may_pass(status), HINT_PROXY,
			   "the proxy makes no connection (status %ld)", status);
}

void reason_of_status(long status, struct reason *ret)
{
	if (status == 404 || status == 410)
		reason_set(ret, FAIL_NOT_FOUND, false, HINT_NONE, "not there (status %ld)", status);
	else if (status == 401 || status == 403)
		reason_set(ret, FAIL_AUTH, false, HINT_NONE, "the server refuses it (status %ld)",
			   status);
	else if (status == 407)
		reason_of_tunnel(status, ret);
	else if (status_may_pass(status))
		reason_set(ret, FAIL_NET, true, HINT_SERVER, "the server has trouble (status %ld)",
			   status);
	else
		reason_set(ret, FAIL_NET, false, HINT_NONE, "unexpected status %ld", status);
}

uint32_t retry_delay_ms(uint32_t base_ms, unsigned failed, uint32_t random)
{
	uint64_t full = base_ms;

	for (unsigned i = 1; i < failed && full < RETRY_MAX_DELAY_MS; i++)
		full *= 2;
	if (full > RETRY_MAX_DELAY_MS)
		full = RETRY_MAX_DELAY_MS;
	return (uint32_t)(full / 2 + random % (full / 2 + 1));
}
