#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pare lock, and how pare build treats a lock.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

# Each test has an archive of its own: they publish new versions.
setup() {
	fresh_home
	export ARCHIVE=$BATS_TEST_TMPDIR/archive
	cp -r "$BATS_FILE_TMPDIR/archive" "$ARCHIVE"
	rm -f "$BATS_FILE_TMPDIR/port"
	serve
	: >"$SERVE_LOG"
	recipe <<<'  packages: [app]'
}

teardown() {
	stop_serving
}

setup_file() {
	archive_setup
	deb app 1.0 -f 'Depends: liba' "usr/bin/app=app 1.0\n"
	deb liba 2.0 "usr/lib/liba=liba 2.0\n"
	deb other 1.0 "usr/bin/other=x"
	publish stable
}

# A newer app and liba in the archive; with an argument in a security suite.
move_on() {
	deb app 1.1 -f 'Depends: liba' "usr/bin/app=app 1.1\n"
	publish stable
	POOL=pool-security deb liba 2.0+deb1 "usr/lib/liba=liba 2.0+deb1\n"
	POOL=pool-security publish stable-security
}

with_security() {
	sed -i "/stable main/a\\    - \"deb $URL stable-security main\"" pare.yaml
}

@test "lock: writes pare.lock beside the recipe, whatever the current folder" {
	mkdir project && mv pare.yaml project
	run --separate-stderr "$PARE" lock project/pare.yaml
	[ "$status" -eq 0 ]
	[ "$output" = $'+ app 1.0\n+ liba 2.0' ]
	[ -z "$stderr" ]
	[ ! -e pare.lock ]
	jq -e --arg url "$URL" --arg sha "$(sha256sum <"$ARCHIVE/pool/app_1.0_amd64.deb" | cut -d' ' -f1)" \
		--argjson size "$(stat -c %s "$ARCHIVE/pool/app_1.0_amd64.deb")" '
		.archs[0].packages[0] | .name == "app" and .version == "1.0" and .arch == "amd64"
		and .url == $url + "/pool/app_1.0_amd64.deb" and .size == $size
		and .digest == "sha256:" + $sha' project/pare.lock
	jq -e --arg url "$URL" --arg sha "$(sha256sum <"$ARCHIVE/dists/stable/InRelease" | cut -d' ' -f1)" '
		.indexes[0] | .uri == $url and .suite == "stable" and .digest == "sha256:" + $sha' project/pare.lock
	cd project
	run "$PARE" lock
	[ "$output" = "nothing changed" ]
}

@test "lock: other names and folders have their own locks" {
	cp pare.yaml web.yaml
	mkdir dir && cp pare.yaml dir
	"$PARE" lock web.yaml && "$PARE" lock dir && "$PARE" lock web.yaml:nonroot
	[ "$(ls *.lock dir)" = $'web.lock\n\ndir:\npare.lock\npare.yaml' ]
}

@test "lock: a current one stays as it is, and asks no server" {
	"$PARE" lock
	cp pare.lock before
	move_on
	: >"$SERVE_LOG"
	run "$PARE" lock
	[ "$output" = "nothing changed" ]
	cmp pare.lock before
	[ "$(requests .)" -eq 0 ]
}

@test "lock: a profile has no file to lock beside" {
	run --separate-stderr "$PARE" lock --profile distroless/cc
	[ "$status" -eq 2 ]
	[[ $stderr == *"no file to lock beside"* ]]
}

@test "build: makes the lock when there is none, uses it when it is current" {
	build
	[ ! -e pare.lock ] || cp pare.lock before
	first=$(cat digest)
	move_on
	: >"$SERVE_LOG"
	build
	[ "$(cat digest)" = "$first" ]
	cmp pare.lock before
	[ "$(requests .)" -eq 0 ]
	[ "$(image cat usr/bin/app)" = "app 1.0" ]
}

@test "build: a locked one with a cold cache asks for packages, never for an index" {
	"$PARE" lock
	rm -r cache
	: >"$SERVE_LOG"
	build --locked
	[ "$(requests /dists/)" -eq 0 ]
	[ "$(requests /pool/)" -eq 2 ]
	[ "$(requests /pool/app_1.0_amd64.deb)" -eq 1 ]
}

