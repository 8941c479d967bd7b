/* SPDX-License-Identifier: Apache-2.0 */
/* Trees as tars and tars as trees: what a layer holds, and what a hostile archive can't do. */
#include "tree/tar_in.h"
#include "tree/tar_out.h"

#include "base/array.h"
#include "base/buf.h"
#include "io/basic.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct origin base = { .kind = ORIGIN_RULE, .name = "base" };
static const struct origin app = { .kind = ORIGIN_PACKAGE, .name = "app" };
static const struct origin archive = { .kind = ORIGIN_RECIPE, .name = "paths" };

struct fixture {
	struct tree t;
	struct spool *spool;
};

static int new_spool(uint64_t max_bytes, struct spool **ret)
{
	int dir = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err e;
	int rc = spool_new(dir, max_bytes, ret, &e);

	close(dir);
	return rc;
}

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));

	tree_init(&f->t, &base);
	*state = f;
	return new_spool(1 << 20, &f->spool);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	tree_done(&f->t);
	spool_free(f->spool);
	free(f);
	return 0;
}

static struct node *put(struct tree *t, const char *path, struct inode i)
{
	struct node *n = NULL;
	struct err e = { 0 };

	if (tree_put(t, path, &i, &n, &e) < 0)
		fail_msg("put %s: %s", path, e.msg);
	return n;
}

static struct node *put_file(struct tree *t, const char *path, const char *text,
			     const struct origin *origin)
{
	return put(t, path, inode_file(text, strlen(text), 0644, origin));
}

static bool is_of(const struct node *n, void *ctx)
{
	return !ctx || n->inode->origin == ctx;
}

static void write_tar(const struct tree *t, const struct origin *origin, struct buf *to)
{
	struct sink *s = buf_sink_new(to, 64 << 20);
	struct origin *only = NULL;
	struct err e = { 0 };

	memcpy(&only, &origin, sizeof(only));
	if (tree_write_tar(t, is_of, only, s, &e) < 0)
		fail_msg("%s", e.msg);
	sink_close(s);
}

/* What a shell command prints, with "$F" being a file of these bytes. */
static void assert_prints(const struct buf *bytes, const char *command, const char *expected)
{
	char path[] = "/tmp/pare-tree-tar-XXXXXX";
	auto_free char *script = NULL;
	int fd = mkstemp(path);
	char got[4096];
	size_t n;
	FILE *p;

	assert_int_equal(write(fd, bytes->data, bytes->len), (ssize_t)bytes->len);
	close(fd);
	script = mem_printf("export F=%s TZ=UTC LC_ALL=C; %s", path, command);
	p = popen(script, "r");
	n = fread(got, 1, sizeof(got) - 1, p);
	got[n] = '\0';
	assert_int_equal(pclose(p), 0);
	unlink(path);
	assert_string_equal(got, expected);
}

static void read_tar(struct fixture *f, const struct buf *tar, const char *prefix, bool devices,
		     const char *error)
{
	struct tar_in in = { "x.tar", prefix, &archive, devices };
	struct source *s = mem_source_new(buf_view(tar));
	struct err e = { 0 };
	int rc = tree_read_tar(&f->t, s, &in, f->spool, &e);

	source_close(s);
	assert_string_equal(e.msg, error);
	assert_int_equal(-rc, e.code);
	assert_true(!error[0] || e.code == FAIL_FORMAT || e.code == FAIL_LIMIT ||
		    e.code == FAIL_CONFLICT);
}

/* A tar that Python makes: lines of t.addfile() through add(path, type, link or text). */
static void python_tar(const char *lines, struct buf *ret)
{
	auto_free char *script = mem_printf(
		"python3 - <<'END'\n"
		"import tarfile, io, sys\n"
		"F,L,H,D,C=[getattr(tarfile,x) for x in "
		"('REGTYPE','SYMTYPE','LNKTYPE','DIRTYPE','CHRTYPE')]\n"
		"o=io.BytesIO(); t=tarfile.open(fileobj=o,mode='w')\n"
		"def add(path,typ,x=''):\n"
		"  i=tarfile.TarInfo(path); i.type=typ; i.mtime=7\n"
		"  b=x.encode() if typ==F else b''\n"
		"  i.size=len(b); i.linkname='' if typ==F else x; t.addfile(i,io.BytesIO(b))\n"
		"%s\nt.close(); sys.stdout.buffer.write(o.getvalue())\nEND",
		lines);
	FILE *p = popen(script, "r");
	size_t n;

	do {
		n = fread(buf_grow(ret, 65536), 1, 65536, p);
		ret->len += n;
	} while (n);
	assert_int_equal(pclose(p), 0);
}

