/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Atomic files, whole reads, folders and locks, in a temporary folder; a full and a read-only
 * file system are made in a user namespace where the kernel allows one. All runs twice: the second
 * time the kernel refuses files without a name, as several file systems do.
 */
#include "sys/files.h"

#include "sys/fd.h"
#include "sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool named; /* the second time */

struct folder {
	char path[40];
	int fd;
};

static int set_up(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	strcpy(f->path, "/tmp/pare-files-XXXXXX");
	if (!mkdtemp(f->path))
		return -1;
	f->fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->fd < 0;
}

static int tear_down(void **state)
{
	struct folder *f = *state;
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", f->path);
	close(f->fd);
	free(f);
	return system(command);
}

/* How many names the folder holds, and that its content is `text` if there's a name. */
static size_t count_names(const struct folder *f)
{
	char command[80];
	unsigned n = 99;
	FILE *p;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", f->path);
	p = popen(command, "r");
	assert_int_equal(fscanf(p, "%u", &n), 1);
	pclose(p);
	return n;
}

static void assert_content(const struct folder *f, const char *name, const char *text)
{
	auto_buf got = BUF_EMPTY;
	struct err e;

	assert_int_equal(file_read(f->fd, name, 1000, &got, &e), 0);
	assert_string_equal(buf_str(&got), text);
}

static void reading(void **state)
{
	struct folder *f = *state;
	auto_buf b = BUF_EMPTY;
	struct err e;

	assert_int_equal(file_write_atomic(f->fd, "ten", "0123456789", 10, 0644, &e), 0);
	buf_add_str(&b, "before ");
	assert_int_equal(file_read(f->fd, "ten", 10, &b, &e), 0);
	assert_string_equal(buf_str(&b), "before 0123456789");
	assert_int_equal(file_read(f->fd, "ten", 9, &b, &e), -FAIL_LIMIT);
	assert_string_equal(e.msg, "'ten' is larger than 9 bytes");
	assert_string_equal(buf_str(&b), "before 0123456789");
	assert_int_equal(file_read(f->fd, "none", 9, &b, &e), -FAIL_NOT_FOUND);
	assert_int_equal(file_read(f->fd, ".", 9, &b, &e), -FAIL_FORMAT);
	/* nobody ever writes to it */
	assert_int_equal(mkfifoat(f->fd, "pipe", 0600), 0);
	assert_int_equal(file_read(f->fd, "pipe", 9, &b, &e), -FAIL_FORMAT);
	assert_int_equal(unlinkat(f->fd, "pipe", 0), 0);
	/* no size known beforehand */
	assert_int_equal(file_read(AT_FDCWD, "/dev/zero", 100000, &b, &e), -FAIL_LIMIT);
	assert_int_equal(b.len, 17);
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", 1 << 20, &b, &e), 0);
	assert_non_null(strstr(buf_str(&b), "VmRSS"));
}

