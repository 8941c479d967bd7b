#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Full disks, limits on files and folders that can't be written: one clear message, nothing
# half-written, and what fits is built.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/badluck.bash

setup_file() {
	archive_setup
	head -c 2000000 /dev/urandom >"$BATS_FILE_TMPDIR/noise"
	deb_of_noise big 1.0
	deb hello 1.0 -f 'Depends: big' usr/bin/hello=x
	deb small 1.0 usr/bin/small=x
	publish stable
	serve
}

# A package that doesn't compress: deb() takes texts only.
deb_of_noise() {
	local dir=$BATS_FILE_TMPDIR/noisy
	mkdir -p "$dir/DEBIAN" "$dir/usr/share"
	cp "$BATS_FILE_TMPDIR/noise" "$dir/usr/share/noise"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: T <t@t>\nDescription: t\n' \
		"$1" "$2" >"$dir/DEBIAN/control"
	dpkg-deb --root-owner-group -Znone --build "$dir" "$ARCHIVE/pool/$1_$2_amd64.deb" >/dev/null
}

setup() {
	fresh_home
	recipe <<<'  packages: [hello]'
	recipe small.yaml <<<'  packages: [small]'
	"$PARE" build -q -t small small.yaml >small
	"$PARE" lock
	snapshot >before
}

teardown() {
	chmod -R u+w "$BATS_TEST_TMPDIR"
	[ ! -d disk ] || umount disk || true
}

# small_disk KIB: a file system of that size at ./disk.
small_disk() {
	mkdir -p disk
	mount -t tmpfs -o "size=${1}k" tmpfs disk 2>/dev/null || skip "mounting needs root"
}

@test "disk: full in the cache, in a download" {
	small_disk 1000
	cp -r cache/. disk && rm -r cache && ln -s disk cache
	run --separate-stderr "$PARE" build -t hello
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"No space left on device"* ]]
	[[ $stderr == *"pare: cache '$PWD/cache': big 1.0: write '$(package_file big).part': No space"* ]]
	[ "$("$PARE" images --names)" = small:latest ]
	# what can't be finished is gone; what another download has got so far may stay
	[ -z "$(find disk -name '.tmp-*' -o -name "$(package_file big).part")" ]
	check_blobs disk/packages
	[ "$("$PARE" build -q -t small small.yaml)" = "$(<small)" ]
	mount -o remount,size=20m disk
	"$PARE" build -t hello
}

@test "disk: full in the cache, in decoding" {
	small_disk 3500
	cp -r cache/. disk && rm -r cache && ln -s disk cache
	run --separate-stderr "$PARE" build -t hello
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"No space left on device"* ]]
	[ -z "$(find disk -name '.tmp-*' -o -name '*.part')" ]
	check_blobs disk/packages
	mount -o remount,size=20m disk
	"$PARE" build -t hello
}

@test "disk: full in the cache, in the index" {
	small_disk 8
	PARE_CACHE=$PWD/disk/cache run --separate-stderr "$PARE" build small.yaml
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"No space left on device"* ]]
	[ -z "$(find disk -name '.tmp-*' -o -name '*.part')" ]
}

@test "disk: full in the store, in a layer" {
	small_disk 1000
	cp -r store/. disk && rm -r store && ln -s disk store
	run --separate-stderr "$PARE" build -t hello
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"store"*"No space left on device"* ]]
	[ "$("$PARE" images --names)" = small:latest ]
	[ -z "$(find disk -name '.tmp-*')" ]
	check_blobs disk/blobs/sha256
	[ "$("$PARE" build -q -t small small.yaml)" = "$(<small)" ]
	mount -o remount,size=20m disk
	"$PARE" build -t hello
}

@test "disk: full where the image goes" {
	small_disk 1000
	for place in oci:disk/layout:hello oci-archive:disk/a.tar:hello docker-archive:disk/d.tar:hello; do
		run --separate-stderr "$PARE" build -o "$place"
		echo "$stderr"
		[ "$status" -eq 3 ]
		[[ $stderr == *"$place"* || $stderr == *"${place%:hello}"* ]]
		[[ $stderr == *"No space left on device"* ]]
		[ -z "$(find disk -name '.tmp-*' -o -name '*.tar')" ]
		rm -rf disk/layout
	done
}

@test "disk: full where the lock goes: the old one stays" {
	small_disk 8
	cp pare.yaml disk
	echo old >disk/pare.lock
	head -c 100000 /dev/zero >disk/filler || true
	run --separate-stderr "$PARE" lock disk/pare.yaml
	echo "$stderr"
	[ "$status" -ne 0 ]
	[ "$(<disk/pare.lock)" = old ]
	[ "$(ls -A disk | sort | tr '\n' ' ')" = "filler pare.lock pare.yaml " ]
}

@test "disk: standard output that can't be written" {
	run --separate-stderr bash -c '"$PARE" build -q small.yaml >/dev/full'
	[ "$status" -eq 3 ]
	[[ $stderr == *"write to standard output: No space left on device"* ]]
}

