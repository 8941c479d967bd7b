/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tar against GNU tar, bsdtar and Python's tarfile: what they write is read here, what is written
 * here is listed by them.
 */
#include "fmt/tar.h"

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

/* In a folder of its own; what the command prints. The test fails with the command. */
static char *run(const char *script)
{
	auto_buf out = BUF_EMPTY;
	FILE *p = popen(script, "r");
	size_t n;

	assert_non_null(p);
	do {
		char *to = buf_grow(&out, 4096);

		n = fread(to, 1, 4096, p);
		out.len += n;
	} while (n);
	assert_int_equal(pclose(p), 0);
	return buf_steal(&out);
}

static void load(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	do {
		char *to = buf_grow(ret, 65536);

		n = fread(to, 1, 65536, f);
		ret->len += n;
	} while (n);
	fclose(f);
}

static void save(const char *path, const struct buf *bytes)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes->data, 1, bytes->len, f), bytes->len);
	assert_int_equal(fclose(f), 0);
}

static int enter_folder(void **state)
{
	char *folder = mem_strdup("/tmp/pare-tar-test-XXXXXX");

	*state = mkdtemp(folder);
	return !*state || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
	auto_free char *rm = mem_printf("rm -rf '%s'", (char *)*state);
	int rc = chdir("/") != 0 || system(rm) != 0;

	free(*state);
	return rc;
}

/* "f 0644 1:2 @mtime name [> link] [{xattr=value}] [=content]", a line per entry. */
static void describe(const struct tar_entry *t, struct buf *to)
{
	buf_printf(to, "%c %04o %" PRIu64 ":%" PRIu64 " @%" PRId64 " %s", "fhlcbdp"[t->type],
		   t -> mode, t -> uid, t -> gid, t -> mtime_s, t -> path);
	if (t->link[0])
		buf_printf(to, " > %s", t->link);
	if (t->type == TAR_CHAR || t->type == TAR_BLOCK)
		buf_printf(to, " %u,%u", t->dev_major, t->dev_minor);
	for (size_t i = 0; i < t->n_xattrs; i++)
		buf_printf(to, " {%s=%.*s}", t->xattrs[i].name, VIEW_ARG(t->xattrs[i].value));
}

static int list_entries(struct tar_reader *r, struct buf *to, struct err *e)
{
	struct tar_entry t;
	int rc;

	while ((rc = tar_reader_next(r, &t, e)) == 1) {
		uint64_t total = 0;
		char bytes[33];
		size_t n;

		describe(&t, to);
		if (t.type == TAR_FILE && t.size < 100)
			buf_add_str(to, " =");
		do {
			rc = tar_reader_read(r, bytes, sizeof(bytes), &n, e);
			if (rc < 0)
				return rc;
			if (t.size < 100)
				buf_add(to, bytes, n);
			total += n;
		} while (n);
		assert_int_equal(total, t.size);
		if (t.size >= 100)
			buf_printf(to, " +%" PRIu64, t.size);
		buf_add_char(to, '\n');
	}
	return rc;
}

static void list(struct source *from, struct buf *to)
{
	struct tar_reader *r;
	struct err e = { 0 };

	assert_int_equal(tar_reader_new(from, "t", &r, &e), 0);
	if (list_entries(r, to, &e) < 0)
		buf_printf(to, "%d: %s\n", (int)e.code, e.msg);
	else
		assert_int_equal(tar_reader_next(r, &(struct tar_entry){ 0 }, &e), 0);
	tar_reader_free(r);
}

static void assert_lists(struct view bytes, const char *expected)
{
	auto_buf got = BUF_EMPTY;

	list(mem_source_new(bytes), &got);
	assert_string_equal(buf_str(&got), expected);
}

static void assert_file_lists(const char *path, const char *expected)
{
	auto_buf bytes = BUF_EMPTY;

	load(path, &bytes);
	assert_lists(buf_view(&bytes), expected);
}

