/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a container's start meets before there is a program: the command's search, permissions, `#!`
 * lines, machines, users; and checks of whole trees.
 */
#include "base/array.h"
#include "base/buf.h"
#include "base/mem.h"
#include "made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct link_process nonroot = { .user = "65532:65532" };

static void commands_are_searched(void **state)
{
	static const char *const env[] = { "PATH=/none:/app:/bin2" };
	struct link_process p = { .env = env, .n_env = 1, .user = "65532", .work_dir = "/app" };
	struct made m;

	(void)state;
	made_by(&m, TOOLS "mkdir bin2; echo \"$hello\" | program app/there -static;"
			  "cp app/there bin2/second; cp app/there app/second; chmod 644 app/second;"
			  "cp app/there app/closed; chmod 640 app/closed; mkdir -m 700 shut;"
			  "cp app/there shut/in; mkdir app/folder; ln -s there app/link;"
			  "ln -s /gone app/dangling; : >app/empty; chmod 755 app/empty;"
			  "echo hello >app/text; chmod 755 app/text");
	starts_with(&m, &p, "there", "");
	starts_with(&m, &p, "/app/link", "");
	starts_with(&m, &p, "./there", "");
	starts_with(&m, &p, "../bin2/second", "");
	starts_with(&m, &p, "second", ""); /* the first can't be executed, the second can */
	starts_with(&m, &p, "absent",
		    "fatal: 'absent' isn't there (searched: /none, /app, /bin2)\n");
	starts_with(&m, &p, "/absent", "fatal: '/absent' isn't there\n");
	starts_with(&m, &p, "/app/dangling", "fatal: '/app/dangling' isn't there\n");
	starts_with(&m, &p, "/app/folder",
		    "fatal: '/app/folder' can't be executed: it is a folder\n");
	starts_with(&m, &p, "/app/empty",
		    "fatal: '/app/empty' is nothing that Linux can run: it is empty\n");
	starts_with(&m, &p, "/app/text",
		    "fatal: '/app/text' is nothing that Linux can run: it is neither an ELF "
		    "program nor a script with '#!'\n");
	starts_with(&m, &p, "/app/closed",
		    "fatal: '/app/closed' can't be executed: mode 0640 of 0:0 doesn't let user "
		    "65532\n");
	starts_with(&m, &p, "/shut/in",
		    "fatal: '/shut/in' can't be executed: user 65532 may not enter '/shut', mode "
		    "0700\n");
	p.user = NULL;
	starts_with(&m, &p, "/shut/in", "");
	starts_with(
		&m, &p, "/app/second",
		"fatal: '/app/second' can't be executed: mode 0644 of 0:0 doesn't let user 0\n");
	made_done(&m);
}

static void scripts_are_followed(void **state)
{
	struct made m;
	char *got;

	(void)state;
	made_by(&m, TOOLS "libs /bin/sh; mkdir app; echo \"$hello\" | program bin/tool;"
			  "script() { f=$1; shift; printf \"$@\" >app/$f; chmod 755 app/$f; };"
			  "script good '#! /bin/tool  -x\\n'; script last '#!/bin/tool';"
			  "script gone '#!/bin/python9\\n'; script dos '#!/bin/tool\\r\\n';"
			  "script none '#!\\n'; script relative '#!bin/tool\\n';"
			  "script long \"#!/bin/$(printf '%0300d' 0)\\n\";"
			  "script cut \"#!/bin/tool $(printf '%0300d' 0)\\n\";"
			  "script s1 '#!/bin/tool\\n'; for n in 2 3 4 5 6; do"
			  "  script s$n \"#!/app/s$((n - 1))\\n\"; done;"
			  "script self '#!/app/self\\n'; script tomode '#!/app/mode\\n';"
			  "script mode '#!/bin/tool\\n'; chmod 644 app/mode");
	has_problems(&m, "/app/good", "");
	got = objects_text(&m.result, LINK_SCRIPT);
	assert_string_equal(got, "script /app/good\n");
	free(got);
	has_problems(&m, "/app/last", "");
	has_problems(&m, "/app/cut", "");
	has_problems(&m, "/app/s5", "");
	has_problems(&m, "/app/relative", ""); /* from '/' */
	has_problems(&m, "/app/gone",
		     "fatal: '/app/gone' needs the interpreter '/bin/python9', which isn't there "
		     "[/app/gone]\n");
	has_problems(&m, "/app/dos",
		     "fatal: '/app/dos' has a carriage return behind '#!/bin/tool': its lines end "
		     "as in DOS [/app/dos]\n");
	has_problems(&m, "/app/none",
		     "fatal: '/app/none' is nothing that Linux can run: its '#!' line names no "
		     "interpreter [/app/none]\n");
	has_problems(&m, "/app/long",
		     "fatal: '/app/long' is nothing that Linux can run: its '#!' line is longer "
		     "than Linux reads [/app/long]\n");
	has_problems(&m, "/app/s6",
		     "fatal: '/app/s1' is the 6th script that asks for another by '#!' "
		     "[/app/s6 > /app/s5 > /app/s4 > /app/s3 > /app/s2 > /app/s1]\n");
	look(&m, "/app/self", NULL);
	assert_int_equal(m.result.problems[0].kind, LINK_SCRIPT_LOOP);
	has_problems(&m, "/app/tomode",
		     "fatal: '/app/mode' can't be executed: mode 0644 of 0:0 doesn't let user "
		     "65532 [/app/tomode]\n");
	made_done(&m);
}

