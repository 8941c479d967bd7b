#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Recipes and programs on an existing image: pare.yaml(5), base.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	deb app 1.0 -f 'Depends: liba' "usr/bin/app=app 1.0\n"
	deb liba 2.0 "usr/lib/liba=liba 2.0\n"
	publish stable
	serve
}

setup() {
	fresh_home
	make_image=$BATS_TEST_DIRNAME/../lib/make-image
}

# base [TEXT [CODEC]]: oci:base:one, two layers, with a link from /lib, a deleted program, a hard link; TEXT
# is that of a file.
base() {
	"$make_image" base:one "
layer(dir_('usr'), dir_('usr/lib'), dir_('usr/bin'), link('lib', 'usr/lib'), link('bin', 'usr/bin'),
	dir_('etc'), file_('etc/passwd', 'root:x:0:0::/root:/bin/sh\njo:x:7:8::/home/jo:/bin/sh\n'),
	file_('etc/secret', 'k', mode=0o600, uid=5), file_('usr/bin/tool', 'x', mode=0o755),
	file_('usr/bin/one', '1', mode=0o755), hard('usr/bin/two', 'usr/bin/one'),
	created_by='from the base')
layer(dir_('usr'), dir_('usr/bin'), wh('usr/bin/tool'), dir_('usr/lib'),
	file_('usr/lib/liba.so', '${1-a}'), codec='${2-zstd}', created_by='then this')
empty('ENV of the base')
config(author='Jo Doe', created='2026-02-03T04:05:06Z',
	config=dict(User='jo', Env=['PATH=/base/bin', 'A=old', 'C=c'], Cmd=['run'],
		Entrypoint=['/usr/bin/one'], WorkingDir='/srv', Labels={'x': '1', 'y': '2'}, Volumes={'/v': {}},
		ExposedPorts={'1/tcp': {}}, StopSignal='SIGINT', OnBuild=['RUN x'],
		Healthcheck={'Test': ['CMD', '/usr/bin/one'], 'Interval': 1000000}))
"
}

base_digest() {
	jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "one").digest' \
		base/index.json
}

# With the recipe on standard input; nothing in it would start.
on_base() {
	cat >pare.yaml
	build --no-verify "$@"
}

@test "base: its layers are there byte for byte, its history goes on, annotations name it" {
	base
	on_base <<-END
		base: oci:base:one
		paths: [{path: /opt/x, type: file, content: x}]
	END
	manifest=base/blobs/sha256/$(base_digest | cut -d: -f2)
	jq -e --slurpfile b "$manifest" --arg digest "$(base_digest)" '
		.layers[0:2] == $b[0].layers and (.layers | length) == 3
		and .annotations["org.opencontainers.image.base.digest"] == $digest
		and .annotations["org.opencontainers.image.base.name"] == "base:one"' <(image manifest)
	for layer in $(jq -r '.layers[].digest' "$manifest"); do
		cmp "base/blobs/${layer/://}" "img/blobs/${layer/://}"
	done
	jq -e '[.history[] | [.created_by, .empty_layer // false]] == [["from the base", false],
		["then this", false], ["ENV of the base", true], ["pare build: files of the recipe", false]]
		and (.rootfs.diff_ids | length) == 3 and .created == "2026-02-03T04:05:06Z"' <(image config)
	image names 3 >names
	[ "$(grep -v '/$' names)" = opt/x ]
}

@test "base: the config is inherited by a Dockerfile's rules" {
	base
	on_base <<-END
		base: oci:base:one
		environment: {A: new, B: "2"}
		labels: {y: "3"}
		annotations: {z: "4"}
		volumes: [/w]
		ports: [2]
	END
	run --separate-stderr -0 "$PARE" build --no-verify --cache other -o oci:again:it
	[[ $stderr == *"base 'base:one' has ONBUILD instructions, which are left out: [\"RUN x\"]"* ]]
	jq -e '.author == "Jo Doe" and .config == {User: "jo", ExposedPorts: {"1/tcp": {}, "2/tcp": {}},
		Env: ["PATH=/base/bin", "A=new", "C=c", "B=2"], Entrypoint: ["/usr/bin/one"], Cmd: ["run"],
		Volumes: {"/v": {}, "/w": {}}, WorkingDir: "/srv", Labels: {x: "1", y: "3", z: "4"},
		StopSignal: "SIGINT", Healthcheck: {Test: ["CMD", "/usr/bin/one"], Interval: 1000000}}
		' <(image config)
	on_base <<-END
		base: oci:base:one
		entrypoint: /usr/bin/two
		environment: {PATH: /mine}
		accounts: {run-as: jo}
		work-dir: /
		stop-signal: TERM
	END
	jq -e '.config | .Entrypoint == ["/usr/bin/two"] and .Cmd == null and .User == "7"
		and .WorkingDir == "/" and .StopSignal == "SIGTERM" and .Env[0] == "PATH=/mine"' <(image config)
	[ "$(jq '.layers | length' <(image manifest))" = 2 ] # nothing to add: no layer
	on_base <<-END
		base: oci:base:one
		cmd: [other]
	END
	jq -e '.config | .Entrypoint == ["/usr/bin/one"] and .Cmd == ["other"]' <(image config)
}

