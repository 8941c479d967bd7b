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
	command -v musl-gcc >/dev/null || skip 'musl-tools is not installed'
	[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86_64'
	fresh_home
	cd "$BATS_TEST_TMPDIR"
	alpine_recipe pare.yaml hello alpine-baselayout-data <<-'END'
		entrypoint:
		  command: /usr/bin/hello
		accounts:
		  run-as: '65532'
	END
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
