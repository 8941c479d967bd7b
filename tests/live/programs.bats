#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What users can say about the image of a program, with the examples' programs and the real archive:
# other releases, this machine's libraries, other machines' programs, less than was seen to be needed.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	load lib
	live_setup
	need_tools gcc
	local examples=$BATS_TEST_DIRNAME/../../examples
	cd "$BATS_FILE_TMPDIR"
	gcc -O2 "$examples/c-dynamic/hello.c" -o hello
	gcc -O2 "$examples/c-tls/client.c" -o client -lssl -lcrypto
	gcc -O2 "$examples/c-iconv/convert.c" -o convert
	gcc -O2 "$examples/c-dlopen/opener.c" -o opener
	! command -v musl-gcc >/dev/null || musl-gcc -O2 "$examples/c-static/hello.c" -o musl
}

setup() {
	cd "$BATS_FILE_TMPDIR"
	need_containers
}

# image_of PROGRAM [OPTIONS]: built; $said is what pare said.
image_of() {
	said=$(timeout 120 "$PARE" build "./$1" -t it "${@:2}" 2>&1 >/dev/null)
	read -r _ bytes < <(python3 "$TREE" sizes "$PARE_STORE" it:latest "$(dpkg --print-architecture)")
}

start() {
	timeout 60 "$PARE" run --read-only it
}

HELLO="hello from user 65532; a new file: Read-only file system"

@test "libraries of each release, none of them old enough to miss something" {
	image_of hello
	[[ $said == *"packages: dynamic, with glibc: libraries of Debian"* ]]
	image_of hello --release trixie
	[ "$(start)" = "$HELLO" ]
	((bytes < 2600000))
	python3 "$TREE" cat "$PARE_STORE" it:latest "$(dpkg --print-architecture)" /usr/lib/os-release |
		grep -qx VERSION_CODENAME=trixie
}

@test "what is left out is missing" {
	image_of opener --without dlopen
	run start
	[ "$status" -eq 1 ]
	[[ $output == "libz.so.1: cannot open shared object file"* ]]
}

@test "this machine's libraries: glibc's and musl's" {
	image_of hello --libs host
	[ "$(start)" = "$HELLO" ]
	if [ -e musl ]; then
		run -11 "$PARE" build ./musl
		[[ $output == *"linked with musl"*"--libs=host"* ]]
		image_of musl --libs host
		[ "$(start)" = "hello from user 65532" ]
	fi
}

@test "init gives the same image from the real archive" {
	local program
	for program in client convert; do
		"$PARE" build -q "./$program" >want
		"$PARE" init -q -f "$program" -o "$program.yaml"
		"$PARE" build -q "$program.yaml" >got
		diff want got
	done
}

@test "another architecture's program gets its libraries" {
	# libc itself is a program, which says its version
	apt_setup trixie
	apt_download trixie libc6
	dpkg-deb -x "$(deb_of trixie arm64 libc6)" arm64
	local program
	program=$(find arm64 -type f -name 'libc.so.6')
	cp "$program" libc-arm64
	"$PARE" explain --format json ./libc-arm64 | jq -e '.program.architecture == "arm64"
		and (.image.parts[] | select(.package == "libc6"))'
}
