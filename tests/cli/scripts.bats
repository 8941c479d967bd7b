#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What maintainer scripts would have done: alternatives, and warnings about the rest.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash

setup_file() {
	archive_setup
	deb mawk 1 usr/bin/mawk=mawk usr/share/man/man1/mawk.1=manual \
		'postinst=#!/bin/sh\nset -e\ncase "$1" in configure)\n\tupdate-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5 \\\n\t\t--slave /usr/share/man/man1/awk.1 awk.1 /usr/share/man/man1/mawk.1 \\\n\t\t--slave /usr/share/man/de/awk.1 awk.de.1 /usr/share/man/de/mawk.1\n;;\nesac\n'
	deb gawk 1 usr/bin/gawk=gawk \
		'postinst=#!/bin/sh\nupdate-alternatives --quiet --install "/usr/bin/awk" awk /usr/bin/gawk 10 || true\n'
	deb real 1 usr/bin/awk=real
	deb computed 1 usr/bin/computed=x \
		'postinst=#!/bin/sh\nupdate-alternatives --install $link x /usr/bin/computed 1\n'
	deb quiet 1 usr/bin/quiet=x \
		'postinst=#!/bin/sh\nset -e\n# Automatically added by dh_installsystemd\nmkdir /nothing\n# End automatically added section\nif [ "$1" = configure ]; then\n\tldconfig\nfi\nexit 0\n'
	deb loud 1 usr/bin/loud=x 'postinst=#!/bin/sh\nset -e\nmkdir -p /var/lib/loud \\\n  /var/lib/louder\n'
	publish stable
	serve
}

# build PACKAGES: to $BATS_TEST_TMPDIR/rootfs
build() {
	printf '  packages: [%s]\n' "$1" | recipe
	run --separate-stderr "$PARE" build "$BATS_TEST_TMPDIR/pare.yaml" -o "oci:$BATS_TEST_TMPDIR/oci:x"
	[ "$status" -eq 0 ]
	umoci raw unpack --rootless --image "$BATS_TEST_TMPDIR/oci:x" "$BATS_TEST_TMPDIR/rootfs" 2>/dev/null
	cd "$BATS_TEST_TMPDIR/rootfs"
}

@test "one candidate gets the links, its slaves those whose files are there" {
	build mawk
	[ "$(readlink usr/bin/awk)" = /etc/alternatives/awk ]
	[ "$(readlink etc/alternatives/awk)" = /usr/bin/mawk ]
	[ "$(readlink etc/alternatives/awk.1)" = /usr/share/man/man1/mawk.1 ]
	[ ! -L etc/alternatives/awk.de.1 ]
	[ -z "$stderr" ] || [[ $stderr != *warning* ]]
}

@test "the highest priority wins" {
	build mawk,gawk
	[ "$(readlink etc/alternatives/awk)" = /usr/bin/gawk ]
}

@test "a real file keeps its place" {
	build mawk,real
	[ "$(cat usr/bin/awk)" = real ]
}

@test "a link that the script computes is warned of" {
	build computed
	[ ! -e etc/alternatives ]
	[[ $stderr == *"'computed' has a postinst that is not run"*'update-alternatives --install $link'* ]]
}

@test "debhelper's snippets and questions are no news" {
	build quiet
	[[ $stderr != *warning* ]]
}

@test "a script that makes something is warned of, with its command" {
	build loud
	[[ $stderr == *"'loud' has a postinst"*"mkdir -p /var/lib/loud"*/var/lib/louder* ]]
}
