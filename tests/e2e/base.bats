#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A base that umoci or buildah made of this Debian's own files, a program that pare puts on it, and
# the same on another base: runc and podman run all of them.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	e2e_setup
	: "${PARE:?tests/run sets it}"
	cd "$E2E" || return 1
	export PARE_STORE=$E2E/store PARE_CACHE=$E2E/cache
	loader=$(ldd /bin/true | grep -o '/lib[^ ]*ld-[^ ]*')
	libc=$(ldd /bin/true | grep -o '/[^ ]*/libc\.so\.6')
	for version in one two; do
		mkdir -p "tree/${loader%/*}" "tree/${libc%/*}" tree/etc
		cp -L "$loader" "tree/$loader"
		cp -L "$libc" "tree/$libc"
		echo "$version" >tree/etc/version
		umoci init --layout "base-$version"
		umoci new --image "base-$version:it"
		umoci insert --rootless --image "base-$version:it" tree/. /
		umoci config --image "base-$version:it" --config.env "BASE=$version" --config.workingdir /etc
		rm -r tree
	done
	cat >show.c <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		int main(void) {
			char line[64] = "";
			FILE *f = fopen("version", "r"); /* in the base's working directory */
			if (!f || !fgets(line, sizeof(line), f))
				return 1;
			printf("%s %s", getenv("BASE"), line);
			return 0;
		}
	END
	cc -O2 -o show show.c
	"$PARE" build -q --base oci:base-one:it ./show -o oci:app:one
	"$PARE" rebase -q oci:app:one --from oci:base-one:it --onto oci:base-two:it -o oci:app:two
	chmod -R a+rX app
}

teardown_file() {
	e2e_teardown
}

setup() {
	cd "$E2E" || return 1
}

@test "the base is whole in both images, and so is the program" {
	for version in one two; do
		umoci unpack --rootless --image "app:$version" "out-$version"
		[ "$(cat "out-$version/rootfs/etc/version")" = $version ]
		cmp show "out-$version/rootfs/usr/bin/show"
	done
}

@test "runc runs the image on its base, and on another" {
	require_root
	for version in one two; do
		run -0 --separate-stderr "$PARE" run --runtime runc --network none "oci:app:$version"
		[ "$output" = "$version $version" ]
	done
}

@test "podman runs them, too" {
	require_root
	for version in one two; do
		id=$(podman_here pull -q "oci:$E2E/app:$version")
		[ "$(podman_run "$id")" = "$version $version" ]
		podman_here rmi "$id"
	done
}

@test "pare builds on what buildah makes of it in its docker format" {
	require_root
	here() {
		buildah --root "$E2E/buildah" --runroot "$E2E/buildah-run" --storage-driver vfs "$@"
	}
	c=$(here from --signature-policy <(echo '{"default":[{"type":"insecureAcceptAnything"}]}') \
		"oci:$E2E/base-one:it")
	here config --env MADE=buildah --label by=buildah "$c"
	here commit -q --format docker --signature-policy <(echo '{"default":[{"type":"insecureAcceptAnything"}]}') \
		"$c" "oci-archive:$E2E/made.tar:it"
	"$PARE" build -q --base oci-archive:made.tar ./show -o oci:made:it
	"$PARE" inspect oci:made:it --json >made.json
	jq -e '.[0].Config | (.Env | index("MADE=buildah")) and .Labels.by == "buildah"' made.json
	run -0 --separate-stderr "$PARE" run --runtime runc --network none oci:made:it
	[ "$output" = "one one" ]
}

@test "a base that lacks the program's library is told before anything is written" {
	umoci init --layout empty
	umoci new --image empty:it
	umoci insert --rootless --image empty:it show.c /etc/show.c
	run "$PARE" rebase oci:app:one --from oci:base-one:it --onto oci:empty:it -o oci:broken:it
	[ "$status" -eq 1 ]
	[[ $output == *"the image would not start: "*"interpreter"* ]]
	[ ! -e broken ]
}