static void add(struct buf *to, struct tar_entry t, const char *content)
{
	struct sink *s = buf_sink_new(to, 64 << 20);
	struct err e = { 0 };

	if (content)
		t.size = strlen(content);
	if (tar_write_header(s, &t, &e) < 0)
		fail_msg("%s", e.msg);
	if (content) {
		assert_int_equal(sink_write(s, content, t.size, &e), 0);
		assert_int_equal(tar_write_padding(s, t.size, &e), 0);
	}
	sink_close(s);
}

static void end(struct buf *to)
{
	struct sink *s = buf_sink_new(to, 64 << 20);
	struct err e = { 0 };

	assert_int_equal(tar_write_end(s, &e), 0);
	sink_close(s);
}

static char *repeat(const char *unit, size_t len)
{
	auto_buf b = BUF_EMPTY;

	while (b.len < len)
		buf_add_str(&b, unit);
	b.data[b.len = len] = '\0';
	return buf_steal(&b);
}

/* One of each type, and all that ustar can say. */
static void add_plain(struct buf *to)
{
	add(to, (struct tar_entry){ .type = TAR_DIR, .path = "etc", .mode = 0755 }, NULL);
	add(to,
	    (struct tar_entry){ .type = TAR_FILE,
				.path = "etc/a",
				.mode = 04755,
				.uid = 1000,
				.gid = 07777777,
				.mtime_s = 1700000000 },
	    "hello\n");
	add(to,
	    (struct tar_entry){ .type = TAR_CHAR,
				.path = "etc/c",
				.mode = 0600,
				.dev_major = 1,
				.dev_minor = 3 },
	    NULL);
	add(to, (struct tar_entry){ .type = TAR_FILE, .path = "etc/empty", .mode = 0400 }, NULL);
	add(to,
	    (struct tar_entry){
		    .type = TAR_HARDLINK, .path = "etc/h", .link = "etc/a", .mode = 04755 },
	    NULL);
	add(to, (struct tar_entry){ .type = TAR_FIFO, .path = "etc/p", .mode = 0644 }, NULL);
	add(to,
	    (struct tar_entry){
		    .type = TAR_SYMLINK, .path = "etc/s", .link = "../\xc3\xa4", .mode = 0777 },
	    NULL);
	add(to, (struct tar_entry){ .type = TAR_DIR, .path = "\xc3\xa4/", .mode = 01777 }, NULL);
	add(to, (struct tar_entry){ .type = TAR_BLOCK, .path = "\xff", .dev_major = 8 }, NULL);
	end(to);
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
	assert_lists(buf_view(&tar), PLAIN);
}

