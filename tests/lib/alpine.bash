# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For bats: a signed Alpine repository of real programs: Debian's musl, and what musl-gcc builds.
#
#	alpine_setup               # in setup_file: keys in $ALPINE_KEYS, an empty $ALPINE
#	apk NAME VERSION [-s] [KEY=VALUE | .SCRIPT=FILE | PATH=TEXT | PATH@TARGET | PATH<FILE | PATH/]…
#	alpine_programs            # musl, libgreet, hello (dynamic, of both), busybox, what profiles name, …
#	alpine_fresh               # in setup, where they are used: skips without musl-gcc
#	manifest                   # the digest's hex digits of the only one in the layout ./image
#	alpine_index [HOW]         # APKINDEX.tar.gz, signed with sha1, sha256, none or dsa
#
#	alpine_adb FROM TO [OPTION]… # FROM's packages in the format of apk 3, in TO; options of make_adb.py
#	alpine_adb_index FOLDER [OPTION]… # FOLDER/ARCH/Packages.adb, signed with $KEY
#
# KEY is a key of .PKGINFO, in small letters; paths have a '/'. With BREAK=WHAT, see make_apk.py.

MAKE_APK=${BATS_TEST_DIRNAME-.}/../tools/make_apk.py
MAKE_ADB=${BATS_TEST_DIRNAME-.}/../tools/make_adb.py

alpine_fresh() {
	command -v musl-gcc >/dev/null || skip 'musl-tools is not installed'
	[ "$(uname -m)" = x86_64 ] || skip 'the packages are for x86_64'
	fresh_home
}

alpine_setup() {
	export ALPINE=$BATS_FILE_TMPDIR/alpine ALPINE_KEYS=$BATS_FILE_TMPDIR/keys
	export ALPINE_ARCH=x86_64
	mkdir -p "$ALPINE/$ALPINE_ARCH" "$ALPINE_KEYS"
	alpine_key test
}

# A pair of keys: the public one in $ALPINE_KEYS.
alpine_key() {
	openssl genrsa -out "$BATS_FILE_TMPDIR/$1.rsa" 2048 2>/dev/null
	openssl rsa -in "$BATS_FILE_TMPDIR/$1.rsa" -pubout -out "$ALPINE_KEYS/$1.rsa.pub" 2>/dev/null
}

apk() {
	local name=$1 version=$2 root item path
	local -a info=("pkgname=$1" "pkgver=$2" "arch=${ARCH-$ALPINE_ARCH}" "pkgdesc=$1 for tests"
		"license=MIT" "origin=${ORIGIN-$1}")
	shift 2
	root=$(mktemp -d "$BATS_FILE_TMPDIR/root.XXXXXX") && chmod 755 "$root"
	for item; do
		path=${item%%[=@<]*}
		case $item in
		.*=*) info+=("$item") ;;
		*/) mkdir -p "$root/$item" ;;
		*/*[@\<=]* | */*)
			if [[ $path != */* ]]; then
				info+=("$item")
				continue
			fi
			mkdir -p "$root/${path%/*}"
			item=${item#"$path"}
			case $item in
			=*) printf '%b' "${item:1}" >"$root/$path" ;;
			@*) ln -s "${item:1}" "$root/$path" ;;
			\<*) cp "${item:1}" "$root/$path" ;;
			esac
			[[ $path != *bin/* || -L $root/$path ]] || chmod 755 "$root/$path"
			;;
		*) info+=("$item") ;;
		esac
	done
	"$MAKE_APK" package "$ALPINE/$ALPINE_ARCH/$name-$version.apk" "$root" "${info[@]}" \
		${BREAK:+--break "$BREAK"}
	rm -rf "$root"
}

alpine_index() {
	"$MAKE_APK" index "${2-$ALPINE}/$ALPINE_ARCH" "$BATS_FILE_TMPDIR/${KEY-test}.rsa" \
		"${KEY-test}.rsa.pub" "${1-sha1}"
}

alpine_adb() {
	local from=$1/$ALPINE_ARCH to=$2/$ALPINE_ARCH file
	shift 2
	mkdir -p "$to"
	for file in "$from"/*.apk; do
		"$MAKE_ADB" package "$file" "$to/${file##*/}" "$@"
	done
}

