/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as values: a caller-owned struct that says what failed, filled where the failure is
 * seen, given context on the way up, and printed once, in main. Making one cannot fail.
 */
#pragma once

/* Each code's value is the exit status that pare(1) documents for it. */
enum fail_code {
	FAIL_NONE = 0,
	FAIL_FINDING = 1,	/* what was asked for could be made, but would not be right */
	FAIL_USAGE = 2,		/* the command line asks for something that does not exist */
	FAIL_IO = 3,		/* the machine: files, disks, processes, memory maps */
	FAIL_FORMAT = 4,	/* input that is not what it claims to be */
	FAIL_LIMIT = 5,		/* input over a named limit */
	FAIL_NET = 6,		/* a server could not be reached, or broke off */
	FAIL_AUTH = 7,		/* a server wants other credentials */
	FAIL_VERIFY = 8,	/* a signature, digest or date that does not hold */
	FAIL_NOT_FOUND = 9,	/* a file, package, image or profile that is not there */
	FAIL_CONFLICT = 10,	/* wishes that exclude each other */
	FAIL_UNSUPPORTED = 11,	/* understood, but not something pare does */
	FAIL_INTERRUPTED = 130, /* stopped by SIGINT or SIGTERM */
};

struct err {
	enum fail_code code;
	int sys; /* errno behind it, or 0 */
	char msg[480];
};

/* Fill `e` and return -code. The message is lower case, names in single quotes, no full stop. */
int fail(struct err *e, enum fail_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull(1, 3), cold));

/*
 * The same for a failed system call: appends strerror(errno), keeps errno in `sys`. The code is
 * FAIL_NOT_FOUND for ENOENT, else FAIL_IO.
 */
int fail_sys(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1, 2), cold));

/* Put a further line behind the message of a filled error: what to do. Returns -e->code. */
int err_hint(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1, 2), cold));

/* Put "context: " before the message of a filled error; returns -e->code. */
int err_context(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1, 2), cold));