static void gnu_tar_lists_what_is_written(void **state)
{
	auto_buf tar = BUF_EMPTY;
	auto_free char *got = NULL;

	(void)state;
	add_plain(&tar);
	save("t.tar", &tar);
	got = run("TZ=UTC LC_ALL=C tar --numeric-owner --quoting-style=escape --full-time "
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
	auto_free char *longer = repeat("long", 101), *link = repeat("../link", 300);
	auto_free char *split = repeat("dir/", 200), *deep = repeat("d/", 400);

	add(to,
	    (struct tar_entry){ .type = TAR_FILE,
				.path = longer,
				.mode = 0644,
				.xattrs = xattrs,
				.n_xattrs = 2 },
	    "x");
	add(to, (struct tar_entry){ .type = TAR_SYMLINK, .path = "link", .link = link }, NULL);
	add(to, (struct tar_entry){ .type = TAR_DIR, .path = split }, NULL);
	add(to,
	    (struct tar_entry){
		    .type = TAR_DIR, .path = deep, .uid = 010000000, .gid = UINT32_MAX },
	    NULL);
	add(to, (struct tar_entry){ .type = TAR_FILE, .path = "old", .mtime_s = -5 }, NULL);
	add(to, (struct tar_entry){ .type = TAR_FILE, .path = "new", .mtime_s = 0100000000000 },
	    NULL);
}

static void pax_records_hold_the_rest(void **state)
{
	auto_free char *expected = NULL;
	auto_free char *longer = repeat("long", 101), *link = repeat("../link", 300);
	auto_free char *split = repeat("dir/", 200), *deep = repeat("d/", 400);
	auto_buf tar = BUF_EMPTY;
	auto_buf got = BUF_EMPTY;

	(void)state;
	add_pax(&tar);
	end(&tar);
	save("t.tar", &tar);
	expected = mem_printf("0 0 0 1 %s\n0 0 0 0 link %s\n0 0 0 0 %.199s\n"
			      "2097152 4294967295 0 0 %.399s\n0 0 -5 0 old\n0 0 8589934592 0 new\n",
			      longer, link, split, deep);
	/* GNU tar and Python say the same as we do. */
	got.data = run(
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
	end(&tar);
	save("t.tar", &tar);
	gnu = run("LC_ALL=C tar --xattrs --xattrs-include='*' -tvvf t.tar | grep -c '^  x:'");
	assert_string_equal(gnu, "2\n");
}

/* The longest paths that ustar holds, and one byte more. */
static void ustar_paths_are_split(void **state)
{
	auto_free char *prefix = repeat("p", 155), *name = repeat("n", 100);
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

		add(&tar, t, NULL);
		assert_int_equal(tar.len, cases[i].blocks * 512);
		end(&tar);
		save("t.tar", &tar);
		got = run("tar tf t.tar");
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
	auto_free char *path = repeat("p", 4096), *path_over = repeat("p", 4097);
	auto_free char *value = repeat("v", TAR_MAX_XATTR_BYTES + 1);
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
	free(run(
		"rm -rf in t.tar; mkdir -p in/d && cd in && printf 'content of a' > d/a && ln d/a d/b && "
		"ln -s ../x d/s && printf 1 > \"d/$(printf '\\303\\244\\377')\" && "
		"n=$(printf 'n%.0s' $(seq 250)) && printf long > d/$n && chmod 0755 d && "
		"chmod 0640 d/a d/$n && chmod 0600 d/*[!a-z]* && "
		"head -c 300000 /dev/zero > z && chmod 444 z"));
}

static void assert_made_files(const char *path, const char *prefix)
{
	auto_free char *n = repeat("n", 250);
	auto_free char *expected =
		mem_printf("d 0755 7:8 @99 %sd/\nf 0640 7:8 @99 %sd/a =content of a\n"
			   "h 0640 7:8 @99 %sd/b > %sd/a\nf 0640 7:8 @99 %sd/%s =long\n"
			   "l 0777 7:8 @99 %sd/s > ../x\nf 0600 7:8 @99 %sd/\xc3\xa4\xff =1\n"
			   "f 0444 7:8 @99 %sz +300000\n",
			   prefix, prefix, prefix, prefix, prefix, n, prefix, prefix, prefix);

	assert_file_lists(path, expected);
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
		free(run(cmd));
		assert_made_files("t.tar", "./");
	}
}

static void bsdtars_are_read(void **state)
{
	(void)state;
	make_files();
	free(run(
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
		free(run(cmd));
		assert_made_files("t.tar", "");
	}
}

/* The same bytes whatever the locale says about encodings. */
static void names_do_not_depend_on_the_locale(void **state)
{
	auto_free char *name = repeat("\xc3\xa4", 120);
	auto_free char *expected = mem_printf("f 0000 0:0 @0 %s =\n", name);
	auto_buf tar = BUF_EMPTY;

	(void)state;
	add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = name }, NULL);
	end(&tar);
	assert_lists(buf_view(&tar), expected);
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	assert_lists(buf_view(&tar), expected);
	if (setlocale(LC_ALL, "de_DE.ISO-8859-1"))
		assert_lists(buf_view(&tar), expected);
	setlocale(LC_ALL, "C");
}

