/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs in trees of our own: what each kind of problem looks like, and its near miss. As root,
 * Linux and the loader are asked, too (made.c).
 */
#include "base/buf.h"
#include "base/mem.h"
#include "made.h"

#include <gnu/libc-version.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* $ORIGIN needs /proc, which a bare chroot hasn't: the machine's loader is asked. */
static void runs_in_place(struct made *m, const char *path)
{
	char *command = mem_printf("%s%s", m->dir, path);

	free(output_of(command));
	free(command);
}

static void holds(struct made *m, const char *path, const char *want_libraries)
{
	char *got;

	look(m, path, NULL);
	assert_int_equal(m->result.n_problems, 0);
	got = objects_text(&m->result, LINK_LIBRARY);
	if (!strstr(got, want_libraries))
		fail_msg("'%s' isn't in:\n%s", want_libraries, got);
	free(got);
}

static void loads(struct made *m, const char *path, const char *want_libraries)
{
	has_problems(m, path, "");
	holds(m, path, want_libraries);
}

static void interpreters(void **state)
{
	struct made m;

	(void)state;
	made_by(&m,
		TOOLS "libs /bin/sh; echo \"$hello\" | program app/good;"
		      "echo \"$hello\" | program app/static -static;"
		      "echo \"$hello\" | program app/static-pie -static-pie;"
		      "echo \"$hello\" | program app/bad -Wl,--dynamic-linker=/lib/ld-none.so.1;"
		      "echo \"$hello\" | program app/text -Wl,--dynamic-linker=/app/ld;"
		      "echo text >app/ld; chmod 755 app/ld;"
		      "echo \"$hello\" | program app/mode -Wl,--dynamic-linker=/app/ld2;"
		      "cp -L $(readelf -lW app/good | grep -o '/[^]]*ld-linux[^]]*') app/ld2;"
		      "chmod 644 app/ld2");
	has_problems(&m, "/app/good", "");
	has_problems(&m, "/app/static", "");
	has_problems(&m, "/app/static-pie", "");
	has_problems(&m, "/app/bad",
		     "fatal: '/app/bad' needs the interpreter '/lib/ld-none.so.1', which isn't "
		     "there [/app/bad]\n");
	has_problems(&m, "/app/text",
		     "fatal: '/app/ld' is nothing that Linux can run [/app/text]\n");
	has_problems(&m, "/app/mode", "fatal: '/app/ld2' can't be executed [/app/mode]\n");
	made_done(&m);
}

/* libs: a needs b needs c. */
#define CHAIN                                                                               \
	TOOLS "libs /bin/sh; mkdir -p lib opt; echo 'int c(void) { return 3; }' |"          \
	      "library l/libc1.so.1 -Wl,-soname,libc1.so.1;"                                \
	      "echo 'int c(void); int b(void) { return c(); }' |"                           \
	      "library l/libb1.so.1 -Wl,-soname,libb1.so.1 l/libc1.so.1;"                   \
	      "echo 'int b(void); int a(void) { return b(); }' |"                           \
	      "library l/liba1.so.1 -Wl,-soname,liba1.so.1 l/libb1.so.1 -Wl,-rpath-link,l;" \
	      "main() { echo 'int a(void); int main(void) { return a() - 3; }' |"           \
	      "  program $* l/liba1.so.1 -Wl,-rpath-link,l; };"

static void rpath_is_inherited_and_runpath_is_not(void **state)
{
	struct made m;

	(void)state;
	made_by(&m,
		CHAIN "main app/rpath -Wl,--disable-new-dtags,-rpath,\\$ORIGIN/../opt/x;"
		      "main app/runpath -Wl,--enable-new-dtags,-rpath,\\$ORIGIN/../opt/x;"
		      "main app/braces -Wl,--disable-new-dtags,-rpath,\\${ORIGIN}/../opt/x;"
		      "main app/none; mkdir -p opt/x bin2; ln -s ../app/rpath bin2/link;"
		      "for n in a b c; do cp l/lib${n}1.so.1 opt/x/lib${n}1.so.1; done; rm -r l");
	runs_in_place(&m, "/app/rpath");
	runs_in_place(&m, "/app/braces");
	holds(&m, "/app/rpath",
	      "library /app/../opt/x/liba1.so.1\nlibrary /lib/x86_64-linux-gnu/libc.so.6\n"
	      "library /app/../opt/x/libb1.so.1\nlibrary /app/../opt/x/libc1.so.1\n");
	runs_in_place(&m, "/bin2/link");
	holds(&m, "/bin2/link", "library /app/../opt/x/libc1.so.1\n");
	holds(&m, "/app/braces", "library /app/../opt/x/libc1.so.1\n");
	look(&m, "/app/runpath", NULL);
	assert_int_equal(m.result.n_problems, 1);
	assert_int_equal(m.result.problems[0].kind, LINK_NO_LIBRARY);
	assert_string_equal(m.result.problems[0].name, "libb1.so.1");
	assert_int_equal(m.result.problems[0].n_chain, 2);
	assert_string_equal(m.result.problems[0].chain[0], "/app/runpath");
	assert_string_equal(m.result.problems[0].chain[1], "/app/../opt/x/liba1.so.1");
	look(&m, "/app/none", NULL);
	assert_int_equal(m.result.n_problems, 1);
	assert_string_equal(m.result.problems[0].name, "liba1.so.1");
	made_done(&m);
}

