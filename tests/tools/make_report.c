/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_report KIND FORMAT [COLUMNS]: a report of made-up images, for tests of the formats.
 *
 *	plain     one image with findings of every level
 *	pair      that one, and a smaller one
 *	hostile   every text tries to be markup, a command or an escape
 *	huge      200,000 files in 3,000 packages, and 5,000 findings
 *	clean     nothing was found
 *
 * With COLUMNS the table is for a terminal, with colors.
 */
#include "report/report.h"

#include "base/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char EVIL[] = "</script><script>document.title='owned'</script>\"'><img src=x "
			   "onerror=alert(1)>&amp;|`x`**b** ]]>%0A::error::owned\n::error::owned\r"
			   "\x1b[31mred\x1b]0;t\x07 \xff\xfe\xc0\xaf \xe2\x80\xae"
			   "evil\x01";

static struct findings *new_findings(struct report *r)
{
	struct findings *f = arena_new(&r->arena, struct findings);

	findings_init(f);
	return f;
}

static struct finding *add(struct findings *f, enum audit_rule_number rule, const char *message,
			   const char *path, int layer)
{
	struct finding *x = finding_add(f, rule);

	x->message = message;
	x->path = path;
	x->layer = layer;
	x->layer_digest = layer < 0 ? NULL : "sha256:0123456789abcdef0123456789abcdef";
	x->instruction = layer < 0 ? NULL : layer == 0 ? "ADD rootfs.tar /" : "RUN make install";
	return x;
}

static void add_layer(struct report_image *i, const char *instruction, uint64_t compressed,
		      uint64_t content, uint64_t dead)
{
	*array_push(&i->layers) = (struct report_layer){
		.digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		.instruction = instruction,
		.compressed_bytes = compressed,
		.content_bytes = content,
		.dead_bytes = dead,
		.n_files = content / 20000,
		.n_dead_files = dead / 20000,
	};
}

static void add_package(struct report_image *i, const char *name, const char *version,
			const char *licence, uint64_t bytes)
{
	*array_push(&i->packages) =
		(struct report_package){ name, version, licence, bytes, bytes / 20000 + 1 };
}

static struct report_image *new_image(struct report *r, const char *name)
{
	struct report_image *i = report_add_image(r, name);

	i->platform = "linux/amd64";
	i->digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
	i->user = "0 (root)";
	i->entrypoint = "/usr/bin/app --listen :8080";
	return i;
}

static void put(struct report *r, struct report_image *i, size_t layer, const char *package,
		const char *folder, uint64_t bytes)
{
	report_add_file(r, i, layer, package, view_of(folder), bytes);
}

static void plain_findings(struct report *r, struct report_image *i)
{
	struct findings *f = new_findings(r);
	struct finding *x;

	x = add(f, RULE_START_LIBRARY_MISSING, "/usr/bin/app needs libfoo.so.1, which is nowhere",
		"/usr/bin/app", 1);
	x->bytes = 1234567;
	x = add(f, RULE_SECRET_TOKEN, "GitHub access token: ghp_… (40 characters)",
		"/root/.config/tool/settings.json", 1);
	x->line = 7;
	x = add(f, RULE_SECRET_PRIVATE_KEY, "Private key in a layer that a later one deletes",
		"/root/.ssh/id_ed25519", 1);
	x->detail = "deleted by layer 3\n-----BEGIN OPENSSH PRIVATE KEY-----… (399 bytes)";
	x = add(f, RULE_USER_ROOT, "The image names no user, so that it runs as root", NULL,
		FINDING_NO_LAYER);
	x = add(f, RULE_WASTE_PACKAGE_CACHE, "apt's lists of packages are in the image",
		"/var/lib/apt/lists", 0);
	x->bytes = 42345678;
	x->n_paths = 12;
	for (int k = 0; k < 9; k++) {
		x = add(f, RULE_SETUID_PACKAGED, "setuid, owner root",
			arena_printf(&r->arena, "/usr/bin/tool%d", k), 0);
		x->package = "passwd 1:4.13+dfsg1-1";
		x->bytes = 70000;
	}
	add(f, RULE_SURFACE_SHELL, "There are 2 shells", "/usr/bin/dash", 0)->n_paths = 2;
	x = add(f, RULE_WASTE_DOCUMENTATION, "Documentation takes 12 MB", "/usr/share/doc", 0);
	x->bytes = 12000000;
	x->ignored = "wanted by the lawyers | see ticket 7";
	findings_sort(f);
	i->findings = f;
}

