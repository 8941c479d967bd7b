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
