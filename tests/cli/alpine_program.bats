#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images of dynamic programs of musl: release, packages by so: names, of these what is reached.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/alpine.bash

setup_file() {
	command -v musl-gcc >/dev/null || return 0
	alpine_setup
	export MIRROR=$BATS_FILE_TMPDIR/mirror
	alpine_programs
	printf 'int plug(void) { return 7; }\n' |
		musl-gcc -x c - -shared -fPIC -Wl,-soname,libplug.so.3 -o "$BATS_FILE_TMPDIR/libplug.so.3"
	# Two packages have it; the first is not what a solver would take.
	apk plug-old 1-r0 provides=so:libplug.so.3=1 "usr/lib/libplug.so.3<$BATS_FILE_TMPDIR/libplug.so.3"
	apk plug-new 2-r0 provides=so:libplug.so.3=2 depend=so:libc.musl-x86_64.so.1 \
		"usr/lib/libplug.so.3<$BATS_FILE_TMPDIR/libplug.so.3" usr/lib/plug/more=more
	printf 'int greet(void) { return 3; }\n' |
		musl-gcc -x c - -shared -fPIC -Wl,-soname,libssl.so.3 -o "$BATS_FILE_TMPDIR/libssl.so.3"
	apk libssl3 3.5-r0 provides=so:libssl.so.3=3 depend=so:libc.musl-x86_64.so.1 \
		"usr/lib/libssl.so.3<$BATS_FILE_TMPDIR/libssl.so.3"
	# No 3.23 on this mirror; libgreet is in community.
	mkdir -p "$MIRROR"/v3.22/{main,community}/x86_64
	mv "$ALPINE"/x86_64/libgreet-* "$MIRROR/v3.22/community/x86_64/"
	mv "$ALPINE"/x86_64/* "$MIRROR/v3.22/main/x86_64/"
	alpine_index sha1 "$MIRROR/v3.22/main"
	alpine_index sha256 "$MIRROR/v3.22/community"
	cd "$BATS_FILE_TMPDIR" && cp built/hello hello
	printf '#include <dlfcn.h>\nint main(void) { return !dlopen("libplug.so.3", RTLD_NOW); }\n' |
		musl-gcc -x c - -o opener
	printf '#include <netdb.h>\n#include <time.h>\n#include <locale.h>\n#include <iconv.h>\nint main(void) { time_t t = 0; struct addrinfo *r; setlocale(LC_ALL, ""); iconv_open("UTF-8", "LATIN1"); localtime(&t); return puts("/etc/ssl/certs/x") + getaddrinfo("a", 0, 0, &r); }\n' |
		musl-gcc -include stdio.h -x c - -o clock
}

setup() {
	alpine_fresh
	cp "$BATS_FILE_TMPDIR"/{hello,opener,clock} .
	export PARE_ALPINE_MIRROR=file://$MIRROR PARE_ALPINE_KEYRING=$ALPINE_KEYS
}

# The names of files and links in an image.
names() {
	"$PARE" build -q "$@" -o oci:image >/dev/null || return
	for layer in $(jq -r '.layers[].digest' "image/blobs/sha256/$(manifest)"); do
		tar tzf "image/blobs/sha256/${layer#sha256:}"
	done | grep -v '/$' | LC_ALL=C sort
}

@test "a program gets what it loads, of the newest release that the mirror has" {
	run -0 --separate-stderr names ./hello
	[ "$output" = 'etc/alpine-release
etc/group
etc/os-release
etc/passwd
lib/apk/db/installed
lib/ld-musl-x86_64.so.1
usr/bin/hello
usr/lib/libgreet.so.1
usr/lib/os-release' ]
	run -0 --separate-stderr "$PARE" build ./hello -t hello
	run -0 jq -r '.history[].created_by' "image/blobs/sha256/$(jq -r '.config.digest | ltrimstr("sha256:")' "image/blobs/sha256/$(manifest)")"
	[[ $output == *'libraries of Alpine 3.22, since the mirror has no Alpine 3.23'* ]]
	[[ $output != *APKINDEX* ]]
}

@test "scanners see the packages and the release" {
	names ./hello
	for layer in $(jq -r '.layers[].digest' "image/blobs/sha256/$(manifest)"); do
		tar xzf "image/blobs/sha256/${layer#sha256:}"
	done
	run -0 grep ^P: lib/apk/db/installed
	[ "$output" = 'P:libgreet
P:musl' ]
	run -0 cat etc/os-release
	[[ $output == *$'\nID=alpine\nVERSION_ID=3.22\n'* ]]
}

@test "what pare init writes builds the same image" {
	names ./hello
	digest=$(manifest)
	run -0 "$PARE" init ./hello
	run -0 grep -A 12 '^contents' pare.yaml
	[[ $output == *'"alpine:v3.22/main"'*'"alpine:v3.22/community"'* ]]
	[[ $output == *'# libgreet.so.1: needed by hello
    - "libgreet"'* ]]
	rm -rf image
	names
	[ "$(manifest)" = "$digest" ]
}

@test "explain names libraries, packages, and what else is seen" {
	run -0 --separate-stderr "$PARE" explain ./hello
	[[ $output == *'dynamic program (musl) for linux/amd64'* ]]
	[[ $output == *'libgreet.so.1 '*'libgreet 1.4-r0 '*'needed by hello'* ]]
	[[ $output == *'ld-musl-x86_64.so.1'*'musl 1.2.3-r5'* ]]
	run -0 --separate-stderr "$PARE" explain --format json ./hello
	run -0 jq -r .strategy.release <<<"$output"
	[ "$output" = v3.22 ]
}

@test "libraries opened by name come from the best of their packages" {
	run -0 --separate-stderr names ./opener
	[[ $output == *usr/lib/libplug.so.3* && $output != *usr/lib/plug* ]]
	run -0 --separate-stderr "$PARE" explain --format json ./opener
	[[ $output == *plug-new* && $output != *plug-old* ]]
}

@test "evidence brings Alpine's packages, and nothing that musl has built in" {
	run -0 --separate-stderr names ./clock
	[[ $output == *etc/ssl/certs/ca-certificates.crt* && $output == *usr/share/zoneinfo/UTC* ]]
	[[ $output != *nsswitch* && $output != *gconv* && $output != *locale* ]]
	run -0 --separate-stderr names ./clock --without ca-certificates,tzdata
	[[ $output != *certs* && $output != *zoneinfo* ]]
}

@test "what musl reads of /etc comes along, and what nobody can see is said" {
	printf '#include <netdb.h>\nint main(void) { return !getservbyname("http", "tcp") + !getprotobyname("tcp"); }\n' |
		musl-gcc -x c - -o services
	run -0 names ./services
	[[ $output == *etc/services* && $output != *etc/protocols* && $output != *left\ out* ]]
	printf '#include <dlfcn.h>\nint main(int c, char **v) { return !dlopen(v[1], RTLD_NOW); }\n' |
		musl-gcc -x c - -o loads
	run -0 "$PARE" explain ./loads
	[[ $output == *"loads opens libraries at run time (dlopen), and their names aren't in it"* ]]
	# TLS brings the bundle by what is linked, without any path in the program
	printf 'int greet(void);\nint main(void) { return greet(); }\n' |
		musl-gcc -x c - -x none -o tls "$BATS_FILE_TMPDIR/libssl.so.3"
	run -0 --separate-stderr names ./tls
	[[ $output == *usr/lib/libssl.so.3* && $output == *etc/ssl/certs/ca-certificates.crt* ]]
}

@test "a release that was asked for is taken, or said to be missing" {
	run -0 --separate-stderr "$PARE" explain --release 3.22 ./hello
	[[ $output == *'libraries of Alpine 3.22, as asked for'* ]]
	run -9 "$PARE" build -q --release edge ./hello -o oci:image
	[[ $output == *"look for libraries in Alpine edge"*"/edge/main/x86_64/APKINDEX.tar.gz'"* ]]
	run -2 "$PARE" build -q --release trixie ./hello -o oci:image
	[[ $output == *"no release 'trixie' of Alpine; it is such as 3."* ]]
	[ ! -e image ]
}

@test "no mirror, no keys, no package: errors that say what helps" {
	PARE_ALPINE_MIRROR='' run -11 "$PARE" build -q ./hello -o oci:image
	[[ $output == *"is linked with musl"*"use --mirror, set PARE_ALPINE_MIRROR, or take this machine's libraries with --libs=host"* ]]
	PARE_ALPINE_MIRROR=file:///nowhere run -11 "$PARE" build -q ./hello -o oci:image
	[[ $output == *"the mirror has no Alpine 3."*"/nowhere/v3."*"/main/x86_64/APKINDEX.tar.gz"* ]]
	PARE_ALPINE_KEYRING=/nowhere run -9 "$PARE" build -q ./hello -o oci:image
	[[ $output == *"key '/nowhere'"* ]]
	PARE_ALPINE_KEYRING='' run -8 "$PARE" build -q ./hello -o oci:image
	[[ $output == *"no keys of Alpine are known"*"PARE_ALPINE_KEYRING"* ]]
	printf 'int nobody(void) { return 1; }\n' |
		musl-gcc -x c - -shared -fPIC -Wl,-soname,libnobody.so.1 -o libnobody.so.1
	printf 'int nobody(void); int main(void) { return nobody(); }\n' |
		musl-gcc -x c - -x none -o lost libnobody.so.1
	run -11 "$PARE" build -q ./lost -o oci:image
	[[ $output == *"lost needs libnobody.so.1, which no package of Alpine 3.22 has"*"--release"* ]]
	[ ! -e image ]
}

@test "the mirror: option before environment before config file" {
	export XDG_CONFIG_HOME=$PWD/config
	mkdir -p config/pare
	printf 'alpine-mirror = file://%s\nalpine-keyring = %s\n' "$MIRROR" "$ALPINE_KEYS" \
		>config/pare/config
	unset PARE_ALPINE_KEYRING
	PARE_ALPINE_MIRROR='' run -0 "$PARE" build -q ./hello -t hello
	PARE_ALPINE_MIRROR=file:///nowhere run ! "$PARE" build -q ./hello -t hello
	[[ $output == *nowhere* ]]
	PARE_ALPINE_MIRROR=file:///nowhere run -0 "$PARE" build -q ./hello -t hello \
		--mirror "file://$MIRROR/"
	PARE_ALPINE_MIRROR=alpine:x run -4 "$PARE" build -q ./hello -t hello
	[[ $output == *"PARE_ALPINE_MIRROR: 'alpine:x' can't stand for itself"* ]]
}