static void refuse(struct fixture *f, const char *lines, const char *error)
{
	auto_buf tar = BUF_EMPTY;

	python_tar(lines, &tar);
	read_tar(f, &tar, "in", false, error);
}

static void assert_text(struct fixture *f, const char *path, const char *expected)
{
	struct node *n = tree_find(&f->t, path, false);
	auto_arena a = ARENA_EMPTY;
	struct sha256 digest;
	struct view got;
	struct err e;

	assert_non_null(n);
	assert_int_equal(inode_read(n->inode, 1 << 20, &a, &got, &e), 0);
	assert_true(view_is(got, expected));
	sha256_of(expected, strlen(expected), &digest);
	assert_true(sha256_eq(&digest, &n->inode->content.digest));
}

static void a_selection_has_its_folders_once(void **state)
{
	struct fixture *f = *state;
	auto_buf tar = BUF_EMPTY;

	put(&f->t, "usr", inode_dir(0751, &base));
	put(&f->t, "usr/share", inode_dir(0755, &base));
	put_file(&f->t, "usr/share/a/1", "one", &app);
	put_file(&f->t, "usr/share/a/2", "two", &app);
	put_file(&f->t, "usr/share/b", "not chosen", &base);
	put(&f->t, "usr/share/empty", inode_dir(0700, &app));
	put(&f->t, "usr/lib", inode_symlink("share", &app));
	put(&f->t, "var", inode_dir(0755, &base));
	put_file(&f->t, "usr/share-x", "after", &app);
	write_tar(&f->t, &app, &tar);
	assert_prints(&tar, "tar tvf $F | awk '{print $1, $3, $6, $7, $8}'",
		      "drwxr-xr-x 0 ./  \ndrwxr-x--x 0 usr/  \nlrwxrwxrwx 0 usr/lib -> share\n"
		      "drwxr-xr-x 0 usr/share/  \ndrwxr-xr-x 0 usr/share/a/  \n"
		      "-rw-r--r-- 3 usr/share/a/1  \n-rw-r--r-- 3 usr/share/a/2  \n"
		      "drwx------ 0 usr/share/empty/  \n-rw-r--r-- 5 usr/share-x  \n");
	assert_prints(&tar, "tar xOf $F usr/share/a/2 usr/share-x", "twoafter");
}

static void the_first_chosen_name_is_the_file(void **state)
{
	struct fixture *f = *state;
	struct node *b = put_file(&f->t, "b", "text", &app);
	auto_buf tar = BUF_EMPTY;
	struct err e = { 0 };

	assert_int_equal(tree_link(&f->t, "a/late", b, &e), 0);
	assert_int_equal(tree_link(&f->t, "c", b, &e), 0);
	write_tar(&f->t, &app, &tar);
	assert_prints(&tar, "tar tvf $F | awk '{print substr($1,1,1), $6, $7, $8, $9}'",
		      "d ./   \nd a/   \n- a/late   \nh b link to a/late\nh c link to a/late\n");
}

/* Each byte is fixed: layers' digests hang on it. GNU tar's and sha256sum's word on it. */
static void a_layer_is_stable(void **state)
{
	static const struct xattr x = { "security.capability", { "\1\0\0\2\0\4\0\0", 8 } };
	struct fixture *f = *state;
	struct inode i = inode_file("#!\n", 3, 04755, &app);
	auto_buf tar = BUF_EMPTY, again = BUF_EMPTY;

	i.uid = 65532;
	i.mtime_s = 1700000000;
	i.xattrs = &x;
	i.n_xattrs = 1;
	put(&f->t, "usr/bin/ping", i);
	put(&f->t, "bin", inode_symlink("usr/bin", &app));
	write_tar(&f->t, NULL, &tar);
	write_tar(&f->t, NULL, &again);
	assert_true(view_eq(buf_view(&tar), buf_view(&again)));
	assert_prints(
		&tar,
		"tar --xattrs --xattrs-include=* --full-time --numeric-owner -tvvf $F | sed 's/  */ /g'",
		"drwxr-xr-x 0/0 0 1970-01-01 00:00:00 ./\n"
		"lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 bin -> usr/bin\n"
		"drwxr-xr-x 0/0 0 2023-11-14 22:13:20 usr/\n"
		"drwxr-xr-x 0/0 0 2023-11-14 22:13:20 usr/bin/\n"
		"-rwsr-xr-x* 65532/0 3 2023-11-14 22:13:20 usr/bin/ping\n"
		" x: 8 security.capability\n");
	assert_prints(&tar, "tail -c +513 $F | sha256sum", /* without the root */
		      "81cf5c718a56db2d80477fc88c1ff70748b330b5fbd275938731f82f5e486337  -\n");
}