static void env_finds_its_program(void **state)
{
	struct made m;

	(void)state;
	made_by(&m, TOOLS "libs /bin/sh; libs /usr/bin/env; mkdir -p app usr/bin;"
			  "cp -L /usr/bin/env usr/bin/env; echo \"$hello\" | program usr/bin/tool;"
			  "printf '#!/usr/bin/env tool\\n' >app/good;"
			  "printf '#!/usr/bin/env -S A=b tool -x\\n' >app/split;"
			  "printf '#!/usr/bin/env python9\\n' >app/gone; chmod 755 app/*");
	has_problems(&m, "/app/good", "");
	has_problems(&m, "/app/split", "");
	has_problems(&m, "/app/gone",
		     "fatal: '/app/gone' needs the interpreter 'python9', which isn't there: no "
		     "folder of PATH has it [/app/gone]\n");
	made_done(&m);
}

static void machines_must_fit(void **state)
{
	struct link_process p = { .architecture = "arm64" };
	struct made m;

	(void)state;
	made_by(&m, TOOLS "echo \"$hello\" | program app/x -static; cp app/x app/arm64;"
			  "printf '\\267' | dd of=app/arm64 bs=1 seek=18 conv=notrunc 2>/dev/null;"
			  "echo \"$hello\" | program app/object -c; chmod 755 app/object;"
			  "head -c 5000 app/x >app/cut; chmod 755 app/cut;"
			  "echo 'int x;' | library app/lib.so -nostdlib");
	starts_with(&m, &p, "/app/arm64", "");
	starts_with(&m, &p, "/app/x",
		    "fatal: '/app/x' is for another machine: it is for amd64, the image for "
		    "arm64\n");
	p.architecture = "amd64";
	starts_with(&m, &p, "/app/x", "");
	starts_with(&m, &p, "/app/arm64",
		    "fatal: '/app/arm64' is for another machine: it is for arm64, the image for "
		    "amd64\n");
	starts_with(&m, &p, "/app/object",
		    "fatal: '/app/object' is nothing that Linux can run: it is an object file\n");
	starts_with(&m, &p, "/app/lib.so",
		    "fatal: '/app/lib.so' is nothing that Linux can run: it is a library\n");
	look(&m, "/app/cut", NULL);
	assert_int_equal(m.result.problems[0].kind, LINK_DAMAGED);
	made_done(&m);
}

static void users_are_looked_up(void **state)
{
	struct link_process p = { .user = "app" };
	struct made m;

	(void)state;
	made_by(&m,
		TOOLS "echo \"$hello\" | program app/x -static; mkdir etc; chmod 750 app/x;"
		      "printf 'root:x:0:0::/:\\napp:x:1000:1000::/:\\nin:x:7:7::/:\\n"
		      "broken\\n' >etc/passwd; printf 'root:x:0:in,other\\ng:x:0:\\n' >etc/group;"
		      "mkdir -m 700 home; echo file >file");
	starts_with(&m, &p, "/app/x",
		    "fatal: '/app/x' can't be executed: mode 0750 of 0:0 doesn't let user 1000\n");
	p.user = "in"; /* a member of root's group */
	starts_with(&m, &p, "/app/x", "");
	p.user = "app:g";
	starts_with(&m, &p, "/app/x", "");
	p.user = "app:0";
	starts_with(&m, &p, "/app/x", "");
	p.user = "65532"; /* without an entry its group is root's, as runtimes have it */
	starts_with(&m, &p, "/app/x", "");
	p.user = "nobody";
	starts_with(&m, &p, "/app/x", "fatal: 'nobody' isn't in /etc/passwd\n");
	p.user = "app:staff";
	starts_with(&m, &p, "/app/x", "fatal: 'staff' isn't in /etc/group\n");
	p.user = "in";
	p.work_dir = "/home";
	starts_with(&m, &p, "/app/x",
		    "fatal: the working directory '/home' can't be entered: the user may not "
		    "enter it\n");
	p.work_dir = "/file";
	starts_with(&m, &p, "/app/x",
		    "fatal: the working directory '/file' can't be entered: it is no folder\n");
	p.work_dir = "/made/by/the/runtime";
	starts_with(&m, &p, "/app/x", "");
	made_done(&m);
}

