/* SPDX-License-Identifier: Apache-2.0 */
/*
 * YAML 1.2 as a tree of nodes that know their line and column. What hostile or careless documents
 * do with YAML is refused: duplicate keys, tags, several documents, keys that aren't scalars.
 * Aliases share the node they name, and count as if they were written out. The parser behind it
 * is libfyaml.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	YAML_MAX_BYTES = 1 << 20, /* people write these; inline files and keys make the big ones */
	YAML_MAX_DEPTH = 32,	  /* a recipe needs five */
	YAML_MAX_NODES = 100000,  /* with every alias written out */
};

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAP };

struct yaml_entry;

struct yaml_node {
	enum yaml_kind kind;
	bool plain; /* a scalar without quotes: what looks like a number, null or true is one */
	uint32_t line, column; /* from 1; of an alias, those of the node that it names */
	uint32_t weight;       /* this node and all below it, aliases written out */
	const char *text;      /* of a scalar: UTF-8, no NUL inside */
	size_t n;	       /* items or entries */
	const struct yaml_node **items;
	const struct yaml_entry *entries; /* in the document's order */
};

struct yaml_entry {
	const struct yaml_node *key; /* a scalar */
	const struct yaml_node *value;
};

/*
 * One document, in `a`; *ret_root is NULL for an empty one. Errors are FAIL_FORMAT or FAIL_LIMIT,
 * "name:line:column: …".
 */
int yaml_parse(struct view text, const char *name, struct arena *a,
	       const struct yaml_node **ret_root, struct err *e);

/* A map's value, or NULL (also for what is no map). */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* An unquoted scalar that YAML calls null: nothing at all, ~ or null. */
bool yaml_is_null(const struct yaml_node *n);
/* "a list", "a map", "nothing" or "text", for messages. */
const char *yaml_kind_name(const struct yaml_node *n);
