/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the image's program needs beside its libraries and doesn't find. What it needs is told by
 * the same evidence as in building (recipe/evidence.h): imports, linked libraries, compiled-in
 * paths, a script's text.
 */
#include "audit/private.h"

#include "io/stream.h"
#include "recipe/evidence.h"

#include <string.h>

enum { READ_BYTES = 64 << 10 };

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- what it needs ---- */

static int scan_file(const struct scan *s, const struct inode *i, uint64_t *ret, struct err *e)
{
	char bytes[SCAN_MAX_TEXT_BYTES + READ_BYTES];
	struct source *from;
	size_t kept = 0, n;
	int rc = inode_open(i, &from, e);

	*ret = 0;
	if (rc < 0)
		return rc;
	while ((rc = source_read(from, bytes + kept, READ_BYTES, &n, e)) == 0 && n > 0) {
		n += kept;
		*ret |= scan_bytes(s, view_make(bytes, n));
		kept = n < SCAN_MAX_TEXT_BYTES ? n : SCAN_MAX_TEXT_BYTES;
		memmove(bytes, bytes + n - kept, kept);
	}
	source_close(from);
	return rc;
}

/* The texts of the program's own file: a script's, or what is compiled in. */
static int find_texts(const struct auditing *x, const struct evidence_rules *rules, bool script,
		      uint64_t *ret, struct err *e)
{
	uint8_t numbers[SCAN_MAX_TEXTS];
	uint64_t found;
	struct scan s;
	int rc;

	*ret = 0;
	evidence_scan_init(&s, rules, script, numbers);
	rc = scan_file(&s, x->start.objects[0]->node->inode, &found, e);
	for (size_t i = 0; rc == 0 && i < s.n; i++)
		if (found >> i & 1)
			*ret |= UINT64_C(1) << numbers[i];
	return rc;
}

static int find_objects(struct auditing *x, struct evidence_object **ret, size_t *ret_n,
			struct err *e)
{
	*ret = arena_array(x->a, x->start.n_objects + 1, sizeof(**ret));
	*ret_n = 0;
	for (size_t i = 0; i < x->start.n_objects; i++) {
		const struct link_object *o = x->start.objects[i];
		const struct elf_symbols *symbols = NULL;

		if (o->elf && link_symbols(x->link, o->node, &symbols, e) < 0)
			return -(int)e->code;
		if (symbols)
			(*ret)[(*ret_n)++] = (struct evidence_object){
				.name = base_name(o->path),
				.elf = o->elf,
				.symbols = symbols,
				.own = o->role == LINK_PROGRAM,
			};
	}
	return 0;
}

/* ---- what it finds ---- */

static bool is_there(const struct auditing *x, const char *path)
{
	const struct node *n = tree_find(x->tree, path, true);

	if (!n)
		return false;
	return n->inode->type == NODE_DIR ? n->children.n > 0 : n->inode->content.size > 0;
}

static bool has_any(const struct auditing *x, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_there(x, paths[i]))
			return true;
	return false;
}

static bool has_certificates(const struct auditing *x)
{
	/* where OpenSSL, GnuTLS, Go and Rust's native-certs look, each in some distribution */
	static const char *const paths[] = {
		"/etc/ssl/certs",	 "/etc/ssl/cert.pem",	    "/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/certs",	 "/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted",
		"/usr/lib/ssl/cert.pem",
	};
	const char *file = config_env(x, "SSL_CERT_FILE"), *dir = config_env(x, "SSL_CERT_DIR");

	return (file && is_there(x, file)) || (dir && is_there(x, dir)) ||
	       has_any(x, paths, sizeof(paths) / sizeof(paths[0]));
}

static bool has_zones(const struct auditing *x)
{
	static const char *const paths[] = { "/usr/share/zoneinfo", "/usr/lib/zoneinfo",
					     "/etc/zoneinfo" };
	const char *zones = config_env(x, "ZONEINFO");

	return (zones && is_there(x, zones)) || has_any(x, paths, sizeof(paths) / sizeof(paths[0]));
}

static void say(struct auditing *x, enum audit_rule_number rule, const char *what,
		const char *reason)
{
	struct finding *f = find_node(x, rule, x->start.objects[0]->node);

	if (!f)
		return;
	f->message = what;
	f->detail = reason;
}

