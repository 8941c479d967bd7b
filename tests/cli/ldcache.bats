#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# /etc/ld.so.cache of an image, against this machine's own ldconfig on the unpacked tree.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

# folder_deb NAME FOLDER: a package of a folder that holds binary files.
folder_deb() {
	local arch
	arch=$(dpkg --print-architecture)
	mkdir -p "$2/DEBIAN"
	printf 'Package: %s\nVersion: 1\nArchitecture: %s\nMaintainer: T <t@t>\nDescription: t\n' \
		"$1" "$arch" >"$2/DEBIAN/control"
	dpkg-deb --root-owner-group -Zxz --build "$2" "$ARCHIVE/pool/$1_1_$arch.deb" >/dev/null
}

setup_file() {
	[ "$(id -u)" -eq 0 ] || skip "ldconfig -r takes root"
	archive_setup
	ARCHS=$(dpkg --print-architecture)
	export ARCHS LIBS
	LIBS=/usr/lib/$(gcc -print-multiarch)
	cd "$BATS_FILE_TMPDIR"
	mkdir -p libc"$LIBS" libc/etc/ld.so.conf.d other/opt/other other"$LIBS/glibc-hwcaps/x86-64-v2"
	for lib in libc.so.6 libm.so.6 libz.so.1 libcrypto.so.3 libstdc++.so.6 ld-linux-*; do
		for file in "$LIBS"/$lib; do
			[ ! -e "$file" ] || cp -L "$file" libc"$LIBS" # under its soname, as packages do
		done
	done
	printf 'include /etc/ld.so.conf.d/*.conf\n' >libc/etc/ld.so.conf
	printf '# other\n/opt/other\n%s\n/nowhere\n' "$LIBS" >libc/etc/ld.so.conf.d/a.conf
	# a versioned file with its links, one without a soname, a text, a dangling link, a static one
	echo 'int f(void) { return 1; }' | gcc -shared -Wl,-soname,libown.so.1 -x c - -o \
		other/opt/other/libown.so.1.10
	echo 'int f(void) { return 1; }' | gcc -shared -Wl,-soname,libown.so.1 -x c - -o \
		other/opt/other/libown.so.1.9
	ln -s libown.so.1.10 other/opt/other/libown.so.1
	ln -s libown.so.1 other/opt/other/libown.so
	echo 'int g(void) { return 1; }' | gcc -shared -x c - -o other/opt/other/libplain.so
	echo text >other/opt/other/libtext.so.2
	ln -s /nowhere other/opt/other/libdangling.so
	cp libc"$LIBS/libz.so.1" other"$LIBS/glibc-hwcaps/x86-64-v2/"
	deb libc-bin 2.36 -a all "usr/bin/ldd=ldd"
	folder_deb libs libc
	folder_deb other other
	publish stable
	serve
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "ldconfig -r takes root"
	fresh_home
}

@test "ld.so.cache: what ldconfig makes of the unpacked image, byte for byte" {
	recipe <<<'  packages: [libc-bin, libs, other]'
	build
	image check
	image cat etc/ld.so.cache >ours
	umoci unpack --image img:it bundle
	cmp ours bundle/rootfs/etc/ld.so.cache
	rm bundle/rootfs/etc/ld.so.cache
	mkdir -p bundle/rootfs/var/cache/ldconfig
	/sbin/ldconfig -X -r bundle/rootfs
	cmp ours bundle/rootfs/etc/ld.so.cache || {
		/sbin/ldconfig -p -C ours >names
		/sbin/ldconfig -p -C bundle/rootfs/etc/ld.so.cache | diff names -
	}
	/sbin/ldconfig -p -C ours >listed
	grep -q '/opt/other/libown.so.1$' listed
	grep -q 'libz.so.1 .*glibc-hwcaps\|libz.so.1 .*hwcap: "x86-64-v2"' listed || [ "$ARCHS" != amd64 ]
	run ! grep -q 'libtext\|libdangling' listed
}

@test "ld.so.cache: a recipe's own libraries and ld.so.conf are in it" {
	cp "$LIBS/libz.so.1" libmine.so.1
	{
		printf '  packages: [libc-bin, libs]\npaths:\n'
		printf '  - {path: /srv/lib/libz.so.1, type: file, source: libmine.so.1}\n'
		printf '  - {path: /etc/ld.so.conf.d/a.conf, type: file, content: "/srv/lib\\n"}\n'
	} | recipe
	build
	image cat etc/ld.so.cache >ours
	umoci unpack --image img:it bundle
	/sbin/ldconfig -X -r bundle/rootfs
	cmp ours bundle/rootfs/etc/ld.so.cache
	/sbin/ldconfig -p -C ours | grep -q '/srv/lib/libz.so.1$'
}

@test "ld.so.cache: none without libc-bin, and one of the recipe stays" {
	recipe <<<'  packages: [libs]'
	build
	lacks '* /etc/ld.so.cache'
	printf '  packages: [libs, libc-bin]\npaths: [{path: /etc/ld.so.cache, type: file, content: own}]\n' | recipe
	build
	[ "$(image cat etc/ld.so.cache)" = own ]
}
