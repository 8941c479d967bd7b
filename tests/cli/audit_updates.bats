#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# audit --updates: an image's packages against a signed archive that is made here.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/alpine.bash
load ../lib/built.bash

# with_changelog NAME VERSION [FIELD: VALUE] <<<CHANGELOG: a package into $POOL
with_changelog() {
	mkdir -p "tree/usr/share/doc/$1" "$ARCHIVE/$POOL"
	gzip -9n >"tree/usr/share/doc/$1/changelog.Debian.gz"
	deb_from "$1" "$2" tree "${@:3}"
	[ "$POOL" = pool ] || mv "$ARCHIVE/pool/$1_$2"_*.deb "$ARCHIVE/$POOL/"
}

setup_file() {
	archive_setup
	cd "$BATS_FILE_TMPDIR"
	POOL=pool with_changelog tool 2.0-1 <<<'tool (2.0-1) unstable; urgency=medium

  * New version.'
	POOL=pool with_changelog same 1.0-1 <<<'same (1.0-1) unstable; urgency=medium'
	POOL=security with_changelog liba1 1.0-1+deb13u3 'Source: liba' <<<'liba (1.0-1+deb13u3) trixie-security; urgency=high

  * CVE-2026-33333: the newest. See also CVE-2026-3.

liba (1.0-1+deb13u2) trixie-security; urgency=high

  * Repair CVE-2026-22222 (and CVE-2026-222221).

liba (1.0-1+deb13u1) trixie-security; urgency=high

  * CVE-2026-11111 is in the image already.'
	local suite
	for suite in trixie trixie-updates; do POOL=pool publish "$suite"; done
	POOL=security publish trixie-security
	serve
	mkdir -p root/etc root/var/lib/dpkg
	printf 'ID=debian\nVERSION_ID="13"\n' >root/etc/os-release
	local name
	for name in 'tool 1.5-1' 'same 1.0-1' 'unknown 9' 'liba1 1.0-1+deb13u1'; do
		printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n' $name
		[[ $name != liba1* ]] || echo "Source: liba"
		echo
	done >root/var/lib/dpkg/status
}

setup() {
	: "${PARE:?tests/run sets it}"
	cd "$BATS_FILE_TMPDIR"
	export HOME=$BATS_FILE_TMPDIR PARE_CACHE=$BATS_FILE_TMPDIR/cache
}

audit() {
	"$PARE" audit rootfs:root --updates --mirror "$URL" --security-mirror "$URL" \
		--keyring "$KEYRING" --format json "$@"
}

@test "what the archive has newer is found, the security archive's with its CVEs" {
	audit >got.json
	jq -e '[.findings[] | select(.group == "updates") | [.rule, .package]] ==
		[["update-security", "liba1 1.0-1+deb13u1"], ["update-available", "tool 1.5-1"]]' got.json
	jq -e '.findings[] | select(.rule == "update-security") |
		(.message | contains("1.0-1+deb13u3 of trixie-security")) and
		(.detail | split(" ") | sort) == ["CVE-2026-22222", "CVE-2026-222221", "CVE-2026-33333"]' got.json
	# and again from the cache
	audit --offline >again.json
	cmp got.json again.json
}

@test "an archive that other keys signed is no archive" {
	make_key other@test
	gpg --batch --quiet --export other@test >other.gpg
	PARE_CACHE=$BATS_TEST_TMPDIR/cache KEYRING=other.gpg run audit
	[ "$status" -eq 8 ]
}

@test "an image of no release is said to be none" {
	mkdir -p other/var/lib/dpkg
	cp root/var/lib/dpkg/status other/var/lib/dpkg/
	run "$PARE" audit rootfs:other --updates --mirror "$URL" --security-mirror "$URL"
	[ "$status" -eq 0 ]
	[[ $output == *"names no release of Debian or Alpine"* ]]
}

@test "without --updates nobody is asked" {
	PARE_CACHE=$BATS_TEST_TMPDIR/cache run "$PARE" audit rootfs:root --mirror http://127.0.0.1:1
	[ "$status" -eq 0 ]
	[[ $output != *update-* ]]
}

@test "Alpine's: the signed indexes of its release, by apk's order of versions" {
	command -v musl-gcc >/dev/null || skip 'musl-tools is not installed'
	local BATS_FILE_TMPDIR=$BATS_TEST_TMPDIR part
	cd "$BATS_TEST_TMPDIR"
	alpine_setup
	for part in main community; do mkdir -p "mirror/v3.23/$part/x86_64"; done
	(
		ALPINE=$PWD/mirror/v3.23/main
		apk musl 1.2.5-r10 etc/x=x
		apk same 1.0-r0 etc/x=x
		apk tool 1.0_rc2-r9 etc/x=x
		ALPINE=$PWD/mirror/v3.23/community apk tool 1.0-r0 etc/x=x
		ALPINE=$PWD/mirror/v3.23/community apk musl 1.2.5-r9 etc/x=x
	)
	for part in main community; do alpine_index sha256 "$PWD/mirror/v3.23/$part"; done
	mkdir -p root/etc root/lib/apk/db root/etc/apk/keys
	printf 'ID=alpine\nVERSION_ID=3.23.1\n' >root/etc/os-release
	printf 'P:%s\nV:%s\nA:x86_64\n\n' musl 1.2.5-r9 same 1.0-r0 tool 1.0_rc2-r9 gone 2-r0 \
		>root/lib/apk/db/installed
	ask() {
		"$PARE" audit rootfs:root --arch amd64 --updates --mirror "file://$PWD/mirror" "$@"
	}
	ask --keyring "$ALPINE_KEYS" --format json >got.json
	run -0 jq -r '.findings[] | select(.group == "updates") | .rule + ": " + .message' got.json
	[ "$output" = 'update-available: musl 1.2.5-r9 can be updated to 1.2.5-r10 of v3.23/main
update-available: tool 1.0_rc2-r9 can be updated to 1.0-r0 of v3.23/community' ]
	run -0 jq -r '.findings[] | select(.group == "updates") | .detail' got.json
	[ "${lines[0]}" = "Alpine's index doesn't say what it repairs" ]
	PARE_ALPINE_KEYRING=$ALPINE_KEYS ask --format json >again.json
	cmp got.json again.json
	# the image's own key is nobody's word
	cp "$ALPINE_KEYS"/*.pub root/etc/apk/keys/
	mkdir other && ALPINE_KEYS=$PWD/other alpine_key stranger
	run -8 ask --keyring other
	[[ $output == *"the key 'test.rsa.pub' is not trusted"* ]]
	printf 'ID=alpine\nVERSION_ID=new\n' >root/etc/os-release
	run -0 ask --keyring "$ALPINE_KEYS"
	[[ $output == *"updates are not known: 'new' for amd64 is no release of Alpine"* ]]
}
