/* SPDX-License-Identifier: Apache-2.0 */
/* Writing config.json; see spec.h. */
#include "run/spec.h"

#include "base/array.h"
#include "fmt/json.h"
#include "run/seccomp.h"

#include <string.h>

static const char *const capabilities[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN",	  "CAP_DAC_OVERRIDE",	  "CAP_FOWNER",	    "CAP_FSETID",
	"CAP_KILL",	   "CAP_MKNOD",	  "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",    "CAP_SETFCAP",
	"CAP_SETGID",	   "CAP_SETPCAP", "CAP_SETUID",		  "CAP_SYS_CHROOT",
};

static const char *const masked[] = {
	"/proc/acpi",
	"/proc/asound",
	"/proc/interrupts",
	"/proc/kcore",
	"/proc/keys",
	"/proc/latency_stats",
	"/proc/sched_debug",
	"/proc/scsi",
	"/proc/timer_list",
	"/proc/timer_stats",
	"/sys/devices/virtual/powercap",
	"/sys/firmware",
};

static const char *const read_only[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					 "/proc/sysrq-trigger" };

/* The words of a text, separated by commas. */
static void add_words(struct json_writer *w, const char *key, const char *text)
{
	struct view left = view_of(text), word;

	json_key(w, key);
	json_open_array(w);
	while (view_split(&left, ',', &word))
		json_put_view(w, word);
	json_close_array(w);
}

/* run/init.c has to make the one id that there is the one that the image wants. */
static bool becomes_another(const struct plan *p, const struct spec_options *o)
{
	return o->rootless && (p->account.uid || p->account.gid);
}

static void add_args(struct json_writer *w, const struct plan *p, const struct spec_options *o,
		     struct arena *a)
{
	bool becomes = becomes_another(p, o);

	json_key(w, "args");
	json_open_array(w);
	if (o->init) {
		json_put_string(w, SPEC_INIT_PATH);
		json_put_string(w, becomes ? arena_printf(a, "%u", p->account.uid) : "-");
		json_put_string(w, becomes ? arena_printf(a, "%u", p->account.gid) : "-");
		json_put_string(w, p->program);
		json_put_string(w, p->args.at[0]);
	} else {
		json_put_string(w, p->program);
	}
	for (size_t i = 1; i < p->args.n; i++)
		json_put_string(w, p->args.at[i]);
	json_close_array(w);
}

/* Only one id is mapped for an ordinary user, 0; run/init.c makes it the one that is wanted. */
static void add_user(struct json_writer *w, const struct plan *p, const struct spec_options *o)
{
	json_key(w, "user");
	json_open_object(w);
	json_member_u64(w, "uid", o->rootless ? 0 : p->account.uid);
	json_member_u64(w, "gid", o->rootless ? 0 : p->account.gid);
	if (!o->rootless && p->account.n_groups) {
		json_key(w, "additionalGids");
		json_open_array(w);
		for (size_t i = 0; i < p->account.n_groups; i++)
			json_put_u64(w, p->account.groups[i]);
		json_close_array(w);
	}
	json_close_object(w);
}

static void add_capabilities(struct json_writer *w, bool effective)
{
	json_key(w, "capabilities");
	json_open_object(w);
	json_member_strings(w, "bounding", capabilities, COUNT_OF(capabilities));
	if (effective) {
		json_member_strings(w, "effective", capabilities, COUNT_OF(capabilities));
		json_member_strings(w, "permitted", capabilities, COUNT_OF(capabilities));
	}
	json_close_object(w);
}

static void add_process(struct json_writer *w, const struct plan *p, const struct spec_options *o,
			struct arena *a)
{
	json_key(w, "process");
	json_open_object(w);
	json_member_bool(w, "terminal", o->tty);
	add_user(w, p, o);
	add_args(w, p, o, a);
	json_member_strings(w, "env", p->env.at, p->env.n);
	json_member_string(w, "cwd", p->work_dir);
	add_capabilities(w, o->rootless || p->account.uid == 0);
	json_member_bool(w, "noNewPrivileges", true);
	json_close_object(w);
}