static void the_environment_counts_unless_set_user_id(void **state)
{
	static const char *const env[] = { "LD_LIBRARY_PATH=/none:/opt/x", "A=b" };
	static const struct link_process p = { .env = env, .n_env = 2 };
	struct made m;

	(void)state;
	made_by(&m, CHAIN "main app/plain; main app/setuid; chmod 4755 app/setuid; mkdir -p opt/x;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/x/lib${n}1.so.1; done");
	look(&m, "/app/plain", &p);
	assert_int_equal(m.result.n_problems, 0);
	assert_string_equal(m.result.objects[2]->path, "/opt/x/liba1.so.1");
	look(&m, "/app/setuid", &p);
	assert_int_equal(m.result.n_problems, 1);
	assert_string_equal(m.result.problems[0].name, "liba1.so.1");
	made_done(&m);
}

static void the_cache_is_read_and_configuration_alone_is_not(void **state)
{
	struct made m;

	(void)state;
	made_by(&m, CHAIN "main app/x; mkdir -p opt/x etc sbin;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/x/lib${n}1.so.1; done;"
			  "echo /opt/x >etc/ld.so.conf");
	look(&m, "/app/x", NULL);
	assert_int_equal(m.result.n_problems, 1);
	made_done(&m);
	made_by(&m, CHAIN "main app/x; mkdir -p opt/x etc sbin;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/x/lib${n}1.so.1; done;"
			  "echo /opt/x >etc/ld.so.conf; /sbin/ldconfig -r . -X");
	loads(&m, "/app/x", "library /opt/x/libc1.so.1\n");
	made_done(&m);
	/* a cache that isn't whole counts as none */
	made_by(&m, CHAIN "main app/x; mkdir -p opt/x etc sbin;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/x/lib${n}1.so.1; done;"
			  "echo /opt/x >etc/ld.so.conf; /sbin/ldconfig -r . -X;"
			  "head -c 60 etc/ld.so.cache >c; cat c >etc/ld.so.cache");
	look(&m, "/app/x", NULL);
	assert_int_equal(m.result.n_problems, 1);
	made_done(&m);
}

static void variants_for_processors_are_found_besides(void **state)
{
	char *got;
	struct made m;

	(void)state;
	made_by(&m, CHAIN "main app/x -Wl,--disable-new-dtags,-rpath,/opt/x;"
			  "mkdir -p opt/x/glibc-hwcaps/z15;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/x/lib${n}1.so.1; done;"
			  "cp opt/x/libb1.so.1 opt/x/glibc-hwcaps/z15/");
	has_problems(&m, "/app/x", "");
	got = objects_text(&m.result, LINK_VARIANT);
	assert_string_equal(got, "variant /opt/x/glibc-hwcaps/z15/libb1.so.1\n");
	free(got);
	made_done(&m);
}

