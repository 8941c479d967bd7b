#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Archives that can't be trusted: each is refused with its reason, and nothing of it stays.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/badluck.bash

setup_file() {
	archive_setup
	make_key stranger@test
	make_key expired@test seconds=1
	deb hello 1.0 usr/bin/hello=x
	publish stable
	serve
	# made while its key was good; the test comes later
	SIGN_AS=expired@test SIGN_ARGS="--faked-system-time ${KEY_TIME:-$(key_time expired@test)}" publish expired-key
	gpg --batch --quiet --export archive@test expired@test >"$KEYRING.both"
	SIGN_AS='' publish unsigned
	SIGN_AS=stranger@test publish stranger
	RELEASE_DATE='-20 days' VALID_UNTIL_DATE='-10 days' publish too-old
	RELEASE_DATE='+2 days' publish future
	publish twice-signed
	gpg --batch --quiet --yes --pinentry-mode loopback --passphrase '' -u stranger@test \
		-u archive@test --clearsign -o "$ARCHIVE/dists/twice-signed/InRelease" \
		"$ARCHIVE/dists/twice-signed/Release"
	cp -r "$ARCHIVE/dists" "$BATS_FILE_TMPDIR/dists"
}

# The second in which a key was made, as gpg wants it.
key_time() {
	gpg --batch --with-colons --list-keys "$1" | awk -F: '/^pub/ { print $6; exit }'
}

setup() {
	fresh_home
	forget_requests
	rm -rf "$ARCHIVE/dists" && cp -r "$BATS_FILE_TMPDIR/dists" "$ARCHIVE/dists"
	recipe good.yaml <<<'  packages: [hello]'
	"$PARE" build -q -t hello good.yaml >good
	snapshot >before
}

# refused SUITE STATUS TEXT...: no lock, no change, no package asked for; a good build goes on.
refused() {
	local suite=$1 expected=$2 text
	shift 2
	SUITE=$suite recipe <<<'  packages: [hello]'
	forget_requests
	run --separate-stderr "$PARE" build -t hello
	echo "$stderr"
	[ "$status" -eq "$expected" ]
	[ -z "$output" ]
	for text; do
		[[ $stderr == *"$text"* ]]
	done
	[ ! -e pare.lock ]
	snapshot | diff before -
	[ -z "$(leftovers)" ]
	[ "$(requests '/pool/*')" -eq 0 ]
	rm good.lock
	[ "$("$PARE" build -q -t hello good.yaml)" = "$(<good)" ]
}

@test "trust: an archive that nobody signed" {
	refused unsigned 8 "$URL/dists/unsigned/InRelease: not signed: line 1: expected"
}

@test "trust: an archive that a stranger signed, whose key is named" {
	key=$(gpg --batch --with-colons --list-keys stranger@test | awk -F: '/^fpr/ { print $10; exit }')
	refused stranger 8 "$URL/dists/stranger/InRelease: no good signature by a trusted key (${key: -16}: unknown key)"
}

@test "trust: a stranger's signature beside a good one does no harm" {
	SUITE=twice-signed recipe <<<'  packages: [hello]'
	"$PARE" build -t hello
	key=$(gpg --batch --with-colons --list-keys archive@test | awk -F: '/^fpr/ { print $10; exit }')
	[ "$(jq -r '.indexes[0].signer' pare.lock)" = "$key" ]
}

@test "trust: a key that has expired" {
	KEYRING=$KEYRING.both refused expired-key 8 "$URL/dists/expired-key/InRelease" expired
}

@test "trust: an InRelease whose Valid-Until has passed" {
	refused too-old 8 "$URL/dists/too-old/InRelease: was valid until $(date -u -d '-10 days' +%Y-)" \
		"the mirror is out of date, or somebody holds updates back"
}

@test "trust: an InRelease from the future" {
	refused future 8 "$URL/dists/future/InRelease: is from the future: $(date -u -d '+2 days' +%F)"
}

@test "trust: an InRelease that is older than the last one seen" {
	RELEASE_DATE='-3 days' publish stable
	rm good.lock
	run --separate-stderr "$PARE" build -t hello good.yaml
	[ "$status" -eq 8 ]
	[[ $stderr == *"$URL/dists/stable/InRelease: of $(date -u -d '-3 days' +%F)"* ]]
	[[ $stderr == *"is older than the one seen before, of $(date -u +%Y-)"* ]]
	[ ! -e good.lock ]
	snapshot | diff before -
	# whoever never saw the newer one can't know
	PARE_CACHE=$BATS_TEST_TMPDIR/other "$PARE" lock good.yaml
}

