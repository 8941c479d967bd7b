/* SPDX-License-Identifier: Apache-2.0 */
/* From an image's config and a request to config.json; what the runtime makes of it: tests/e2e. */
#include "run/plan.h"
#include "run/runtime.h"
#include "run/spec.h"

#include "base/array.h"
#include "base/mem.h"
#include "fmt/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct origin layer = { .kind = ORIGIN_LAYER, .name = "layer" };

struct fixture {
	struct tree t;
	struct arena a;
	struct image_config config;
	struct run_request rq;
	struct plan plan;
	struct err e;
};

static void put(struct fixture *f, const char *path, struct inode i)
{
	if (tree_put(&f->t, path, &i, NULL, &f->e) < 0)
		fail_msg("%s", f->e.msg);
}

static void put_file(struct fixture *f, const char *path, const char *text, uint32_t mode)
{
	put(f, path, inode_file(text, strlen(text), mode, &layer));
}

static struct strings words(struct fixture *f, const char *line)
{
	struct strings s = { .at = arena_array(&f->a, 16, sizeof(*s.at)) };
	char *rest = arena_strdup(&f->a, line), *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			s.at[s.n++] = word;
	return s;
}

static int set_up(void **state)
{
	struct fixture *f = mem_zalloc(sizeof(*f));

	tree_init(&f->t, &layer);
	f->rq.name = "team/My_App:1";
	put_file(f, "etc/passwd",
		 "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:70:80::/home/ann:/bin/sh\n"
		 "bob:x:71:81:::\nbig:x:99999999999:1::/:\nlast:x:5:6::/last:",
		 0644);
	put_file(f, "etc/group", "root:x:0:\nann:x:80:\nplay:x:90:bob,ann\nx:x:91:annx\n", 0644);
	put_file(f, "usr/bin/app", "app", 0755);
	put_file(f, "usr/bin/data", "data", 0644);
	put(f, "bin", inode_symlink("usr/bin", &layer));
	f->config.env = words(f, "PATH=/none:/bin A=1");
	f->config.entrypoint = words(f, "app -e");
	f->config.cmd = words(f, "one two");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	plan_done(&f->plan);
	tree_done(&f->t);
	arena_done(&f->a);
	free(f);
	return 0;
}

static int make(struct fixture *f)
{
	plan_done(&f->plan);
	return plan_make(&f->rq, &f->config, &f->t, &f->a, &f->plan, &f->e);
}

static void must_make(struct fixture *f)
{
	if (make(f) < 0)
		fail_msg("%s", f->e.msg);
}

static void expect_words(const struct strings *s, const char *expected)
{
	auto_buf got = BUF_EMPTY;

	for (size_t i = 0; i < s->n; i++)
		buf_printf(&got, "%s%s", i ? " " : "", s->at[i]);
	assert_string_equal(buf_str(&got), expected);
}

static void refuse(struct fixture *f, enum fail_code code, const char *message)
{
	assert_int_equal(make(f), -(int)code);
	assert_string_equal(f->e.msg, message);
}

static void arguments_take_the_place_of_cmd(void **state)
{
	struct fixture *f = *state;

	must_make(f);
	expect_words(&f->plan.args, "app -e one two");
	assert_string_equal(f->plan.program, "/bin/app");
	f->rq.args = words(f, "three");
	must_make(f);
	expect_words(&f->plan.args, "app -e three");
	f->rq.entrypoint = "/usr//bin/./app";
	must_make(f);
	expect_words(&f->plan.args, "/usr//bin/./app three");
	assert_string_equal(f->plan.program, "/usr/bin/app");
	f->rq.args.n = 0;
	must_make(f);
	expect_words(&f->plan.args, "/usr//bin/./app");
}

static void what_json_cannot_hold_is_refused(void **state)
{
	struct fixture *f = *state;

	f->rq.args = words(f, "caf\xc3\xa9 \xf0\x9f\x90\x9a");
	must_make(f);
	expect_words(&f->plan.args, "app -e caf\xc3\xa9 \xf0\x9f\x90\x9a");
	f->rq.args = words(f, "one \xe9t\xe9");
	refuse(f, FAIL_UNSUPPORTED, "argument 3 is no UTF-8, and runtimes take nothing else");
	f->rq.args.n = 0;
	f->rq.env = words(f, "GOOD=\xc3\xa9 BAD=\xed\xa0\x80");
	refuse(f, FAIL_UNSUPPORTED,
	       "the variable 'BAD' is no UTF-8, and runtimes take nothing else");
}

