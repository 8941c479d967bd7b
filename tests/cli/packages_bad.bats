#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Packages that a signed archive vouches for and that are broken or malicious all the same.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/badluck.bash

setup_file() {
	archive_setup
	deb good 1.0 usr/bin/good=x
	mkdir "$ARCHIVE/bad"
	export TOOL=$BATS_TEST_DIRNAME/../tools/bad_debs.py
	python3 "$TOOL" "$ARCHIVE/pool/good_1.0_amd64.deb" "$ARCHIVE/bad"
	publish stable
	list_bad
	sign_again
	serve
}

# apt-ftparchive would not list what is broken: stanzas of our own.
list_bad() {
	local file name dir=$ARCHIVE/dists/stable/main/binary-amd64
	for file in "$ARCHIVE"/bad/*.deb; do
		name=$(basename "$file" .deb)
		printf '\nPackage: %s\nVersion: 1.0\nArchitecture: amd64\nMaintainer: T <t@t>\n' "$name"
		printf 'Filename: bad/%s.deb\nSize: %s\nSHA256: %s\nDescription: bad\n' "$name" \
			"$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d' ' -f1)"
	done >>"$dir/Packages"
	rm -rf "$dir"/by-hash "$dir"/Packages.*
}

sign_again() {
	(cd "$ARCHIVE" && apt-ftparchive -o APT::FTPArchive::Release::Suite=stable \
		-o APT::FTPArchive::Release::Codename=stable \
		-o APT::FTPArchive::Release::Architectures=amd64 \
		-o APT::FTPArchive::Release::Components=main \
		release dists/stable) >"$BATS_FILE_TMPDIR/Release"
	mv "$BATS_FILE_TMPDIR/Release" "$ARCHIVE/dists/stable/Release"
	sign_release stable
}

setup() {
	fresh_home
	recipe good.yaml <<<'  packages: [good]'
	"$PARE" build -q -t good good.yaml >digest
}

# refused STATUS NAME TEXT...: the build of one bad package fails, in a second and little memory,
# and stays behind in no layer, listing or image.
refused() {
	local expected=$1 name=$2 text
	shift 2
	recipe <<<"  packages: [$name]"
	snapshot | grep -v cache/packages >before
	run --separate-stderr bash -c 'ulimit -v 2000000; timeout 20 "$PARE" build -t bad'
	echo "$stderr"
	[ "$status" -eq "$expected" ]
	[ -z "$output" ]
	[[ $stderr == *"pare: $name 1.0: "* ]]
	for text; do
		[[ $stderr == *"$text"* ]]
	done
	snapshot | grep -v cache/packages | diff before -
	[ -z "$(leftovers)" ]
	[ "$("$PARE" images --names)" = good:latest ]
	rm good.lock pare.lock
	[ "$("$PARE" build -q -t good good.yaml)" = "$(<digest)" ]
}

@test "package: the tool's own copy of a good package builds" {
	recipe <<<'  packages: [control-sample]'
	"$PARE" build -t sample
}

@test "package: a name with ../" {
	refused 4 dotdot "path './usr/../../etc/passwd' has a '..' component"
}

@test "package: an absolute name" {
	refused 4 absolute "'/etc/passwd' is an absolute name"
}

@test "package: a name that goes through a link of the package" {
	refused 4 through-link "'./usr/link/passwd' leads through a link of the same archive"
}

# What the image has of a path, as tar lists it.
in_image() {
	local layer
	for layer in $(jq -r '.layers[].digest' "store/blobs/sha256/${1#sha256:}"); do
		tar -tvzf "store/blobs/sha256/${layer#sha256:}" "$2" 2>/dev/null || true
	done
}

@test "package: a name that comes twice stands for what came last, and nothing goes through it" {
	recipe <<<'  packages: [file-over-link]'
	digest=$("$PARE" build -q)
	[[ $(in_image "$digest" usr/x) == -r*" 1 "*usr/x ]]
	[ -z "$(in_image "$digest" etc)" ]
	recipe <<<'  packages: [link-over-file]'
	digest=$("$PARE" build -q)
	[[ $(in_image "$digest" usr/x) == l*"usr/x -> /etc/passwd" ]]
	[ -z "$(in_image "$digest" etc)" ]
}

@test "package: a file below a file" {
	refused 4 below-file "a parent of '/usr/x/y' is not a folder"
}

@test "package: a device" {
	refused 4 device "'./dev/sda'"
	refused 4 block "'./dev/sda'"
}

@test "package: a hard link to nothing, to itself, out of the package, to a folder" {
	refused 4 hardlink-nothing "'./usr/b' is a hard link to './usr/none', which is no earlier file"
	refused 4 hardlink-self "'./usr/b' is a hard link to './usr/b', which is no earlier file"
	refused 4 hardlink-out "path './../../etc/shadow' has a '..' component"
	refused 4 hardlink-absolute "'/etc/shadow' is an absolute name"
	refused 4 hardlink-dir "'./usr/b' is a hard link to './usr', which is no earlier file"
}

@test "package: a file of 10 GiB by its header only" {
	refused 5 huge-declared "data.tar: './usr/x': unpacked files take more than 268"
}

@test "package: a file larger than any package may hold" {
	refused 5 huge-limit "data.tar: './usr/x': unpacked files take more than 268"
}

@test "package: bombs in every compression end at a limit" {
	for codec in gz xz zst bz2 lzma; do
		refused 5 "bomb-$codec" "data.tar: './usr/bomb" "unpacked files take more than "
	done
}

@test "package: a control member that is a bomb" {
	refused 5 bomb-control "control.tar: './templates': unpacked files take more than 10485760 bytes"
}

@test "package: an xz that asks for gigabytes of memory" {
	refused 5 xz-memory
}

@test "package: ar: an empty file, another file, a cut magic" {
	refused 4 ar-empty "offset 0: not an ar archive"
	refused 4 ar-other "offset 0: not an ar archive"
	refused 4 ar-magic "offset 0: not an ar archive"
}

@test "package: ar: each field of a header" {
	refused 4 ar-name "offset 8: the member's name"
	refused 4 ar-mtime "offset 8: the member's date or owner is no decimal number"
	refused 4 ar-uid "offset 8: the member's date or owner is no decimal number"
	refused 4 ar-gid "offset 8: the member's date or owner is no decimal number"
	refused 4 ar-mode "offset 8: the member's mode is no octal number"
	refused 4 ar-size "offset 8: the member's size is no decimal number"
	refused 4 ar-size-negative "offset 8: the member's size is no decimal number"
	refused 4 ar-end "offset 8: the member's header doesn't end as it must"
}

@test "package: ar: a size that goes behind the end" {
	refused 4 ar-size-large "bytes early"
}

@test "package: ar: a header that is cut" {
	refused 4 ar-cut-header "a member's header ends after"
}

@test "package: members that are missing, or in another order" {
	refused 4 no-binary "has 'control.tar.xz' where 'debian-binary' belongs"
	refused 4 no-control "has 'data.tar.xz' where 'control.tar' belongs"
	refused 4 no-data "ends before its member 'data.tar'"
	refused 4 wrong-order "has 'data.tar.xz' where 'control.tar' belongs"
	refused 4 twice-control "has 'control.tar.xz' where 'data.tar' belongs"
}

@test "package: a format of the future, an unknown compression" {
	refused 11 version-3 "is of format '3.0', not 2.0"
	refused 11 unknown-codec "member 'data.tar.rar' has a compression that is not known"
}

@test "package: rubbish behind the last member" {
	refused 4 trailing-garbage
}

@test "package: members that begin with an underscore are skipped, as dpkg does" {
	recipe <<<'  packages: [underscore]'
	"$PARE" build -t underscore
}

@test "package: tar: a wrong checksum, a cut, rubbish behind it" {
	refused 4 tar-checksum "data.tar"
	refused 4 tar-cut "data.tar"
	refused 4 tar-cut-header "data.tar"
}

@test "package: a compressed stream that is cut, changed, or empty" {
	for codec in gz xz zst bz2 lzma; do
		refused 4 "cut-$codec" "data.tar"
		refused 4 "changed-$codec" "data.tar"
	done
	refused 4 empty-xz "data.tar"
}

@test "package: no control file, another package's" {
	refused 4 control-none "control.tar has no 'control'"
	refused 4 control-other "the package's own name is 'good'"
}