static void a_variant_alone_is_for_some_processors(void **state)
{
	char *got;
	struct made m;

	(void)state;
	made_by(&m, CHAIN "main app/x -Wl,--disable-new-dtags,-rpath,/opt/x;"
			  "mkdir -p opt/x/glibc-hwcaps/z15;"
			  "for n in a c; do mv l/lib${n}1.so.1 opt/x/lib${n}1.so.1; done;"
			  "cp l/libb1.so.1 opt/x/glibc-hwcaps/z15/");
	look(&m, "/app/x", NULL);
	got = problems_text(&m.result);
	assert_non_null(strstr(got, "note: '/opt/x/liba1.so.1' needs libb1.so.1, which isn't there "
				    "(searched: /opt/x"));
	assert_non_null(strstr(got, "only some processors find it, as "
				    "'/opt/x/glibc-hwcaps/z15/libb1.so.1'"));
	assert_int_equal(m.result.n_problems, 1);
	free(got);
	/* what it needs is loaded for these */
	got = objects_text(&m.result, LINK_LIBRARY);
	assert_non_null(strstr(got, "library /opt/x/libc1.so.1\n"));
	free(got);
	made_done(&m);
}

/* As ld.so does it: in front of the filter, found as its own needed libraries are. */
static void filters_load_what_they_filter(void **state)
{
	struct made m;

	(void)state;
	made_by(&m, TOOLS
		"libs /bin/sh; mkdir -p opt/f;"
		"echo 'int f(void) { return 5; }' |"
		"library opt/f/libreal.so -Wl,-soname,libreal.so;"
		"filter() { echo 'int f(void) { return 1; }' | library opt/f/lib$1.so "
		"-Wl,-soname,lib$1.so,$2,lib$3.so $4; };"
		"filter aux -f real '-Wl,-rpath,$ORIGIN'; filter fil -F real; filter no -f none;"
		"for n in aux fil no; do"
		"  echo 'int f(void); int main(void) { return f() < 0; }' |"
		"  program app/$n -Lopt/f -l$n -Wl,-rpath,/opt/f -Wl,-rpath-link,opt/f; done");
	loads(&m, "/app/aux", "library /opt/f/libreal.so\n");
	has_problems(&m, "/app/no", "");
	look(&m, "/app/fil", NULL);
	assert_int_equal(m.result.n_problems, 1);
	assert_true(m.result.problems[0].fatal);
	assert_string_equal(m.result.problems[0].name, "libreal.so");
	made_done(&m);
}

static void other_machines_are_passed_over(void **state)
{
	struct made m;

	(void)state;
	made_by(&m, CHAIN "main app/x -Wl,--disable-new-dtags,-rpath,/opt/x:/opt/y;"
			  "main app/only -Wl,--disable-new-dtags,-rpath,/opt/z;"
			  "mkdir -p opt/x opt/y opt/z;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/y/lib${n}1.so.1; done;"
			  "foreign() { printf '\\267' | dd of=$1 bs=1 seek=18 conv=notrunc"
			  " 2>/dev/null; };"
			  "cp opt/y/* opt/x/; foreign opt/x/liba1.so.1; rm opt/x/libb1.so.1;"
			  "echo text >opt/x/libd.so; cp opt/y/* opt/z; foreign opt/z/liba1.so.1");
	loads(&m, "/app/x", "library /opt/y/liba1.so.1\n");
	has_problems(&m, "/app/only",
		     "fatal: '/app/only' needs liba1.so.1, which isn't there (searched: /opt/z, "
		     "/lib/x86_64-linux-gnu, /usr/lib/x86_64-linux-gnu, /lib, /usr/lib): "
		     "'/opt/z/liba1.so.1' is for arm64 [/app/only]\n");
	made_done(&m);
}

static void files_that_are_no_libraries_stop_the_search(void **state)
{
	struct made m;

	(void)state;
	made_by(&m, CHAIN "main app/x -Wl,--disable-new-dtags,-rpath,/opt/x:/opt/y;"
			  "mkdir -p opt/x opt/y;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/y/lib${n}1.so.1; done;"
			  "echo 'GROUP ( libb1.so.1 )' >opt/x/libb1.so.1");
	has_problems(
		&m, "/app/x",
		"fatal: '/opt/y/liba1.so.1' needs libb1.so.1, but '/opt/x/libb1.so.1' can't be "
		"loaded: it is no ELF file [/app/x > /opt/y/liba1.so.1]\n");
	made_done(&m);
	/* one that the user can't read is passed over */
	made_by(&m, CHAIN "main app/x -Wl,--disable-new-dtags,-rpath,/opt/x:/opt/y;"
			  "mkdir -p opt/x opt/y;"
			  "for n in a b c; do mv l/lib${n}1.so.1 opt/y/lib${n}1.so.1; done;"
			  "cp opt/y/* opt/x; chmod 600 opt/x/libb1.so.1");
	if (geteuid() == 0)
		loads(&m, "/app/x", "library /opt/y/libb1.so.1\n");
	made_done(&m);
}

