#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# why, on programs and libraries that are compiled here: app needs libtop, which needs liblow.

bats_require_minimum_version 1.5.0
load ../lib/image.bash

setup() {
	: "${PARE:?tests/run sets it}"
	need jq python3 cc readelf
	cd "$BATS_TEST_TMPDIR"
	export HOME=$PWD PARE_CACHE=$PWD/cache PARE_STORE=$PWD/store
	echo 'int low(void) { return 1; }' | cc -shared -fPIC -o liblow.so.1.0 -Wl,-soname,liblow.so.1 -x c -
	echo 'int low(void); int top(void) { return low(); }' |
		cc -shared -fPIC -nostdlib -o libtop.so.1 -Wl,-soname,libtop.so.1 -x c - -x none liblow.so.1.0
	echo 'int top(void); int _start(void) { return top(); }' |
		cc -nostdlib -o app -x c - -x none libtop.so.1 -Wl,--allow-shlib-undefined
	echo 'int low(void); int _start(void) { return low(); }' |
		cc -nostdlib -o other -x c - -x none liblow.so.1.0 -Wl,--allow-shlib-undefined
	cc -static -nostdlib -o static -x c - <<<'int _start(void) { return 0; }'
	interpreter=$(readelf -l other | sed -n 's/.*interpreter: \(.*\)]/\1/p')
	"$BATS_TEST_DIRNAME/../lib/make-image" i:app '
read = lambda path: open(path, "rb").read()
layer(file_("usr/lib/liblow.so.1.0", read("liblow.so.1.0"), mode=0o755), link("usr/lib/liblow.so.1", "liblow.so.1.0"),
      link("lib", "usr/lib"), file_("var/lib/dpkg/status.d/low", "Package: low\nVersion: 1.0-1\nSource: lowsrc\n"),
      file_("usr/share/doc/low/copyright", "MIT"), created_by="COPY low")
layer(file_("usr/lib/libtop.so.1", read("libtop.so.1"), mode=0o755), file_("bin/app", read("app"), mode=0o755),
      file_("bin/other", read("other"), mode=0o755), file_("bin/script", "#!/bin/other\n", mode=0o755),
      file_("'"${interpreter#/}"'", read("'"$interpreter"'"), mode=0o755), file_("etc/data", "x"), created_by="COPY app")
config(config={"Entrypoint": ["app"], "Env": ["PATH=/bin"]}, architecture="'"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')"'")'
}

@test "why tells the way from the start, package, layer, and who else needs it" {
	run -0 "$PARE" why oci:i:app /lib/liblow.so.1
	[ "$output" = "/lib -> usr/lib
/usr/lib/liblow.so.1 -> liblow.so.1.0
/usr/lib/liblow.so.1.0  (file)
start     /bin/app
            └─ /lib/libtop.so.1, library 'libtop.so.1'
              └─ /lib/liblow.so.1, library 'liblow.so.1'  (low 1.0-1)
package   low 1.0-1, from source lowsrc, licence /usr/share/doc/low/copyright
wanted by low 1.0-1, whose /lib/liblow.so.1 is loaded at the start
layer     1 of 2: COPY low
needed by 3 files, 2 directly; 2 programs would break:
          /bin/other
          /bin/app, by way of 'libtop.so.1'
          /usr/lib/libtop.so.1" ]
}

@test "why tells the way also when the image's user may not go it" {
	"$PARE" export oci:i:app >closed.tar
	python3 - <<-'END'
		import io, tarfile
		with tarfile.open("closed.tar") as old, tarfile.open("layer.tar", "w") as new:
		    for t in old:
		        t.mode = 0o700 if t.name == "bin/app" else t.mode
		        new.addfile(t, old.extractfile(t) if t.isreg() else None)
	END
	"$BATS_TEST_DIRNAME/../lib/make-image" i:closed 'layer(raw=open("layer.tar", "rb").read())
config(config={"Entrypoint": ["app"], "Env": ["PATH=/bin"], "User": "7"}, architecture="'"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')"'")'
	run -0 "$PARE" why oci:i:closed /lib/liblow.so.1
	[[ "$output" == *"start     /bin/app"*"liblow.so.1"* ]]
}

@test "why as JSON" {
	run -0 "$PARE" why oci:i:app usr/lib/liblow.so.1.0 --format json
	[ "$(jq -c '[.start[].path]' <<<"$output")" = '["/bin/app","/lib/libtop.so.1","/lib/liblow.so.1"]' ]
	[ "$(jq -c '[.package.name, .layer.number, .layer.createdBy]' <<<"$output")" = '["low",1,"COPY low"]' ]
	[ "$(jq -c '.neededBy | map([.path, .direct, .program])' <<<"$output")" = \
		'[["/bin/other",true,true],["/usr/lib/libtop.so.1",true,false],["/bin/app",false,true]]' ]
}

@test "why reads no layer without programs, once its index is there" {
	"$BATS_TEST_DIRNAME/../lib/make-image" i:more '
read = lambda path: open(path, "rb").read()
layer(file_("bin/app", read("other"), mode=0o755), file_("usr/lib/liblow.so.1", read("liblow.so.1.0"), mode=0o755),
      file_("'"${interpreter#/}"'", read("'"$interpreter"'"), mode=0o755))
layer(file_("data", "d" * 1000))
layer(file_("usr/lib/liblow.so.1", read("liblow.so.1.0"), mode=0o755))
config(config={"Entrypoint": ["/bin/app"]}, architecture="'"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')"'")'
	"$PARE" why oci:i:more usr/lib/liblow.so.1 >first
	grep -q '/bin/app' first
	manifest=$(jq -r '.manifests[] | select(.annotations[]? == "more").digest' i/index.json)
	layers=($(jq -r '.layers[].digest' "i/blobs/${manifest/://}"))
	rm "i/blobs/${layers[1]/://}"
	run -0 "$PARE" why oci:i:more usr/lib/liblow.so.1
	[ "$output" = "$(cat first)" ]
	rm "i/blobs/${layers[2]/://}"
	run ! "$PARE" why oci:i:more usr/lib/liblow.so.1
}

@test "why of interpreters, of what nobody needs, and of nothing" {
	run -0 "$PARE" why oci:i:app /bin/other
	[[ "$output" == *"'app' does not load it when it starts"* && "$output" == *"/bin/script"* ]]
	run -0 "$PARE" why oci:i:app /etc/data
	[[ "$output" == *"needed by no other file that says so"* && "$output" == *"package   none has it"* ]]
	run -0 "$PARE" why oci:i:app /etc
	[[ "${lines[0]}" == "/etc  (folder)" ]]
	run -9 "$PARE" why oci:i:app /nowhere
}

# start SPEC [PATH]: the way to PATH, of an image with shell and wrapper whose /bin/other needs liblow
start() {
	echo 'int _start(void) { return 0; }' | cc -static -nostdlib -o static -x c -
	cat >opener.c <<-'END'
		const char *opened = "libplug.so";
		const char *longer = "/usr/lib/libplug.so.d/libnot.so.5.old";
		int _start(void) { return *opened + *longer; }
	END
	cc -static -nostdlib -o opener opener.c
	"$BATS_TEST_DIRNAME/../lib/make-image" s:x '
read = lambda path: open(path, "rb").read()
program = lambda path, name: file_(path, read(name), mode=0o755)
script = lambda path, text: file_(path, text, mode=0o755)
layer(program("bin/dash", "static"), link("bin/sh", "dash"), program("sbin/tini", "static"), program("bin/other", "other"),
      program("usr/lib/liblow.so.1", "liblow.so.1.0"), program("'"${interpreter#/}"'", "'"$interpreter"'"))
config(config={"Env": ["PATH=/sbin:/bin"]}, architecture="'"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')"'")
def start(*words, **more): settings["config"].update({"Cmd": list(words), **more})
'"$1"
	"$PARE" why oci:s:x "${2:-/usr/lib/liblow.so.1}" >said
	why=$(sed -n '/^start/,/^package/{/^package/!p}' said)
	echo "$why"
}

@test "why follows a command in shell form, wrappers, and scripts" {
	start 'start("/bin/sh", "-c", "cd / && exec other --x")'
	[ "$why" = "start     /bin/sh
            └─ /bin/other, program 'other'
              └─ /usr/lib/liblow.so.1, library 'liblow.so.1'" ]
	start 'start("tini", "-g", "--", "/entry", "other"); layer(script("entry", "#!/bin/sh\n. /lib/setup\nexec \"$@\"\n"), file_("lib/setup", "a=1\n"))'
	[ "$why" = "start     /sbin/tini
            └─ /entry, script '/entry'
              └─ /bin/other, program 'other'
                └─ /usr/lib/liblow.so.1, library 'liblow.so.1'" ]
	start 'start("/entry"); layer(script("entry", "#!/bin/sh\nif [ -e /x ]; then . /lib/setup; fi\n"), file_("lib/setup", "other | cat\n"))'
	[[ "$why" == *"/entry"*"└─ /lib/setup, script '/lib/setup'"*"└─ /bin/other, program 'other'"*liblow* ]]
	# what only mentions it, asks for it, or starts itself
	start 'start("/entry"); layer(script("entry", "#!/bin/sh\n# other\necho other\ncommand -v other\n/entry\n"))'
	[ "$why" = "start     '/entry' does not load it when it starts" ]
}

@test "why knows what a program opens by name, and what came with a package that is needed" {
	start 'start("/opener"); layer(program("opener", "opener"), program("usr/lib/libplug.so", "liblow.so.1.0"), program("usr/lib/libnot.so.5", "libtop.so.1"))' /usr/lib/libplug.so
	[ "$why" = "start     /opener
            └─ /usr/lib/libplug.so, opened by its name 'libplug.so'" ]
	run -0 "$PARE" why oci:s:x /usr/lib/libplug.so --format json
	[ "$(jq -r '.start[1].role' <<<"$output")" = opened ]
	run -0 "$PARE" why oci:s:x /usr/lib/libnot.so.5
	[[ "$output" == *"'/opener' does not load it when it starts"* ]]
	start 'start("other"); layer(file_("usr/lib/low/table", "x"), file_("var/lib/dpkg/info/low.list", "/usr/lib/low/table\n/usr/lib/liblow.so.1\n"),
		file_("var/lib/dpkg/status", "Package: low\nStatus: install ok installed\nVersion: 1.0-1\n"))' /usr/lib/low/table
	[ "$why" = "start     /bin/other
            └─ /usr/lib/liblow.so.1, library 'liblow.so.1'  (low 1.0-1)
              └─ /usr/lib/low/table, brought by the package 'low'  (low 1.0-1)" ]
}

@test "why comes to an end with scripts that read themselves, and whose arguments multiply" {
	"$BATS_TEST_DIRNAME/../lib/make-image" i:loop '
read = lambda path: open(path, "rb").read()
layer(file_("bin/sh", read("static"), mode=0o755), file_("bin/last", read("static"), mode=0o755),
      file_("again", "#!/bin/sh\n" + ". /again\n" * 50 + "exec /bin/last\n", mode=0o755),
      *[file_(f"more{i}", "#!/bin/sh\n" + f"exec /more{i + 1}" + " \"$@\"" * 20000 + "\n", mode=0o755) for i in range(3)],
      file_("more3", "#!/bin/sh\nexec /again\n", mode=0o755))
config(config={"Entrypoint": ["/more0", "a", "b"], "Env": ["PATH=/bin"]}, architecture="'"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')"'")'
	run -0 timeout 20 "$PARE" why oci:i:loop /bin/last
	[[ "$output" == *"/again"*"/bin/last"* ]]
}

# databases STATUS [PYTHON]: an image k:x with this dpkg status, whose entrypoint /bin/tool is of package tool
databases() {
	echo 'int _start(void) { return 0; }' | cc -static -nostdlib -o static -x c -
	printf '%s\n' "$1" >status
	"$BATS_TEST_DIRNAME/../lib/make-image" k:x '
read = lambda path: open(path, "rb").read()
layer(file_("bin/tool", read("static"), mode=0o755), file_("var/lib/dpkg/status", read("status")),
      file_("var/lib/dpkg/info/tool.list", "/bin/tool\n"), file_("data", "x"), file_("var/lib/dpkg/info/data.list", "/data\n"))
config(config={"Entrypoint": ["/bin/tool"]}, architecture="'"$(uname -m | sed 's/x86_64/amd64/;s/aarch64/arm64/')"'")
'"${2:-}"
}

# stanza NAME VERSION [FIELD: VALUE]…
stanza() {
	printf 'Package: %s\nStatus: install ok installed\nMaintainer: A <a@example.org>\nArchitecture: amd64\nVersion: %s\nDescription: x\n' "$1" "$2"
	shift 2
	[ $# -eq 0 ] || printf '%s\n' "$@"
	echo
}

world() {
	stanza tool 1.0 'Depends: editor | nothing, shared (>= 1:2),' ' virtual-thing (>= 3)'
	stanza vim 9 'Provides: editor' 'Depends: shared, shared (>> 9) | vim'
	stanza shared 1:2.5-1 'Pre-Depends: base (= 4)' 'Recommends: extra'
	stanza base 4 'Essential: yes'
	stanza thing 7 'Provides: virtual-thing (= 3.1)' 'Depends: data, absent'
	stanza wrong 7 'Provides: virtual-thing (= 2)'
	stanza data 1.0
	stanza extra 1 'Depends: circle-a'
	stanza circle-a 1 'Depends: circle-b'
	stanza circle-b 1 'Depends: circle-a'
	stanza lone-a 1 'Depends: lone-b'
	stanza lone-b 1 'Depends: lone-a'
}

@test "why tells the chain of packages to a file that no file needs" {
	databases "$(world)"
	run -0 "$PARE" why oci:k:x /data
	[ "$output" = "/data  (file)
start     '/bin/tool' does not load it when it starts
package   data 1.0
wanted by tool 1.0, whose /bin/tool is started
            └─ thing 7, Depends: virtual-thing (>= 3)
              └─ data 1.0, Depends: data
layer     1 of 1
needed by no other file that says so
asked for by 1 package:
          thing 7, Depends: data" ]
}

@test "why of packages: alternatives, virtual names, versions, Recommends, circles" {
	databases "$(world)"
	wanted() { "$PARE" why oci:k:x "$@" >said && awk '/^[^ ]/ { in_it = /^wanted/ } in_it' said; }
	[ "$(wanted vim)" = "wanted by tool 1.0, whose /bin/tool is started
            └─ vim 9, Depends: editor | nothing" ]
	grep -q '^vim  (package)' said
	[ "$(wanted base)" = "wanted by tool 1.0, whose /bin/tool is started
            └─ shared 1:2.5-1, Depends: shared (>= 1:2)
              └─ base 4, Pre-Depends: base (= 4)" ]
	[ "$(wanted circle-b)" = "wanted by tool 1.0, whose /bin/tool is started
            └─ shared 1:2.5-1, Depends: shared (>= 1:2)
              └─ extra 1, Recommends: extra
                └─ circle-a 1, Depends: circle-a
                  └─ circle-b 1, Depends: circle-b" ]
	[ "$(wanted wrong)" = "wanted by no other package of the image" ]
	[ "$(wanted lone-a)" = "wanted by only packages that ask for each other" ]
	grep -q 'lone-b 1, Depends: lone-a' said
	[ "$(wanted tool)" = "wanted by tool 1.0, whose /bin/tool is started" ]
	[ "$(sed -n 2p said)" = "start     /bin/tool  (tool 1.0)" ]
	wanted editor >/dev/null
	[ "$(head -2 said)" = "editor is provided by vim
vim  (package)" ]
	wanted vim:amd64 >/dev/null
	run -9 "$PARE" why oci:k:x vim:arm64
	[ "$output" = "pare: no '/vim:arm64' and no package of that name in 'oci:k:x'" ]
	# a file of that name comes first
	run -0 "$PARE" why oci:k:x data
	[ "${lines[0]}" = "/data  (file)" ]
	run -0 "$PARE" why --package oci:k:x data
	[ "${lines[0]}" = "data  (package)" ]
	run -9 "$PARE" why --package oci:k:x bin
	[ "$output" = "pare: no package 'bin' in 'oci:k:x'" ]
}

@test "why of a package as JSON" {
	databases "$(world)"
	"$PARE" why oci:k:x --json data >said
	[ "$(jq -c '.wantedBy | [.root, .path, (.chain[] | [.name, .version, .field, .clause])]' said)" = \
		'["started","/bin/tool",["tool","1.0",null,null],["thing","7","Depends","virtual-thing (>= 3)"],["data","1.0","Depends","data"]]' ]
	[ "$(jq -c '[.askedForBy[] | [.name, .field, .clause]]' said)" = '[["thing","Depends","data"]]' ]
	"$PARE" why oci:k:x --json --package data >said
	[ "$(jq -c '[.type, .path, .start, .package.name, .layer.number]' said)" = '["package",null,[],"data",1]' ]
}

@test "who asks for a package is for whose sake dpkg and apt keep it" {
	need apt-cache dpkg
	databases "$(world)"
	mkdir -p dpkg/info dpkg/updates apt/lists/partial
	cp status dpkg/status
	for name in shared base thing data circle-a lone-b vim; do
		LC_ALL=C dpkg --admindir="$PWD/dpkg" --force-remove-essential --no-act -r "$name" >removed 2>&1 || true
		sed -n 's/^ \([a-z-]*\) \(pre-\)\{0,1\}depends on .*/\1/p' removed | sort -u >their.said
		[ -s their.said ]
		"$PARE" why oci:k:x --json --package "$name" >said
		jq -r '.askedForBy[] | select(.field != "Recommends").name' said | sort -u >our.said
		diff their.said our.said
	done
	apt-cache -o Dir::Etc="$PWD/apt" -o Dir::State="$PWD/apt" -o Dir::State::status="$PWD/status" -o Dir::Cache="$PWD/apt" \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 rdepends --installed extra >reverse
	"$PARE" why oci:k:x --json extra >said
	equal "$(sed -n 's/^ [ |]//p' reverse | sort -u)" "$(jq -r '.askedForBy[].name' said)"
}

@test "why of packages that apk installed: what the world names, so: names, install_if" {
	echo 'int _start(void) { return 0; }' | cc -static -nostdlib -o static -x c -
	"$BATS_TEST_DIRNAME/../lib/make-image" k:alpine '
layer(file_("etc/apk/world", "curl>8\nmuslish\n"), file_("lib/apk/db/installed", """P:muslish
V:1.2-r1
A:x86_64
p:so:libc.muslish.so.1=1
F:lib
R:ld

P:libcurl
V:8.1-r0
D:so:libc.muslish.so.1 !old zlib~1.2
p:so:libcurl.so.4=4.8.0

P:zlib
V:1.2.13-r0

P:curl
V:8.1-r0
D:so:libcurl.so.4>=4 /bin/sh

P:box
V:1-r0
p:/bin/sh cmd:sh=1-r0

P:curl-box-more
V:1-r0
i:curl=8.1-r0 box

P:never
V:1-r0
i:curl=8.2-r0 box

"""))
config(config={})'
	run -0 "$PARE" why oci:k:alpine zlib
	[[ "$output" == *"
wanted by curl 8.1-r0, which /etc/apk/world names
            └─ libcurl 8.1-r0, Depends: so:libcurl.so.4>=4
              └─ zlib 1.2.13-r0, Depends: zlib~1.2
"* ]]
	run -0 "$PARE" why oci:k:alpine cmd:sh
	[[ "$output" == *"
wanted by curl 8.1-r0, which /etc/apk/world names
            └─ box 1-r0, Depends: /bin/sh
"* ]]
	run -0 "$PARE" why oci:k:alpine curl-box-more
	[[ "$output" == *"└─ curl-box-more 1-r0, install_if: curl=8.1-r0 box"* ]]
	run -0 "$PARE" why oci:k:alpine never
	[[ "$output" == *"wanted by no other package"* ]]
}

@test "why comes to an end with hostile databases, and says what it can't read" {
	python3 - >many <<-'END'
		def stanza(name, *fields):
		    print(f"Package: {name}", "Status: install ok installed", "Version: 1", *fields, "", sep="\n")
		stanza("tool", "Depends: p0")
		for i in range(100000):
		    stanza(f"p{i}", f"Depends: p{i + 1}")
		for i in range(3000):
		    stanza(f"all{i}", "Depends: all", "Provides: all")
		stanza("long", "Depends: " + "p1, " * 300000)
		stanza("bad", "Depends: p1 (>= ")
		stanza("rude", "Depends: p1 (\x1b[31m")
	END
	databases "$(cat many)"
	run -0 --separate-stderr timeout 30 "$PARE" why oci:k:x p99999
	[[ "$output" == *"wanted by tool 1, whose /bin/tool is started"*"└─ p0 1, Depends: p0"*"more; --verbose shows all"* ]]
	[[ "$stderr" == *"package 'long' of '/var/lib/dpkg/status': Depends: more than"* ]]
	[[ "$stderr" == *"package 'bad' of '/var/lib/dpkg/status': Depends: byte "* ]]
	[[ "$stderr" == *"no room for more dependencies"* && "$stderr" != *$'\e'* ]]
	[ "${#output}" -lt 10000 ]
}