@test "base: names lead through its links, what is the same is not there twice" {
	base
	on_base <<-END
		base: oci:base:one
		paths:
		  - {path: /lib/mine, type: file, content: mine}
		  - {path: /usr/lib/liba.so, type: file, content: a}
		  - {path: /etc/secret, type: permissions, permissions: 0o640}
		  - {path: /usr/bin/two, type: permissions, permissions: 0o500}
		  - {path: /usr, type: directory}
	END
	image names 3 | grep -v '/$' | sort >names
	[ "$(cat names)" = $'etc/secret\nusr/bin/one\nusr/bin/two\nusr/lib/mine' ]
	holds 'l * /lib -> usr/lib' 'f 0640 5:0 /etc/secret' 'f 0500 0:0 /usr/bin/one' \
		'h 0500 0:0 /usr/bin/two = /usr/bin/one'
	"$PARE" export oci:img >tree.tar
	tar tf tree.tar >paths
	run ! grep -q usr/bin/tool paths
}

@test "base: the same input gives the same digest, with an empty store and cache, too" {
	base
	on_base <<-END
		base: oci:base:one
		paths: [{path: /opt/x, type: file, content: x}]
	END
	first=$(cat digest)
	"$PARE" build --no-verify
	rm -r store cache
	build --no-verify
	[ "$(cat digest)" = "$first" ]
	rm -r cache
	build --no-verify --base "oci:$PWD/base:one" # by another name: nothing but its name is another
	skopeo inspect --raw oci:img:it >theirs
	image manifest >ours
	jq -e --slurpfile ours ours '.layers == $ours[0].layers' theirs
}

@test "base: the lock holds its digest, and moves when it is told to" {
	base
	cat >pare.yaml <<-END
		base: oci:base:one
		paths: [{path: /opt/x, type: file, content: x}]
	END
	run --separate-stderr "$PARE" lock
	old=$(base_digest)
	[ "$output" = "+ base oci:base:one ${old:7:12}" ]
	jq -e --arg digest "$old" --argjson size "$(stat -c %s "base/blobs/${old/://}")" '.base == {place:
		"oci:base:one", mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $digest,
		size: $size}' pare.lock
	base b
	new=$(base_digest)
	[ "$new" != "$old" ]
	build --no-verify --locked
	[ "$(image manifest | jq -r '.annotations["org.opencontainers.image.base.digest"]')" = "$old" ]
	cp pare.lock old.lock
	run --separate-stderr "$PARE" lock --update
	[ "$output" = "base oci:base:one ${old:7:12} → ${new:7:12}" ]
	[ "$("$PARE" lock)" = "nothing changed" ]
	build --no-verify --locked
	[ "$(image manifest | jq -r '.annotations["org.opencontainers.image.base.digest"]')" = "$new" ]
	cp old.lock pare.lock
	"$PARE" lock --update --format json >changes
	jq -e --arg old "$old" --arg new "$new" '. == [{base: "oci:base:one", old: $old, new: $new}]' changes
	# what is wrong with the locked one is told, though the name leads elsewhere now
	cp old.lock pare.lock
	layer=base/blobs/$(jq -r '.layers[0].digest' "base/blobs/${old/://}" | tr : /)
	cp "$layer" layer
	printf x | dd of="$layer" bs=1 seek=20 conv=notrunc status=none
	rm -r store
	run "$PARE" build --no-verify
	[ "$status" -eq 8 ]
	[[ $output != *"is locked"* ]]
	cp layer "$layer"
	rm -rf store "base/blobs/${old/://}"
	run "$PARE" build --no-verify
	[ "$status" -eq 9 ]
	[[ $output == *"sha256:${new:7:12} now, and sha256:${old:7:12}, which is locked"*"pare lock --update" ]]
}

