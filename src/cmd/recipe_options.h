/* SPDX-License-Identifier: Apache-2.0 */
/* The options of the verbs that start from a recipe: build, lock and packages. */
#pragma once

#include "cmd/verb.h"

struct recipe_options {
	const char *profile; /* instead of a RECIPE operand */
	const char *base;    /* instead of the recipe's */
	struct strings archs;
	const char *mirror, *security_mirror;
	const char *cache;
	bool offline;
	bool allow_unsigned;
};

/* Rows for a table whose struct has the recipe_options at member `m`: where packages come from. */
#define RECIPE_SOURCE_OPTIONS(type, m)                                                        \
	OPTION('a', "arch", STRINGS, type, m.archs, "ARCH",                                   \
	       "instead of the recipe's; may be repeated"),                                   \
		OPTION(0, "mirror", STRING, type, m.mirror, "URI",                            \
		       "get 'debian:' or 'alpine:' here"),                                    \
		OPTION(0, "security-mirror", STRING, type, m.security_mirror, "URI",          \
		       "get 'debian-security:' from here"),                                   \
		OPTION(0, "cache", STRING, type, m.cache, "DIR", "keep downloads here",       \
		       .complete = COMPLETE_FOLDER),                                          \
		OPTION(0, "offline", BOOL, type, m.offline, NULL, "use only what is cached"), \
		OPTION(0, "allow-unsigned", BOOL, type, m.allow_unsigned, NULL,               \
		       "take archives that nobody signed; says which")

/* These, and a profile instead of a recipe. */
#define RECIPE_OPTIONS(type, m)                                                         \
	OPTION('p', "profile", STRING, type, m.profile, "PROFILE",                      \
	       "start from a built-in profile", .complete = COMPLETE_PROFILE),          \
		OPTION(0, "base", STRING, type, m.base, "PLACE", "build on this image", \
		       .complete = COMPLETE_IMAGE),                                     \
		RECIPE_SOURCE_OPTIONS(type, m)

/* The file that a verb reads when it is given neither RECIPE nor --profile. */
#define RECIPE_DEFAULT_NAME "pare.yaml"
