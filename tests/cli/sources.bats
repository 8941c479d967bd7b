#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Where packages come from: suites, keys, forms of the index, architectures.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	make_key other@test
	gpg --batch --quiet --export other@test >"$BATS_FILE_TMPDIR/other.gpg"
	gpg --batch --quiet --armor --export other@test >"$BATS_FILE_TMPDIR/other.asc"
	deb app 1.0 -f 'Depends: liba' "usr/bin/app=app 1.0\n"
	deb app 1.0 -a arm64 -f 'Depends: liba' "usr/bin/app=app 1.0 for arm64\n"
	deb app 1.0 -a riscv64 -f 'Depends: liba' "usr/bin/app=app 1.0 for riscv64\n"
	deb liba 1.0 -a all -f 'Multi-Arch: foreign' "usr/share/liba=liba 1.0\n"
	ARCHS="amd64 arm64 riscv64" publish stable
	POOL=updates deb app 1.1 -f 'Depends: liba' "usr/bin/app=app 1.1\n"
	POOL=updates publish stable-updates
	POOL=security deb liba 1.2 -a all -f 'Multi-Arch: foreign' "usr/share/liba=liba 1.2\n"
	POOL=security publish stable-security
	POOL=party deb party 3.0 -f 'Depends: app (>= 1.1)' "usr/bin/party=party\n"
	SIGN_AS=other@test POOL=party publish party
	for form in plain gz xz zst; do
		PACKAGES_FORMS=$form publish "only-$form"
		[ "$form" = plain ] || rm "$ARCHIVE/dists/only-$form/main/binary-amd64/Packages"
		rm -r "$ARCHIVE/dists/only-$form/main/binary-amd64/by-hash"
	done
	serve
}

setup() {
	fresh_home
	: >"$SERVE_LOG"
}

# A recipe of these repository lines, without keyring; packages from $WISH.
lines() {
	{
		echo 'contents:'
		echo "  packages: [${WISH:-app}]"
		echo '  repositories:'
		printf '    - "%s"\n' "$@"
	} >pare.yaml
}

versions() {
	"$PARE" packages --format json "$@" | jq -r '.[] | [.name, .version, .suite] | join(" ")'
}

@test "several suites at once: the highest version wins, wherever it is" {
	lines "deb [signed-by=$KEYRING] $URL "{stable,stable-updates,stable-security}" main"
	[ "$(versions)" = $'app 1.1 stable-updates\nliba 1.2 stable-security' ]
	build
	[ "$(image cat usr/bin/app)" = "app 1.1" ]
	[ "$(image cat usr/share/liba)" = "liba 1.2" ]
	jq -e '[.indexes[] | [.suite, .security // false]] ==
		[["stable", false], ["stable-updates", false], ["stable-security", true]]' pare.lock
}

@test "several suites: the same version in both is taken from the security suite" {
	POOL=security2 deb app 1.0 -f 'Depends: liba' "usr/bin/app=app 1.0\n"
	POOL=security2 publish two-security
	lines "deb [signed-by=$KEYRING] $URL "{stable,two-security}" main"
	[ "$(versions)" = $'app 1.0 two-security\nliba 1.0 stable' ]
}

@test "a third-party archive with its own key, beside one with another" {
	WISH=party lines "deb [signed-by=$KEYRING] $URL "{stable,stable-updates}" main" \
		"deb [signed-by=$BATS_FILE_TMPDIR/other.gpg] $URL party main"
	[ "$(versions)" = $'app 1.1 stable-updates\nliba 1.0 stable\nparty 3.0 party' ]
	# an armored key does as well, and a path relative to the recipe
	cp "$BATS_FILE_TMPDIR/other.asc" .
	sed -i "s#$BATS_FILE_TMPDIR/other.gpg#other.asc#" pare.yaml
	mkdir away && cd away
	[ "$(versions .. | wc -l)" -eq 3 ]
}

@test "signed-by: the key of one archive is no good for another" {
	lines "deb [signed-by=$BATS_FILE_TMPDIR/other.gpg] $URL stable main"
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 8 ]
	[[ $stderr == *"repository 'deb "*" stable main'"*"InRelease"* ]]
	lines "deb [signed-by=$KEYRING] $URL stable main" "deb [signed-by=$KEYRING] $URL party main"
	run --separate-stderr "$PARE" packages
	[ "$status" -eq 8 ]
	[[ $stderr == *" party main'"* ]]
	# contents.keyring isn't asked when there is a signed-by
	lines "deb [signed-by=$BATS_FILE_TMPDIR/other.gpg] $URL stable main"
	echo "  keyring: [$KEYRING]" >>pare.yaml
	run "$PARE" packages
	[ "$status" -eq 8 ]
}

