#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# diff and compare, and which package owns which file, on images that are made by hand.

bats_require_minimum_version 1.5.0
load ../lib/image.bash

setup_file() {
	export LOOK=$BATS_FILE_TMPDIR
	cd "$LOOK"
	export HOME=$LOOK PARE_CACHE=$LOOK/cache PARE_STORE=$LOOK/store
	make_image=$BATS_TEST_DIRNAME/../lib/make-image
	"$make_image" i:a '
status = """Package: libz1
Status: install ok installed
Version: 1.2-1
Architecture: amd64
Source: zlib (1:1.2-1)

Package: gone
Status: deinstall ok config-files
Version: 1

Package: tool
Status: install ok installed
Version: 2.0
Architecture: all
"""
layer(file_("var/lib/dpkg/status", status), link("lib", "usr/lib"),
      file_("var/lib/dpkg/info/libz1:amd64.list", "/.\n/lib\n/lib/libz.so.1\n/usr/lib/libz.so.1.2\n/usr/share/doc/libz1\n/usr/share/doc/libz1/copyright\n"),
      file_("var/lib/dpkg/info/tool.list", "/usr/bin/tool\n/usr/bin/missing\n"),
      dir_("usr/lib"), link("usr/lib/libz.so.1", "libz.so.1.2"), file_("usr/lib/libz.so.1.2", "Z" * 100),
      file_("usr/share/doc/libz1/copyright", "MIT"), file_("usr/bin/tool", "#!/bin/sh\n", mode=0o755),
      file_("usr/bin/su", "su", mode=0o4755), file_("bin/dash", "x", mode=0o755), link("bin/sh", "dash"),
      file_("usr/bin/dpkg", "d", mode=0o755), file_("etc/motd", "one\ntwo\nthree\n"))
config(config={"User": "0", "Env": ["A=b", "PATH=/bin"], "Entrypoint": ["/usr/bin/tool", "a b"]})'
	"$make_image" i:b '
layer(file_("var/lib/dpkg/status.d/base", "Package: base\nVersion: 1\n"),
      file_("var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/share/base\n"),
      file_("usr/share/base"), file_("etc/base.conf", "conffile"), link("etc/link", "base.conf"))
layer(file_("var/lib/dpkg/status.d/libz1", "Package: libz1\nVersion: 1.3-1\nArchitecture: amd64\n"),
      file_("var/lib/dpkg/status.d/libz1.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/lib/libz.so.1.3\n"),
      file_("var/lib/dpkg/status.d/more", "Package: more\nVersion: 1\n"),
      dir_("usr/lib"), file_("usr/lib/libz.so.1.3", "Z" * 150), link("usr/lib/libz.so.1", "libz.so.1.3"),
      file_("usr/share/doc/more/copyright", "x"), file_("nobody", "n"),
      file_("etc/motd", "one\n2\nthree\n", mode=0o600))
config(config={"User": "65532", "Env": ["PATH=/bin", "C=d"], "Entrypoint": ["/usr/bin/tool", "a b"]})'
	"$make_image" i:apk '
layer(file_("lib/apk/db/installed", """C:Q1x
P:musl
V:1.2.5-r0
A:x86_64
L:MIT
o:musl
F:lib
R:ld-musl-x86_64.so.1
Z:Q1x
R:libc.musl-x86_64.so.1

P:busybox
V:1.36-r2
F:bin
R:busybox
a:0:0:755
"""), file_("lib/ld-musl-x86_64.so.1", "m", mode=0o755),
      link("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"), file_("bin/busybox", "b", mode=0o755),
      link("bin/sh", "/bin/busybox"))'
}

setup() {
	: "${PARE:?tests/run sets it}"
	need jq python3
	cd "$LOOK"
}

# Every file with its owner.
owned() {
	"$PARE" ls "oci:i:$1" '**' --format json |
		jq -r '.[] | select(.package) | "\(.path) \(.package.name) \(.package.version)"'
}

