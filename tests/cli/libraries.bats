#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Libraries that are loaded when they are needed: not before, and not having one is told.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash

setup_file() {
	archive_setup
	deb hello 1.0 usr/bin/hello=x
	publish stable
	serve
	# in front of the machine's own, and none of them a library
	export BROKEN=$BATS_FILE_TMPDIR/broken
	mkdir "$BROKEN"
}

setup() {
	is_late || skip "built with late_libraries=false"
	fresh_home
	recipe <<<'  packages: [hello]'
	rm -f "$BROKEN"/*
}

notes() {
	readelf -p .note.dlopen "$PARE" | grep -o '\[{.*}\]'
}

is_late() {
	[ -n "$(notes)" ]
}

# without SONAME... COMMAND: the command where these can't be loaded
without() {
	while [[ $1 == lib*.so* ]]; do
		echo nothing >"$BROKEN/$1"
		shift
	done
	LD_LIBRARY_PATH=$BROKEN run --separate-stderr "$@"
	echo "$stderr"
}

@test "the program says which libraries it opens, each with a reason" {
	[ "$(notes | jq -r '.[].soname[0]' | sort)" = $'libarchive.so.13\nlibcurl.so.4\nlibrnp.so.0' ]
	[ "$(notes | jq -c '.[] | [.feature, .description, .priority] | map(length > 0)' | sort -u)" = "[true,true,true]" ]
	# it is linked with none of them
	run ! grep -E 'libarchive|libcurl|librnp' <<<"$(readelf -d "$PARE")"
}

@test "pare sees its own libraries, those that it opens too" {
	"$PARE" explain -q --libs host --format json "$PARE" >self.json
	[ "$(jq -r '.needs[] | select(.evidence == "opened at run time") | .name' self.json | sort)" = \
		$'libarchive.so.13\nlibcurl.so.4\nlibrnp.so.0' ]
	jq -e '.needs[] | select(.name == "libcrypto.so.3") | .evidence | startswith("needed by")' self.json
}

@test "what needs no library loads none: the version, the store, a locked build that was made before" {
	"$PARE" build -t hello pare.yaml
	without lib{curl,curl-gnutls}.so.4 librnp.so.0 libarchive.so.13 "$PARE" build -t again pare.yaml
	[ "$status" -eq 0 ]
	without "$PARE" images
	[ "$status" -eq 0 ]
	[[ $output == *again* && $output == *hello* ]]
	without "$PARE" --version
	[ "$status" -eq 0 ]
}

@test "a library that isn't there is named, with its package" {
	without lib{curl,curl-gnutls}.so.4 "$PARE" build -t hello pare.yaml
	[ "$status" -eq 11 ]
	[[ $stderr == *"libcurl can't be loaded: "*"libcurl.so.4"*"Debian's package libcurl4"* ]]
	rm "$BROKEN"/*
	without librnp.so.0 "$PARE" build -t hello pare.yaml
	[ "$status" -eq 11 ]
	[[ $stderr == *"librnp can't be loaded: "*"librnp.so.0"*"Debian's package librnp0"* ]]
	rm "$BROKEN"/*
	without libarchive.so.13 "$PARE" build -t hello pare.yaml
	[ "$status" -eq 11 ]
	[[ $stderr == *"libarchive can't be loaded: "*"libarchive.so.13"*"Debian's package libarchive13"* ]]
	rm "$BROKEN"/*
	without "$PARE" build -t hello pare.yaml
	[ "$status" -eq 0 ]
}