static void what_was_written_is_read_again(void **state)
{
	struct fixture *f = *state;
	auto_buf tar = BUF_EMPTY, again = BUF_EMPTY;
	struct err e = { 0 };
	struct tree second;
	struct tar_in in = { .name = "t", .origin = &archive };
	struct source *s;

	assert_int_equal(tree_link(&f->t, "y", put_file(&f->t, "a/x", "text", &app), &e), 0);
	put(&f->t, "l", inode_symlink("a", &app));
	write_tar(&f->t, NULL, &tar);
	tree_init(&second, &base);
	s = mem_source_new(buf_view(&tar));
	assert_int_equal(tree_read_tar(&second, s, &in, f->spool, &e), 0);
	source_close(s);
	assert_int_equal(tree_find(&second, "y", false)->inode->n_links, 2);
	write_tar(&second, NULL, &again);
	tree_done(&second);
	assert_true(view_eq(buf_view(&tar), buf_view(&again)));
}

static void entries_land_below_the_prefix(void **state)
{
	struct fixture *f = *state;
	auto_buf tar = BUF_EMPTY;

	put(&f->t, "usr/lib", inode_dir(0755, &base));
	put(&f->t, "lib", inode_symlink("usr/lib", &base));
	python_tar("add('./',D); add('./a/b',F,'text'); add('a/h',H,'./a/b'); add('s',L,'a'); "
		   "add('hs',H,'s')",
		   &tar);
	read_tar(f, &tar, "/lib/app", false, "");
	assert_text(f, "usr/lib/app/a/b", "text");
	assert_ptr_equal(tree_find(&f->t, "usr/lib/app/a/h", false)->inode,
			 tree_find(&f->t, "usr/lib/app/a/b", false)->inode);
	assert_string_equal(tree_find(&f->t, "usr/lib/app/hs", false)->inode->target, "a");
	assert_int_equal(tree_find(&f->t, "usr/lib/app", false)->inode->mtime_s, 7);
	assert_ptr_equal(tree_find(&f->t, "usr/lib/app/a", false)->inode->origin, &archive);
	read_tar(f, &tar, NULL, false, "");
	assert_text(f, "a/b", "text");
}

static void unsafe_names_are_refused(void **state)
{
	struct fixture *f = *state;

	put_file(&f->t, "etc/passwd", "root", &base);
	refuse(f, "add('../etc/passwd',F,'evil')",
	       "x.tar: path '../etc/passwd' has a '..' component");
	refuse(f, "add('a/../../etc/passwd',F,'evil')",
	       "x.tar: path 'a/../../etc/passwd' has a '..' component");
	refuse(f, "add('/etc/passwd',F,'evil')", "x.tar: '/etc/passwd' is an absolute name");
	refuse(f, "add('l',L,'../etc'); add('l/passwd',F,'evil')",
	       "x.tar: 'l/passwd' leads through a link of the same archive");
	refuse(f, "add('d/l2',L,'/etc'); add('m',L,'d'); add('m/l2/passwd',F,'evil')",
	       "x.tar: 'm/l2/passwd' leads through a link of the same archive");
	refuse(f, "add('h',H,'../etc/passwd')",
	       "x.tar: 'h': path '../etc/passwd' has a '..' component");
	refuse(f, "add('h',H,'/etc/passwd')", "x.tar: 'h': '/etc/passwd' is an absolute name");
	refuse(f, "add('l3',L,'../etc'); add('h',H,'l3/passwd')",
	       "x.tar: 'h': 'l3/passwd' leads through a link of the same archive");
	refuse(f, "add('h',H,'nowhere')",
	       "x.tar: 'h' is a hard link to 'nowhere', which is no earlier file of the archive");
	assert_text(f, "etc/passwd", "root");
	assert_null(tree_find(&f->t, "in/h", false));
}