@test "trust: an InRelease that was cut short, anywhere" {
	file=$ARCHIVE/dists/stable/InRelease
	cp "$file" whole
	rm good.lock
	for bytes in 0 1 40 200 $(($(stat -c %s whole) / 2)) $(($(stat -c %s whole) - 30)); do
		head -c "$bytes" whole >"$file"
		run --separate-stderr "$PARE" build -t hello good.yaml
		echo "$bytes: $stderr"
		[ "$status" -eq 8 ]
		[[ $stderr == *"$URL/dists/stable/InRelease"* ]]
		[ ! -e good.lock ]
		snapshot | diff before -
	done
	cp whole "$file"
	[ "$("$PARE" build -q -t hello good.yaml)" = "$(<good)" ]
}

@test "trust: an InRelease of which a byte was changed, in the text, in the signature" {
	file=$ARCHIVE/dists/stable/InRelease
	cp "$file" whole
	rm good.lock
	for at in 70 $(grep -abo 'BEGIN PGP SIGNATURE' whole | cut -d: -f1); do
		cp whole "$file"
		flip "$file" $((at + 60))
		run --separate-stderr "$PARE" build -t hello good.yaml
		echo "$stderr"
		[ "$status" -eq 8 ]
		[[ $stderr == *"$URL/dists/stable/InRelease"* ]]
		snapshot | diff before -
	done
}

@test "trust: text before or behind what was signed is not read" {
	file=$ARCHIVE/dists/stable/InRelease
	cp "$file" whole
	rm good.lock
	{ printf 'Suite: stable\nSHA256:\n\n' && cat whole; } >"$file"
	run --separate-stderr "$PARE" build -t hello good.yaml
	[ "$status" -eq 8 ]
	{ cat whole && printf '\nSHA256:\n 00 0 main/binary-amd64/Packages\n'; } >"$file"
	run --separate-stderr "$PARE" build -t hello good.yaml
	[ "$status" -eq 8 ]
	snapshot | diff before -
}

@test "trust: a suite that is another than was asked for" {
	cp -r "$ARCHIVE/dists/stable" "$ARCHIVE/dists/testing"
	refused testing 8 "asked for the suite 'testing', but this is 'stable'"
}

@test "trust: a keyring that is empty, rubbish, or not there" {
	: >empty.gpg
	head -c 2000 /dev/urandom >rubbish.gpg
	for keyring in empty rubbish missing; do
		KEYRING=$PWD/$keyring.gpg recipe <<<'  packages: [hello]'
		run --separate-stderr "$PARE" build -t hello
		echo "$stderr"
		[[ $status =~ ^[489]$ ]]
		[[ $stderr == *"$keyring.gpg"* ]]
		snapshot | diff before -
	done
}

@test "trust: --allow-unsigned says what it skips, on standard error and in the lock" {
	SUITE=unsigned recipe <<<'  packages: [hello]'
	run --separate-stderr "$PARE" build --allow-unsigned -q -t hello
	[ "$status" -eq 0 ]
	[[ $stderr == *"warning: $URL/dists/unsigned is used without a valid signature: "*"not signed"* ]]
	[ "$(jq -c '.indexes[0] | [.suite, .signer]' pare.lock)" = '["unsigned",null]' ]
	# a signed archive beside it is checked all the same, and nothing is said about it
	run --separate-stderr "$PARE" build --allow-unsigned -q -t hello good.yaml
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	jq -e '.indexes[0].signer' good.lock
}

@test "trust: a lock of an unsigned archive says so whenever it is used" {
	SUITE=unsigned recipe <<<'  packages: [hello]'
	"$PARE" lock --allow-unsigned
	run --separate-stderr "$PARE" build -q --locked -t hello
	[ "$status" -eq 0 ]
	[[ $stderr == *"warning: 'pare.lock': nobody vouches for the packages of '$URL unsigned'; it was let in by --allow-unsigned" ]]
}

# detached SUITE [GPG-OPTION...]: a signature beside the Release, and no InRelease.
detached() {
	local dists=$ARCHIVE/dists/$1
	rm -f "$dists/InRelease" "$dists/Release.gpg"
	gpg --batch --quiet --yes --pinentry-mode loopback --passphrase '' \
		"${@:2}" --detach-sign -o "$dists/Release.gpg" "$dists/Release"
}

@test "trust: a Release whose signature lies beside it in Release.gpg" {
	detached stable -u stranger@test -u archive@test --armor
	recipe <<<'  packages: [hello]'
	rm -rf cache/indexes cache/releases
	[ "$("$PARE" build -q -t hello)" = "$(<good)" ]
	grep -q "$(sha256sum <"$ARCHIVE/dists/stable/Release" | cut -d' ' -f1)" pare.lock
	key=$(gpg --batch --with-colons --list-keys archive@test | awk -F: '/^fpr/ { print $10; exit }')
	grep -qi "$key" pare.lock
	# the one seen last will do offline; an older one is refused
	rm pare.lock
	"$PARE" lock --offline
	rm pare.lock
	RELEASE_DATE='-2 days' publish stable
	detached stable -u archive@test --armor
	run --separate-stderr "$PARE" lock
	echo "$stderr"
	[ "$status" -eq 8 ]
	[[ $stderr == *"dists/stable/Release: of "*" is older than the one seen before"* ]]
}

