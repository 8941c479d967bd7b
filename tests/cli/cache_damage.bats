#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whatever lies damaged in the cache or the store: it is noticed, made or fetched again, and the
# image is the same as ever.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/badluck.bash

setup_file() {
	archive_setup
	deb libhello 1.0 -f 'Depends: libc' usr/lib/libhello.so.1=hello
	deb libc 2.0 usr/lib/libc.so.6=libc
	deb hello 1.0 -f 'Depends: libhello' usr/bin/hello=x etc/hello.conf=conf
	publish stable
	serve
}

setup() {
	fresh_home
	forget_requests
	recipe <<<'  packages: [hello]'
	"$PARE" build -q -t hello >digest
	want=$(<digest)
}

# The image is built again, by name and in a folder whose every blob another tool has checked.
builds_the_same() {
	run --separate-stderr "$PARE" build "$@" -t hello -o oci:out:hello
	[ "$status" -eq 0 ]
	[ "$output" = "$want" ]
	check_blobs out/blobs/sha256
	check_blobs store/blobs/sha256
}

@test "damage: a cached package with another byte is noticed before it is decoded, and fetched again" {
	name=$(package_file hello)
	flip "cache/packages/$name" 700
	rm cache/layers/* cache/images/* cache/listings/*
	builds_the_same
	[[ $stderr == *"the cached package of hello 1.0 is damaged; getting it again"* ]]
	[ "$(sha256sum <"cache/packages/$name")" = "$name  -" ]
	[ "$(requests '/pool/hello_*')" -eq 2 ]
	[ "$(requests '/pool/libhello_*')" -eq 1 ]
}

@test "damage: the same when its listing is cached and only a layer asks for its bytes" {
	name=$(package_file hello)
	flip "cache/packages/$name" 700
	rm cache/layers/* cache/images/*
	builds_the_same
	[[ $stderr == *"hello 1.0 is damaged; getting it again"* ]]
	[ "$(sha256sum <"cache/packages/$name")" = "$name  -" ]
}

@test "damage: a cached package that is cut short, or a folder, is fetched again" {
	rm cache/layers/* cache/images/* cache/listings/*
	truncate -s -1 "cache/packages/$(package_file hello)"
	truncate -s 0 "cache/packages/$(package_file libc)"
	builds_the_same
	check_blobs cache/packages
}

@test "damage: offline a damaged package is an error that names it, and nothing changes" {
	flip "cache/packages/$(package_file hello)" 700
	rm cache/layers/* cache/images/*
	snapshot | grep -v cache/layers >before
	run --separate-stderr "$PARE" build --offline -t hello
	[ "$status" -eq 6 ]
	[[ $stderr == *"the cached package of hello 1.0 is damaged"* ]]
	[[ $stderr == *"/pool/hello_1.0_amd64.deb': it is not in the cache, and pare is offline"* ]]
	snapshot | grep -v cache/layers | diff before -
	builds_the_same
}

@test "damage: no byte of a listing can be changed unnoticed" {
	cp -r cache/listings good
	for name in cache/listings/*; do
		size=$(stat -c %s "$name")
		for at in 0 9 50 $((size / 2)) $((size - 1)); do
			flip "$name" "$at"
			rm -f cache/layers/* cache/images/*
			builds_the_same
			diff -r good cache/listings
		done
	done
}

@test "damage: a listing of another package is not taken for this one's" {
	rm cache/layers/* cache/images/*
	cp "cache/listings/$(package_file libc)" "cache/listings/$(package_file hello)"
	builds_the_same
}

@test "damage: a record of a layer whose digest, diff_id or size is another" {
	for field in digest diff_id size; do
		rm cache/images/*
		for record in cache/layers/*; do
			sed -i -E "s/(\"$field\":\"?)./\19/" "$record"
		done
		builds_the_same
	done
	# one layer's record under another's name
	rm cache/images/*
	set -- cache/layers/*
	cp "$1" "$2"
	builds_the_same
	# and nothing but rubbish
	rm cache/images/*
	echo '{' >"$1"
	: >"$2"
	builds_the_same
}

@test "damage: a record of an image" {
	for field in digest mediaType size files; do
		sed -i -E "s/(\"$field\":\"?)./\19/" cache/images/*
		builds_the_same
	done
	echo nonsense | tee cache/images/* >/dev/null
	builds_the_same
	truncate -s 0 cache/images/*
	builds_the_same
}

@test "damage: every blob in the store, by a byte, by its end and altogether" {
	for blob in store/blobs/sha256/*; do
		cp "$blob" good
		flip "$blob" 20
		builds_the_same
		cmp good "$blob"
		truncate -s -1 "$blob"
		builds_the_same
		cmp good "$blob"
		rm "$blob"
		builds_the_same
		cmp good "$blob"
	done
}

@test "damage: a damaged layer is said to be one, and a build of another recipe mends it, too" {
	layer=$(jq -r '.layers[0].digest' "store/blobs/sha256/${want#sha256:}")
	flip "store/blobs/sha256/${layer#sha256:}" 30
	"$PARE" build -t hello 2>err
	[[ $(<err) == *"layer ${layer:7:12} in the store is damaged; making it again"* ]]
	flip "store/blobs/sha256/${layer#sha256:}" 30
	echo 'environment: {A: b}' >>pare.yaml
	"$PARE" build -t other
	check_blobs store/blobs/sha256
}

@test "damage: who reads a damaged image is told, not served" {
	layer=$(jq -r '.layers[0].digest' "store/blobs/sha256/${want#sha256:}")
	flip "store/blobs/sha256/${want#sha256:}" 30
	run --separate-stderr "$PARE" inspect hello
	[ "$status" -eq 8 ]
	[[ $stderr == *"blob $want holds other bytes than its name says"* ]]
	builds_the_same
}

@test "damage: an index of packages, in its head, its middle and its end" {
	for index in cache/indexes/*; do
		size=$(stat -c %s "$index")
		cp "$index" good
		for at in 0 60 200 $((size / 2)) $((size - 2)); do
			flip "$index" "$at"
			rm -rf pare.lock cache/images
			builds_the_same
			cmp good "$index"
		done
		truncate -s -1 "$index"
		rm -rf pare.lock
		builds_the_same
		cmp good "$index"
	done
}

@test "damage: a lock that was cut short or changed is refused with its line" {
	cp pare.lock good
	head -c 300 good >pare.lock
	run --separate-stderr "$PARE" build -t hello
	[ "$status" -eq 4 ]
	[[ $stderr == *"pare.lock"* ]]
	sed 's/"size":[0-9]*/"size":-5/' good >pare.lock
	run --separate-stderr "$PARE" build -t hello
	[ "$status" -eq 4 ]
	[[ $stderr == *"pare.lock"*"size"* ]]
	# another digest: no package has it, whatever the cache holds
	sed -E '0,/("digest":"sha256:)[0-9a-f]{8}/!s//\100000000/' good >pare.lock
	run --separate-stderr "$PARE" build -t hello
	[ "$status" -eq 8 ]
	[[ $stderr == *"wrong content: expected SHA-256 00000000"* ]]
	cp good pare.lock
	builds_the_same
}