static void nothing_to_run_is_a_usage_error(void **state)
{
	struct fixture *f = *state;

	f->config.entrypoint.n = f->config.cmd.n = 0;
	refuse(f, FAIL_USAGE,
	       "the image has neither Entrypoint nor Cmd\nname the program: pare run "
	       "team/My_App:1 PROGRAM");
	f->rq.entrypoint = "";
	refuse(f, FAIL_USAGE, "the program's name is empty");
	f->rq.entrypoint = "nope";
	refuse(f, FAIL_NOT_FOUND,
	       "the image has no program 'nope' in its PATH\nPATH is /none:/bin");
	f->rq.entrypoint = "data";
	refuse(f, FAIL_FORMAT, "'/bin/data' in the image is no executable file");
	f->rq.entrypoint = "/usr";
	refuse(f, FAIL_FORMAT, "'/usr' in the image is no executable file");
	f->rq.entrypoint = "/usr/nope";
	refuse(f, FAIL_NOT_FOUND, "the image has no program '/usr/nope'");
}

static void the_environment_is_the_images_with_the_users_over_it(void **state)
{
	struct fixture *f = *state;

	f->rq.env = words(f, "A=2 B=3 HOME=/x");
	must_make(f);
	expect_words(&f->plan.env, "PATH=/none:/bin HOME=/x HOSTNAME=My-App A=2 B=3");
	f->config.env.n = f->rq.env.n = 0;
	f->config.user = "ann";
	must_make(f);
	expect_words(&f->plan.env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
				   "/bin HOME=/home/ann HOSTNAME=My-App");
}

