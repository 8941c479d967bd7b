#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How an image is divided into layers, and how they are compressed.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	text() { printf '%*s' "$1" '' | tr ' ' "$2"; }
	deb base-files 13 "etc/os-release@../usr/lib/os-release" "usr/lib/os-release=ID=test\n" \
		"bin@usr/bin" "lib@usr/lib" "tmp/"
	# two packages of one source, of 30 kB together; others of 20, 10 and 1 kB
	deb big-bin 1.0 -f 'Source: big' -f 'Depends: big-lib' "usr/bin/big=$(text 10000 a)"
	deb big-lib 1.0+b1 -f 'Source: big (1.0)' "lib/big=$(text 20000 b)"
	deb middle 2.0 "usr/lib/middle=$(text 20000 c)"
	deb small 3.0 "usr/lib/small=$(text 10000 d)"
	deb tiny 4.0 "usr/lib/tiny=$(text 1000 e)"
	publish stable
	serve
}

# budget N: the image of all packages, of a rule's file and of a recipe's file, in N layers at most
budget() {
	recipe <<-YAML
		  packages: [base-files, big-bin, middle, small, tiny]
		layering: {strategy: origin, budget: $1}
		accounts: {users: [{username: app, uid: 1}]}
		paths: [{path: /usr/bin/own, type: file, content: own}]
	YAML
	build
	image check
}

history() {
	image config | jq -r '.history[]?.created_by | sub("^pare build: "; "")'
}

@test "budget 16: a layer for each source, then the rules', the recipe's last" {
	budget 16
	[ "$(history)" = "base-files 13
big-bin 1.0, big-lib 1.0+b1
middle 2.0
small 3.0
tiny 4.0
files made by pare's rules
files of the recipe" ]
	[ "$(image names 2 | grep -v /$)" = "usr/bin/big
usr/lib/big
usr/share/doc/big-bin/copyright
usr/share/doc/big-lib/copyright
var/lib/dpkg/status.d/big-bin
var/lib/dpkg/status.d/big-bin.md5sums
var/lib/dpkg/status.d/big-lib
var/lib/dpkg/status.d/big-lib.md5sums" ]
	[ "$(image names 6 | grep -v '^usr/local\|^opt\|^srv\|^mnt\|^media')" = \
		$'etc/\netc/passwd\nhome/\nhome/app/\nrun/\nrun/lock/\nusr/\nvar/\nvar/lock\nvar/run' ]
	[ "$(image names 7)" = $'usr/\nusr/bin/\nusr/bin/own' ]
}

@test "budget 3: what exceeds it shares layers, and nothing is lost" {
	budget 16
	image ls >all
	budget 3
	image ls | diff all -
	[ "$(image layers | wc -l)" -eq 3 ]
	[ "$(history)" = "base-files 13, big-bin 1.0, big-lib 1.0+b1, middle 2.0, small 3.0, tiny 4.0
files made by pare's rules
files of the recipe" ]
}

@test "budget 5: the biggest sources have their own layers, the rest share one" {
	budget 5
	[ "$(history)" = "big-bin 1.0, big-lib 1.0+b1
middle 2.0
base-files 13, small 3.0, tiny 4.0
files made by pare's rules
files of the recipe" ]
}

@test "budget 2 and 1: still everything, and the history says what is where" {
	budget 16
	image ls >all
	budget 2
	image ls | diff all -
	[ "$(image layers | wc -l)" -eq 2 ]
	history >two
	[ "$(cat two)" = "base-files 13, big-bin 1.0, big-lib 1.0+b1, middle 2.0, small 3.0, tiny 4.0
files made by pare's rules, files of the recipe" ]
	budget 1
	image ls | diff all -
	[ "$(image layers | wc -l)" -eq 1 ]
	equal "$(history)" "$(paste -sd, two | sed 's/,files/, files/')"
}

@test "no layer is empty, none for what isn't there" {
	recipe <<<'  packages: [tiny]'
	build
	[ "$(history)" = "tiny 4.0" ]
	image names 1 | grep -qx lib # the link into /usr is worth no layer
	echo '{paths: [{path: /x, type: file, content: x}]}' >pare.yaml
	build
	[ "$(history)" = "files of the recipe" ]
	echo '{}' >pare.yaml
	build
	[ -z "$(history)" ]
	image check
}

@test "packages in another image have the same layers" {
	budget 16
	image manifest | jq -r '.layers[].digest' >first
	recipe <<<'  packages: [tiny, middle]'
	build
	# their folders' attributes come from the packages alone here, so compare with just base-files
	recipe <<<'  packages: [base-files, middle]'
	build
	image manifest | jq -r '.layers[].digest' >second
	equal "$(sed -n 3p first)" "$(sed -n 2p second)"
}

@test "gzip by default, zstd when asked for; levels change bytes, not contents" {
	recipe <<<'  packages: [base-files, big-bin, middle]'
	build
	image layers >all
	run ! grep -v '^[0-9]* application/vnd.oci.image.layer.v1.tar+gzip ' all
	image ls >gzip && cp digest default
	image config | jq .rootfs >rootfs
	build --compression gzip
	cmp digest default
	for args in "gzip 1" "gzip 9" "zstd 1" "zstd 19"; do
		build --compression "${args% *}" --level "${args#* }"
		run ! cmp -s digest default
		image ls | diff gzip -
		image config | jq .rootfs | diff rootfs -
		image check
	done
	image layers | grep -q '^[0-9]* application/vnd.oci.image.layer.v1.tar+zstd '
	sizes=$(image manifest | jq '[.layers[].size] | add')
	build --compression zstd --level 1
	[ "$sizes" -le "$(image manifest | jq '[.layers[].size] | add')" ]
	skopeo inspect --config oci:img:it | jq -e '.rootfs.diff_ids | length == 4'
}

@test "levels that a compression doesn't have are refused" {
	recipe <<<'  packages: [tiny]'
	for args in "gzip 0" "gzip 13" "zstd 0" "zstd 20" "gzip x" "zstd -1"; do
		run --separate-stderr "$PARE" build --compression "${args% *}" --level "${args#* }"
		[ "$status" -eq 2 ]
		[[ $stderr == *level* ]]
	done
}

@test "a hard link across what would be two layers stays in one" {
	recipe <<-'YAML'
		  packages: [tiny]
		paths: [{path: /opt/tiny, type: hardlink, source: /usr/lib/tiny}]
	YAML
	build
	image check
	equal "$(image layer-of opt/tiny)" "$(image layer-of usr/lib/tiny)"
	holds 'h * /usr/lib/tiny = /opt/tiny'
}
