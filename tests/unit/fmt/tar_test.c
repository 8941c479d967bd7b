/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar against GNU tar, bsdtar and Python's tarfile: what they write is read here, what is written
 * here is listed by them.
 */
#include "tar_lists.h"

#include "base/array.h"
#include "base/buf.h"
#include "io/basic.h"

#include <inttypes.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* One of each type, and all that ustar can say. */
static void add_plain(struct buf *to)
{
	tar_add(to, (struct tar_entry){ .type = TAR_DIR, .path = "etc", .mode = 0755 }, NULL);
	tar_add(to,
		(struct tar_entry){ .type = TAR_FILE,
				    .path = "etc/a",
				    .mode = 04755,
				    .uid = 1000,
				    .gid = 07777777,
				    .mtime_s = 1700000000 },
		"hello\n");
	tar_add(to,
		(struct tar_entry){ .type = TAR_CHAR,
				    .path = "etc/c",
				    .mode = 0600,
				    .dev_major = 1,
				    .dev_minor = 3 },
		NULL);
	tar_add(to, (struct tar_entry){ .type = TAR_FILE, .path = "etc/empty", .mode = 0400 },
		NULL);
	tar_add(to,
		(struct tar_entry){
			.type = TAR_HARDLINK, .path = "etc/h", .link = "etc/a", .mode = 04755 },
		NULL);
	tar_add(to, (struct tar_entry){ .type = TAR_FIFO, .path = "etc/p", .mode = 0644 }, NULL);
	tar_add(to,
		(struct tar_entry){
			.type = TAR_SYMLINK, .path = "etc/s", .link = "../\xc3\xa4", .mode = 0777 },
		NULL);
	tar_add(to, (struct tar_entry){ .type = TAR_DIR, .path = "\xc3\xa4/", .mode = 01777 },
		NULL);
	tar_add(to, (struct tar_entry){ .type = TAR_BLOCK, .path = "\xff", .dev_major = 8 }, NULL);
	tar_end(to);
}

#define PLAIN                                                                               \
	"d 0755 0:0 @0 etc/\nf 4755 1000:2097151 @1700000000 etc/a =hello\n\n"              \
	"c 0600 0:0 @0 etc/c 1,3\nf 0400 0:0 @0 etc/empty =\nh 4755 0:0 @0 etc/h > etc/a\n" \
	"p 0644 0:0 @0 etc/p\nl 0777 0:0 @0 etc/s > ../\xc3\xa4\nd 1777 0:0 @0 \xc3\xa4/\n" \
	"b 0000 0:0 @0 \xff 8,0\n"

static void what_is_written_is_read(void **state)
{
	auto_buf tar = BUF_EMPTY;

	(void)state;
	add_plain(&tar);
	/* 9 headers, one block of content, two at the end: no pax record. */
	assert_int_equal(tar.len, 12 * TAR_BLOCK_BYTES);
	assert_tar_lists(buf_view(&tar), PLAIN);
}

static void gnu_tar_lists_what_is_written(void **state)
{
	auto_buf tar = BUF_EMPTY;
	auto_free char *got = NULL;

	(void)state;
	add_plain(&tar);
	tar_save("t.tar", &tar);
	got = tar_run("TZ=UTC LC_ALL=C tar --numeric-owner --quoting-style=escape --full-time "
		      "-tvf t.tar 2>&1 | sed 's/  */ /g'");
	assert_string_equal(got, "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 etc/\n"
				 "-rwsr-xr-x 1000/2097151 6 2023-11-14 22:13:20 etc/a\n"
				 "crw------- 0/0 1,3 1970-01-01 00:00:00 etc/c\n"
				 "-r-------- 0/0 0 1970-01-01 00:00:00 etc/empty\n"
				 "hrwsr-xr-x 0/0 0 1970-01-01 00:00:00 etc/h link to etc/a\n"
				 "prw-r--r-- 0/0 0 1970-01-01 00:00:00 etc/p\n"
				 "lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 etc/s -> ../\\303\\244\n"
				 "drwxrwxrwt 0/0 0 1970-01-01 00:00:00 \\303\\244/\n"
				 "b--------- 0/0 8,0 1970-01-01 00:00:00 \\377\n");
}

