/* SPDX-License-Identifier: Apache-2.0 */
/* What a file's attributes let people do: setuid, capabilities, permissions, devices, owners. */
#include "audit/private.h"

#include "base/buf.h"

#include <string.h>

enum { S_ISUID_BIT = 04000, S_ISGID_BIT = 02000, S_STICKY_BIT = 01000 };

/* ---- who gets whose power ---- */

/* As its package has it: content, and for set-id bits a name that is known for them. */
static bool is_package_s(struct auditing *x, const struct node *n, const char *path)
{
	return view_package_of(x->view, n) &&
	       integrity_check(&x->integrity, path, &n->inode->content.digest) != FILE_CHANGED;
}

static bool is_known_setuid(const struct auditing *x, const struct node *n)
{
	const struct path_rule *row;
	size_t at = 0;

	while ((row = path_rules_next(x->path_rules, PATH_PROGRAM, n->name, &at)))
		if (row->rule == RULE_SETUID_PACKAGED)
			return true;
	return false;
}

static const char *setuid_words(const struct inode *i)
{
	if ((i->mode & S_ISUID_BIT) && (i->mode & S_ISGID_BIT))
		return "setuid and setgid";
	return i->mode & S_ISUID_BIT ? "setuid" : "setgid";
}

static void check_setuid(struct auditing *x, const struct node *n, const char *path)
{
	const struct inode *i = n->inode;
	bool packaged = is_package_s(x, n, path), known = is_known_setuid(x, n);
	struct finding *f;

	/* setgid without x for the group was mandatory locking once, and does nothing */
	if (i->type != NODE_FILE || !(i->mode & S_ISUID_BIT || (i->mode & 02010) == 02010))
		return;
	f = find_node(x, packaged && known ? RULE_SETUID_PACKAGED : RULE_SETUID_FOREIGN, n);
	if (!f)
		return;
	f->message = arena_printf(x->a, "it is %s: mode %04o, owner %u:%u", setuid_words(i),
				  i->mode, i->uid, i->gid);
	if (packaged && !known)
		f->detail = "its package is not known for setting the bit";
	else if (!packaged && f->package)
		f->detail = "its bytes are not those of its package";
}

static const char *const capability_names[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

static uint32_t le32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* struct vfs_cap_data, linux/capability.h: permitted and inheritable sets, 32 bits at a time. */
static const char *capability_text(struct auditing *x, struct view v)
{
	auto_buf text = BUF_EMPTY;
	uint64_t permitted = 0;

	if (v.len < 12)
		return "security.capability is too short to be one";
	permitted = le32(v.ptr + 4);
	if (v.len >= 20)
		permitted |= (uint64_t)le32(v.ptr + 12) << 32;
	for (size_t i = 0; i < sizeof(capability_names) / sizeof(capability_names[0]); i++)
		if (permitted >> i & 1)
			buf_printf(&text, "%scap_%s", text.len ? ", " : "", capability_names[i]);
	return arena_printf(x->a, "it has the capabilities %s",
			    text.len ? buf_str(&text) : "that it inherits only");
}

static void check_capabilities(struct auditing *x, const struct node *n, const char *path)
{
	for (size_t i = 0; i < n->inode->n_xattrs; i++) {
		const struct xattr *a = &n->inode->xattrs[i];
		struct finding *f;

		if (strcmp(a->name, "security.capability") != 0)
			continue;
		f = find_node(x,
			      is_package_s(x, n, path) ? RULE_CAPABILITY_PACKAGED
						       : RULE_CAPABILITY_FOREIGN,
			      n);
		if (f)
			f->message = capability_text(x, a->value);
	}
}

/* ---- who may write ---- */

static void check_writable(struct auditing *x, const struct node *n)
{
	const struct inode *i = n->inode;
	struct heap_item item = { .rule = RULE_WRITABLE_FILE,
				  .key = "files that everybody may write to" };

	if (!(i->mode & 0002) || (i->type == NODE_DIR && i->mode & S_STICKY_BIT))
		return;
	if (i->type == NODE_DIR) {
		item.rule = RULE_WRITABLE_FOLDER;
		item.key = "folders without the sticky bit that everybody may write to";
	} else if (i->type != NODE_FILE) {
		return;
	}
	item.detail = arena_printf(x->a, "%04o %s", i->mode, path_of(x, n));
	heap_add(x, &item, n);
}

static void check_device(struct auditing *x, const struct node *n)
{
	const struct inode *i = n->inode;
	struct heap_item item = { .rule = RULE_DEVICE, .key = "device files" };

	if (i->type != NODE_CHAR && i->type != NODE_BLOCK)
		return;
	item.detail = arena_printf(x->a, "%s %s %u:%u", path_of(x, n),
				   i->type == NODE_CHAR ? "character" : "block", i->dev_major,
				   i->dev_minor);
	heap_add(x, &item, n);
}

/* ---- whose it is ---- */

static void check_owner(struct auditing *x, const struct node *n)
{
	const struct inode *i = n->inode;
	bool uid_known = i->uid == 0 || (x->knows_user && i->uid == x->uid) ||
			 account_by_id(&x->accounts.passwd, i->uid);
	bool gid_known = i->gid == 0 || (x->knows_user && i->gid == x->gid) ||
			 account_by_id(&x->accounts.group, i->gid) ||
			 (x->knows_user && i->gid == x->uid && i->uid == x->uid);
	struct heap_item item = { .rule = RULE_FILES_OWNERLESS };

	if (uid_known && gid_known)
		return;
	item.key = uid_known
			   ? arena_printf(x->a, "files of the group %u, which has no name", i->gid)
			   : arena_printf(x->a, "files of the user %u, who has no name", i->uid);
	heap_add(x, &item, n);
}

void node_access(struct auditing *x, const struct node *n, const char *path)
{
	check_setuid(x, n, path);
	check_capabilities(x, n, path);
	check_writable(x, n);
	check_device(x, n);
	check_owner(x, n);
}
