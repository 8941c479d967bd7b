/* SPDX-License-Identifier: Apache-2.0 */
/* Asked of the kernel; see machine.h. */
#include "sys/machine.h"

#include "base/array.h"
#include "base/buf.h"
#include "sys/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

const char *machine_architecture(void)
{
	static const char *const names[][2] = {
		{ "x86_64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armv8l", "arm" },
		{ "armv7l", "arm" },
		{ "armv6l", "arm" },
		{ "i686", "386" },
		{ "i586", "386" },
		{ "ppc64le", "ppc64le" },
		{ "s390x", "s390x" },
		{ "riscv64", "riscv64" },
		{ "loongarch64", "loong64" },
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		{ "mips64", "mips64le" },
#endif
	};
	struct utsname u;

	if (uname(&u) == 0) {
		for (size_t i = 0; i < COUNT_OF(names); i++) {
			if (strcmp(u.machine, names[i][0]) == 0)
				return names[i][1];
		}
	}
	return "";
}

/* A setting's value, or "". */
static void read_setting(const char *path, struct buf *ret)
{
	struct err ignored;

	buf_clear(ret);
	buf_add(ret, "", 0);
	(void)!file_read(AT_FDCWD, path, 64, ret, &ignored);
	while (ret->len && ret->data[ret->len - 1] == '\n')
		ret->data[--ret->len] = '\0';
}

/* 0, or the errno of an unshare() in a child. */
static int try_user_namespace(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0 ? errno & 0xff : 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

static bool is_set_to(const char *path, const char *value)
{
	auto_buf text = BUF_EMPTY;

	read_setting(path, &text);
	return strcmp(buf_str(&text), value) == 0;
}

int machine_check_user_namespaces(struct err *e)
{
	static const struct {
		const char *name, *path, *fix;
	} settings[] = {
		{ "kernel.unprivileged_userns_clone", "/proc/sys/kernel/unprivileged_userns_clone",
		  "1" },
		{ "user.max_user_namespaces", "/proc/sys/user/max_user_namespaces", "15000" },
	};
	int why = try_user_namespace();

	if (why == 0)
		return 0;
	for (size_t i = 0; i < COUNT_OF(settings); i++) {
		if (is_set_to(settings[i].path, "0"))
			return fail(e, FAIL_UNSUPPORTED,
				    "ordinary users can't run containers on this machine: %s is 0\n"
				    "let them with 'sysctl -w %s=%s' as root, or run as root",
				    settings[i].name, settings[i].name, settings[i].fix);
	}
	return fail(e, FAIL_UNSUPPORTED,
		    "ordinary users can't run containers on this machine: making a user namespace "
		    "fails: %s",
		    strerror(why));
}

const char *machine_user_namespace_hint(void)
{
	if (!is_set_to("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
		return NULL;
	return "AppArmor may be in the way: give the runtime a profile, or allow it as root with "
	       "'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'";
}
