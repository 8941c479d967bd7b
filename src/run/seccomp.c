/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that a container is refused (OCI runtime-spec config-linux.md, Seccomp). A list
 * of what is refused rather than of what is allowed: calls that a newer kernel or C library brings
 * go on working.
 */
#include "run/seccomp.h"

#include "base/array.h"

#include <errno.h>

enum { CLONE_NAMESPACES = 7 };

/* No program needs them without the capabilities that a container hasn't got. */
static const char *const administrative[] = {
	/* the machine */
	"acct",
	"reboot",
	"swapoff",
	"swapon",
	"quotactl",
	"quotactl_fd",
	"vhangup",
	"syslog",
	"sethostname",
	"setdomainname",
	"nfsservctl",
	"iopl",
	"ioperm",
	"vm86",
	"vm86old",
	/* the clock */
	"settimeofday",
	"stime",
	"clock_settime",
	"clock_settime64",
	/* the kernel's code */
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"query_module",
	"get_kernel_syms",
	"kexec_load",
	"kexec_file_load",
	"bpf",
	/* mounts */
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"open_tree",
	"open_tree_attr",
	"move_mount",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"mount_setattr",
	"setns",
	/* other containers' files and users' keys */
	"open_by_handle_at",
	"fanotify_init",
	"lookup_dcookie",
	"add_key",
	"request_key",
	"keyctl",
	/* large, and where the holes were: Docker refuses them, too */
	"perf_event_open",
	"userfaultfd",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"kcmp",
	/* long dead */
	"uselib",
	"ustat",
	"sysfs",
	"_sysctl",
	"afs_syscall",
	"bdflush",
};

/* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
static const uint64_t clone_namespaces[CLONE_NAMESPACES] = { 0x20000,	0x2000000,  0x4000000,
							     0x8000000, 0x10000000, 0x20000000,
							     0x40000000 };

/* Programs of these are let in beside the machine's own; others the kernel would end. */
static const char *const architectures[] = {
#if defined(__x86_64__) || defined(__i386__)
	"SCMP_ARCH_X86_64",
	"SCMP_ARCH_X86",
	"SCMP_ARCH_X32",
#elif defined(__aarch64__) || defined(__arm__)
	"SCMP_ARCH_AARCH64",
	"SCMP_ARCH_ARM",
#elif defined(__mips__)
	"SCMP_ARCH_MIPSEL64",
	"SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_MIPSEL",
#elif defined(__s390x__)
	"SCMP_ARCH_S390X",
	"SCMP_ARCH_S390",
#elif defined(__powerpc64__)
	"SCMP_ARCH_PPC64LE",
#elif defined(__riscv)
	"SCMP_ARCH_RISCV64",
#endif
};

static void open_rule(struct json_writer *w, const char *const *names, size_t n, uint64_t error)
{
	json_open_object(w);
	json_member_strings(w, "names", names, n);
	json_member_string(w, "action", "SCMP_ACT_ERRNO");
	json_member_u64(w, "errnoRet", error);
}

/* clone(2) with this flag; s390x has it as its second argument. */
static void refuse_clone(struct json_writer *w, uint64_t flag)
{
	static const char *const names[] = { "clone" };

#ifdef __s390x__
	const uint64_t index = 1;
#else
	const uint64_t index = 0;
#endif
	open_rule(w, names, 1, EPERM);
	json_key(w, "args");
	json_open_array(w);
	json_open_object(w);
	json_member_u64(w, "index", index);
	json_member_u64(w, "value", flag);
	json_member_u64(w, "valueTwo", flag);
	json_member_string(w, "op", "SCMP_CMP_MASKED_EQ");
	json_close_object(w);
	json_close_array(w);
	json_close_object(w);
}

/* clone3(2)'s flags are out of a filter's sight; without it the C library takes clone(2). */
static void refuse_namespaces(struct json_writer *w)
{
	static const char *const unshare[] = { "unshare" }, *const clone3[] = { "clone3" };

	open_rule(w, unshare, 1, EPERM);
	json_close_object(w);
	open_rule(w, clone3, 1, ENOSYS);
	json_close_object(w);
	for (size_t i = 0; i < CLONE_NAMESPACES; i++)
		refuse_clone(w, clone_namespaces[i]);
}

void seccomp_write(struct json_writer *w, bool namespaces)
{
	if (COUNT_OF(architectures) == 0)
		return;
	json_key(w, "seccomp");
	json_open_object(w);
	json_member_string(w, "defaultAction", "SCMP_ACT_ALLOW");
	json_member_strings(w, "architectures", architectures, COUNT_OF(architectures));
	json_key(w, "syscalls");
	json_open_array(w);
	open_rule(w, administrative, COUNT_OF(administrative), EPERM);
	json_close_object(w);
	if (!namespaces)
		refuse_namespaces(w);
	json_close_array(w);
	json_close_object(w);
}