@test "base: once it is in the store, its place isn't needed; a damaged layer is got again" {
	base
	cat >pare.yaml <<-END
		base: oci:base:one
		paths: [{path: /opt/x, type: file, content: x}]
	END
	"$PARE" build --no-verify >digest
	layer=$(jq -r '.layers[0].digest' "base/blobs/sha256/$(base_digest | cut -d: -f2)")
	: >"store/blobs/${layer/://}"
	rm -r cache
	"$PARE" build --no-verify | cmp - digest
	cmp "store/blobs/${layer/://}" "base/blobs/${layer/://}"
	mv base away
	rm -r cache
	"$PARE" build --no-verify --offline | cmp - digest
}

@test "base: another platform, a missing image, and what is no image are told" {
	base
	echo 'base: oci:base:one' >pare.yaml
	run "$PARE" build --no-verify --arch arm64
	[ "$status" -eq 9 ]
	[[ $output == *"base 'oci:base:one': no platform 'arm64' in 'oci:base:one': it has linux/amd64" ]]
	run "$PARE" build --base oci:base:other
	[ "$status" -eq 9 ]
	[[ $output == *"base 'oci:base:other': no image 'other' in"* ]]
	run "$PARE" build --base Upper
	[ "$status" -eq 2 ]
	[[ $output == *"base: 'Upper' is no image name"* ]]
	printf 'base: []\n' >pare.yaml
	run "$PARE" build
	[[ $output == *"pare.yaml:1:7: 'base' must be"* ]]
}

@test "base: of the store, of an archive, of an index; scratch is none" {
	base a gzip
	skopeo --insecure-policy copy -q oci:base:one docker-archive:base.tar:team/base:1
	echo 'base: docker-archive:base.tar' >pare.yaml
	build --no-verify
	jq -e '.annotations["org.opencontainers.image.base.name"] == "base.tar"
		and .layers[0].mediaType == "application/vnd.oci.image.layer.v1.tar"' <(image manifest)
	"$PARE" copy oci:base:one team/base:2
	echo 'base: team/base:2' >pare.yaml
	build --no-verify
	[ "$(image manifest | jq -r '.annotations["org.opencontainers.image.base.name"]')" = team/base:2 ]
	printf 'archs: [amd64, arm64]\npaths: [{path: /b, type: empty-file}]\n' >two.yaml
	"$PARE" build two.yaml -t two
	printf 'base: two\narchs: [amd64, arm64]\npaths: [{path: /c, type: empty-file}]\n' >pare.yaml
	"$PARE" build -o oci:both:it >digest
	index=$(skopeo inspect --raw oci:store:two:latest | sha256sum | cut -d' ' -f1)
	skopeo inspect --raw oci:both:it >index.json
	jq -e --arg digest "sha256:$index" \
		'.annotations["org.opencontainers.image.base.digest"] == $digest' index.json
	for arch in amd64 arm64; do
		below=$(skopeo inspect --raw oci:store:two:latest |
			jq -r --arg arch $arch '.manifests[] | select(.platform.architecture == $arch).digest')
		above=$(jq -r --arg arch $arch '.manifests[] | select(.platform.architecture == $arch).digest' \
			index.json)
		jq -e --arg digest "$below" '(.layers | length) == 2
			and .annotations["org.opencontainers.image.base.digest"] == $digest' "both/blobs/${above/://}"
	done
	build --base scratch --arch amd64
	[ "$(image manifest | jq -c '[(.layers | length), .annotations["org.opencontainers.image.base.name"]]')" = \
		'[1,"scratch"]' ]
}

@test "base: an entrypoint or a command that is empty takes the base's away" {
	base
	on_base <<-END
		base: oci:base:one
		entrypoint: []
	END
	image config >conf
	jq -e '.config | (has("Entrypoint") or has("Cmd")) == false and .User == "jo"' conf
	on_base <<-END
		base: oci:base:one
		cmd: []
	END
	image config >conf
	jq -e '.config | .Entrypoint == ["/usr/bin/one"] and (has("Cmd") | not)' conf
	on_base <<-END
		base: oci:base:one
		entrypoint: []
		cmd: [/usr/bin/two, x]
	END
	image config >conf
	jq -e '.config | (has("Entrypoint") | not) and .Cmd == ["/usr/bin/two", "x"]' conf
	on_base <<<'base: oci:base:one' # none of it is taken for an image of before
	image config >conf
	jq -e '.config | .Entrypoint == ["/usr/bin/one"] and .Cmd == ["run"]' conf
}

