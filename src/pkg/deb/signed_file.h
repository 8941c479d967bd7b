/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that a verified Release lists, as a stream of its text: fetched in the compression that
 * will be ready soonest. Download, decoding, digests and the reader's work overlap; what isn't
 * as signed is an error, however far the reader came.
 */
#pragma once

#include "pkg/deb/inrelease.h"

/* Of a text whose size the Release doesn't say. */
#define SIGNED_FILE_MAX_BYTES (UINT64_C(1) << 30)

struct deb_signed_file {
	const char *path; /* without compression suffix: "main/binary-amd64/Packages" */
	const char *name; /* for messages: "trixie main amd64" */
};

/* Takes `text`. Begins anew when it is called again, which happens when a mirror lacks a form. */
typedef int deb_text_reader(struct source *text, const char *url, void *arg, struct err *e);

/* What names the text, whichever form is fetched. FAIL_NOT_FOUND when the Release doesn't list it.
 */
int deb_signed_file_key(const struct deb_inrelease *from, const struct deb_signed_file *file,
			struct sha256 *ret, struct err *e);
/* FAIL_NOT_FOUND, too, when this is offline. */
int deb_signed_file_read(const struct deb_context *ctx, const struct deb_inrelease *from,
			 const struct deb_signed_file *file, deb_text_reader *read, void *arg,
			 struct err *e);