static void versions_are_checked(void **state)
{
	struct made m;

	(void)state;
	made_by(&m,
		TOOLS "libs /bin/sh;"
		      "echo 'V_1 { global: f; local: *; }; V_2 { global: g; } V_1;' >map;"
		      "echo 'V_1 { global: f; local: *; };' >oldmap;"
		      "echo 'int f(void) { return 0; } int g(void) { return 0; }' |"
		      "library lib/libv.so -Wl,--version-script=map -Wl,-soname,libv.so;"
		      "echo 'int f(void); int main(void) { return f(); }' |"
		      "program app/old -Llib -lv;"
		      "echo 'int g(void); int main(void) { return g(); }' |"
		      "program app/new -Llib -lv;"
		      "echo 'int g(void); int main(void) { return g(); }' |"
		      "program app/lazy -Wl,-z,lazy -Llib -lv;"
		      "echo '#pragma weak g\nint g(void); int main(void) { return g ? g() : 0; }'"
		      "| program app/weak -Llib -lv;"
		      "echo 'int f(void) { return 0; }' |"
		      "library lib/libv.so -Wl,--version-script=oldmap -Wl,-soname,libv.so");
	has_problems(&m, "/app/old", "");
	has_problems(&m, "/app/new",
		     "fatal: '/app/new' needs version V_2 of '/lib/libv.so', which doesn't have it "
		     "[/app/new]\n");
	made_done(&m);
	/* a library without versions of its own will do; not so one that knows of none at all */
	made_by(&m, TOOLS "libs /bin/sh; echo 'V_1 { global: f; };' >map;"
			  "echo 'int f(void) { return 0; }' |"
			  "library lib/libv.so -Wl,--version-script=map -Wl,-soname,libv.so;"
			  "echo 'int f(void); int main(void) { return f(); }' |"
			  "program app/x -Llib -lv;"
			  "echo '#include <stdio.h>\nint f(void) { return puts(\"x\") < 0; }' |"
			  "library lib/libv.so -Wl,-soname,libv.so");
	has_problems(&m, "/app/x", "");
	made_done(&m);
	made_by(&m, TOOLS "libs /bin/sh; echo 'V_1 { global: f; };' >map;"
			  "echo 'int f(void) { return 0; }' |"
			  "library lib/libv.so -Wl,--version-script=map -Wl,-soname,libv.so;"
			  "echo 'int f(void); int main(void) { return f(); }' |"
			  "program app/x -Llib -lv;"
			  "echo 'int f(void) { return 0; }' | library lib/libv.so -nostdlib "
			  "-Wl,-soname,libv.so");
	/* since 2.41 at the latest glibc takes such a library, too */
	has_problems(&m, "/app/x",
		     strverscmp(gnu_get_libc_version(), "2.41") >= 0
			     ? ""
			     : "fatal: '/app/x' needs version V_1 of '/lib/libv.so', which doesn't "
			       "have it [/app/x]\n");
	made_done(&m);
}

static void symbols_are_looked_up_as_the_loader_does(void **state)
{
	struct made m;

	(void)state;
	made_by(&m,
		TOOLS "libs /bin/sh; echo 'int f(void) { return 0; } int g(void) { return 0; }'"
		      "| library lib/libs.so -Wl,-soname,libs.so;"
		      "call='int f(void); int g(void);"
		      "int main(int n, char **v) { return n > 1 ? f() + g() : 0; }';"
		      "echo \"$call\" | program app/now -Wl,-z,now -Llib -ls;"
		      "echo \"$call\" | program app/late -Wl,-z,lazy -Llib -ls;"
		      "echo 'int f(void); int main(int n, char **v) { return n > 1 ? f() : 0; }' |"
		      "program app/good -Wl,-z,now -Llib -ls;"
		      "echo '#pragma weak g\nint g(void); int main(void) { return g ? g() : 0; }'"
		      "| program app/weak -Llib -ls;"
		      "echo 'int f(void) { return 0; }' | library lib/libs.so -Wl,-soname,libs.so");
	has_problems(&m, "/app/good", "");
	has_problems(&m, "/app/weak", "");
	has_problems(&m, "/app/now",
		     "fatal: '/app/now' needs the symbol 'g', which nothing that is loaded defines "
		     "[/app/now]\n");
	has_problems(&m, "/app/late",
		     "note: '/app/late' needs the symbol 'g', which nothing that is loaded defines "
		     "[/app/late]\n");
	made_done(&m);
	/* the program itself may define what a library lacks */
	made_by(&m, TOOLS "libs /bin/sh; echo 'int up(void); int f(void) { return up(); }' |"
			  "library lib/libs.so -Wl,-soname,libs.so;"
			  "echo 'int f(void); int up(void) { return 0; } int main(void) {"
			  "return f(); }' | program app/x -Wl,-z,now -Llib -ls");
	has_problems(&m, "/app/x", "");
	made_done(&m);
}