# The same without root: no file may grow over the limit. The signal that comes with it is not
# ignored here, as in a user's shell.
@test "disk: a limit on the size of files is an error like a full disk" {
	run --separate-stderr bash -c 'ulimit -f 1000; "$PARE" build -t hello'
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"big 1.0: write '$(package_file big).part': File too large"* ]]
	# what did fit has come
	snapshot | grep -v 'cache/\(packages\|listings\)' |
		diff <(grep -v 'cache/\(packages\|listings\)' before) -
	check_blobs cache/packages
	[[ $(leftovers) != *.tmp-* && $(leftovers) != *"$(package_file big)"* ]]
	[ "$("$PARE" build -q -t small small.yaml)" = "$(<small)" ]
	"$PARE" build -t hello
	check_blobs store/blobs/sha256
}

@test "disk: the same in a layer and in an archive" {
	"$PARE" build -q -t other # into the cache
	rm -rf store cache/layers cache/images cache/listings
	"$PARE" images >/dev/null
	snapshot >before
	# the spool of the package takes more than its layer does
	run --separate-stderr bash -c 'ulimit -f 1000; "$PARE" build -t hello'
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"File too large"* ]]
	snapshot | grep -v cache/listings | diff before -
	[ -z "$(leftovers)" ]
	"$PARE" build -q -t hello
	for kind in oci-archive docker-archive; do
		run --separate-stderr bash -c "ulimit -f 1000; \"\$PARE\" build -o $kind:out.tar:x"
		echo "$stderr"
		[ "$status" -eq 3 ]
		[[ $stderr == *"out.tar"*"File too large"* ]]
		[ ! -e out.tar ]
		[ -z "$(find . -maxdepth 1 -name '.tmp-*')" ]
	done
}

# Root may write anywhere, unless it gives up the right to.
ordinary() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all "$@"
	else
		"$@"
	fi
}

@test "disk: a cache that can't be written, and lacks something" {
	chmod -R a-w cache
	run --separate-stderr ordinary "$PARE" build -t hello
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"pare: cache '$PWD/cache': "*" 1.0: make '"*".part': Permission denied"* ]]
	snapshot | diff before -
	chmod -R u+w cache
	"$PARE" build -t hello
}

@test "disk: a cache that can't be written, and has everything, serves" {
	"$PARE" build -q -t hello >good
	chmod -R a-w cache
	snapshot >before
	[ "$(ordinary "$PARE" build -q --locked --offline -t again)" = "$(<good)" ]
	# another image from the same packages: its records can't be kept, but it is built
	echo 'environment: {A: b}' >>pare.yaml
	ordinary "$PARE" build -q --locked --offline -t third
	snapshot | grep cache | diff <(grep cache before) -
	[ "$("$PARE" images --names | tr '\n' ' ')" = "again:latest hello:latest small:latest third:latest " ]
}

@test "disk: a cache that can't be written is enough to lock with, if the index is there" {
	rm pare.lock
	chmod -R a-w cache
	ordinary "$PARE" lock
	[ -s pare.lock ]
	snapshot | diff before -
}

@test "disk: a cache that can't be made" {
	mkdir closed && chmod a-w closed
	PARE_CACHE=$PWD/closed/cache run --separate-stderr ordinary "$PARE" build -t hello
	[ "$status" -eq 3 ]
	[[ $stderr == *"make the folder '$PWD/closed/cache': Permission denied"* ]]
	echo file >file
	PARE_CACHE=$PWD/file/cache run --separate-stderr "$PARE" build -t hello
	[ "$status" -eq 3 ]
	[[ $stderr == *"$PWD/file"*"Not a directory"* ]]
}

@test "disk: a store that can't be written" {
	"$PARE" build -q -t hello >good
	chmod -R a-w store
	snapshot >before
	# all of it is there, but a name would have to be added
	run --separate-stderr ordinary "$PARE" build -t another
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"store"*"Permission denied"* ]]
	snapshot | grep store | diff <(grep store before) -
	# nothing is to be added
	[ "$(ordinary "$PARE" build -q)" = "$(<good)" ]
	ordinary "$PARE" images
	ordinary "$PARE" inspect hello >/dev/null
	# and a layer would have to be
	rm -rf cache/layers cache/images
	echo 'work-dir: /usr' >>pare.yaml
	run --separate-stderr ordinary "$PARE" build
	[ "$status" -eq 3 ]
	[[ $stderr == *"store"*"Permission denied"* ]]
}

@test "disk: a recipe's folder that can't be written: the lock" {
	mkdir -m 555 recipe
	chmod u+w recipe && cp pare.yaml recipe && chmod a-w recipe
	run --separate-stderr ordinary "$PARE" build -t hello recipe/pare.yaml
	echo "$stderr"
	[ "$status" -eq 3 ]
	[[ $stderr == *"recipe/pare.lock"*"Permission denied"* ]]
	snapshot | diff before -
}
