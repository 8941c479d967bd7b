#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The same recipe and lock give the same digest, whoever builds it, where and how.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

# A recipe with something of everything, its lock, and the digest of a first build.
setup_file() {
	archive_setup
	make_key other@test
	deb base-files 13 "etc/os-release@../usr/lib/os-release" "usr/lib/os-release=ID=test\n" \
		"bin@usr/bin" "lib@usr/lib" "tmp/"
	deb app 1.0 -f 'Depends: liba, ca-certificates' "usr/bin/app=$(seq 200000)" "usr/bin/ünï=x"
	deb liba 2.0 -f 'Source: app' "lib/liba.so=$(seq 5000 9000)"
	deb libc-bin 2 "etc/ld.so.conf=/usr/local/lib\n"
	deb ca-certificates 2025 -a all "usr/share/ca-certificates/a.crt=A" \
		"usr/share/ca-certificates/B.crt=B" "usr/share/ca-certificates/z/c.crt=C"
	ARCHS="amd64 arm64" publish stable
	serve
	export PROJECT=$BATS_FILE_TMPDIR/project
	export PARE_CACHE=$BATS_FILE_TMPDIR/cache PARE_STORE=$BATS_FILE_TMPDIR/store
	mkdir -p "$PROJECT/tree/sub" && cd "$PROJECT"
	for i in b B a ä Z 1; do echo "$i" >"tree/sub/$i"; done
	chmod 755 tree/sub/b
	tar -cf a.tar -C tree sub
	cp "$KEYRING" key.gpg
	cat >pare.yaml <<-YAML
		contents:
		  repositories: ["deb $URL stable main"]
		  keyring: [key.gpg]
		  packages: [base-files, app, libc-bin]
		paths:
		  - {path: /opt/tree, type: tree, source: tree}
		  - {path: /opt/tar, type: archive, source: a.tar}
		  - {path: /etc/motd, type: file, content: hello}
		accounts: {users: [{username: app, uid: 1000}]}
		layering: {strategy: origin, budget: 4}
		archs: [amd64]
		annotations: {b: x, a: y}
	YAML
	"$PARE" -q build >"$BATS_FILE_TMPDIR/first"
	"$PARE" -q build --compression zstd >"$BATS_FILE_TMPDIR/first-zstd"
	chmod -R go+rX "$BATS_FILE_TMPDIR"
}

setup() {
	: "${PARE:?tests/run sets it}"
	cd "$PROJECT"
	export PARE_CACHE=$BATS_TEST_TMPDIR/cache PARE_STORE=$BATS_TEST_TMPDIR/store
	unset SOURCE_DATE_EPOCH
}

# same [COMMAND…]: both builds, run by the command, give the first's digests.
same() {
	equal "$("$@" "$PARE" -q build --locked)" "$(cat "$BATS_FILE_TMPDIR/first")" &&
		equal "$("$@" "$PARE" -q build --locked --compression zstd)" "$(cat "$BATS_FILE_TMPDIR/first-zstd")"
}

@test "same digest: from a cold cache, and from a warm one" {
	same
	same
}

@test "same digest: a warm cache without layers, images or listings" {
	same
	rm -r "$PARE_CACHE"/{layers,images,listings} "$PARE_STORE"
	same
}

@test "same digest: from other folders" {
	cp -r "$PROJECT" "$BATS_TEST_TMPDIR/x y ü"
	cd "$BATS_TEST_TMPDIR/x y ü"
	same
	cd /
	equal "$("$PARE" -q build --locked "$BATS_TEST_TMPDIR/x y ü/pare.yaml")" "$(cat "$BATS_FILE_TMPDIR/first")"
}

@test "same digest: as another user" {
	[ "$(id -u)" -eq 0 ] || skip "being another user takes root"
	work=$(mktemp -d /tmp/pare-test.XXXXXX)
	cp -r "$PROJECT" "$PARE" "$work"
	chown -R 4242:4343 "$work" && chmod 755 "$work"
	as_other() {
		shift
		env -C "$work/project" HOME="$work" PARE_CACHE="$work/cache" PARE_STORE="$work/store" \
			setpriv --reuid 4242 --regid 4343 --clear-groups "$work/pare" "$@"
	}
	same as_other
	[ "$(stat -c %u "$work/store/index.json" "$work/store/oci-layout" 2>/dev/null | sort -u)" = 4242 ]
	rm -r "$work"
}