static void add_mount(struct json_writer *w, const char *to, const char *type, const char *source,
		      const char *options)
{
	json_open_object(w);
	json_member_string(w, "destination", to);
	json_member_string(w, "type", type);
	json_member_string(w, "source", source);
	add_words(w, "options", options);
	json_close_object(w);
}

static void add_system_mounts(struct json_writer *w, const struct spec_options *o)
{
	add_mount(w, "/proc", "proc", "proc", "nosuid,noexec,nodev");
	add_mount(w, "/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k");
	/* group 5, the terminals', isn't mapped for an ordinary user */
	add_mount(w, "/dev/pts", "devpts", "devpts",
		  o->rootless ? "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620"
			      : "nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5");
	add_mount(w, "/dev/shm", "tmpfs", "shm", "nosuid,noexec,nodev,mode=1777,size=65536k");
	add_mount(w, "/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev");
	/* a new sysfs shows a network namespace, which must be one's own */
	if (o->rootless && o->network)
		add_mount(w, "/sys", "none", "/sys", "rbind,nosuid,noexec,nodev,ro");
	else
		add_mount(w, "/sys", "sysfs", "sysfs", "nosuid,noexec,nodev,ro");
}

static void add_mounts(struct json_writer *w, const struct plan *p, const struct spec_options *o,
		       struct arena *a)
{
	json_key(w, "mounts");
	json_open_array(w);
	add_system_mounts(w, o);
	for (size_t i = 0; i < p->n_volumes; i++) {
		const struct plan_volume *v = &p->volumes[i];

		add_mount(w, v->target, "bind",
			  v->own ? arena_printf(a, "%s%s", o->root, v->source) : v->source,
			  v->read_only ? "rbind,rprivate,nosuid,nodev,ro"
				       : "rbind,rprivate,nosuid,nodev");
	}
	json_close_array(w);
}

static void add_namespace(struct json_writer *w, const char *type)
{
	json_open_object(w);
	json_member_string(w, "type", type);
	json_close_object(w);
}

static void add_mapping(struct json_writer *w, const char *key, uint32_t id)
{
	json_key(w, key);
	json_open_array(w);
	json_open_object(w);
	json_member_u64(w, "containerID", 0);
	json_member_u64(w, "hostID", id);
	json_member_u64(w, "size", 1);
	json_close_object(w);
	json_close_array(w);
}

static void add_linux(struct json_writer *w, const struct plan *p, const struct spec_options *o)
{
	json_key(w, "linux");
	json_open_object(w);
	json_key(w, "namespaces");
	json_open_array(w);
	add_namespace(w, "pid");
	add_namespace(w, "ipc");
	add_namespace(w, "uts");
	add_namespace(w, "mount");
	if (!o->network)
		add_namespace(w, "network");
	if (o->rootless)
		add_namespace(w, "user");
	json_close_array(w);
	if (o->rootless) {
		add_mapping(w, "uidMappings", o->uid);
		add_mapping(w, "gidMappings", o->gid);
	}
	seccomp_write(w, o->init && becomes_another(p, o));
	json_member_strings(w, "maskedPaths", masked, COUNT_OF(masked));
	json_member_strings(w, "readonlyPaths", read_only, COUNT_OF(read_only));
	json_close_object(w);
}

void spec_write(const struct plan *p, const struct spec_options *o, struct arena *a, struct buf *to)
{
	struct json_writer w;

	json_writer_init(&w, to, 2);
	json_open_object(&w);
	json_member_string(&w, "ociVersion", "1.0.2");
	add_process(&w, p, o, a);
	json_key(&w, "root");
	json_open_object(&w);
	json_member_string(&w, "path", o->root);
	json_member_bool(&w, "readonly", o->read_only);
	json_close_object(&w);
	json_member_string(&w, "hostname", p->host_name);
	add_mounts(&w, p, o, a);
	add_linux(&w, p, o);
	json_close_object(&w);
}