static void xattrs_are_read(void **state)
{
	auto_buf tar = BUF_EMPTY;
	const struct tar_xattr x[] = { { "user.b", { "2\n", 2 } }, { "user.a", { "1", 1 } } };

	(void)state;
	add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "f", .xattrs = x, .n_xattrs = 2 },
	    NULL);
	assert_lists(buf_view(&tar), "f 0000 0:0 @0 f {user.a=1} {user.b=2\n} =\n");
	free(run("python3 -c 'import tarfile\n"
		 "with tarfile.open(\"t.tar\",\"w\",format=tarfile.PAX_FORMAT) as t:\n"
		 "  i=tarfile.TarInfo(\"p\"); i.mode=0o755\n"
		 "  i.pax_headers={\"SCHILY.xattr.user.x\":\"value\"}; t.addfile(i)'"));
	assert_file_lists("t.tar", "f 0755 0:0 @0 p {user.x=value} =\n");
}

static void an_empty_archive_has_no_entries(void **state)
{
	auto_buf tar = BUF_EMPTY;

	(void)state;
	assert_lists(view_of(""), "");
	end(&tar);
	assert_lists(buf_view(&tar), "");
}

/* As Go's reader: the end may lack, and the last padding, but not the end of a file or header. */
static void truncation_is_an_error_with_its_place(void **state)
{
	auto_buf tar = BUF_EMPTY;
	auto_free char *content = repeat("x", 1000);

	(void)state;
	add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "f" }, content);
	assert_lists(view_make(tar.data, 1536), "f 0000 0:0 @0 f +1000\n");
	for (size_t len = 1512; len < 1536; len++)
		assert_lists(view_make(tar.data, len), "f 0000 0:0 @0 f +1000\n");
	for (size_t len = 1511; len > 73; len -= 73) {
		auto_buf got = BUF_EMPTY;

		list(mem_source_new(view_make(tar.data, len)), &got);
		assert_non_null(strstr(buf_str(&got), "4: t: offset "));
	}
	add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "g" }, content);
	for (size_t len = 1537; len < 2048; len += 73) {
		auto_buf got = BUF_EMPTY;

		list(mem_source_new(view_make(tar.data, len)), &got);
		if (!strstr(buf_str(&got), "\n4: t: offset 1536: "))
			fail_msg("%s", buf_str(&got));
	}
}

static void other_bytes_are_not_a_tar(void **state)
{
	auto_free char *text = repeat("not a tar, just text. ", 2000);
	auto_buf got = BUF_EMPTY;

	(void)state;
	list(mem_source_new(view_of(text)), &got);
	assert_string_equal(buf_str(&got), "4: t: offset 0: Unrecognized archive format\n");
}

static void a_broken_checksum_is_an_error(void **state)
{
	auto_buf tar = BUF_EMPTY, got = BUF_EMPTY;

	(void)state;
	add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "f" }, "x");
	add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "g" }, "x");
	end(&tar);
	tar.data[1024] = 'h';
	list(mem_source_new(buf_view(&tar)), &got);
	assert_non_null(strstr(buf_str(&got), "\n4: t: offset 1024: "));
}

static void sparse_files_are_refused(void **state)
{
	static const char *const formats[] = { "gnu", "pax --sparse-version=0.0",
					       "pax --sparse-version=0.1",
					       "pax --sparse-version=1.0" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		auto_free char *cmd = mem_printf(
			"rm -f s t.tar; truncate -s 1M s && printf x >> s && tar -cSf t.tar --format=%s s",
			formats[i]);
		auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

		free(run(cmd));
		load("t.tar", &bytes);
		list(mem_source_new(buf_view(&bytes)), &got);
		assert_non_null(strstr(buf_str(&got), "11: t: offset "));
		assert_non_null(strstr(buf_str(&got), "'s' is a sparse file"));
	}
}

/* Nothing but a hole: an archive of 1 KiB that would give 2 GiB of zeros. */
static void a_hole_is_not_expanded(void **state)
{
	auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

	(void)state;
	free(run("truncate -s 2G s && tar -cSf t.tar --format=gnu -b2 s"));
	load("t.tar", &bytes);
	list(mem_source_new(buf_view(&bytes)), &got);
	assert_string_equal(strstr(buf_str(&got), "11: "),
			    "11: t: offset 0: 's' is a sparse file\n");
}