static void add_plain(struct report *r)
{
	struct report_image *i = new_image(r, "registry.test/team/app:1.2");

	add_layer(i, "ADD rootfs.tar / # buildkit", 31000000, 104000000, 1000000);
	add_layer(i,
		  "RUN /bin/sh -c apt-get update && apt-get install -y build-essential && make "
		  "install # buildkit",
		  12000000, 61000000, 21000000);
	add_layer(i, "COPY app /usr/bin/app # buildkit", 400000, 1234567, 0);
	add_package(i, "libc6", "2.36-9+deb12u13", "LGPL-2.1+", 13000000);
	add_package(i, "perl-base", "5.36.0-7", "Artistic or GPL-1+", 8000000);
	add_package(i, "coreutils", "9.1-1", "GPL-3+", 18000000);
	add_package(i, "gcc-12", "12.2.0-14", NULL, 39000000);
	add_package(i, "base-files", "12.4", NULL, 400000);
	put(r, i, 0, "libc6", "/usr/lib/x86_64-linux-gnu", 11000000);
	put(r, i, 0, "libc6", "/usr/share/doc/libc6", 100000);
	put(r, i, 0, "libc6", "/usr/lib/x86_64-linux-gnu/gconv", 1900000);
	put(r, i, 0, "perl-base", "/usr/lib/x86_64-linux-gnu/perl-base", 5000000);
	put(r, i, 0, "perl-base", "/usr/bin", 3000000);
	put(r, i, 0, "coreutils", "/usr/bin", 16000000);
	put(r, i, 0, "coreutils", "/usr/share/locale/de/LC_MESSAGES", 2000000);
	put(r, i, 0, NULL, "/var/lib/apt/lists", 42345678);
	put(r, i, 0, NULL, "/", 900000);
	put(r, i, 0, "base-files", "/etc", 300000);
	put(r, i, 0, "tzdata", "/usr/share/zoneinfo/Europe", 2700000);
	put(r, i, 0, "debconf", "/usr/share/debconf", 500000);
	put(r, i, 1, "gcc-12", "/usr/lib/gcc/x86_64-linux-gnu/12", 31000000);
	put(r, i, 1, "gcc-12", "/usr/bin", 8000000);
	put(r, i, 1, NULL, "/usr/local/lib/tool", 800000);
	put(r, i, 2, NULL, "/usr/bin", 1234567);
	plain_findings(r, i);
}

static void add_small(struct report *r)
{
	struct report_image *i = new_image(r, "registry.test/team/app:1.3-slim");

	i->user = "65532";
	add_layer(i, NULL, 2000000, 5100000, 0);
	add_package(i, "libc6", "2.36-9+deb12u13", NULL, 3900000);
	put(r, i, 0, "libc6", "/usr/lib/x86_64-linux-gnu", 3900000);
	put(r, i, 0, NULL, "/usr/bin", 1200000);
	i->findings = new_findings(r);
}

static void add_hostile(struct report *r)
{
	struct report_image *i = new_image(r, EVIL);
	struct findings *f = new_findings(r);
	struct finding *x;

	i->user = i->entrypoint = i->platform = EVIL;
	add_layer(i, EVIL, 1000, 100000, 40000);
	add_package(i, EVIL, EVIL, EVIL, 50000);
	put(r, i, 0, EVIL, arena_printf(&r->arena, "/%s/%s", EVIL, EVIL), 50000);
	put(r, i, 0, "x", "/usr", 10000);
	for (int k = 0; k < 4; k++) {
		x = add(f, k == 3 ? RULE_SURFACE_SHELL : RULE_SECRET_TOKEN, EVIL,
			k == 1 ? NULL : arena_printf(&r->arena, "/%s", EVIL), 0);
		x->instruction = x->package = x->detail = x->advice = EVIL;
		x->ignored = k == 2 ? EVIL : NULL;
		x->line = 3;
	}
	findings_sort(f);
	i->findings = f;
}

static void add_huge(struct report *r)
{
	struct report_image *i = new_image(r, "huge:1");
	struct findings *f = new_findings(r);
	uint64_t seed = 1, sum = 0;

	for (int k = 0; k < 200000; k++) {
		const char *package =
			arena_printf(&r->arena, "package-%d", k / 67 * (k / 67) / 3000);
		const char *folder = arena_printf(&r->arena, "/usr/share/part-%d/of-%d/level-%d",
						  k % 7, k / 40, k / 10);

		seed = seed * 6364136223846793005U + 1442695040888963407U;
		sum += (seed >> 33) % (k % 100 ? 9000 : 900000);
		put(r, i, (size_t)(k / 40000), k % 5 ? package : NULL, folder,
		    (seed >> 33) % (k % 100 ? 9000 : 900000));
	}
	for (int k = 0; k < 5; k++)
		add_layer(i, "RUN everything", sum / 12, sum / 5, 0);
	for (int k = 0; k < 3000; k++)
		add_package(i, arena_printf(&r->arena, "package-%d", k), "1.0-1", "GPL-2+",
			    (uint64_t)k * 1000);
	for (int k = 0; k < 5000; k++)
		add(f, k % 2 ? RULE_SETUID_FOREIGN : RULE_WRITABLE_FILE, "everybody may",
		    arena_printf(&r->arena, "/usr/share/part/%d", k), 0);
	findings_sort(f);
	i->findings = f;
}

static enum report_format format_of(const char *name)
{
	for (size_t i = 0; i < REPORT_FORMATS; i++)
		if (strcmp(report_format_names[i], name) == 0)
			return (enum report_format)i;
	exit(2);
}

int main(int argc, char **argv)
{
	struct report_style style = { .columns = argc > 3 ? (unsigned)atoi(argv[3]) : 0,
				      .color = argc > 3 };
	auto_buf out = BUF_EMPTY;
	auto_report r;

	if (argc < 3)
		return 2;
	report_init(&r);
	if (strcmp(argv[1], "plain") == 0 || strcmp(argv[1], "pair") == 0)
		add_plain(&r);
	if (strcmp(argv[1], "pair") == 0 || strcmp(argv[1], "clean") == 0)
		add_small(&r);
	if (strcmp(argv[1], "hostile") == 0)
		add_hostile(&r);
	if (strcmp(argv[1], "huge") == 0)
		add_huge(&r);
	report_write(&r, format_of(argv[2]), &style, &out);
	for (size_t i = 0; i < r.n; i++)
		findings_done((struct findings *)(uintptr_t)r.at[i]->findings);
	return fwrite(buf_str(&out), 1, out.len, stdout) != out.len;
}