@test "by-hash: the index is asked for by its digest, where the Release allows it" {
	recipe <<<'  packages: [app]'
	"$PARE" packages
	best=$(requests "/dists/stable/main/binary-amd64/by-hash/SHA256/")
	[ "$best" -eq 1 ]
	[ "$(requests 'binary-amd64/Packages')" -eq 0 ]
	sha=$(jq -r .path "$SERVE_LOG" | sed -n 's#.*by-hash/SHA256/##p')
	grep -q "^ $sha .*main/binary-amd64/Packages" "$ARCHIVE/dists/stable/Release"
}

@test "Packages: as .xz, .gz, .zst or plain, each alone" {
	for form in plain gz xz zst; do
		SUITE=only-$form recipe <<<'  packages: [app]'
		export PARE_CACHE=$PWD/cache-$form
		[ "$(versions)" = $'app 1.0 only-'"$form"$'\nliba 1.0 only-'"$form" ]
		suffix=.$form
		[ "$form" != plain ] || suffix=
		[ "$(requests "/dists/only-$form/main/binary-amd64/Packages$suffix\$")" -eq 1 ]
	done
}

@test "an index is fetched once, and again only when the Release names another" {
	recipe <<<'  packages: [app]'
	versions
	: >"$SERVE_LOG"
	versions
	[ "$(requests /InRelease)" -eq 1 ]
	[ "$(requests /binary-)" -eq 0 ]
}

@test "foreign architectures are built without emulation" {
	recipe <<<'  packages: [app]'
	build --arch riscv64
	[ "$(image cat usr/bin/app)" = "app 1.0 for riscv64" ]
	[ "$(image cat usr/share/liba)" = "liba 1.0" ]
	image config | jq -e '.architecture == "riscv64" and .os == "linux"'
}

@test "several architectures make an index" {
	recipe <<<'  packages: [app]'
	echo 'archs: [arm64, amd64, riscv64]' >>pare.yaml
	build
	type=$(jq -r '.manifests[0].mediaType' img/index.json)
	[ "$type" = application/vnd.oci.image.index.v1+json ]
	image index | jq -e '[.manifests[].platform] == [
		{architecture: "arm64", os: "linux", variant: "v8"}, {architecture: "amd64", os: "linux"},
		{architecture: "riscv64", os: "linux"}]'
	for arch in arm64 riscv64; do
		skopeo --override-arch "$arch" inspect oci:img:it >inspected
		jq -e --arg arch "$arch" '.Architecture == $arch' inspected
	done
	python3 "$BATS_TEST_DIRNAME/../tools/image.py" --arch arm64 cat img usr/bin/app >out
	[ "$(cat out)" = "app 1.0 for arm64" ]
	# layers of what is for all architectures are shared
	shared=$(for digest in $(image index | jq -r '.manifests[].digest'); do
		jq -r '.layers[].digest' "img/blobs/sha256/${digest#sha256:}"
	done | sort | uniq -c | grep -c ' 3 ')
	[ "$shared" -ge 1 ]
}

@test "an architecture that the archive lacks is an error that names it" {
	recipe <<<'  packages: [app]'
	run --separate-stderr "$PARE" build --arch s390x -o oci:img
	[ "$status" -eq 9 ]
	[[ $stderr == *"s390x"* ]]
	[ ! -e img ]
}

@test "arch= restricts a source to its architectures" {
	lines "deb [signed-by=$KEYRING] $URL stable main" \
		"deb [signed-by=$KEYRING arch=arm64] $URL stable-updates main"
	[ "$(versions --arch amd64)" = $'app 1.0 stable\nliba 1.0 stable' ]
}

@test "debian: and debian-security: stand for the mirrors that are given" {
	lines "deb [signed-by=$KEYRING] debian: stable main" \
		"deb [signed-by=$KEYRING] debian-security: stable-security main"
	[ "$(versions --mirror "$URL" --security-mirror "$URL")" = \
		$'app 1.0 stable\nliba 1.2 stable-security' ]
	PARE_DEBIAN_MIRROR=$URL PARE_DEBIAN_SECURITY_MIRROR=$URL/ "$PARE" lock
	# the lock is good with any mirror
	jq -e '.archs[0].packages[0].url | startswith("debian:")' pare.lock
	jq -e '.indexes[1].uri == "debian-security:"' pare.lock
	PARE_DEBIAN_MIRROR=$URL PARE_DEBIAN_SECURITY_MIRROR=$URL build --locked
	[ "$(image cat usr/share/liba)" = "liba 1.2" ]
}

@test "file: sources need no server" {
	cp "$KEYRING" key.gpg
	lines "deb [signed-by=key.gpg] file://$ARCHIVE stable main"
	build
	[ "$(image cat usr/bin/app)" = "app 1.0" ]
	[ "$(requests .)" -eq 0 ]
}