@test "dpkg's lists say who owns what, through links" {
	run -0 owned a
	[ "$output" = "/usr/bin/tool tool 2.0
/usr/lib/libz.so.1 libz1 1.2-1
/usr/lib/libz.so.1.2 libz1 1.2-1
/usr/share/doc/libz1/copyright libz1 1.2-1" ]
}

@test "status.d: what md5sums leave out belongs to the package whose layer it is, or beside it" {
	run -0 owned b
	[ "$output" = "/etc/base.conf base 1
/etc/link base 1
/usr/lib/libz.so.1 libz1 1.3-1
/usr/lib/libz.so.1.3 libz1 1.3-1
/usr/share/base base 1
/usr/share/doc/more/copyright more 1
/var/lib/dpkg/status.d/base base 1
/var/lib/dpkg/status.d/base.md5sums base 1
/var/lib/dpkg/status.d/libz1 libz1 1.3-1
/var/lib/dpkg/status.d/libz1.md5sums libz1 1.3-1
/var/lib/dpkg/status.d/more more 1" ]
}

@test "apk's database says who owns what" {
	run -0 owned apk
	[ "$output" = "/bin/busybox busybox 1.36-r2
/lib/ld-musl-x86_64.so.1 musl 1.2.5-r0
/lib/libc.musl-x86_64.so.1 musl 1.2.5-r0" ]
}

@test "diff shows packages, configuration and files by package" {
	run -1 "$PARE" diff oci:i:a oci:i:b
	[[ "$output" == *"
Packages
+ base 1
~ libz1 1.2-1 → 1.3-1
+ more 1
- tool 2.0

Configuration
~ User: 0 → 65532
- Env A: b
+ Env C: d

Files of base  "* ]]
	[[ "$output" == *"
Files of libz1  "*"
~             /usr/lib/libz.so.1  (libz.so.1.2 → libz.so.1.3)
-     -100 B  /usr/lib/libz.so.1.2
+     +150 B  /usr/lib/libz.so.1.3
"* ]]
	[[ "$output" == *"
~       -2 B  /etc/motd  (mode 0644 → 0600)
"* ]]
}

@test "diff --format json has the same, and numbers" {
	run -1 "$PARE" diff oci:i:a oci:i:b --format json
	[ "$(jq -c '.packages' <<<"$output")" = '[{"name":"base","change":"added","to":"1"},{"name":"libz1","change":"upgraded","from":"1.2-1","to":"1.3-1"},{"name":"more","change":"added","to":"1"},{"name":"tool","change":"removed","from":"2.0"}]' ]
	[ "$(jq -c '.files[] | select(.path == "/etc/motd")' <<<"$output")" = '{"path":"/etc/motd","change":"changed","type":"file","bytes":-2,"detail":"mode 0644 → 0600"}' ]
	[ "$(jq -c '[.from.packages, .to.packages]' <<<"$output")" = "[2,3]" ]
	run -1 "$PARE" diff oci:i:b oci:i:a --format json
	[ "$(jq -r '.packages[] | select(.name == "libz1") | .change' <<<"$output")" = downgraded ]
}

@test "diff tells what only Docker's configuration has" {
	local make=$BATS_TEST_DIRNAME/../lib/make-image
	"$make" h:1 'layer(file_("f")); config(config={"Healthcheck": {"Test": ["CMD", "/a"]}, "OnBuild": []})'
	"$make" h:2 'layer(file_("f")); config(config={"Healthcheck": {"Test": ["CMD", "/b"]}, "Shell": ["/bin/bash", "-c"]})'
	run -0 jq -c .config <("$PARE" diff oci:h:1 oci:h:2 --format json || true)
	[ "$output" = '[{"key":"Healthcheck","from":"{\"Test\":[\"CMD\",\"/a\"]}","to":"{\"Test\":[\"CMD\",\"/b\"]}"},{"key":"Shell","to":"[\"/bin/bash\",\"-c\"]"}]' ]
}

@test "diff of the same is silent success" {
	run -0 "$PARE" diff oci:i:a oci:i:a
	[ "$output" = "no difference in packages, configuration and files" ]
	"$PARE" export oci:i:a >a.tar
	run -1 "$PARE" diff oci:i:a rootfs:a.tar
	[[ "$output" == *"- User: 0"* && "$output" != *"Files of"* ]]
}

@test "diff --content is diff -u" {
	run -1 "$PARE" diff oci:i:a oci:i:b --content /etc/motd
	diff -u --label oci:i:a:/etc/motd --label oci:i:b:/etc/motd \
		<("$PARE" cat oci:i:a /etc/motd) <("$PARE" cat oci:i:b /etc/motd) >want || true
	[ "$output" = "$(cat want)" ]
	run -0 "$PARE" diff oci:i:a oci:i:a -c etc/motd
	[ "$output" = "" ]
	run -9 "$PARE" diff oci:i:a oci:i:b -c /nowhere
	run -1 "$PARE" diff oci:i:a oci:i:b -c /nobody
	[[ "${lines[0]}" == "--- /dev/null" ]]
}

# Long texts with changes here and there, and all through: the lines must be diff's.
@test "diff --content agrees with diff on random texts" {
	local seed
	for seed in 1 2 3 4; do
		python3 - "$seed" <<-'END'
			import random, sys
			random.seed(int(sys.argv[1]))
			a = [f"line {random.randrange(40)}" for _ in range(random.choice([5, 300, 1000]))]
			b = list(a)
			for _ in range(random.choice([1, 10, 60])):
			    i = random.randrange(len(b))
			    random.choice([lambda: b.pop(i), lambda: b.insert(i, "new"),
			                   lambda: b.__setitem__(i, "changed")])()
			open("x", "w").write("\n".join(a) + random.choice(["", "\n"]))
			open("y", "w").write("\n".join(b) + "\n")
		END
		"$BATS_TEST_DIRNAME/../lib/make-image" r:x 'layer(file_("f", open("x").read()))'
		"$BATS_TEST_DIRNAME/../lib/make-image" r:y 'layer(file_("f", open("y").read()))'
		run "$PARE" diff oci:r:x oci:r:y -c f
		patch -s x -o got <<<"$output"
		cmp got y
		# no more changed lines than diff needs
		equal "$(grep -c '^[-+]' <<<"$output")" "$(diff -u -d x y | grep -c '^[-+]')"
	done
}

@test "compare counts what people ask for" {
	run -0 jq -c '.[] | [.layers, .files, .executables, .setuid, .shells, .packageManagers, .packages]' \
		<("$PARE" compare oci:i:a oci:i:b oci:i:apk --format json)
	[ "$output" = "[1,13,4,1,1,1,2]
[2,13,0,0,0,0,3]
[1,5,2,0,1,0,2]" ]
	run -0 "$PARE" compare oci:i:a oci:i:apk
	[[ "${lines[0]}" == "IMAGE "*"PKGS "*"ERR "*"NOTE" ]]
	[ "${#lines[@]}" = 3 ]
	# findings are an audit's, by the policy that is asked for
	"$PARE" compare oci:i:a oci:i:b --policy strict --format json >rows
	for i in a b; do
		"$PARE" audit oci:i:$i --policy strict --format json || true
	done | jq -s 'map(.counts | [.error, .warning, .note])' >counts
	jq -e --slurpfile want counts 'map([.errors, .warnings, .notes]) == $want[0]' rows
	jq -e '.[0].errors > .[1].errors' rows
	run -9 "$PARE" compare oci:i:a oci:i:nothing
	[[ "$output" == *"oci:i:nothing: no image 'nothing'"* ]]
}