static void cycles_and_other_names_end(void **state)
{
	struct made m;

	(void)state;
	made_by(&m, TOOLS "libs /bin/sh; echo 'int f(void) { return 0; }' |"
			  "library lib/liba.so -Wl,-soname,liba.so;"
			  "echo 'int f(void); int g(void) { return f(); }' |"
			  "library lib/libb.so -Wl,-soname,libb.so -Llib -la;"
			  "echo 'int g(void); int f(void) { return 0; }' |"
			  "library lib/liba.so -Wl,-soname,liba.so -Wl,--no-as-needed -Llib -lb;"
			  "echo 'int f(void); int main(void) { return f(); }' |"
			  "program app/cycle -Llib -la;"
			  /* the file's name is not its soname, and another needs it by that */
			  "echo 'int h(void) { return 0; }' | library lib/libh.so "
			  "-Wl,-soname,libother.so.7;"
			  "echo 'int h(void); int k(void) { return h(); }' |"
			  "library lib/libk.so -Wl,-soname,libk.so -Llib -lh;"
			  "echo 'int k(void); int h(void); int main(void) { return k() + h(); }' |"
			  "program app/soname -Wl,--no-as-needed -L lib -lk -lh -Wl,-z,now;"
			  "ln -s libh.so lib/libother.so.7;"
			  /* a name with slashes is a path */
			  "echo 'int p(void) { return 0; }' | library opt/p/libp.so;"
			  "(cd opt/p; echo 'int p(void); int main(void) { return p(); }' |"
			  "program ../../app/slash ../p/libp.so)");
	loads(&m, "/app/cycle", "library /lib/libb.so\n");
	loads(&m, "/app/soname", "library /lib/libother.so.7\n");
	look(&m, "/app/slash", NULL);
	assert_int_equal(m.result.n_problems, 1);
	assert_string_equal(m.result.problems[0].name, "../p/libp.so");
	look(&m, "/app/slash", &(struct link_process){ .work_dir = "/opt/p" });
	assert_int_equal(m.result.n_problems, 0);
	made_done(&m);
}

static void preloaded_libraries_are_loaded(void **state)
{
	static const char *const env[] = { "LD_PRELOAD=libp.so:/none.so" };
	struct made m;
	char *got;

	(void)state;
	made_by(&m,
		TOOLS "libs /bin/sh; echo \"$hello\" | program app/x; mkdir etc;"
		      "echo 'int p;' | library lib/libp.so; echo 'int q;' | library lib/libq.so;"
		      "printf '# comment /x.so\\n/lib/libq.so\\n' >etc/ld.so.preload");
	look(&m, "/app/x", &(struct link_process){ .env = env, .n_env = 1 });
	got = objects_text(&m.result, LINK_PRELOAD);
	assert_string_equal(got, "preload /lib/libp.so\npreload /lib/libq.so\n");
	free(got);
	got = problems_text(&m.result);
	assert_string_equal(got, "note: '/app/x' needs /none.so, which isn't there [/app/x]\n");
	free(got);
	made_done(&m);
}

