#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a recipe resolves to: wishes, depends, and what pare packages shows of it.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	deb app 1.0-1 "usr/bin/app=1"
	deb app 1.0-2 "usr/bin/app=2"
	deb app 1.5-1 "usr/bin/app=3"
	deb app 2:0.9-1 "usr/bin/app=4"
	deb web 1.0 -f 'Depends: libweb (>= 1), adduser' -f 'Pre-Depends: debconf | debconf-2.0' \
		-f 'Recommends: web-doc' -f 'Installed-Size: 20' "usr/bin/web=web"
	deb libweb 1.2-3 -f 'Source: webby (1.2)' -f 'Installed-Size: 2048' -f 'Depends: libdeep' \
		"usr/lib/libweb=l"
	deb libdeep 0.1~rc1 -a all -f 'Installed-Size: 1' "usr/share/deep=d"
	deb adduser 3 -a all -f 'Depends: passwd' "usr/sbin/adduser=a"
	deb passwd 4 "usr/bin/passwd=p"
	deb debconf 1.5 -a all "usr/bin/debconf=d"
	deb web-doc 1.0 -a all "usr/share/doc/web-doc/x=d"
	deb broken 1.0 -f 'Depends: libmissing (>= 3)' "usr/bin/broken=b"
	deb enemy 1.0 -f 'Conflicts: web' "usr/bin/enemy=e"
	publish stable
	serve
}

# wish PACKAGE… [-- LINE…]: a recipe; then "NAME VERSION" of what it comes to.
wish() {
	printf '  packages: [%s]\n' "$1" | recipe
	printf '%s\n' "${@:2}" >>pare.yaml
}

names() {
	"$PARE" packages --format json | jq -r '[.[].name] | join(" ")'
}

version_of() {
	wish "$1"
	"$PARE" packages --format json | jq -r '.[] | select(.name == "app").version'
}

@test "wishes: the highest version unless another is asked for" {
	[ "$(version_of app)" = 2:0.9-1 ]
	[ "$(version_of app=1.0-1)" = 1.0-1 ]
	[ "$(version_of app~1.0)" = 1.0-2 ]
	[ "$(version_of '"app<2:0"')" = 1.5-1 ]
	[ "$(version_of '"app<1.5-1"')" = 1.0-2 ]
	[ "$(version_of '"app<=1.5-1"')" = 1.5-1 ]
	[ "$(version_of '"app>1.5-1"')" = 2:0.9-1 ]
	[ "$(version_of '"app>=1.5-1", "app<2:0"')" = 1.5-1 ]
	build
	[ "$(image cat usr/bin/app)" = 3 ]
}

@test "wishes: a version that isn't there names those that are" {
	wish 'app=7'
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 9 ]
	[[ $stderr == *"app"*"7"* && $stderr == *"2:0.9-1"* ]]
}

@test "wishes: a package that isn't there suggests the near ones" {
	wish webb
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 9 ]
	[[ $stderr == *"'webb'"*"did you mean "*"'web'"* ]]
}

@test "a need that nobody meets says who needs it; a conflict who with whom" {
	wish broken
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 10 ] || [ "$status" -eq 9 ]
	[[ $stderr == *"broken 1.0 needs libmissing (>= 3), but there is no package 'libmissing'"* ]]
	wish 'web, enemy'
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 10 ]
	[ "$stderr" = "pare: the packages can't be had together:
  the recipe asks for enemy
  the recipe asks for web
  enemy 1.0 can't be together with web 1.0" ]
}

@test "depends none: just these packages" {
	wish web '  depends: none'
	[ "$(names)" = web ]
}

@test "depends runtime: the closure, but nothing that only scripts use, as -v says" {
	wish web
	[ "$(names)" = "libdeep libweb web" ]
	wish web '  depends: runtime'
	run --separate-stderr "$PARE" -v packages
	[ "$status" -eq 0 ]
	[[ $stderr == *"left out 'adduser', which 'web' needs"*"adds users and groups"* ]]
	[[ $stderr == *"left out 'debconf', which 'web' needs"* ]]
	run --separate-stderr "$PARE" packages
	[ -z "$stderr" ]
}

@test "depends runtime: a wish for such a package counts" {
	wish 'web, adduser'
	[ "$(names)" = "adduser libdeep libweb passwd web" ]
}

@test "depends full: all but recommendations" {
	wish web '  depends: full'
	[ "$(names)" = "adduser debconf libdeep libweb passwd web" ]
}

@test "packages: a table with version, architecture, size and who asked for it" {
	wish web
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[0]} =~ ^NAME\ +VERSION\ +ARCH\ +INSTALLED\ +ASKED\ FOR\ BY$ ]]
	[[ ${lines[1]} =~ ^libdeep\ +0.1~rc1\ +all\ +1.0\ kB\ +libweb$ ]]
	[[ ${lines[2]} =~ ^libweb\ +1.2-3\ +amd64\ +2.1\ MB\ +web$ ]]
	[[ ${lines[3]} =~ ^web\ +1.0\ +amd64\ +20\ kB\ +recipe$ ]]
}

@test "packages: JSON says the same in full, and writes no lock" {
	wish web
	"$PARE" packages --format json >packages.json
	sha=$(sha256sum <"$ARCHIVE/pool/libweb_1.2-3_amd64.deb")
	jq -e --arg sha "${sha%% *}" \
		--argjson size "$(stat -c %s "$ARCHIVE/pool/libweb_1.2-3_amd64.deb")" '.[1] == {
		platform: "amd64", name: "libweb", version: "1.2-3", arch: "amd64", source: "webby",
		installedBytes: 2097152, size: $size, sha256: $sha, suite: "stable",
		askedBy: "web"}' packages.json
	[ ! -e pare.lock ]
}

@test "packages: shows the lock when it is current, whatever the archive has" {
	wish app=1.0-1
	"$PARE" lock
	sed -i 's/"version":"1.0-1"/"version":"9.9"/' pare.lock
	run "$PARE" packages
	[[ $output == *9.9* ]]
}

@test "packages: one platform after the other" {
	wish libdeep 'archs: [arm64, amd64]'
	ARCHS="amd64 arm64" publish two
	SUITE=two wish libdeep 'archs: [arm64, amd64]'
	"$PARE" packages --format json | jq -e '[.[].platform] == ["arm64", "amd64"]'
	run "$PARE" packages
	[ "${#lines[@]}" -eq 3 ]
}

@test "packages: a recipe without any is an empty table and an empty array" {
	echo 'cmd: x' >pare.yaml
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[ "$("$PARE" packages --format json)" = "[]" ]
}