static void a_hard_link_to_a_file_from_elsewhere_is_refused(void **state)
{
	struct fixture *f = *state;

	put_file(&f->t, "in/theirs", "x", &base);
	refuse(f, "add('h',H,'theirs')",
	       "x.tar: 'h' is a hard link to 'theirs', which is no earlier file of the archive");
}

static void devices_need_leave(void **state)
{
	struct fixture *f = *state;
	auto_buf tar = BUF_EMPTY;

	python_tar("add('null',C)", &tar);
	read_tar(f, &tar, NULL, false, "x.tar: 'null' is a device");
	assert_null(tree_find(&f->t, "null", false));
	read_tar(f, &tar, NULL, true, "");
	assert_int_equal(tree_find(&f->t, "null", false)->inode->type, NODE_CHAR);
}

static void a_broken_tar_is_named(void **state)
{
	struct fixture *f = *state;
	auto_buf tar = BUF_EMPTY;

	python_tar("add('a',F,'x'*5000)", &tar);
	tar.len = 3000;
	read_tar(f, &tar, NULL, false, "x.tar: offset 3000: Truncated tar archive");
	assert_null(tree_find(&f->t, "a", false));
	/* What was read of it doesn't end up in the next file. */
	buf_clear(&tar);
	python_tar("add('a',F,'good')", &tar);
	read_tar(f, &tar, NULL, false, "");
	assert_text(f, "a", "good");
}

static void a_spool_holds_as_much_as_allowed(void **state)
{
	struct fixture *f = *state;
	auto_buf tar = BUF_EMPTY;

	spool_free(f->spool);
	assert_int_equal(new_spool(10, &f->spool), 0);
	python_tar("add('a',F,'12345'); add('b',F,'67890')", &tar);
	read_tar(f, &tar, NULL, false, "");
	assert_text(f, "b", "67890");
	read_tar(f, &tar, NULL, false, "x.tar: 'a': unpacked files take more than 10 bytes");
}

/* Small files gather, large ones don't; each is there whenever it is asked for. */
static void a_spool_serves_what_was_added(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 262144, 262143, 3, 600000, 0, 7 };
	struct content all[COUNT_OF(sizes)];
	auto_free char *bytes = mem_alloc(600016);
	struct spool *s;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < 600016; i++)
		bytes[i] = (char)(i * 7 % 251);
	assert_int_equal(new_spool(UINT64_MAX, &s), 0);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		auto_source from = NULL;
		struct sha256 digest;
		auto_buf got = BUF_EMPTY;
		struct sink *to = buf_sink_new(&got, SIZE_MAX);
		size_t back = i / 2;

		assert_int_equal(spool_write(s, bytes + i, sizes[i], &e), 0);
		spool_end(s, &all[i]);
		assert_int_equal(all[i].size, sizes[i]);
		sha256_of(bytes + i, sizes[i], &digest);
		assert_true(sha256_eq(&digest, &all[i].digest));
		assert_int_equal(all[back].provider->ops->open(all[back].provider, all[back].offset,
							       all[back].size, &from, &e),
				 0);
		assert_int_equal(stream_copy(from, to, NULL, &e), 0);
		sink_close(to);
		assert_true(view_eq(buf_view(&got), view_make(bytes + back, sizes[back])));
	}
	spool_free(s);
}

static void a_name_that_would_take_files_away_is_refused(void **state)
{
	static const char *const names[] = { "usr/.wh.a", "usr/.wh.b/c" };
	struct err e = { 0 };

	(void)state;
	for (size_t k = 0; k < COUNT_OF(names); k++) {
		struct sink *s = null_sink_new();
		struct tree t;

		tree_init(&t, &base);
		put_file(&t, names[k], "x", &base);
		assert_int_equal(tree_write_tar(&t, is_of, NULL, s, &e), -FAIL_UNSUPPORTED);
		assert_memory_equal(e.msg, "'/usr/.wh.", 10);
		sink_close(s);
		tree_done(&t);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_selection_has_its_folders_once),
		CASE(the_first_chosen_name_is_the_file),
		CASE(a_name_that_would_take_files_away_is_refused),
		CASE(a_layer_is_stable),
		CASE(what_was_written_is_read_again),
		CASE(entries_land_below_the_prefix),
		CASE(unsafe_names_are_refused),
		CASE(a_hard_link_to_a_file_from_elsewhere_is_refused),
		CASE(devices_need_leave),
		CASE(a_broken_tar_is_named),
		CASE(a_spool_holds_as_much_as_allowed),
		CASE(a_spool_serves_what_was_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
