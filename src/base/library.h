/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared libraries that are loaded when something needs them, and not before: to start pare takes
 * a third of the time without them. Each has a header and a file of its own, with the list of the
 * functions that are used of it:
 *
 *	#define LIBFOO_FUNCTIONS(F) F(foo_, open) F(foo_, close)
 *	LIBRARY_DECLARE(libfoo, LIBFOO_FUNCTIONS)
 *
 * declares libfoo_need(), which loads it (FAIL_UNSUPPORTED where the machine doesn't have it; any
 * thread), and the table of its functions, with the types that the library's own header gives
 * them: after libfoo_need() went well, libfoo.open() is foo_open(). With the build option
 * late_libraries=false the program is linked with the libraries, and the table is constant.
 */
#pragma once

#include "base/err.h"

#define LIBRARY_MEMBER(prefix, name) __typeof__(prefix##name) *name;
#define LIBRARY_NAME(prefix, name) #prefix #name,
#define LIBRARY_ADDRESS(prefix, name) prefix##name,

#if LATE_LIBRARIES

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { LIBRARY_MAX_SONAMES = 2 };

struct library {
	const char *name;			  /* for people */
	const char *package;			  /* Debian's, that has it */
	const char *sonames[LIBRARY_MAX_SONAMES]; /* the first that there is */
	const char *const *functions;		  /* in the order of the table */
	size_t n_functions;
	void *table;
	pthread_mutex_t lock;
	atomic_bool loaded;
};

int library_load(struct library *l, struct err *e);

#define LIBRARY_DECLARE(lib, FUNCTIONS)    \
	struct lib##_functions {           \
		FUNCTIONS(LIBRARY_MEMBER)  \
	};                                 \
	extern struct lib##_functions lib; \
	int lib##_need(struct err *e);

#define LIBRARY_DEFINE(lib, FUNCTIONS, package_, ...)                               \
	struct lib##_functions lib;                                                 \
	int lib##_need(struct err *e)                                               \
	{                                                                           \
		static const char *const functions[] = { FUNCTIONS(LIBRARY_NAME) }; \
		static struct library l = {                                         \
			.name = #lib,                                               \
			.package = package_,                                        \
			.sonames = { __VA_ARGS__ },                                 \
			.functions = functions,                                     \
			.n_functions = sizeof(functions) / sizeof(functions[0]),    \
			.table = &lib,                                              \
			.lock = PTHREAD_MUTEX_INITIALIZER,                          \
		};                                                                  \
                                                                                    \
		_Static_assert(sizeof(lib) == sizeof(functions), "a pointer each"); \
		return library_load(&l, e);                                         \
	}

/*
 * Says in the program that it opens the library (the UAPI group's ELF dlopen metadata): `sonames`
 * is the inside of a JSON array, as a string literal.
 */
#define LIBRARY_NOTE(lib, sonames, feature, what)                                  \
	LIBRARY_NOTE_TEXT(lib, "[{\"soname\":[" sonames "],\"feature\":\"" feature \
			       "\",\"description\":\"" what "\",\"priority\":\"required\"}]")

#define LIBRARY_NOTE_TEXT(lib, text)                                                     \
	__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct { \
		uint32_t owner_bytes, text_bytes, type;                                  \
		char owner[4];                                                           \
		char json[(sizeof(text) + 3) / 4 * 4];                                   \
	} lib##_note = { 4, sizeof(text), 0x407c0c0a, "FDO", text };

#else

#define LIBRARY_DECLARE(lib, FUNCTIONS)             \
	struct lib##_functions {                    \
		FUNCTIONS(LIBRARY_MEMBER)           \
	};                                          \
	extern const struct lib##_functions lib;    \
	static inline int lib##_need(struct err *e) \
	{                                           \
		(void)e;                            \
		return 0;                           \
	}
#define LIBRARY_DEFINE(lib, FUNCTIONS, package_, ...) \
	const struct lib##_functions lib = { FUNCTIONS(LIBRARY_ADDRESS) };
#define LIBRARY_NOTE(lib, sonames, feature, what)

#endif
