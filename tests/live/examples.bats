#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The examples do what their texts say: built with Debian's compilers, made into images of the real
# archive's packages, run from these as an ordinary user whose root can't be written to. And their
# images weigh what the table in examples/README.md says.

bats_require_minimum_version 1.5.0
load lib
load ../lib/readme

setup_file() {
	load lib
	live_setup
	# the compilers that are Debian's, whatever else is on this machine
	export EXAMPLES=$BATS_TEST_DIRNAME/../../examples HOME=$BATS_FILE_TMPDIR
	export PATH=$BATS_FILE_TMPDIR/bin:/usr/sbin:/usr/bin:/sbin:/bin
	mkdir "$BATS_FILE_TMPDIR/bin"
	ln -s "$PARE" "$BATS_FILE_TMPDIR/bin/pare"
	cp -r "$EXAMPLES" "$BATS_FILE_TMPDIR/examples"
}

setup() {
	need_containers
}

# example NAME TOOL...
example() {
	need_tools "${@:2}"
	cd "$BATS_FILE_TMPDIR/examples/$1" || return
	follow README.md
}

# weighs EXAMPLE PROGRAM [BYTES]: the image named as the program, within the table of
# examples/README.md, which says what it holds besides the program on Debian 12; other releases'
# libraries may be larger by half. And within BYTES in all.
weighs() {
	local stated program image more=10
	grep -qx VERSION_CODENAME=bookworm /etc/os-release || more=50
	stated=$(awk -F'|' -v n="$1" -v p="$2" 'index($2, "[" n "]") && $3 ~ "^ *" p " *$" { print $5 * 1000 }' ../README.md)
	program=$(stat -c %s "$2")
	read -r _ image < <(python3 "$TREE" sizes "$PARE_STORE" "${2%.py}:latest" "$(dpkg --print-architecture)")
	echo "$2: $program bytes, its image $image; besides it $((image - program)), stated $stated"
	((image - program <= stated + stated * more / 100))
	((image <= ${3:-image}))
}

# holds IMAGE: what is in it
holds() {
	python3 "$TREE" list "$PARE_STORE" "$1:latest" "$(dpkg --print-architecture)"
}

@test "c-static: the program, an account, and nothing that weighs" {
	example c-static gcc musl-gcc
	weighs c-static hello $(($(stat -c %s hello) + 300000))
	weighs c-static hello-musl $(($(stat -c %s hello-musl) + 300000))
}

@test "go-https: certificates, an authority of one's own, time zones" {
	example go-https go openssl
	weighs go-https fetch
	pare explain ./fetch --format json | jq -e '.program.go.version | startswith("go1.")'
}

@test "rust-static: threads and errors, and no debug data" {
	example rust-static rustc
	# its image is of the stripped program
	strip -o stripped sum
	mv stripped sum
	weighs rust-static sum
}

@test "c-dynamic: libc, its loader and their licence" {
	example c-dynamic cc
	weighs c-dynamic hello 2600000
}

@test "cpp-locale: exceptions, C.UTF-8, no converters" {
	example cpp-locale c++
	weighs cpp-locale letters
	holds letters >listed
	run ! grep gconv listed
}

@test "c-tls: a client that trusts the bundle, and whom it is told to" {
	example c-tls cc openssl
	weighs c-tls client
}

@test "c-iconv: all converters, or those of one character set" {
	example c-iconv cc
	weighs c-iconv convert
}

@test "c-names: users, hosts, services" {
	example c-names cc
	weighs c-names names
}

@test "c-dlopen: with a note, without, and with a name that nobody sees" {
	example c-dlopen cc
	weighs c-dlopen noted
}

@test "python-script: its interpreter, time zones, no shell" {
	example python-script python3
	weighs python-script zones.py
	holds zones >list
	grep -q '^/usr/bin/python3' list
	run ! grep -E '^/(usr/)?bin/(ba|da)?sh	|^/usr/share/man/' list
}