@test "base: of Docker's media types or in an oci-archive, the image has those of OCI" {
	base a gzip
	"$PARE" copy -q --format docker oci:base:one lower:1
	"$PARE" inspect --raw manifest lower:1 >lower
	jq -e '.layers[0].mediaType | startswith("application/vnd.docker.")' lower
	skopeo --insecure-policy copy -q oci:base:one oci-archive:base.tar:one
	for place in lower:1 oci-archive:base.tar oci-archive:base.tar:one; do
		on_base <<-END
			base: $place
			paths: [{path: /opt/x, type: file, content: x}]
		END
		image manifest >manifest
		jq -e '[.mediaType, .config.mediaType, .layers[].mediaType] | length == 5
			and all(startswith("application/vnd.oci."))' manifest
		image config >conf
		jq -e '.history[0].created_by == "from the base" and .author == "Jo Doe"' conf
	done
	jq -e '.annotations["org.opencontainers.image.base.name"] == "base.tar:one"' manifest
	run "$PARE" build --no-verify --base oci-archive:base.tar:two
	[ "$status" -eq 9 ]
}

@test "base: packages in /lib and /bin of a base whose /usr is merged, and of one where it isn't" {
	deb old 1.0 "lib/old.so=old\n" "bin/old=old\n"
	publish stable
	base
	recipe <<<'  packages: [old]'
	sed -i '1ibase: oci:base:one' pare.yaml
	build --no-verify
	image names 3 >names
	grep -qx usr/lib/old.so names
	grep -qx usr/bin/old names
	holds 'l * /lib -> usr/lib' 'l * /bin -> usr/bin'
	"$make_image" base:split "layer(dir_('lib'), dir_('bin'), dir_('usr'), file_('lib/x', 'x'))"
	recipe <<<'  packages: [old]'
	sed -i '1ibase: oci:base:split' pare.yaml
	"$PARE" lock --update
	build --no-verify
	holds 'd * /lib' 'f * /lib/x'
	[ "$(image cat lib/old.so)" = old ]
}

@test "base: pare vendor keeps it with the packages, and builds take it from there" {
	base
	recipe <<<'  packages: [app]'
	sed -i '1ibase: oci:base:one' pare.yaml
	export PARE_STORE=store # also by a name that is no absolute one
	run -0 --separate-stderr "$PARE" vendor kept
	[[ $output == "2 packages and 4 blobs of the base, 6 of them new, "*" in kept" ]]
	for file in kept/*; do
		[ "$(sha256sum <"$file")" = "${file##*/}  -" ]
	done
	run -0 --separate-stderr "$PARE" vendor kept --json
	jq -e '.packages == 2 and .baseBlobs == 4 and .new == 0' <<<"$output"
	build --no-verify
	first=$(cat digest)
	rm -rf store "$PARE_CACHE" base
	PARE_VENDOR=$PWD/kept build --no-verify --offline --locked
	[ "$(cat digest)" = "$first" ]
	rm -rf store "$PARE_CACHE"
	layer=$(image manifest | jq -r '.layers[0].digest')
	: >"kept/${layer#sha256:}" # damaged: not used
	PARE_VENDOR=$PWD/kept run ! "$PARE" build --no-verify --offline --locked
	[[ $output == *"nor can it be taken from '$PWD/kept': "*"${layer#sha256:}"* ]]
	rm "kept/${layer#sha256:}" # not there: as if the folder knew no base
	PARE_VENDOR=$PWD/kept run ! "$PARE" build --no-verify --offline --locked
	[[ $output == *"base 'oci:base:one': "* && $output != *"nor can it"* ]]
}

@test "base: packages that it has are not installed again, and decide versions" {
	recipe <<<'  packages: [liba]'
	"$PARE" build -t lower
	recipe <<<'  packages: [app]'
	sed -i '1ibase: lower' pare.yaml
	deb liba 2.1 "usr/lib/liba=liba 2.1\n"
	publish stable
	build
	image names 2 >names
	grep -qx usr/bin/app names
	run ! grep -q liba names
	[ "$(image cat usr/lib/liba)" = "liba 2.0" ]
	[ "$(jq -c '[.archs[0].packages[] | [.name, .version]]' pare.lock)" = '[["app","1.0"],["liba","2.0"]]' ]
	rm "$ARCHIVE/pool/liba_2.0_amd64.deb"
	publish stable
	run --separate-stderr "$PARE" build -o oci:new:it
	[ "$status" -eq 0 ]
	"$PARE" lock --update
	run --separate-stderr "$PARE" build -o oci:new:it
	[[ $stderr == *"liba 2.1 goes over the base's 2.0"* ]]
	[ "$(LAYOUT=new image cat usr/lib/liba)" = "liba 2.1" ]
}