@test "trust: a Release that its Release.gpg doesn't vouch for" {
	publish other
	detached other -u archive@test --armor
	sed -i 's/^Label: .*/Label: Tost/' "$ARCHIVE/dists/other/Release"
	refused other 8 "$URL/dists/other/Release: no good signature by a trusted key" "bad signature"
	publish other
	detached other -u stranger@test --armor
	refused other 8 "$URL/dists/other/Release: no good signature by a trusted key" "unknown key"
	publish other
	detached other -u archive@test
	refused other 8 "$URL/dists/other/Release.gpg: not a signature in ASCII armor"
	publish other
	rm "$ARCHIVE/dists/other/InRelease"
	refused other 8 "$URL/dists/other/Release: not signed: there is neither"
	# a signature of other bytes: the Release's lines, whatever is at their ends
	publish other
	detached other -u archive@test --armor --textmode
	refused other 8 "signature of another type"
}

@test "trust: --allow-unsigned helps against no wrong digest, and no wrong date" {
	SUITE=future recipe <<<'  packages: [hello]'
	run --separate-stderr "$PARE" build --allow-unsigned -t hello
	[ "$status" -eq 8 ]
	for name in "$ARCHIVE"/dists/unsigned/main/binary-amd64/{Packages*,by-hash/SHA256/*}; do
		flip "$name" 20
	done
	rm -r cache/indexes
	snapshot >before
	SUITE=unsigned recipe <<<'  packages: [hello]'
	run --separate-stderr "$PARE" build --allow-unsigned -t hello
	[ "$status" -eq 8 ]
	snapshot | diff before -
}

# lists_wrongly CHANGE...: the archive's Packages files are changed behind the signature's back.
lists_wrongly() {
	local file
	for file in "$ARCHIVE"/dists/stable/main/binary-amd64/{Packages*,by-hash/SHA256/*}; do
		"$@" "$file"
	done
	rm good.lock
	rm -rf cache/indexes/*
	snapshot >before
	run --separate-stderr "$PARE" build -t hello good.yaml
	echo "$stderr"
	[ "$status" -eq 8 ]
	[ ! -e good.lock ]
	snapshot | diff before -
	rm -rf "$ARCHIVE/dists" && cp -r "$BATS_FILE_TMPDIR/dists" "$ARCHIVE/dists"
	[ "$("$PARE" build -q -t hello good.yaml)" = "$(<good)" ]
}

append() {
	printf x >>"$1"
}

@test "trust: a Packages file of which a byte is wrong" {
	flip30() { flip "$1" 30; }
	lists_wrongly flip30
	[[ $stderr == *"$URL/dists/stable/main/binary-amd64/"*SHA-256* ]]
}

@test "trust: a Packages file that is longer than was signed" {
	lists_wrongly append
	[[ $stderr == *"$URL/dists/stable/main/binary-amd64/"*"it is "*" bytes long there, expected are "* ]]
}

@test "trust: a Packages file that is shorter than was signed" {
	lists_wrongly truncate -s -1
	[[ $stderr == *"$URL/dists/stable/main/binary-amd64/"* ]]
}

# A package whose file is another than the index says.
package_is_wrong() {
	rm -rf cache store
	"$PARE" lock good.yaml
	snapshot >before
	cp "$ARCHIVE/pool/hello_1.0_amd64.deb" whole.deb
	"$@" "$ARCHIVE/pool/hello_1.0_amd64.deb"
	run --separate-stderr "$PARE" build -t hello good.yaml
	cp whole.deb "$ARCHIVE/pool/hello_1.0_amd64.deb"
	echo "$stderr"
	[ -z "$(leftovers)" ]
	snapshot | grep -v 'store/\(oci-layout\|index.json\)$' | diff before -
	[ "$("$PARE" build -q -t hello good.yaml)" = "$(<good)" ]
}

@test "trust: a package with another byte" {
	flip300() { flip "$1" 300; }
	package_is_wrong flip300
	[ "$status" -eq 8 ]
	[[ $stderr == *"hello_1.0_amd64.deb': wrong content: expected SHA-256 $(package_file hello), got "* ]]
}

@test "trust: a package that is longer or shorter than the index says" {
	size=$(stat -c %s "$ARCHIVE/pool/hello_1.0_amd64.deb")
	package_is_wrong append
	[ "$status" -eq 8 ]
	[[ $stderr == *"hello_1.0_amd64.deb'"*"$((size + 1))"*"$size"* ]]
	package_is_wrong truncate -s -10
	[ "$status" -eq 8 ]
	[[ $stderr == *"hello_1.0_amd64.deb'"*"$((size - 10))"*"$size"* ]]
}