@test "same digest: with any umask, and any modes and times of the recipe's files" {
	cp -r "$PROJECT" "$BATS_TEST_TMPDIR/copy"
	cd "$BATS_TEST_TMPDIR/copy"
	for mask in 077 000 027; do
		umask "$mask"
		rm -rf "$PARE_CACHE" "$PARE_STORE"
		same
	done
	umask 022
	chmod -R go= tree a.tar && chmod 600 tree/sub/a && chmod 700 tree/sub/b
	find . -exec touch -h -d '1999-09-09' {} +
	rm -rf "$PARE_CACHE" "$PARE_STORE"
	same
}

@test "same digest: in other time zones and locales" {
	for zone in Pacific/Kiritimati America/New_York; do
		rm -rf "$PARE_CACHE" "$PARE_STORE"
		same env TZ="$zone" LC_ALL=C
	done
	for locale in C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8 POSIX; do
		rm -rf "$PARE_CACHE" "$PARE_STORE"
		same env LC_ALL="$locale" LANG="$locale"
	done
}

@test "same digest: on one processor and on all, with one job and with many" {
	same taskset -c "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')"
	for jobs in 1 2 8 64; do
		rm -rf "$PARE_CACHE" "$PARE_STORE"
		equal "$("$PARE" -q build --locked -j "$jobs")" "$(cat "$BATS_FILE_TMPDIR/first")"
		[ "$("$PARE" -q build --locked --compression zstd -j "$jobs")" = \
			"$(cat "$BATS_FILE_TMPDIR/first-zstd")" ]
	done
}

@test "same digest: after gc, and after rm of the image" {
	"$PARE" -q build -t app
	"$PARE" rm app
	"$PARE" gc --older-than=0
	[ "$(find "$PARE_STORE/blobs" -type f | wc -l)" -eq 0 ]
	same
	"$PARE" gc --older-than=0
	same
	"$PARE" gc --older-than=0 --unused=0
	[ "$(find "$PARE_CACHE"/{packages,listings,layers,images} -type f | wc -l)" -eq 0 ]
	same
}

@test "same digest: files in another order of the folder, and copied anew" {
	mkdir "$BATS_TEST_TMPDIR/copy" && cd "$BATS_TEST_TMPDIR/copy"
	cp "$PROJECT"/{pare.yaml,pare.lock,key.gpg,a.tar} .
	mkdir -p tree/sub
	for i in 1 Z ä a B b; do cat "$PROJECT/tree/sub/$i" >"tree/sub/$i"; done
	chmod 755 tree/sub/b
	same
}

@test "same lock: from an archive that publishes the same again" {
	cp pare.lock "$BATS_TEST_TMPDIR"
	cp -r "$PROJECT" "$BATS_TEST_TMPDIR/copy"
	cd "$BATS_TEST_TMPDIR/copy"
	rm pare.lock
	"$PARE" -q lock
	cmp pare.lock ../pare.lock
}

@test "other contents give another digest" {
	cp -r "$PROJECT" "$BATS_TEST_TMPDIR/copy"
	cd "$BATS_TEST_TMPDIR/copy"
	same
	chmod 755 tree/sub/a
	run ! same
	chmod 644 tree/sub/a
	same
	ln -s a tree/sub/link
	run ! same
}

@test "SOURCE_DATE_EPOCH decides all dates, and gives the same digest again" {
	export SOURCE_DATE_EPOCH=1700000000
	first=$("$PARE" -q build --locked -o oci:"$BATS_TEST_TMPDIR/img:it")
	rm -r "$PARE_CACHE" "$PARE_STORE"
	[ "$("$PARE" -q build --locked)" = "$first" ]
	run ! same
	cd "$BATS_TEST_TMPDIR"
	for path in usr/bin/app etc/passwd etc/motd opt/tree/sub/a opt/tar/sub/a etc/ssl/certs/ca-certificates.crt; do
		[ "$(image stat "$path" | cut -d' ' -f4)" -eq 1700000000 ]
	done
}