static void users_are_found_as_the_specification_says(void **state)
{
	static const struct {
		const char *user;
		uint32_t uid, gid;
		const char *groups, *home;
	} cases[] = {
		{ NULL, 0, 0, "", "/root" },	       { "", 0, 0, "", "/root" },
		{ "ann", 70, 80, "90", "/home/ann" },  { "70", 70, 80, "", "/home/ann" },
		{ "bob", 71, 81, "90", "/" },	       { "ann:play", 70, 90, "", "/home/ann" },
		{ "ann:5", 70, 5, "", "/home/ann" },   { "1234", 1234, 0, "", "/" },
		{ "1234:ann", 1234, 80, "", "/" },     { "last", 5, 6, "", "/last" },
		{ "ann:", 70, 80, "90", "/home/ann" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		auto_buf groups = BUF_EMPTY;
		struct account got;

		if (account_find(&f->t, cases[i].user, &f->a, &got, &f->e) < 0)
			fail_msg("%s", f->e.msg);
		for (size_t k = 0; k < got.n_groups; k++)
			buf_printf(&groups, "%s%u", k ? " " : "", got.groups[k]);
		assert_int_equal(got.uid, cases[i].uid);
		assert_int_equal(got.gid, cases[i].gid);
		assert_string_equal(buf_str(&groups), cases[i].groups);
		assert_string_equal(got.home, cases[i].home);
	}
}

static void unknown_users_are_refused(void **state)
{
	static const char *const names[] = { "eve", "big", "4294967296", "-1", "broken", ":5" };
	struct fixture *f = *state;
	struct account got;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(account_find(&f->t, names[i], &f->a, &got, &f->e),
				 -FAIL_NOT_FOUND);
	assert_int_equal(account_find(&f->t, "ann:eve", &f->a, &got, &f->e), -FAIL_NOT_FOUND);
	assert_string_equal(f->e.msg, "the image has no group 'eve' in /etc/group");
}

static void an_image_without_accounts_has_numbers(void **state)
{
	struct fixture *f = *state;
	struct account got;

	tree_remove(&f->t, tree_find(&f->t, "etc/passwd", false));
	put(f, "etc/passwd", inode_symlink("/nowhere", &layer));
	assert_int_equal(account_find(&f->t, "65532:65532", &f->a, &got, &f->e), 0);
	assert_int_equal(got.uid, 65532);
	assert_string_equal(got.home, "/");
}

static void folders_that_are_needed_are_made(void **state)
{
	struct fixture *f = *state;

	f->config.user = "ann";
	f->config.working_dir = "srv//app/";
	must_make(f);
	assert_string_equal(f->plan.work_dir, "/srv/app");
	assert_int_equal(tree_find(&f->t, "/srv/app", false)->inode->uid, 70);
	f->rq.work_dir = "/bin";
	must_make(f);
	assert_string_equal(f->plan.work_dir, "/usr/bin");
	f->rq.work_dir = "/usr/bin/data";
	refuse(f, FAIL_CONFLICT, "working folder: '/usr/bin/data' is no folder in the image");
}

static void an_images_volumes_are_where_their_links_lead(void **state)
{
	struct fixture *f = *state;

	put(f, "escape", inode_symlink("../../../../etc", &layer));
	f->config.volumes = words(f, "/escape /new / /bin");
	must_make(f);
	assert_int_equal(f->plan.n_volumes, 0);
	f->rq.read_only = true;
	f->rq.volumes = &(struct run_volume){ "/host", "/new", true };
	f->rq.n_volumes = 1;
	must_make(f);
	assert_int_equal(f->plan.n_volumes, 3);
	assert_string_equal(f->plan.volumes[0].source, "/etc");
	assert_true(f->plan.volumes[0].own);
	assert_string_equal(f->plan.volumes[1].target, "/usr/bin");
	assert_string_equal(f->plan.volumes[2].source, "/host");
	assert_true(f->plan.volumes[2].read_only);
}

static void a_program_on_a_volume_is_looked_up_on_the_machine(void **state)
{
	char dir[] = "/tmp/pare-plan-XXXXXX";
	auto_free char *path = NULL;
	struct fixture *f = *state;

	assert_non_null(mkdtemp(dir));
	path = mem_printf("%s/tool", dir);
	fclose(fopen(path, "w"));
	chmod(path, 0755);
	f->rq.volumes = &(struct run_volume){ dir, "/opt/", false };
	f->rq.n_volumes = 1;
	f->rq.entrypoint = "/opt/tool";
	must_make(f);
	f->rq.entrypoint = "/opt/other";
	refuse(f, FAIL_NOT_FOUND, "the image has no program '/opt/other'");
	f->rq.entrypoint = "/optional";
	refuse(f, FAIL_NOT_FOUND, "the image has no program '/optional'");
	unlink(path);
	rmdir(dir);
}

static const struct json *spec(struct fixture *f, const struct spec_options *o,
			       struct json_doc **ret)
{
	auto_buf text = BUF_EMPTY;

	spec_write(&f->plan, o, &f->a, &text);
	if (json_parse(buf_view(&text), "spec", ret, &f->e) < 0)
		fail_msg("%s", f->e.msg);
	return json_root(*ret);
}

static bool has_namespace(const struct json *root, const char *type)
{
	const struct json *list = json_get(json_get(root, "linux"), "namespaces");

	for (size_t i = 0; i < json_length(list); i++)
		if (strcmp(json_str(json_get(json_at(list, i), "type")), type) == 0)
			return true;
	return false;
}

static void root_gets_the_images_users_and_docker_s_capabilities(void **state)
{
	struct spec_options o = { .root = "/r", .network = false };
	struct fixture *f = *state;
	const struct json *root, *p;
	auto_json doc = NULL;
	uint64_t n = 99;

	f->config.user = "ann";
	must_make(f);
	root = spec(f, &o, &doc);
	p = json_get(root, "process");
	assert_true(json_u64(json_get(json_get(p, "user"), "uid"), &n) && n == 70);
	assert_true(json_u64(json_get(json_get(p, "user"), "gid"), &n) && n == 80);
	assert_int_equal(json_length(json_get(json_get(p, "user"), "additionalGids")), 1);
	assert_int_equal(json_length(json_get(json_get(p, "capabilities"), "bounding")), 14);
	assert_null(json_get(json_get(p, "capabilities"), "effective"));
	assert_true(json_bool(json_get(p, "noNewPrivileges"), false));
	assert_string_equal(json_str(json_at(json_get(p, "args"), 0)), "/bin/app");
	assert_true(has_namespace(root, "network") && has_namespace(root, "pid"));
	assert_false(has_namespace(root, "user"));
	assert_null(json_get(json_get(root, "linux"), "uidMappings"));
}

/* How many rules refuse a call. */
static size_t refusals_of(const struct json *root, const char *call)
{
	const struct json *rules =
		json_get(json_get(json_get(root, "linux"), "seccomp"), "syscalls");
	size_t n = 0;

	for (size_t i = 0; i < json_length(rules); i++) {
		const struct json *names = json_get(json_at(rules, i), "names");

		for (size_t k = 0; k < json_length(names); k++)
			n += strcmp(json_str(json_at(names, k)), call) == 0;
	}
	return n;
}

static void new_namespaces_are_for_init_only(void **state)
{
	struct spec_options o = { .root = "/r", .rootless = true, .uid = 1000, .init = true };
	struct fixture *f = *state;
	const struct json *root;
	auto_json doc = NULL;
	auto_json other = NULL;

	f->config.user = "ann";
	must_make(f);
	root = spec(f, &o, &doc);
	assert_int_equal(refusals_of(root, "mount"), 1);
	assert_int_equal(refusals_of(root, "unshare"), 0);
	assert_int_equal(refusals_of(root, "clone"), 0);
	o.rootless = false;
	root = spec(f, &o, &other);
	assert_int_equal(refusals_of(root, "mount"), 1);
	assert_int_equal(refusals_of(root, "unshare"), 1);
	assert_int_equal(refusals_of(root, "clone"), 7);
}

static void an_ordinary_user_maps_the_one_id_that_there_is(void **state)
{
	struct spec_options o = { .root = "/r",
				  .rootless = true,
				  .uid = 1000,
				  .gid = 1001,
				  .init = true,
				  .network = true,
				  .read_only = true };
	static const char *const args[] = { SPEC_INIT_PATH, "70", "80", "/bin/app", "app", "-e" };
	struct fixture *f = *state;
	const struct json *root, *p, *map;
	auto_json doc = NULL;
	uint64_t n = 99;

	f->config.user = "ann";
	must_make(f);
	root = spec(f, &o, &doc);
	p = json_get(root, "process");
	for (size_t i = 0; i < COUNT_OF(args); i++)
		assert_string_equal(json_str(json_at(json_get(p, "args"), i)), args[i]);
	assert_true(json_u64(json_get(json_get(p, "user"), "uid"), &n) && n == 0);
	assert_null(json_get(json_get(p, "user"), "additionalGids"));
	assert_true(has_namespace(root, "user"));
	assert_false(has_namespace(root, "network"));
	map = json_at(json_get(json_get(root, "linux"), "gidMappings"), 0);
	assert_true(json_u64(json_get(map, "hostID"), &n) && n == 1001);
	assert_true(json_u64(json_get(map, "size"), &n) && n == 1);
	assert_true(json_bool(json_get(json_get(root, "root"), "readonly"), false));
}

static void the_runtime_is_the_first_that_there_is(void **state)
{
	char dir[] = "/tmp/pare-plan-XXXXXX";
	auto_free char *path = NULL, *folders = NULL;
	struct fixture *f = *state;
	struct runtime r;

	assert_non_null(mkdtemp(dir));
	folders = mem_printf("/nowhere::%s", dir);
	assert_int_equal(runtime_find(NULL, folders, &f->a, &r, &f->e), -FAIL_UNSUPPORTED);
	assert_string_equal(f->e.msg,
			    "there is no OCI runtime on this machine: looked for runc, crun and "
			    "youki\ninstall the package 'runc' or 'crun'");
	path = mem_printf("%s/youki", dir);
	fclose(fopen(path, "w"));
	assert_int_equal(runtime_find(NULL, folders, &f->a, &r, &f->e), -FAIL_UNSUPPORTED);
	chmod(path, 0755);
	assert_int_equal(runtime_find(NULL, folders, &f->a, &r, &f->e), 0);
	assert_string_equal(r.path, path);
	assert_string_equal(r.name, "youki");
	assert_int_equal(runtime_find(path, folders, &f->a, &r, &f->e), 0);
	assert_string_equal(r.name, "youki");
	assert_int_equal(runtime_find("runc", folders, &f->a, &r, &f->e), -FAIL_NOT_FOUND);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(arguments_take_the_place_of_cmd),
		TEST(what_json_cannot_hold_is_refused),
		TEST(nothing_to_run_is_a_usage_error),
		TEST(the_environment_is_the_images_with_the_users_over_it),
		TEST(users_are_found_as_the_specification_says),
		TEST(unknown_users_are_refused),
		TEST(an_image_without_accounts_has_numbers),
		TEST(folders_that_are_needed_are_made),
		TEST(an_images_volumes_are_where_their_links_lead),
		TEST(a_program_on_a_volume_is_looked_up_on_the_machine),
		TEST(root_gets_the_images_users_and_docker_s_capabilities),
		TEST(new_namespaces_are_for_init_only),
		TEST(an_ordinary_user_maps_the_one_id_that_there_is),
		TEST(the_runtime_is_the_first_that_there_is),
#undef TEST
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
