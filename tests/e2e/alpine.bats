#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# An image of Alpine packages under runc: as nonroot, on a read-only root filesystem.

bats_require_minimum_version 1.5.0
load lib
load ../lib/archive.bash
load ../lib/alpine.bash

setup_file() {
	e2e_setup
	command -v musl-gcc >/dev/null || return 0
	alpine_setup
	alpine_programs
	alpine_index
}

teardown_file() {
	e2e_teardown
}

setup() {
	alpine_fresh
	alpine_recipe pare.yaml hello alpine-baselayout-data <<-'END'
		entrypoint:
		  command: /usr/bin/hello
		accounts:
		  run-as: '65532'
	END
}

# The image's files in the folder root.
unpacked() {
	"$PARE" build -q "$1" -o oci:full >/dev/null
	mkdir root
	for layer in $(jq -r '.layers[].digest' \
		"full/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' full/index.json)"); do
		tar xzf "full/blobs/sha256/${layer#sha256:}" -C root
	done
}

@test "apk lists, audits and goes on with an image that has its database" {
	local apk
	apk=$(type -P apk) || skip 'there is no apk'
	alpine_recipe full.yaml hello docs <<<'  database: full'
	unpacked full.yaml
	"$apk" --root root info -v >listed
	[ "$(sort listed | tr '\n' ' ')" = 'busybox-1.37.0-r12 busybox-binsh-1.37.0-r12 docs-1-r0 hello-2.0-r1 hello-doc-2.0-r1 libgreet-1.4-r0 musl-1.2.3-r5 ' ]
	# all that isn't the packages' own are the links that busybox's script would make
	"$apk" --root root audit --full >audited
	run ! grep -v '^A \(usr/\)\?s\?bin/' audited
	"$apk" --root root info --who-owns /usr/lib/libgreet.so.1 | grep -q 'owned by libgreet-1.4-r0'
	"$apk" --root root --no-network fix --simulate | grep -q '^OK: '
	# what apk writes when it installs the same itself
	mkdir -p own/etc/apk/keys
	cp "$ALPINE_KEYS"/*.pub own/etc/apk/keys/
	"$apk" --root own --initdb --arch x86_64 --no-scripts --repositories-file /dev/null -X "$ALPINE" \
		add hello docs >/dev/null
	diff own/lib/apk/db/installed root/lib/apk/db/installed
	diff own/etc/apk/world root/etc/apk/world
}

@test "runc runs a dynamic musl program as nonroot, read-only" {
	require_root
	"$PARE" build -q -o oci:image:hello >/dev/null
	umoci unpack --image image:hello "$E2E/bundle"
	bundle_adjust "$E2E/bundle" '.root.readonly = true'
	[ "$(jq -r .process.user.uid "$E2E/bundle/config.json")" = 65532 ]
	run --separate-stderr runc_root pare-alpine "$E2E/bundle"
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = 'hello 42' ]
}
