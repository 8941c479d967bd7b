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
