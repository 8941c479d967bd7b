#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pare vendor with Debian's packages; tests/cli/alpine.bats has Alpine's.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash

setup_file() {
	archive_setup
	deb hello 1.0 usr/share/hello=hello
	deb words 1.0 -a all usr/share/words=words
	ARCHS="amd64 arm64" publish stable
	serve
}

@test "Debian's packages are kept, and built from when the archive has gone" {
	recipe <<<'  packages: [hello]'
	run -0 "$PARE" vendor kept
	[[ $output == '1 package, 1 of them new, '*' in kept' ]]
	[ "$(sha256sum <kept/*)" = "$(ls kept)  -" ]
	run -0 --separate-stderr "$PARE" build -q -o oci:before
	rm -rf "$PARE_CACHE" "$PARE_STORE"
	PARE_VENDOR=$PWD/kept run -0 --separate-stderr "$PARE" build -q --offline --locked -o oci:image
	equal "$(jq -r '.manifests[0].digest' image/index.json)" "$(jq -r '.manifests[0].digest' before/index.json)"
}

@test "a package for all architectures is one file, and a damaged file is got again" {
	recipe <<<$'  packages: [words]\narchs: [amd64, arm64]'
	run -0 "$PARE" vendor kept
	[[ $output == '1 package, 1 of them new, '*' in kept' ]]
	run -0 "$PARE" vendor kept
	[[ $output == '1 package, 0 of them new, '*' in kept' ]]
	# of the same size
	printf x | dd of="$(echo kept/*)" conv=notrunc status=none
	run -0 "$PARE" vendor kept
	[[ $output == '1 package, 1 of them new, '*' in kept' ]]
	[ "$(sha256sum <kept/*)" = "$(ls kept)  -" ]
}

@test "without a folder to keep them in" {
	run -2 "$PARE" vendor
}