alpine_adb_index() {
	local folder=$1/$ALPINE_ARCH
	shift
	"$MAKE_ADB" index "$folder" "$folder/Packages.adb" "$BATS_FILE_TMPDIR/${KEY-test}.rsa" "$@"
}

# Debian's musl and programs that musl-gcc builds, packed as Alpine does it.
alpine_programs() {
	local d=$BATS_FILE_TMPDIR/built libc
	libc=$(readlink -f /lib/ld-musl-x86_64.so.1)
	mkdir -p "$d"
	printf 'int greet(void) { return 42; }\n' >"$d/greet.c"
	printf '#include <stdio.h>\nint greet(void);\nint main(void) { printf("hello %%d\\n", greet()); return 0; }\n' \
		>"$d/hello.c"
	musl-gcc -shared -fPIC -Wl,-soname,libgreet.so.1 -o "$d/libgreet.so.1" "$d/greet.c"
	musl-gcc -o "$d/hello" "$d/hello.c" "$d/libgreet.so.1"
	apk musl 1.2.3-r5 provides=so:libc.musl-x86_64.so.1=1 "lib/ld-musl-x86_64.so.1<$libc" \
		lib/libc.musl-x86_64.so.1@ld-musl-x86_64.so.1
	apk libgreet 1.4-r0 depend=so:libc.musl-x86_64.so.1 provides=so:libgreet.so.1=1.4 \
		"usr/lib/libgreet.so.1<$d/libgreet.so.1" usr/share/greet/words=hello
	printf '#!/bin/sh\nadduser -S -D -H -h /srv -s /sbin/nologin -G hello -g "the greeter" hello 2>/dev/null\nexit 0\n' \
		>"$d/hello.pre"
	sed -i '2i addgroup -S hello 2>/dev/null' "$d/hello.pre"
	apk hello 2.0-r1 "depend=so:libgreet.so.1" depend=so:libc.musl-x86_64.so.1 depend=/bin/sh \
		"provides=cmd:hello=2.0-r1" ".pre-install=$d/hello.pre" "usr/bin/hello<$d/hello" \
		usr/share/doc/hello/readme=read
	apk hello-doc 2.0-r1 'install_if=docs hello=2.0-r1' usr/share/man/man1/hello.1=man
	apk docs 1-r0
	apk alpine-baselayout-data 3.4-r0 'etc/services=http 80/tcp\n' 'etc/protocols=tcp 6 TCP\n' \
		'etc/passwd=root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n' \
		'etc/group=root:x:0:root\nnobody:x:65534:\n' 'etc/shadow=root:*::0:::::\nnobody:!::0:::::\n'
	apk busybox 1.37.0-r12 depend=so:libc.musl-x86_64.so.1 "bin/busybox</bin/busybox" \
		etc/busybox-paths.d/busybox='bin/sh\nbin/ls\nusr/bin/awk\n' provides=cmd:busybox=1.37.0-r12
	apk busybox-binsh 1.37.0-r12 depend=busybox=1.37.0-r12 provides=/bin/sh \
		provides=cmd:sh=1.37.0-r12 provider_priority=60 bin/sh@/bin/busybox
	apk busybox-static 1.37.0-r12 "bin/busybox.static</bin/busybox"
	apk alpine-keys 2.5-r0 etc/apk/keys/one.rsa.pub=key
	apk alpine-release 3.23.0-r0 depend=alpine-keys etc/alpine-release=3.23.0\\n etc/issue=welcome \
		usr/lib/os-release='ID=alpine\nVERSION_ID=3.23.0\n' etc/os-release@../usr/lib/os-release \
		etc/secfixes.d/alpine=no
	apk tzdata 2026a-r0 usr/share/zoneinfo/UTC=TZif
	apk ca-certificates-bundle 2024-r0 \
		'etc/ssl/certs/ca-certificates.crt=-----BEGIN CERTIFICATE-----\n'
}

# recipe FILE PACKAGE… and more lines on standard input
alpine_recipe() {
	local file=$1
	shift
	{
		printf 'contents:\n  repositories: [%s]\n  keyring: [%s]\n  packages:\n' "$ALPINE" \
			"$ALPINE_KEYS"
		printf "    - '%s'\n" "$@"
		cat
	} >"$file"
}

manifest() {
	jq -r '.manifests[0].digest | ltrimstr("sha256:")' image/index.json
}
