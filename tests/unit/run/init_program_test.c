/* SPDX-License-Identifier: Apache-2.0 */
/* With an init, and as on machines that there's none for. */
#include "run/init_program.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/files.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Notes, each with a newline behind it. */
struct listener {
	struct monitor base;
	char said[1024];
};

static void say(struct monitor *m, enum monitor_level level, const char *text)
{
	struct listener *l = (struct listener *)m;
	size_t len = strlen(l->said);

	assert_int_equal(level, MONITOR_NOTE);
	snprintf(l->said + len, sizeof(l->said) - len, "%s\n", text);
}

static const struct monitor_ops ops = { .say = say };

static void lacks(uint32_t uid, bool rootless, const char *want)
{
	const struct plan p = { .account = { .uid = uid } };
	struct listener l = { .base = { &ops } };

	init_program_lacks(&p, rootless, &l.base);
	assert_string_equal(l.said, want);
}

#define PROCESS_1                                                                               \
	"this pare has no init for this machine: the program is process 1, which signals that " \
	"it doesn't handle don't end\n"

static void a_machine_without_an_init_is_told(void **state)
{
	(void)state;
	lacks(0, false, PROCESS_1);
	lacks(0, true, PROCESS_1);
	lacks(1000, false, PROCESS_1);
	lacks(1000, true, PROCESS_1 "… and sees itself as user 0, not 1000\n");
}

static void written_only_where_there_is_one(void **state)
{
	static const unsigned char bytes[] = "\177ELF and more";
	const struct embedded init = { .bytes = bytes, .size = sizeof(bytes) };
	char path[] = "/tmp/pare-init-XXXXXX", read_back[64];
	struct run_folder f = RUN_FOLDER_NONE;
	auto_fd dir_fd = -1, fd = -1;
	struct err e;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir_fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	f.path = path;
	f.fd = dir_fd;
	assert_int_equal(init_program_write(NULL, &f, &fd, &e), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(fstatat(dir_fd, "init", &st, 0), -1);

	umask(077); /* which is not to be the program's */
	assert_int_equal(init_program_write(&init, &f, &fd, &e), 0);
	assert_int_equal(read(fd, read_back, sizeof(read_back)), sizeof(bytes));
	assert_memory_equal(read_back, bytes, sizeof(bytes));
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(unlinkat(dir_fd, "init", 0), 0);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_without_an_init_is_told),
		cmocka_unit_test(written_only_where_there_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