/* All that needs a pax record. */
static void add_pax(struct buf *to)
{
	static const char capability[] = { 1, 0, 0, 2, 0, 4, 0, 0, 0, 0,
					   0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	const struct tar_xattr xattrs[] = {
		{ "user.z", { "last\n", 5 } },
		{ "security.capability", { capability, sizeof(capability) } },
	};
	auto_free char *longer = tar_repeat("long", 101), *link = tar_repeat("../link", 300);
	auto_free char *split = tar_repeat("dir/", 200), *deep = tar_repeat("d/", 400);

	tar_add(to,
		(struct tar_entry){ .type = TAR_FILE,
				    .path = longer,
				    .mode = 0644,
				    .xattrs = xattrs,
				    .n_xattrs = 2 },
		"x");
	tar_add(to, (struct tar_entry){ .type = TAR_SYMLINK, .path = "link", .link = link }, NULL);
	tar_add(to, (struct tar_entry){ .type = TAR_DIR, .path = split }, NULL);
	tar_add(to,
		(struct tar_entry){
			.type = TAR_DIR, .path = deep, .uid = 010000000, .gid = UINT32_MAX },
		NULL);
	tar_add(to, (struct tar_entry){ .type = TAR_FILE, .path = "old", .mtime_s = -5 }, NULL);
	tar_add(to, (struct tar_entry){ .type = TAR_FILE, .path = "new", .mtime_s = 0100000000000 },
		NULL);
}

static void pax_records_hold_the_rest(void **state)
{
	auto_free char *expected = NULL;
	auto_free char *longer = tar_repeat("long", 101), *link = tar_repeat("../link", 300);
	auto_free char *split = tar_repeat("dir/", 200), *deep = tar_repeat("d/", 400);
	auto_buf tar = BUF_EMPTY;
	auto_buf got = BUF_EMPTY;

	(void)state;
	add_pax(&tar);
	tar_end(&tar);
	tar_save("t.tar", &tar);
	expected = mem_printf("0 0 0 1 %s\n0 0 0 0 link %s\n0 0 0 0 %.199s\n"
			      "2097152 4294967295 0 0 %.399s\n0 0 -5 0 old\n0 0 8589934592 0 new\n",
			      longer, link, split, deep);
	/* GNU tar and Python say the same as we do. */
	got.data = tar_run(
		"python3 -c '\nimport tarfile\n"
		"for m in tarfile.open(\"t.tar\"):\n"
		"  print(m.uid, m.gid, int(m.mtime), m.size, m.name + (\" \" + m.linkname if m.linkname else \"\"))\n'");
	got.len = strlen(got.data);
	assert_string_equal(got.data, expected);
}

static void pax_headers_are_canonical(void **state)
{
	auto_free char *gnu = NULL;
	auto_buf tar = BUF_EMPTY;

	(void)state;
	add_pax(&tar);
	/* The first entry: sorted records, each with its own length; a constant header. */
	assert_memory_equal(tar.data, "PaxHeaders/longlong", 19);
	assert_string_equal(tar.data + 100, "0000644");
	assert_string_equal(tar.data + 136, "00000000000");
	assert_int_equal(tar.data[156], 'x');
	assert_memory_equal(tar.data + 512, "57 SCHILY.xattr.security.capability=\1\0\0\2", 41);
	assert_memory_equal(tar.data + 512 + 57, "29 SCHILY.xattr.user.z=last\n\n", 29);
	tar_end(&tar);
	tar_save("t.tar", &tar);
	gnu = tar_run("LC_ALL=C tar --xattrs --xattrs-include='*' -tvvf t.tar | grep -c '^  x:'");
	assert_string_equal(gnu, "2\n");
}

/* The longest paths that ustar holds, and one byte more. */
static void ustar_paths_are_split(void **state)
{
	auto_free char *prefix = tar_repeat("p", 155), *name = tar_repeat("n", 100);
	auto_free char *fits = mem_printf("%s/%s", prefix, name);
	auto_free char *not_prefix = mem_printf("p%s/%s", prefix, name);
	auto_free char *not_name = mem_printf("%s/n%s", prefix, name);
	auto_free char *folder = mem_printf("%s/%.99s/", prefix, name);
	auto_free char *not_folder = mem_printf("%s/%s", prefix, name);
	auto_free char *no_slash = mem_printf("n%s", name);
	const struct {
		const char *path;
		enum tar_type type;
		size_t blocks;
	} cases[] = {
		{ name, TAR_FILE, 1 },	     { no_slash, TAR_FILE, 3 }, { fits, TAR_FILE, 1 },
		{ not_prefix, TAR_FILE, 3 }, { not_name, TAR_FILE, 3 }, { folder, TAR_DIR, 1 },
		{ not_folder, TAR_DIR, 3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct tar_entry t = { .type = cases[i].type, .path = cases[i].path };
		auto_free char *got = NULL,
			       *expected = mem_printf("%s%s\n", t.path,
						      cases[i].path == not_folder ? "/" : "");
		auto_buf tar = BUF_EMPTY;

		tar_add(&tar, t, NULL);
		assert_int_equal(tar.len, cases[i].blocks * 512);
		tar_end(&tar);
		tar_save("t.tar", &tar);
		got = tar_run("tar tf t.tar");
		assert_string_equal(got, expected);
	}
}

static enum fail_code refused(struct tar_entry t)
{
	struct sink *s = null_sink_new();
	struct err e = { 0 };
	int rc = tar_write_header(s, &t, &e);

	sink_close(s);
	assert_int_equal(rc, -(int)e.code);
	return e.code;
}

static void the_writer_refuses_what_tar_can_not_say(void **state)
{
	auto_free char *path = tar_repeat("p", 4096), *path_over = tar_repeat("p", 4097);
	auto_free char *value = tar_repeat("v", TAR_MAX_XATTR_BYTES + 1);
	struct tar_xattr many[TAR_MAX_XATTRS + 1];
	struct tar_entry t = { .type = TAR_FILE, .path = "f" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = (struct tar_xattr){ "a", { value, TAR_MAX_XATTR_BYTES } };
	assert_int_equal(refused(t), 0);
	assert_int_equal(refused((struct tar_entry){ .path = path }), 0);
	assert_int_equal(refused((struct tar_entry){ .path = path_over }), FAIL_LIMIT);
	assert_int_equal(refused((struct tar_entry){ .path = "" }), FAIL_FORMAT);
	assert_int_equal(refused((struct tar_entry){ .path = "f/" }), FAIL_FORMAT);
	assert_int_equal(refused((struct tar_entry){ .path = "f", .link = "x" }), FAIL_FORMAT);
	assert_int_equal(refused((struct tar_entry){ .path = "f", .type = TAR_SYMLINK }),
			 FAIL_FORMAT);
	assert_int_equal(refused((struct tar_entry){ .path = "d", .type = TAR_DIR, .size = 1 }),
			 FAIL_FORMAT);
	assert_int_equal(refused((struct tar_entry){
				 .path = "c", .type = TAR_CHAR, .dev_major = 010000000 }),
			 FAIL_FORMAT);
	assert_int_equal(refused((struct tar_entry){ .path = "f", .size = TAR_MAX_FILE_BYTES + 1 }),
			 FAIL_FORMAT);
	t.xattrs = many;
	t.n_xattrs = 8;
	assert_int_equal(refused(t), 0);
	t.n_xattrs = TAR_MAX_XATTRS;
	assert_int_equal(refused(t), FAIL_LIMIT);
	many[0].value.len++;
	t.n_xattrs = 1;
	assert_int_equal(refused(t), FAIL_LIMIT);
	many[0] = (struct tar_xattr){ "a=b", { "", 0 } };
	assert_int_equal(refused(t), FAIL_FORMAT);
}

/* In the folder "in": what ustar alone can't say, and names in no encoding. */
static void make_files(void)
{
	free(tar_run(
		"rm -rf in t.tar; mkdir -p in/d && cd in && printf 'content of a' > d/a && ln d/a d/b && "
		"ln -s ../x d/s && printf 1 > \"d/$(printf '\\303\\244\\377')\" && "
		"n=$(printf 'n%.0s' $(seq 250)) && printf long > d/$n && chmod 0755 d && "
		"chmod 0640 d/a d/$n && chmod 0600 d/*[!a-z]* && "
		"head -c 300000 /dev/zero > z && chmod 444 z"));
}

static void assert_made_files(const char *path, const char *prefix)
{
	auto_free char *n = tar_repeat("n", 250);
	auto_free char *expected =
		mem_printf("d 0755 7:8 @99 %sd/\nf 0640 7:8 @99 %sd/a =content of a\n"
			   "h 0640 7:8 @99 %sd/b > %sd/a\nf 0640 7:8 @99 %sd/%s =long\n"
			   "l 0777 7:8 @99 %sd/s > ../x\nf 0600 7:8 @99 %sd/\xc3\xa4\xff =1\n"
			   "f 0444 7:8 @99 %sz +300000\n",
			   prefix, prefix, prefix, prefix, prefix, n, prefix, prefix, prefix);

	assert_tar_file_lists(path, expected);
}

static void gnu_tars_are_read(void **state)
{
	static const char *const formats[] = { "gnu", "pax", "oldgnu" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		auto_free char *cmd =
			mem_printf("cd in; LC_ALL=C tar -c --format=%s --sort=name --owner=7 "
				   "--group=8 --numeric-owner --mtime=@99 -f ../t.tar ./d ./z",
				   formats[i]);

		make_files();
		free(tar_run(cmd));
		assert_made_files("t.tar", "./");
	}
}

static void bsdtars_are_read(void **state)
{
	(void)state;
	make_files();
	free(tar_run(
		"cd in; find . -exec touch -h -d @99 {} + && find d z | LC_ALL=C sort | "
		"bsdtar -c --format=pax -n --uid 7 --gid 8 --uname '' --gname '' -f ../t.tar -T -"));
	assert_made_files("t.tar", "");
}

static void python_tars_are_read(void **state)
{
	static const char *const formats[] = { "GNU", "PAX" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		auto_free char *cmd = mem_printf(
			"cd in; python3 -c 'import tarfile,sys\n"
			"def f(t):\n  t.uid=7; t.gid=8; t.mtime=99; t.uname=t.gname=\"\"; return t\n"
			"with tarfile.open(\"../t.tar\",\"w\",format=tarfile.%s_FORMAT) as t:\n"
			"  t.add(\"d\",filter=f)\n  t.add(\"z\",filter=f)\n'",
			formats[i]);

		make_files();
		free(tar_run(cmd));
		assert_made_files("t.tar", "");
	}
}

/* The same bytes whatever the locale says about encodings. */
static void names_do_not_depend_on_the_locale(void **state)
{
	auto_free char *name = tar_repeat("\xc3\xa4", 120);
	auto_free char *expected = mem_printf("f 0000 0:0 @0 %s =\n", name);
	auto_buf tar = BUF_EMPTY;

	(void)state;
	tar_add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = name }, NULL);
	tar_end(&tar);
	assert_tar_lists(buf_view(&tar), expected);
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	assert_tar_lists(buf_view(&tar), expected);
	if (setlocale(LC_ALL, "de_DE.ISO-8859-1"))
		assert_tar_lists(buf_view(&tar), expected);
	setlocale(LC_ALL, "C");
}

static void xattrs_are_read(void **state)
{
	auto_buf tar = BUF_EMPTY;
	const struct tar_xattr x[] = { { "user.b", { "2\n", 2 } }, { "user.a", { "1", 1 } } };

	(void)state;
	tar_add(&tar,
		(struct tar_entry){ .type = TAR_FILE, .path = "f", .xattrs = x, .n_xattrs = 2 },
		NULL);
	assert_tar_lists(buf_view(&tar), "f 0000 0:0 @0 f {user.a=1} {user.b=2\n} =\n");
	free(tar_run("python3 -c 'import tarfile\n"
		     "with tarfile.open(\"t.tar\",\"w\",format=tarfile.PAX_FORMAT) as t:\n"
		     "  i=tarfile.TarInfo(\"p\"); i.mode=0o755\n"
		     "  i.pax_headers={\"SCHILY.xattr.user.x\":\"value\"}; t.addfile(i)'"));
	assert_tar_file_lists("t.tar", "f 0755 0:0 @0 p {user.x=value} =\n");
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, tar_enter_folder, tar_leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(what_is_written_is_read),
		IN_FOLDER(gnu_tar_lists_what_is_written),
		IN_FOLDER(pax_records_hold_the_rest),
		IN_FOLDER(pax_headers_are_canonical),
		IN_FOLDER(ustar_paths_are_split),
		IN_FOLDER(the_writer_refuses_what_tar_can_not_say),
		IN_FOLDER(gnu_tars_are_read),
		IN_FOLDER(bsdtars_are_read),
		IN_FOLDER(python_tars_are_read),
		IN_FOLDER(names_do_not_depend_on_the_locale),
		IN_FOLDER(xattrs_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
