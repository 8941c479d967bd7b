#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The profiles alpine/*, their variants, images for several of Alpine's architectures, and what is
# made besides packages: certificates, busybox's links, paths of the loader.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/alpine.bash

setup_file() {
	command -v musl-gcc >/dev/null || return 0
	alpine_setup
	export MIRROR=$BATS_FILE_TMPDIR/mirror
	mkdir -p "$MIRROR"/v3.2{2,3}/{main,community}/x86_64
	alpine_programs
	local built=$BATS_FILE_TMPDIR/built name
	for name in libcrypto.so.3:libcrypto3 libssl.so.3:libssl3 libgcc_s.so.1:libgcc libstdc++.so.6:libstdc++; do
		apk "${name#*:}" 3-r0 depend=so:libc.musl-x86_64.so.1 "provides=so:${name%:*}=3" \
			"usr/lib/${name%:*}<$built/libgreet.so.1"
	done
	# A library where only the loader's own file leads to.
	apk aside 1-r0 "opt/aside/libgreet.so.1<$built/libgreet.so.1" \
		etc/ld-musl-x86_64.path='/lib\n/opt/aside\n'
	apk lonely 1-r0 depend=aside depend=so:libc.musl-x86_64.so.1 "usr/bin/lonely<$built/hello"
	cp "$ALPINE"/x86_64/* "$MIRROR/v3.22/main/x86_64/"
	mv "$ALPINE"/x86_64/* "$MIRROR/v3.23/main/x86_64/"
	local v
	for v in 3.22 3.23; do
		alpine_index sha1 "$MIRROR/v$v/main"
		alpine_index sha1 "$MIRROR/v$v/community"
	done
}

setup() {
	alpine_fresh
	export PARE_ALPINE_MIRROR=file://$MIRROR PARE_ALPINE_KEYRING=$ALPINE_KEYS
}

config() {
	jq "$@" "image/blobs/sha256/$(jq -r '.config.digest | ltrimstr("sha256:")' "image/blobs/sha256/$(manifest)")"
}

# build ARGUMENT…: into image/ and, unpacked, root/
build() {
	rm -rf image root && mkdir root
	"$PARE" build -q "$@" -o oci:image >/dev/null || return
	for layer in $(jq -r '.layers[].digest' "image/blobs/sha256/$(manifest)"); do
		tar xzf "image/blobs/sha256/${layer#sha256:}" -C root --no-same-owner
	done
}

packages() {
	sed -n 's/^P://p' root/lib/apk/db/installed | LC_ALL=C sort | paste -sd' '
}

@test "each profile holds the packages of its family, and nothing of apk" {
	local name common='alpine-release ca-certificates-bundle'
	for name in static base cc busybox; do
		run -0 build -p "alpine/$name"
		run -0 packages
		case $name in
		static) [ "$output" = "$common tzdata" ] ;;
		base) [ "$output" = "$common libcrypto3 libssl3 musl tzdata" ] ;;
		cc) [ "$output" = "$common libcrypto3 libgcc libssl3 libstdc++ musl tzdata" ] ;;
		busybox) [ "$output" = "alpine-release busybox ca-certificates-bundle libcrypto3 libssl3 musl tzdata" ] ;;
		esac
		[ ! -e root/etc/apk ]
		[ ! -e root/var/cache ]
		[ ! -e root/etc/issue ]
		grep -q VERSION_ID=3.23.0 root/etc/os-release
		[ "$(stat -c %a root/tmp)" = 1777 ]
		[ "$name" = busybox ] || [ ! -e root/bin/sh ]
	done
	[ "$(readlink root/bin/sh)" = /bin/busybox ]
	[ "$(readlink root/usr/bin/awk)" = /bin/busybox ]
	build -p alpine/static-3.22
}

@test "variants apply: nonroot, debug" {
	build -p alpine/static:nonroot
	run -0 config -r '.config | "\(.User) \(.WorkingDir)"'
	[ "$output" = '65532 /home/nonroot' ]
	build -p alpine/static:debug-nonroot
	[ -x root/busybox/busybox ]
	[ -e root/busybox/ls ]
	[ "$(readlink root/bin/sh)" = /busybox/sh ]
	[ ! -e root/bin/busybox.static ]
	run -0 config -r '.config | "\(.User) \(.Entrypoint[0])"'
	[ "$output" = '65532 /busybox/sh' ]
}

@test "a profile without a mirror says what to set" {
	PARE_ALPINE_MIRROR='' run -9 "$PARE" build -q -p alpine/base -o oci:image
	[[ $output == *"repository 'alpine:v3.23/main': no mirror is configured"*"PARE_ALPINE_MIRROR"* ]]
	[ ! -e image ]
}

@test "certificates.additional are added to the bundle of the package" {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -subj /CN=test -out own.pem 2>/dev/null
	{
		printf 'extends: alpine/static\ncertificates:\n  additional:\n    - name: own\n      content: |\n'
		sed 's/^/        /' own.pem
	} >pare.yaml
	build
	printf -- '-----BEGIN CERTIFICATE-----\n' | cat - own.pem |
		cmp - root/etc/ssl/certs/ca-certificates.crt
}

@test "a library where /etc/ld-musl-ARCH.path leads to is reached" {
	cat >pare.yaml <<-'END'
		contents:
		  repositories: [alpine:v3.23/main]
		  packages: [lonely]
		  keep: reached
		entrypoint:
		  command: /usr/bin/lonely
	END
	build
	[ -e root/opt/aside/libgreet.so.1 ]
	[ -e root/etc/ld-musl-x86_64.path ]
	[ ! -e root/usr/lib/libgreet.so.1 ]
	run -0 packages
	[ "$output" = 'aside lonely musl' ]
}

@test "a library that no package brings: the error says what to ask for" {
	printf 'contents:\n  repositories: [alpine:v3.23/main]\n  packages: [lonely]\n  depends: none\n' >pare.yaml
	printf 'paths:\n  - {path: /lib/ld-musl-x86_64.so.1, type: file, source: %s, permissions: 0o755}\n' \
		"$(readlink -f /lib/ld-musl-x86_64.so.1)" >>pare.yaml
	printf 'entrypoint: {command: /usr/bin/lonely}\n' >>pare.yaml
	run -1 "$PARE" build -q -o oci:image
	[[ $output == *"'/usr/bin/lonely' needs libgreet.so.1"*"Alpine has it: contents.packages takes 'so:libgreet.so.1'"* ]]
}

@test "one index for all of Alpine's architectures, whose packages have the same versions" {
	local arch
	mkdir -p all/x86_64
	ALPINE=$PWD/all ARCH=noarch apk data 1-r0 usr/share/data/file=data
	for arch in x86 armhf armv7 aarch64 ppc64le riscv64 s390x loongarch64 x86_64; do
		[ $arch = x86_64 ] || mkdir -p "all/$arch" && cp -n all/x86_64/data* "all/$arch/"
		[ $arch != armv7 ] || ALPINE=$PWD/all ALPINE_ARCH=armv7 apk data 1-r0 usr/share/data/file=seven
		ALPINE_ARCH=$arch alpine_index sha1 "$PWD/all"
	done
	printf 'contents:\n  repositories: [./all]\n  packages: [data]\narchs: [all]\n' >pare.yaml
	run -0 "$PARE" build -q -o oci:image
	index=image/blobs/sha256/$(manifest)
	run -0 jq -r '.manifests[].platform | .architecture + (.variant // "")' "$index"
	[ "$(LC_ALL=C sort <<<"$output" | paste -sd' ')" = \
		'386 amd64 arm64v8 armv6 armv7 loong64 ppc64le riscv64 s390x' ]
	run -0 jq -r '.archs[].packages[].url' pare.lock
	[[ $output == *./all/armv7/data-1-r0.apk* ]]
	local manifest layer
	manifest=$(jq -r '.manifests[] | select(.platform.variant == "v7").digest | ltrimstr("sha256:")' "$index")
	for layer in $(jq -r '.layers[].digest | ltrimstr("sha256:")' "image/blobs/sha256/$manifest"); do
		tar xzf "image/blobs/sha256/$layer"
	done
	[ "$(cat usr/share/data/file)" = seven ]
}

@test "apko's build_repositories are where packages come from" {
	cat >pare.yaml <<-END
		contents:
		  keyring: [$ALPINE_KEYS]
		  build_repositories: [$MIRROR/v3.23/main]
		  packages: [hello]
		entrypoint:
		  command: /usr/bin/hello
		archs: [x86_64]
	END
	build
	run -0 packages
	[ "$output" = 'hello libgreet musl' ]
	[ ! -e root/etc/apk ]
	sed -i 's/build_repositories/runtime_repositories/' pare.yaml
	run -11 "$PARE" build -q -o oci:other
	[[ $output == *"pare.yaml:3:"*"'contents.runtime_repositories' is for apk in the image"* ]]
}