/* A declared size is only believed as far as bytes come. */
static void huge_sizes_take_no_memory(void **state)
{
	auto_buf tar = BUF_EMPTY, got = BUF_EMPTY;

	(void)state;
	add(&tar, (struct tar_entry){ .type = TAR_FILE, .path = "f", .size = TAR_MAX_FILE_BYTES },
	    NULL);
	buf_add(&tar, "x", 1);
	list(mem_source_new(buf_view(&tar)), &got);
	assert_non_null(strstr(buf_str(&got), "4: t: offset "));
}

static void long_paths_and_many_xattrs_are_refused(void **state)
{
	(void)state;
	free(run("python3 -c 'import tarfile\n"
		 "def w(n, name, h):\n"
		 "  with tarfile.open(n,\"w\",format=tarfile.PAX_FORMAT) as t:\n"
		 "    i=tarfile.TarInfo(name); i.pax_headers=h; t.addfile(i)\n"
		 "w(\"path.tar\", \"p\"*4097, {})\n"
		 "w(\"ok.tar\", \"x\", {\"SCHILY.xattr.a%d\" % i: \"v\" for i in range(64)})\n"
		 "w(\"many.tar\", \"x\", {\"SCHILY.xattr.a%d\" % i: \"v\" for i in range(65)})\n"
		 "w(\"big.tar\", \"x\", {\"SCHILY.xattr.a\": \"v\" * 65537})\n'"));
	for (const char *const *f =
		     (const char *const[]){ "path.tar", "many.tar", "big.tar", NULL };
	     *f; f++) {
		auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

		load(*f, &bytes);
		list(mem_source_new(buf_view(&bytes)), &got);
		if (strncmp(buf_str(&got), "5: t: offset ", 13) != 0)
			fail_msg("%s: %s", *f, buf_str(&got));
	}
	{
		auto_buf bytes = BUF_EMPTY, got = BUF_EMPTY;

		load("ok.tar", &bytes);
		list(mem_source_new(buf_view(&bytes)), &got);
		assert_non_null(strstr(buf_str(&got), "{a63=v}"));
	}
}

/* Unlike libarchive itself, which would keep all of it. */
static void endless_headers_are_refused(void **state)
{
	auto_buf tar = BUF_EMPTY, got = BUF_EMPTY;
	const struct tar_xattr x = { "user.a", { "1", 1 } };

	(void)state;
	for (int i = 0; i < 6000; i++) {
		add(&tar,
		    (struct tar_entry){
			    .type = TAR_FILE, .path = "f", .xattrs = &x, .n_xattrs = 1 },
		    NULL);
		tar.len -= 512;
	}
	list(mem_source_new(buf_view(&tar)), &got);
	assert_true(strstr(buf_str(&got), "5: t: ") || strstr(buf_str(&got), "4: t: "));
}

static int broken_read(struct source *s, void *to, size_t size, size_t *ret_n, struct err *e)
{
	(void)s;
	(void)to;
	(void)size;
	(void)ret_n;
	return (fail)(e, FAIL_VERIFY, "digest differs");
}

static void broken_close(struct source *s)
{
	free(s);
}

static void the_sources_error_comes_through(void **state)
{
	static const struct source_ops ops = { broken_read, broken_close };
	struct source *s = mem_alloc(sizeof(*s));
	auto_buf got = BUF_EMPTY;

	(void)state;
	source_init(s, &ops);
	list(s, &got);
	assert_string_equal(buf_str(&got), "8: t: digest differs\n");
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

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
		IN_FOLDER(an_empty_archive_has_no_entries),
		IN_FOLDER(truncation_is_an_error_with_its_place),
		IN_FOLDER(other_bytes_are_not_a_tar),
		IN_FOLDER(a_broken_checksum_is_an_error),
		IN_FOLDER(sparse_files_are_refused),
		IN_FOLDER(a_hole_is_not_expanded),
		IN_FOLDER(huge_sizes_take_no_memory),
		IN_FOLDER(long_paths_and_many_xattrs_are_refused),
		IN_FOLDER(endless_headers_are_refused),
		IN_FOLDER(the_sources_error_comes_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
