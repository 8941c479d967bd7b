/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the recipe reader share: tables of keys, and values taken out of YAML with
 * errors that name file, line, column and key. A reader works on one file and writes into the
 * recipe that all files of an `extends` chain end up in.
 */
#pragma once

#include "fmt/yaml.h"
#include "recipe/recipe.h"

#include <stdbool.h>

enum {
	RECIPE_MAX_TEXT = 64 << 10, /* one value, inline files aside: execve(2) takes 128 KiB */
	RECIPE_MAX_ITEMS = 4096,    /* of one list or map; OCI_MAX_PAIRS is the same */
};

struct reader {
	struct recipe *recipe;
	struct arena *a;
	struct err *e;
	const char *file; /* as messages name it */
	const char *dir;  /* absolute, what its relative paths refer to */
	const char *what; /* the key being read, "contents.packages" */
};

/* Reads one key's value; `to` is what read_map() was given. */
typedef int read_value(struct reader *rd, const struct yaml_node *value, void *to);

struct key_rule {
	const char *key;
	read_value *read;
	const char *instead; /* why there's no `read`: what apko has and pare has not */
};

/* "file:line:column: " and the message. */
int fail_node(const struct reader *rd, const struct yaml_node *n, enum fail_code code,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5), cold));
/* "'what' must be …" */
int fail_value(const struct reader *rd, const struct yaml_node *n, const char *must)
	__attribute__((cold));

/* Every key of `map` through its rule; unknown ones are errors that name the nearest. */
int read_map(struct reader *rd, const struct yaml_node *map, const struct key_rule *rules,
	     size_t n_rules, void *to);
/* Every item of a list. */
int read_list(struct reader *rd, const struct yaml_node *list, read_value *read, void *to);
/* An error unless `map` has the key. */
int require_key(const struct reader *rd, const struct yaml_node *map, const char *key);

/* Values. `to` is what each writes: const char *, uint32_t, bool, struct strings … */
int read_text(struct reader *rd, const struct yaml_node *n, void *to);
int read_long_text(struct reader *rd, const struct yaml_node *n, void *to);
int read_absolute(struct reader *rd, const struct yaml_node *n, void *to);
int read_id(struct reader *rd, const struct yaml_node *n, void *to);
int read_bool(struct reader *rd, const struct yaml_node *n, void *to);
int read_mode(struct reader *rd, const struct yaml_node *n, void *to);
/* Appends to a struct strings, each text once. */
int read_strings(struct reader *rd, const struct yaml_node *n, void *to);
/* A map of texts into a struct pairs: a key that's there keeps its place and gets the value. */
int read_pairs(struct reader *rd, const struct yaml_node *n, void *to);

/* Growth inside the arena, for arrays that have no capacity of their own. */
void *append_in(struct arena *a, void *at, size_t *n, size_t item_bytes)
	__attribute__((returns_nonnull));
#define append(a, array, n)                                                        \
	__extension__({                                                            \
		__typeof__(array) *array_ = &(array);                              \
		*array_ = append_in((a), (void *)*array_, &(n), sizeof(**array_)); \
		&(*array_)[(n)-1];                                                 \
	})
void strings_add(struct arena *a, struct strings *to, const char *s);
bool strings_have(const struct strings *in, const char *s);
void pairs_set(struct arena *a, struct pairs *to, const char *key, const char *value);
/* Whether Debian could have a package of this name, with what may follow it in a recipe. */
bool is_debian_package(const char *s);
/* `path` as seen from `dir`. */
const char *join_path(struct arena *a, const char *dir, const char *path);

/* The sections, one file each. */
int read_recipe(struct reader *rd, const struct yaml_node *root);
int read_contents(struct reader *rd, const struct yaml_node *n, void *to);
int read_repositories(struct reader *rd, const struct yaml_node *n, void *to);
int read_build_repositories(struct reader *rd, const struct yaml_node *n, void *to);
int read_runtime_repositories(struct reader *rd, const struct yaml_node *n, void *to);
int read_keyring(struct reader *rd, const struct yaml_node *n, void *to);
int read_runtime_keyring(struct reader *rd, const struct yaml_node *n, void *to);
int read_accounts(struct reader *rd, const struct yaml_node *n, void *to);
int read_paths(struct reader *rd, const struct yaml_node *n, void *to);
int read_entrypoint(struct reader *rd, const struct yaml_node *n, void *to);
int read_cmd(struct reader *rd, const struct yaml_node *n, void *to);
int read_environment(struct reader *rd, const struct yaml_node *n, void *to);
int read_ports(struct reader *rd, const struct yaml_node *n, void *to);
int read_stop_signal(struct reader *rd, const struct yaml_node *n, void *to);