static void musl_has_rules_of_its_own(void **state)
{
	struct made m;
	char *got;

	(void)state;
	made_by(&m,
		TOOLS "mkdir -p lib etc usr/lib app opt/x; cp -L /lib/ld-musl-*.so.1 lib/;"
		      "musl() { o=$1; shift; musl-gcc -x c - -x none -o $o $*; };"
		      "echo \"$hello\" | musl app/plain;"
		      "echo 'int f(void) { return 0; }' | musl opt/x/libf.so -shared -fPIC;"
		      "echo 'int f(void); int main(void) { return f(); }' |"
		      "musl app/path -Lopt/x -lf;"
		      "echo 'int f(void); int main(void) { return f(); }' |"
		      "musl app/inherited -Lopt/x -lf -Wl,--enable-new-dtags,-rpath,/opt/x;"
		      "echo 'int g(void) { return 0; }' | musl lib/libg.so -shared -fPIC;"
		      "echo 'int g(void); int main(int n, char **v) { return n > 1 ? g() : 0; }'"
		      "| musl app/late -Wl,-z,lazy -Wl,--no-as-needed -Llib -lg;"
		      "echo 'int h;' | musl lib/libg.so -shared -fPIC;"
		      /* a glibc program, made to ask for musl's loader */
		      "echo '#include <stdio.h>\nint main(void) { return printf(\"x\") - 1; }' |"
		      "program app/glibc -Wl,--dynamic-linker=$(echo /lib/ld-musl-*.so.1);"
		      "echo '#include <gnu/libc-version.h>\nint main(void) {"
		      "return !gnu_get_libc_version(); }' |"
		      "program app/glibc2 -Wl,--dynamic-linker=$(echo /lib/ld-musl-*.so.1);"
		      "echo \"$hello\" | program app/glibc3");
	has_problems(&m, "/app/plain", "");
	has_problems(&m, "/app/inherited", "");
	look(&m, "/app/path", NULL);
	got = problems_text(&m.result);
	assert_string_equal(got, "fatal: '/app/path' needs libf.so, which isn't there (searched: "
				 "/lib, /usr/local/lib, /usr/lib) [/app/path]\n");
	free(got);
	has_problems(&m, "/app/late",
		     "fatal: '/app/late' needs the symbol 'g' (musl), which nothing that is loaded "
		     "defines [/app/late]\n");
	has_problems(&m, "/app/glibc", "");
	look(&m, "/app/glibc2", NULL);
	assert_int_equal(m.result.n_problems, 1);
	assert_int_equal(m.result.problems[0].kind, LINK_NO_SYMBOL);
	assert_string_equal(m.result.problems[0].name, "gnu_get_libc_version");
	assert_true(m.result.problems[0].musl);
	look(&m, "/app/glibc3", NULL);
	assert_int_equal(m.result.problems[0].kind, LINK_NO_INTERPRETER);
	made_done(&m);
	/* its path file is about to be believed */
	made_by(&m, TOOLS
		"mkdir -p lib etc app opt/x; cp -L /lib/ld-musl-*.so.1 lib/;"
		"musl() { o=$1; shift; musl-gcc -x c - -x none -o $o $*; };"
		"echo 'int f(void) { return 0; }' | musl opt/x/libf.so -shared -fPIC;"
		"echo 'int f(void); int main(void) { return f(); }' |"
		"musl app/path -Lopt/x -lf;"
		"n=$(basename lib/ld-musl-*.so.1 .so.1); printf '/none\\n/opt/x' >etc/$n.path");
	has_problems(&m, "/app/path", "");
	made_done(&m);
	/* musl's program in glibc's tree */
	made_by(&m, TOOLS "libs /bin/sh; mkdir app; echo \"$hello\" | musl-gcc -x c - -o app/x");
	look(&m, "/app/x", NULL);
	got = problems_text(&m.result);
	assert_non_null(strstr(got, "which isn't there: it is linked with musl"));
	free(got);
	made_done(&m);
}

/* The paths that are expected above are of this machine. */
static int is_amd64(void **state)
{
	(void)state;
#ifdef __x86_64__
	return 0;
#else
	return -1;
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpreters),
		cmocka_unit_test(rpath_is_inherited_and_runpath_is_not),
		cmocka_unit_test(the_environment_counts_unless_set_user_id),
		cmocka_unit_test(the_cache_is_read_and_configuration_alone_is_not),
		cmocka_unit_test(variants_for_processors_are_found_besides),
		cmocka_unit_test(a_variant_alone_is_for_some_processors),
		cmocka_unit_test(filters_load_what_they_filter),
		cmocka_unit_test(other_machines_are_passed_over),
		cmocka_unit_test(files_that_are_no_libraries_stop_the_search),
		cmocka_unit_test(versions_are_checked),
		cmocka_unit_test(symbols_are_looked_up_as_the_loader_does),
		cmocka_unit_test(cycles_and_other_names_end),
		cmocka_unit_test(preloaded_libraries_are_loaded),
		cmocka_unit_test(musl_has_rules_of_its_own),
	};

	return cmocka_run_group_tests(tests, is_amd64, NULL);
}