@test "base: a dpkg status tells what is there, and a package may not turn a file into a folder" {
	"$make_image" base:one "
layer(dir_('var'), dir_('var/lib'), dir_('var/lib/dpkg'), file_('var/lib/dpkg/status', '''Package: liba
Status: install ok installed
Architecture: amd64
Version: 2.1
Description: x
'''), dir_('usr'), dir_('usr/lib'))"
	recipe <<<'  packages: [app]'
	sed -i '1ibase: oci:base:one' pare.yaml
	build
	lacks '* /usr/lib/liba'
	holds '* /usr/bin/app'
	"$make_image" base:one "layer(dir_('usr'), dir_('usr/bin'), dir_('usr/bin/app'))"
	"$PARE" lock --update
	run "$PARE" build
	[ "$status" -eq 10 ]
	[[ $output == *"'/usr/bin/app' is a folder in the base, and a file in package 'app'" ]]
}

@test "build --base of a program: the base, the program, and the proof over both" {
	gcc -o hello -x c - <<<'#include <stdio.h>
int main(void) { puts("hello"); }'
	base
	run --separate-stderr "$PARE" build --base oci:base:one ./hello
	[ "$status" -eq 1 ]
	[[ $stderr == *"the image would not start: '/usr/bin/hello' needs the interpreter"* ]]
	gcc -static -o hello -x c - <<<'#include <stdio.h>
int main(void) { puts("hello"); }'
	build --base oci:base:one ./hello -e A=new --port 80 -- --flag
	jq -e '.config | .Entrypoint == ["/usr/bin/hello"] and .Cmd == ["--flag"] and .User == "jo"
		and .Env == ["PATH=/base/bin", "A=new", "C=c"] and .WorkingDir == "/srv"' <(image config)
	image names 3 | grep -v '/$' >names
	[ "$(cat names)" = usr/bin/hello ]
	cmp hello <(image cat usr/bin/hello)
	run "$PARE" build --base oci:base:one --libs host ./hello
	[ "$status" -eq 2 ]
	[[ $output == *"both --base and --libs=host"* ]]
}

@test "base: libraries of the base start programs of the recipe" {
	loader=$(ldd /bin/true | grep -o '/lib[^ ]*ld-[^ ]*')
	libc=$(ldd /bin/true | grep -o '/[^ ]*/libc\.so\.6')
	cat >lower.yaml <<-END
		paths:
		  - {path: $loader, type: file, source: $loader}
		  - {path: $libc, type: file, source: $libc}
	END
	"$PARE" build lower.yaml -t lower
	"$PARE" build --base lower /bin/true -t upper
	rm -r cache
	"$PARE" build --base lower /bin/true -t upper
	sed -i '/libc/d' lower.yaml
	"$PARE" build lower.yaml -t lower
	run "$PARE" build --base lower /bin/true
	[ "$status" -eq 1 ]
	[[ $output == *"libc.so.6"* ]]
}

@test "base: in a registry, by tag once and then by digest" {
	command -v docker-registry >/dev/null || skip "docker-registry is not installed"
	base
	port=$((20000 + RANDOM % 20000))
	cat >registry.yml <<-END
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $PWD/registry}}
		http: {addr: "127.0.0.1:$port"}
	END
	docker-registry serve registry.yml >registry.log 2>&1 3>&- &
	echo $! >registry.pid
	for _ in $(seq 50); do
		curl -fs "http://127.0.0.1:$port/v2/" >/dev/null && break
		sleep 0.1
	done
	"$PARE" copy oci:base:one "docker://127.0.0.1:$port/team/base:1"
	old=$(base_digest)
	echo "base: docker://127.0.0.1:$port/team/base:1" >pare.yaml
	echo 'paths: [{path: /opt/x, type: file, content: x}]' >>pare.yaml
	build --no-verify
	[ "$(image manifest | jq -r '.annotations | .["org.opencontainers.image.base.name"] + " "
		+ .["org.opencontainers.image.base.digest"]')" = "127.0.0.1:$port/team/base:1 $old" ]
	base b
	"$PARE" copy oci:base:one "docker://127.0.0.1:$port/team/base:1"
	rm -r store cache
	"$PARE" build --no-verify --locked | cmp - digest
	rm -r store
	run "$PARE" build --no-verify --offline
	kill "$(cat registry.pid)"
	[ "$status" -ne 0 ]
	[[ $output == *"it isn't in the store, and --offline forbids to get it"* ]]
}

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/registry.pid" ] || kill "$(cat "$BATS_TEST_TMPDIR/registry.pid")" 2>/dev/null || true
}