static char *check(struct made *m)
{
	struct err e;

	link_result_done(&m->result);
	if (link_check_tree(m->link, &nonroot, &m->result, &e) < 0)
		fail_msg("%s", e.msg);
	return problems_text(&m->result);
}

static void trees_are_checked_as_a_whole(void **state)
{
	struct made m;
	char *got;

	(void)state;
	made_by(&m, TOOLS
		"libs /bin/sh; mkdir -p app plug etc;"
		"echo 'int up(void) { return 1; } int main(void) { return 0; }' |"
		"program app/host -rdynamic;"
		"echo 'int up(void); int f(void) { return up(); }' | library plug/good.so;"
		"echo 'int down(void); int f(void) { return down(); }' |"
		"library plug/bad.so;"
		/* opened by a launcher, which opened the other before by its path */
		"mkdir -p jvm/server; echo 'int vm(void) { return 1; }' |"
		"library jvm/server/libvm.so -Wl,-soname,libvm.so;"
		"echo 'int vm(void); int g(void) { return vm(); }' |"
		"library jvm/libuser.so -Ljvm/server -lvm;"
		"echo 'int ps_pdread(void); int f(void) { return ps_pdread(); }' |"
		"library plug/libthread_db.so.1 -Wl,-soname,libthread_db.so.1; ln -s bad.so plug/l.so;"
		"echo 'int z;' | library lib/libz9.so -Wl,-soname,libz9.so;"
		"echo 'int y;' | library plug/lost.so -Wl,--no-as-needed -Llib -lz9;"
		"echo \"$hello\" | program app/lost -Wl,--no-as-needed plug/lost.so "
		"-Llib -lz9 -Wl,-rpath,/plug; rm lib/libz9.so;"
		"printf '#!/bin/nothing\\n' >app/run; cp app/run app/data;"
		"chmod 755 app/run; head -c 3000 app/host >app/cut;"
		"echo 'x' | head -c 40 >etc/data; : >etc/empty");
	got = check(&m);
	assert_non_null(strstr(got, "note: '/app/cut' is damaged: ELF"));
	assert_non_null(strstr(got, "'/plug/bad.so' needs the symbol 'down', which nothing"));
	assert_non_null(strstr(got, "'/app/run' needs the interpreter '/bin/nothing'"));
	assert_null(strstr(got, "/app/data"));
	assert_null(strstr(got, "good.so"));
	/* said once, though both the program and the library lead there */
	assert_non_null(strstr(got, "needs libz9.so"));
	if (m.result.n_problems != 5)
		fail_msg("%s", got);
	free(got);
	made_done(&m);
}

/* `many LETTER` defines 12,000 symbols of 900 bytes: more than is kept of all files together. */
#define MANY                                                                                      \
	"many() { long=$(printf \"%0900d\" 0); mkdir -p lib; awk -v x=$1 -v long=$long "          \
	"'BEGIN { for (i = 0; i < 12000; i++) printf(\".globl %s%s%d\\n%s%s%d:\\n\", x, long, i," \
	"x, long, i) }' | cc -shared -nostdlib -x assembler - -o lib/lib$1.so "                   \
	"-Wl,-soname,lib$1.so; };"

static void symbols_are_known_after_their_tables_were_dropped(void **state)
{
	struct made m;
	char *got;

	(void)state;
	made_by(&m, TOOLS MANY
		"libs /bin/sh; many u; many v; many w; mkdir plug; long=$(printf '%0900d' 0);"
		/* of a table that is long gone, without a library that would be loaded for it */
		"echo \"int u${long}7(void); int f(void) { return u${long}7(); }\" |"
		"library plug/good.so;"
		"echo 'int down(void); int f(void) { return down(); }' | library plug/bad.so "
		"-Wl,--no-as-needed -Llib -lu -lv -lw -Wl,-rpath,/lib;"
		/* read again, each in its turn */
		"for x in u v w; do"
		"  echo \"int $x${long}9(void); int main(void) { return $x${long}9(); }\" |"
		"  program plug/$x -Llib -l$x -Wl,-rpath,/lib; done");
	got = check(&m);
	assert_string_equal(got,
			    "note: '/plug/bad.so' needs the symbol 'down', which nothing that is "
			    "loaded defines [/plug/bad.so]\n");
	free(got);
	made_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_searched),
		cmocka_unit_test(scripts_are_followed),
		cmocka_unit_test(env_finds_its_program),
		cmocka_unit_test(machines_must_fit),
		cmocka_unit_test(users_are_looked_up),
		cmocka_unit_test(trees_are_checked_as_a_whole),
		cmocka_unit_test(symbols_are_known_after_their_tables_were_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