static void check_need(struct auditing *x, enum extra need, const char *reason)
{
	static const char nsswitch[] = "/etc/nsswitch.conf";
	const char *const names[] = { nsswitch };

	if (need == EXTRA_CERTIFICATES && !has_certificates(x))
		say(x, RULE_MISSING_CERTIFICATES, "there are no CA certificates for the program",
		    reason);
	if (need == EXTRA_TZDATA && !has_zones(x))
		say(x, RULE_MISSING_ZONES, "there is no zone data for the program", reason);
	if (need == EXTRA_NSS && !has_any(x, names, 1))
		say(x, RULE_MISSING_NSSWITCH, "there is no /etc/nsswitch.conf for the program",
		    reason);
}

static int check_needs(struct auditing *x, struct err *e)
{
	bool script = x->start.objects[0]->role == LINK_SCRIPT;
	struct evidence_object *objects = NULL;
	struct evidence_rules rules;
	struct evidence_found *found;
	uint64_t texts = 0;
	size_t n = 0;
	int rc = evidence_rules_builtin(x->a, &rules, e);

	if (rc == 0)
		rc = find_texts(x, &rules, script, &texts, e);
	if (rc == 0)
		rc = find_objects(x, &objects, &n, e);
	if (rc < 0)
		return rc;
	n = evidence_find(&rules, texts, script, script ? NULL : objects, script ? 0 : n, x->a,
			  &found);
	for (size_t i = 0; i < n; i++)
		check_need(x, found[i].rule->extra, found[i].reason);
	return 0;
}

/* ---- what any program may ask for ---- */

static void check_accounts(struct auditing *x)
{
	const char *missing = !x->accounts.passwd.node && !x->accounts.group.node
				      ? "there is neither /etc/passwd nor /etc/group"
			      : !x->accounts.passwd.node ? "there is no /etc/passwd"
			      : !x->accounts.group.node	 ? "there is no /etc/group"
							 : NULL;
	struct finding *f = missing ? find_image(x, RULE_MISSING_ACCOUNTS) : NULL;

	if (f)
		f->message = missing;
}

static void check_tmp(struct auditing *x)
{
	const struct node *n = tree_find(x->tree, "/tmp", true);
	struct finding *f;

	if (n && n->inode->type == NODE_DIR && (n->inode->mode & 01777) == 01777)
		return;
	f = n ? find_node(x, RULE_MISSING_TMP, n)
	      : find_layer(x, RULE_MISSING_TMP, FINDING_NO_LAYER, "/tmp");
	if (!f)
		return;
	f->message = !n ? "there is no /tmp"
		     : n->inode->type != NODE_DIR
			     ? "/tmp is no folder"
			     : arena_printf(x->a, "/tmp has mode %04o, not 1777", n->inode->mode);
}

static const char *home_of_user(const struct auditing *x)
{
	const struct account_line *l = account_by_id(&x->accounts.passwd, x->uid);
	const char *home = config_env(x, "HOME");

	if (home)
		return home;
	return l && l->home.len ? arena_view(x->a, l->home) : NULL;
}

static void check_home(struct auditing *x)
{
	const char *home = home_of_user(x);
	const struct node *n = home ? tree_find(x->tree, home, true) : NULL;
	struct finding *f;

	if (!x->knows_user || !home || home[0] != '/' || strcmp(home, "/") == 0 ||
	    strcmp(home, "/nonexistent") == 0 || strcmp(home, "/dev/null") == 0)
		return;
	if (n && n->inode->type == NODE_DIR &&
	    (x->uid == 0 || n->inode->mode & 0002 ||
	     (n->inode->uid == x->uid && n->inode->mode & 0200) ||
	     (n->inode->gid == x->gid && n->inode->mode & 0020)))
		return;
	f = n ? find_node(x, RULE_MISSING_HOME, n)
	      : find_layer(x, RULE_MISSING_HOME, FINDING_NO_LAYER, home);
	if (f)
		f->message =
			arena_printf(x->a,
				     !n ? "the home folder '%s' of user %u is not there"
					: "the home folder '%s' can't be written to by user %u",
				     home, x->uid);
}

int rules_missing(struct auditing *x, struct err *e)
{
	if (x->n_programs == 0 || x->view->is_rootfs)
		return 0;
	check_accounts(x);
	check_tmp(x);
	check_home(x);
	return x->start.n_objects ? check_needs(x, e) : 0;
}