static void writing_replaces(void **state)
{
	struct folder *f = *state;
	mode_t umask_before = umask(022);
	struct stat st;
	struct err e;

	assert_int_equal(file_write_atomic(f->fd, "x", "old", 3, 0666, &e), 0);
	assert_int_equal(fstatat(f->fd, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(file_write_atomic(f->fd, "x", "new", 3, 0600, &e), 0);
	assert_int_equal(fstatat(f->fd, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_content(f, "x", "new");
	assert_int_equal(file_write_cached(f->fd, "x", "for now", 7, 0600, &e), 0);
	assert_content(f, "x", "for now");
	assert_int_equal(count_names(f), 1);
	umask(umask_before);
}

static void devices_are_not_replaced(void **state)
{
	struct folder *f = *state;
	struct stat st;
	struct err e;

	assert_int_equal(mkfifoat(f->fd, "pipe", 0600), 0);
	assert_int_equal(file_write_atomic(f->fd, "pipe", "x", 1, 0644, &e), -FAIL_CONFLICT);
	assert_int_equal(fstatat(f->fd, "pipe", &st, 0), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(count_names(f), 1);
}

static void invisible_until_committed(void **state)
{
	struct folder *f = *state;
	auto_atomic_file a = ATOMIC_FILE_NONE;
	struct err e;

	assert_int_equal(atomic_file_open(&a, f->fd, 0644, &e), 0);
	assert_int_equal(write(a.fd, "text", 4), 4);
	assert_int_equal(faccessat(f->fd, "name", F_OK, 0), -1);
	if (named) {
		assert_int_equal(strncmp(a.temp, FILE_TEMP_PREFIX, strlen(FILE_TEMP_PREFIX)), 0);
		assert_int_equal(faccessat(f->fd, a.temp, F_OK, 0), 0);
	}
	assert_int_equal(atomic_file_commit(&a, "name", ATOMIC_REPLACE, &e), 0);
	assert_int_equal(a.fd, -1);
	atomic_file_done(&a);
	assert_content(f, "name", "text");
	assert_int_equal(count_names(f), 1);
}

static void abandoned_is_removed(void **state)
{
	struct folder *f = *state;
	struct atomic_file a;
	struct err e;

	assert_int_equal(atomic_file_open(&a, f->fd, 0644, &e), 0);
	assert_int_equal(count_names(f), a.temp[0] ? 1 : 0);
	atomic_file_done(&a);
	atomic_file_done(&a);
	assert_int_equal(count_names(f), 0);
}

static void keeping_what_is_there(void **state)
{
	struct folder *f = *state;

	for (int i = 0; i < 2; i++) {
		auto_atomic_file a = ATOMIC_FILE_NONE;
		struct err e;

		assert_int_equal(atomic_file_open(&a, f->fd, 0644, &e), 0);
		assert_int_equal(write(a.fd, i ? "second" : "first", i ? 6 : 5), i ? 6 : 5);
		assert_int_equal(atomic_file_commit(&a, "name", ATOMIC_KEEP_EXISTING, &e), 0);
	}
	assert_content(f, "name", "first");
	assert_int_equal(count_names(f), 1);
}

static void a_commit_that_fails_leaves_nothing(void **state)
{
	struct folder *f = *state;
	struct atomic_file a;
	struct err e;

	assert_int_equal(mkdirat(f->fd, "taken", 0755), 0);
	assert_int_equal(file_write_atomic(f->fd, "taken", "x", 1, 0644, &e), -FAIL_IO);
	assert_non_null(strstr(e.msg, "'taken'"));
	assert_int_equal(count_names(f), 1);
	assert_int_equal(atomic_file_open(&a, f->fd, 0644, &e), 0);
	assert_true(atomic_file_commit(&a, "no/such/folder", ATOMIC_KEEP_EXISTING, &e) < 0);
	atomic_file_done(&a);
	assert_int_equal(count_names(f), 1);
}

/* A child begins a file and is killed; ours, which is being written, stays. */
static void stale_temps(void **state)
{
	struct folder *f = *state;
	auto_atomic_file mine = ATOMIC_FILE_NONE;
	int ready[2], status;
	size_t n = 9;
	struct err e;
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(atomic_file_open(&mine, f->fd, 0644, &e), 0);
	pid = fork();
	if (pid == 0) {
		struct atomic_file a;

		/* not the description that it shares with its parent, but its own */
		if (atomic_file_open(&a, f->fd, 0644, &e) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(count_names(f), named ? 2 : 0);
	assert_int_equal(remove_stale_temps(f->fd, &n, &e), 0);
	assert_int_equal(n, 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(symlinkat("/etc/passwd", f->fd, ".tmp-link"), 0);
	assert_int_equal(remove_stale_temps(f->fd, &n, &e), 0);
	assert_int_equal(n, named ? 1 : 0);
	assert_int_equal(count_names(f), named ? 2 : 1);
	assert_int_equal(faccessat(f->fd, mine.temp, F_OK, 0), named ? 0 : -1);
	close(ready[0]);
	close(ready[1]);
}

static void folders(void **state)
{
	struct folder *f = *state;
	mode_t umask_before = umask(0);
	struct stat st;
	struct err e;
	char path[100];
	int fd = -1;

	assert_int_equal(dir_open_at(f->fd, "a/b/c", 0, &fd, &e), -FAIL_NOT_FOUND);
	assert_int_equal(fd, -1);
	snprintf(path, sizeof(path), "%s/a//b/c/", f->path);
	assert_int_equal(dir_open(path, 0700, &fd, &e), 0);
	close(fd);
	assert_int_equal(fstatat(f->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fstatat(f->fd, "a/b/c", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(dir_open_at(f->fd, "a/b", 0, &fd, &e), 0);
	close(fd);
	assert_int_equal(file_write_atomic(f->fd, "file", "", 0, 0644, &e), 0);
	assert_int_equal(dir_open_at(f->fd, "file", 0755, &fd, &e), -FAIL_IO);
	assert_non_null(strstr(e.msg, "'file'"));
	assert_int_equal(dir_open_at(f->fd, "file/below", 0755, &fd, &e), -FAIL_IO);
	umask(umask_before);
}

static void locks(void **state)
{
	struct folder *f = *state;
	int first, second, third = -1;
	struct err e;

	assert_int_equal(lock_acquire(f->fd, "lock", LOCK_SHARED, false, &first, &e), 0);
	assert_int_equal(lock_acquire(f->fd, "lock", LOCK_SHARED, false, &second, &e), 0);
	assert_int_equal(lock_acquire(f->fd, "lock", LOCK_EXCLUSIVE, false, &third, &e),
			 -FAIL_CONFLICT);
	assert_string_equal(e.msg, "'lock' is held by another process");
	close(first);
	close(second);
	assert_int_equal(lock_acquire(f->fd, "lock", LOCK_EXCLUSIVE, false, &third, &e), 0);
	assert_int_equal(lock_acquire(f->fd, "lock", LOCK_SHARED, false, &first, &e),
			 -FAIL_CONFLICT);
	close(third);
	assert_int_equal(lock_acquire(f->fd, "no/lock", LOCK_SHARED, false, &first, &e),
			 -FAIL_NOT_FOUND);
}

/* The holder's death is enough. */
static void waiting_for_a_lock(void **state)
{
	struct folder *f = *state;
	int ready[2], fd;
	struct err e;
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (lock_acquire(f->fd, "lock", LOCK_EXCLUSIVE, false, &fd, &e) < 0 ||
		    write(ready[1], "x", 1) != 1)
			_exit(1);
		usleep(50000);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(lock_acquire(f->fd, "lock", LOCK_EXCLUSIVE, false, &fd, &e),
			 -FAIL_CONFLICT);
	assert_int_equal(lock_acquire(f->fd, "lock", LOCK_EXCLUSIVE, true, &fd, &e), 0);
	waitpid(pid, NULL, 0);
	close(fd);
	close(ready[0]);
	close(ready[1]);
}

enum { NO_NAMESPACE = 77 };

static bool write_text(const char *path, const char *text)
{
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Mounts that nothing else sees; an ordinary user becomes root of a user namespace for them. */
static bool own_mounts(void)
{
	char uids[40], gids[40];

	/* before the namespace hides them */
	snprintf(uids, sizeof(uids), "0 %u 1", geteuid());
	snprintf(gids, sizeof(gids), "0 %u 1", getegid());
	if (geteuid() == 0) {
		if (unshare(CLONE_NEWNS) < 0)
			return false;
	} else if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 ||
		   !write_text("/proc/self/uid_map", uids) ||
		   !write_text("/proc/self/setgroups", "deny") ||
		   !write_text("/proc/self/gid_map", gids)) {
		return false;
	}
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void bad_disks_child(const char *path)
{
	char bytes[100000] = "";
	struct err e;
	int fd, lock;

	if (!own_mounts() || mount("tmpfs", path, "tmpfs", 0, "size=64k") < 0)
		_exit(NO_NAMESPACE);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (file_write_atomic(fd, "keep", "kept", 4, 0644, &e) < 0 ||
	    lock_acquire(fd, "lock", LOCK_SHARED, false, &lock, &e) < 0)
		_exit(1);
	close(lock);
	if (file_write_atomic(fd, "keep", bytes, sizeof(bytes), 0644, &e) != -FAIL_IO ||
	    strcmp(e.msg, "write 'keep': No space left on device") != 0)
		_exit(2);
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		_exit(NO_NAMESPACE);
	if (file_write_atomic(fd, "keep", "x", 1, 0644, &e) != -FAIL_IO || e.sys != EROFS ||
	    !strstr(e.msg, path) || !strstr(e.msg, "'keep'") ||
	    !strstr(e.msg, "Read-only file system"))
		_exit(3);
	if (lock_acquire(fd, "lock", LOCK_SHARED, false, &lock, &e) < 0)
		_exit(4);
	if (lock_acquire(fd, "lock", LOCK_EXCLUSIVE, false, &lock, &e) != -FAIL_IO)
		_exit(5);
	if (dir_open_at(fd, "new/folder", 0755, &lock, &e) != -FAIL_IO || e.sys != EROFS)
		_exit(6);
	{
		auto_buf got = BUF_EMPTY;

		if (file_read(fd, "keep", 10, &got, &e) < 0 || strcmp(buf_str(&got), "kept") != 0)
			_exit(7);
	}
	_exit(0);
}

static void full_and_read_only_disks(void **state)
{
	struct folder *f = *state;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		bad_disks_child(f->path);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_NAMESPACE)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void closing_and_stealing(void **state)
{
	int seen, kept;

	(void)state;
	{
		auto_fd fd = open("/", O_RDONLY), other = open("/", O_RDONLY);

		seen = fd;
		kept = fd_steal(&other);
		assert_int_equal(other, -1);
		errno = EXDEV;
	}
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fcntl(seen, F_GETFD), -1);
	assert_int_not_equal(fcntl(kept, F_GETFD), -1);
	close(kept);
}

/* openat(2) with O_TMPFILE fails from here on, in children, too. False where filters can't be set.
 */
static bool forbid_nameless_files(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(reading),
		IN_FOLDER(writing_replaces),
		IN_FOLDER(devices_are_not_replaced),
		IN_FOLDER(invisible_until_committed),
		IN_FOLDER(abandoned_is_removed),
		IN_FOLDER(keeping_what_is_there),
		IN_FOLDER(a_commit_that_fails_leaves_nothing),
		IN_FOLDER(stale_temps),
		IN_FOLDER(folders),
		IN_FOLDER(locks),
		IN_FOLDER(waiting_for_a_lock),
		IN_FOLDER(full_and_read_only_disks),
		cmocka_unit_test(closing_and_stealing),
	};

	int failed = cmocka_run_group_tests_name("nameless", tests, NULL, NULL);

	named = forbid_nameless_files();
	if (named)
		failed += cmocka_run_group_tests_name("named", tests, NULL, NULL);
	return failed;
}