@test "build: locked, with a warm cache and no server at all" {
	build
	first=$(cat digest)
	stop_serving
	wait "$SERVER_PID" || true
	build --locked --offline
	[ "$(cat digest)" = "$first" ]
	# another image of the same packages, none of whose layers is there
	PARE_STORE=$PWD/other build --locked --offline --compression zstd
	[ "$(cat digest)" != "$first" ]
	[ "$(image cat usr/lib/liba)" = "liba 2.0" ]
}

@test "build: --offline with a cold cache says what is missing, and asks nobody" {
	"$PARE" lock
	rm -r cache
	: >"$SERVE_LOG"
	run --separate-stderr "$PARE" build --offline -o oci:img
	[ "$status" -eq 6 ] || [ "$status" -eq 9 ]
	[[ $stderr == "pare: "*"/app_1.0_amd64.deb': it is not in the cache, and pare is offline" ]]
	[ "$(requests .)" -eq 0 ]
	rm pare.lock
	run --separate-stderr "$PARE" build --offline -o oci:img
	[ "$status" -ne 0 ]
	[[ $stderr == *"InRelease"*"offline"* ]]
	[ "$(requests .)" -eq 0 ]
	[ ! -e img ]
}

@test "build: --locked refuses without a lock, and writes none" {
	run --separate-stderr "$PARE" build --locked -o oci:img
	[ "$status" -eq 10 ]
	[[ $stderr == "pare: the recipe has no lock"*"pare lock"* ]]
	[ ! -e pare.lock ] && [ ! -e img ]
}

@test "build: --locked refuses a lock of another recipe; without it the lock is made anew" {
	"$PARE" lock
	cp pare.lock before
	sed -i 's/\[app\]/[app, other]/' pare.yaml
	run --separate-stderr "$PARE" build --locked -o oci:img
	[ "$status" -eq 10 ]
	[[ $stderr == *"not that of the recipe as it is now"*"pare lock"* ]]
	cmp pare.lock before
	move_on
	build
	# what was locked keeps its version while it can
	[ "$(jq -r '.archs[0].packages[] | .name + " " + .version' pare.lock)" = \
		$'app 1.0\nliba 2.0\nother 1.0' ]
}

@test "build: what only changes the image, not the packages, leaves the lock current" {
	"$PARE" lock
	cp pare.lock before
	echo 'stop-signal: SIGINT' >>pare.yaml
	build --locked
	cmp pare.lock before
	image config | jq -e '.config.StopSignal == "SIGINT"'
}

@test "build: an architecture that the lock lacks makes it out of date" {
	"$PARE" lock
	run "$PARE" build --locked --arch arm64
	[ "$status" -eq 10 ]
}

@test "lock --update: moves to what the archive holds, prints old → new and security" {
	move_on
	with_security
	rm -rf "$ARCHIVE/pool-later" && mv "$ARCHIVE/pool-security" "$ARCHIVE/pool-later"
	mkdir "$ARCHIVE/pool-security" && mv "$ARCHIVE/pool/app_1.1_amd64.deb" "$ARCHIVE/pool-later"
	publish stable && POOL=pool-security publish stable-security
	"$PARE" lock
	mv "$ARCHIVE/pool-later/app_1.1_amd64.deb" "$ARCHIVE/pool"
	mv "$ARCHIVE/pool-later"/liba* "$ARCHIVE/pool-security"
	RELEASE_DATE='now + 1 second' publish stable
	RELEASE_DATE='now + 1 second' POOL=pool-security publish stable-security
	sleep 1
	run --separate-stderr "$PARE" lock --update
	[ "$status" -eq 0 ]
	[ "$output" = $'app 1.0 → 1.1\nliba 2.0 → 2.0+deb1  (security)' ]
	[ -z "$stderr" ]
	jq -e '.indexes[.archs[0].packages[1].index].security' pare.lock
	run "$PARE" lock --update
	[ "$output" = "nothing changed" ]
	build --locked
	[ "$(image cat usr/lib/liba)" = "liba 2.0+deb1" ]
}

