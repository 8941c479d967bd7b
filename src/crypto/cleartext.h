/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cleartext signature framework (RFC 4880 section 7) taken apart: what was signed, in the form
 * that the signature covers, and the armored signatures. Stricter than the RFC: a document is one
 * signed part and nothing else. Checking the signatures is left to crypto/openpgp.c.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

#include <stddef.h>

enum {
	CLEARTEXT_MAX_BYTES = 32 << 20,		  /* Debian's largest Release has less than 1 MB */
	CLEARTEXT_MAX_SIGNATURE_BYTES = 64 << 10, /* three RSA-4096 signatures take 3 kB */
};

struct cleartext {
	/*
	 * In the caller's arena: dash escapes undone, blanks at line ends gone, line ends as LF.
	 * The signature covers all of it but the last line end.
	 */
	struct view text;
	struct view signature; /* with its armor lines, line ends as above */
};

/* FAIL_VERIFY, with the line, for anything that is not exactly one signed part. */
int cleartext_parse(struct view document, struct arena *a, struct cleartext *ret, struct err *e);