@test "lock --update=PACKAGE: only that, and what it then needs" {
	"$PARE" lock
	deb liba 2.5 "usr/lib/liba=liba 2.5\n"
	deb app 1.1 -f 'Depends: liba' "usr/bin/app=app 1.1\n"
	publish stable
	run "$PARE" lock --update=app
	[ "$output" = "app 1.0 → 1.1" ]
	deb app 1.2 -f 'Depends: liba (>= 2.5)' "usr/bin/app=app 1.2\n"
	publish stable
	run "$PARE" lock --update=app
	[ "$output" = $'app 1.1 → 1.2\nliba 2.0 → 2.5' ]
}

@test "lock --update: packages that come and go, as JSON too" {
	"$PARE" lock
	deb app 2.0 -f 'Depends: libb' "usr/bin/app=app 2.0\n"
	deb libb 1:3.0-1 "usr/lib/libb=b"
	publish stable
	cp pare.lock before
	run --separate-stderr "$PARE" lock --update
	[ "$output" = $'app 1.0 → 2.0\n- liba 2.0\n+ libb 1:3.0-1' ]
	cp before pare.lock
	"$PARE" lock --update --format json | jq -e '. == [
		{arch: "amd64", name: "app", old: "1.0", new: "2.0", security: false},
		{arch: "amd64", name: "liba", old: "2.0", security: false},
		{arch: "amd64", name: "libb", new: "1:3.0-1", security: false}]'
}

@test "lock --update=PACKAGE: one that the lock lacks is an error with the near one" {
	"$PARE" lock
	run --separate-stderr "$PARE" lock --update=lib
	[ "$status" -eq 9 ]
	[[ $stderr == "pare: the lock has no package 'lib'"* ]]
	[[ $stderr == *"did you mean 'liba'"* ]]
}

@test "lock: keeps locked versions while they can be kept, when the recipe changes" {
	"$PARE" lock
	move_on
	sed -i 's/\[app\]/[app, other]/' pare.yaml
	run "$PARE" lock
	[ "$output" = "+ other 1.0" ]
}

@test "lock: a version that the archive no longer has moves on" {
	"$PARE" lock
	rm "$ARCHIVE/pool/app_1.0_amd64.deb"
	move_on
	sed -i 's/\[app\]/[app, other]/' pare.yaml
	run "$PARE" lock
	[ "$output" = $'app 1.0 → 1.1\n+ other 1.0' ]
}

@test "lock: several architectures, each change with its own" {
	echo 'archs: [arm64, amd64]' >>pare.yaml
	deb app 1.0 -a arm64 "usr/bin/app=arm\n"
	ARCHS="amd64 arm64" publish stable
	run "$PARE" lock
	[ "$output" = $'amd64: + app 1.0\namd64: + liba 2.0\narm64: + app 1.0' ]
	[ "$(jq -c '[.archs[].arch]' pare.lock)" = '["amd64","arm64"]' ]
}

@test "lock: a damaged one is an error with its place, and stays" {
	"$PARE" lock
	sed -i 's/"size":/"size":-/' pare.lock
	cp pare.lock before
	run --separate-stderr "$PARE" build -o oci:img
	[ "$status" -eq 4 ]
	[[ $stderr == *"pare.lock"*"size"* ]]
	cmp pare.lock before
}

@test "lock: the same from another folder and in another order of keys" {
	"$PARE" lock
	mkdir elsewhere
	jq -n --arg k "$KEYRING" --arg r "deb $URL stable main" '{contents: {packages: ["app"],
		keyring: [$k], repositories: [$r]}, cmd: "x"}' >elsewhere/pare.yaml
	"$PARE" lock elsewhere
	cmp pare.lock elsewhere/pare.lock
}

@test "build: a locked package that changed on the server is refused" {
	"$PARE" lock
	rm -r cache
	printf 'x' | dd of="$ARCHIVE/pool/liba_2.0_amd64.deb" bs=1 seek=100 conv=notrunc status=none
	run --separate-stderr "$PARE" build -o oci:img
	[ "$status" -eq 8 ]
	[[ $stderr == *"/liba_2.0_amd64.deb': wrong content: expected SHA-256 "* ]]
	[ ! -e img ]
	[ -z "$(find cache/packages -name "$(sha256sum <"$ARCHIVE/pool/liba_2.0_amd64.deb" | cut -d' ' -f1)")" ]
}
