#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Packages and indexes of apk 3 (ADB), made by tests/tools/make_adb.py of those of apk 2.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/alpine.bash

setup_file() {
	alpine_setup
	printf '#!/bin/sh\nadduser -S -D -H -h /srv -s /sbin/nologin -G app -g app app 2>/dev/null\nexit 0\n' \
		>"$BATS_FILE_TMPDIR/pre"
	sed -i '2i addgroup -S app 2>/dev/null' "$BATS_FILE_TMPDIR/pre"
	head -c 200000 /dev/zero | tr '\0' z >"$BATS_FILE_TMPDIR/large"
	apk lib 1.4-r0 provides=so:lib.so.1=1.4 usr/lib/lib.so.1=lib usr/lib/lib.so@lib.so.1 \
		"usr/share/lib/large<$BATS_FILE_TMPDIR/large" usr/share/lib/empty= var/lib/lib/
	apk tool 2.0-r1 'depend=so:lib.so.1>=1 !other lib~1.4' provides=cmd:tool=2.0-r1 \
		".pre-install=$BATS_FILE_TMPDIR/pre" triggers=/usr/share/lib replaces=lib \
		replaces_priority=3 usr/bin/tool=tool usr/share/doc/tool/readme=read \
		usr/share/lib/empty=not
	apk other 1-r0 usr/bin/other=other
	apk tool-doc 2.0-r1 'install_if=docs tool=2.0-r1' usr/share/man/man1/tool.1=man
	apk docs 1-r0
	apk awk-a 1-r0 provides=awk provider_priority=10 usr/bin/awk-a=a
	apk awk-b 1-r0 provides=awk provider_priority=20 usr/bin/awk-b=b
	apk alpine-baselayout-data 3.4-r0 \
		'etc/passwd=root:x:0:0:root:/root:/bin/sh\nwww:x:82:8:w:/srv:/sbin/nologin\n' \
		'etc/group=root:x:0:root\nmail:x:12:\n' 'etc/shadow=root:*::0:::::\n'
	alpine_index
	alpine_key third
	export ADB=$BATS_FILE_TMPDIR/adb
	alpine_adb "$ALPINE" "$ADB"
	alpine_adb_index "$ADB"
}

# adb_recipe REPOSITORY PACKAGE…
adb_recipe() {
	printf 'contents:\n  repositories: ["%s"]\n  keyring: [%s]\n  packages:\n' "$1" "$ALPINE_KEYS" \
		>pare.yaml
	shift
	printf "    - '%s'\n" "$@" >>pare.yaml
}

# What all layers of an image hold together: attributes, contents' digests, without dates of folders.
everything() {
	local layer
	rm -rf all && mkdir all
	for layer in $(jq -r '.layers[].digest' "$1/blobs/sha256/$(jq -r \
		'.manifests[0].digest | ltrimstr("sha256:")' "$1/index.json")"); do
		tar tvzf "$1/blobs/${layer/://}" --numeric-owner --full-time | sed -E '/^d/s/[0-9-]+ [0-9:]+ //'
		tar xzf "$1/blobs/${layer/://}" -C all --no-same-owner
	done | LC_ALL=C sort
	find all -type f ! -path '*/apk/db/*' -exec sha256sum {} + | LC_ALL=C sort
	sed '/^[CS]:/d' all/lib/apk/db/installed
}

@test "an image of packages of apk 3 is that of the same packages of apk 2" {
	adb_recipe "$ALPINE" tool alpine-baselayout-data
	"$PARE" build -q -o oci:two >/dev/null
	adb_recipe "v3 $ADB" tool alpine-baselayout-data
	"$PARE" build -q -o oci:three >/dev/null
	everything two | sed '/installed$/d' >two.txt
	everything three | sed '/installed$/d' >three.txt
	grep -q '^-rwxr-xr-x 0/0 .* usr/bin/tool$' three.txt
	grep -q 'usr/lib/lib.so -> lib.so.1$' three.txt
	grep -q '^D:so:lib.so.1>=1 !other lib~1.4$' three.txt
	grep -q '^q:3$' three.txt
	diff two.txt three.txt
}

@test "the lock has the SHA-256 of each file, and the digest by which the index names its values" {
	adb_recipe "v3 $ADB" tool
	run -0 "$PARE" lock
	file=$ADB/x86_64/tool-2.0-r1.apk
	run -0 jq -r '.archs[].packages[] | select(.name == "tool") | .digest' pare.lock
	[ "$output" = "sha256:$(sha256sum <"$file" | cut -d' ' -f1)" ]
	sum=$(python3 -c 'import base64, hashlib, sys; sys.path.insert(0, sys.argv[1])
import make_adb; print(base64.b64encode(hashlib.sha256(make_adb.opened(sys.argv[2])).digest()).decode())' \
		"$BATS_TEST_DIRNAME/../tools" "$file")
	run -0 jq -r '.archs[].packages[] | select(.name == "tool") | .checksum' pare.lock
	[ "$output" = "Q2$sum" ]
	run -0 jq -r '.indexes[] | "\(.world) \(.suite) \(.signer)"' pare.lock
	[ "$output" = 'apk x86_64 test.rsa.pub' ]
	"$PARE" build -q -o oci:one >/dev/null
	mv "$ADB" "$ADB.away"
	run -0 "$PARE" build -q -o oci:again
	mv "$ADB.away" "$ADB"
	equal "$(jq -r '.manifests[0].digest' one/index.json)" "$(jq -r '.manifests[0].digest' again/index.json)"
}

@test "vendored packages build without network, archive or cache, and mend a damaged cache" {
	local cut=(unshare -rn) port file
	"${cut[@]}" true 2>/dev/null || cut=()
	python3 -um http.server -b 127.0.0.1 -d "$BATS_FILE_TMPDIR" 0 >port 2>log 3>&- &
	SERVER_PID=$!
	until port=$(grep -o 'port [0-9]*' port); do sleep 0.05; done
	adb_recipe "v3 http://127.0.0.1:${port#port }/adb" tool
	run -0 "$PARE" vendor kept
	[[ $output == '2 packages, 2 of them new, '*' in kept' ]]
	(cd kept && for file in *; do [ "$(sha256sum <"$file")" = "$file  -" ] || exit 1; done)
	run -0 --separate-stderr "$PARE" build -q -o oci:before
	kill "$SERVER_PID"
	wait "$SERVER_PID" || true
	export PARE_VENDOR=kept
	rm -rf "$PARE_CACHE" "$PARE_STORE"
	run -0 --separate-stderr "${cut[@]}" "$PARE" build -q --offline --locked -o oci:image
	diff -r before image
	for file in "$PARE_CACHE"/packages/*; do printf x | dd of="$file" bs=1 seek=40 conv=notrunc status=none; done
	rm -rf "$PARE_STORE" "$PARE_CACHE/listings"
	run -0 --separate-stderr "${cut[@]}" "$PARE" build -q --locked -o oci:mended
	diff -r before mended
	for file in "$PARE_CACHE"/packages/*; do : >"$file"; done
	rm -rf "$PARE_STORE" "$PARE_CACHE/listings"
	run -0 --separate-stderr "${cut[@]}" "$PARE" build -q --locked -o oci:filled
	diff -r before filled
	unset PARE_VENDOR
	rm -rf "$PARE_STORE" "$PARE_CACHE"
	run -6 "${cut[@]}" "$PARE" build -q --locked -o oci:never
	[[ $output == *'/adb/x86_64/'*'.apk'* ]]
}

@test "worlds resolve as they do with an index of apk 2" {
	local wishes names='.archs[].packages[] | "\(.name) \(.version) \(.installed) \(."asked-by")"'
	for wishes in tool 'tool docs' awk 'cmd:tool~2' 'so:lib.so.1>1'; do
		read -ra words <<<"$wishes"
		adb_recipe "$ALPINE" "${words[@]}"
		"$PARE" lock -q
		jq -r "$names" pare.lock >two
		rm pare.lock
		adb_recipe "v3 $ADB" "${words[@]}"
		"$PARE" lock -q
		jq -r "$names" pare.lock >three
		rm pare.lock
		[ -s two ]
		diff two three
	done
	adb_recipe "v3 $ADB" tool other
	run -10 "$PARE" lock
	[[ $output == *'tool 2.0-r1'*'other'* ]]
}

@test "every compression, a key of ECDSA, and one good signature among bad ones" {
	openssl ecparam -name prime256v1 -genkey -noout -out "$BATS_FILE_TMPDIR/curve.rsa"
	openssl ec -in "$BATS_FILE_TMPDIR/curve.rsa" -pubout -out "$ALPINE_KEYS/curve.pub" 2>/dev/null
	adb_recipe ./made tool
	for codec in none bare deflate zstd; do
		rm -rf made pare.lock
		alpine_adb "$ALPINE" made --codec=$codec "--sign=$BATS_FILE_TMPDIR/test.rsa"
		KEY=curve alpine_adb_index made --codec=$codec
		run -0 "$PARE" build -q -o oci:image
		[ "$(jq -r '.indexes[].signer' pare.lock)" = curve.pub ]
	done
	alpine_adb_index made --break=two
	run -0 "$PARE" lock --update
	[ "$(jq -r '.indexes[].signer' pare.lock)" = test.rsa.pub ]
	rm "$ALPINE_KEYS/curve.pub"
}

@test "an index by its name, with names of its own for files, and beside one of apk 2" {
	names() { jq -r '.archs[].packages[] | select(.name == "lib") | .url' pare.lock; }
	mkdir -p flat/x86_64 comp && cp -r "$ADB" comp/main
	cp "$ADB"/x86_64/*.apk flat
	"$MAKE_ADB" index flat flat/x86_64.adb "$BATS_FILE_TMPDIR/test.rsa"
	adb_recipe 'ndx ./flat/${APK_ARCH}.adb' lib
	run -0 "$PARE" build -q -o oci:image
	[ "$(names)" = ./flat/lib-1.4-r0.apk ]
	adb_recipe "$PWD/flat/x86_64.adb" lib
	run -0 "$PARE" lock --update
	[ "$(names)" = ./flat/lib-1.4-r0.apk ]
	adb_recipe "v3 @tag file://$PWD/comp main" lib@tag
	run -0 "$PARE" lock --update
	[ "$(names)" = "file://$PWD/comp/main/x86_64/lib-1.4-r0.apk" ]
	mkdir -p flat/pool/lib
	for file in flat/*.apk; do
		mkdir -p "flat/pool/$(basename "${file%%-[0-9]*}")"
		mv "$file" "flat/pool/$(basename "${file%%-[0-9]*}")/"
	done
	"$MAKE_ADB" index "$ADB/x86_64" flat/x86_64/Packages.adb "$BATS_FILE_TMPDIR/test.rsa" \
		'--spec=pool/${name}/${name}-${version}.apk'
	adb_recipe 'v3 ./flat' lib
	run -0 "$PARE" lock --update
	[ "$(names)" = ./flat/pool/lib/lib-1.4-r0.apk ]
	cp -r "$ADB" renamed
	mv renamed/x86_64/Packages.adb renamed/x86_64/APKINDEX.tar.gz
	adb_recipe ./renamed lib
	run -0 "$PARE" lock --update
	adb_recipe ./nothing lib
	run -9 "$PARE" lock --update
	[[ $output == *nothing/x86_64/APKINDEX.tar.gz* ]]
}

@test "what is missing is named, first things first" {
	cp -r "$ADB" gone
	rm gone/x86_64/{lib,tool}-*.apk
	adb_recipe "v3 file://$PWD/gone" tool
	run -9 "$PARE" lock
	[[ $output == *"get 'file://$PWD/gone/x86_64/lib-1.4-r0.apk': no such file" && ! -e pare.lock ]]
	rm gone/x86_64/Packages.adb && mkdir gone/x86_64/Packages.adb
	adb_recipe "file://$PWD/gone" tool
	run ! "$PARE" lock
	[[ $output == *"gone/x86_64/Packages.adb': Is a directory" ]]
	rm -r gone/x86_64
	run -9 "$PARE" lock
	[[ $output == *"index: open '$PWD/gone/x86_64/APKINDEX.tar.gz': No such file or directory" ]]
}

# Both formats, of the same packages: what is said of the image is the same.
@test "ls, why, explain and audit know packages of apk 2 and of apk 3" {
	command -v musl-gcc >/dev/null || skip 'musl-tools is not installed'
	local form ALPINE=$PWD/two
	mkdir -p two/x86_64
	alpine_programs
	alpine_index
	alpine_adb two three
	alpine_adb_index three
	for form in two three; do
		adb_recipe "./$form" hello
		printf 'entrypoint: {command: /usr/bin/hello}\narchs: [amd64]\n' >>pare.yaml
		rm -rf image && run -0 --separate-stderr "$PARE" build -q -o oci:image
		"$PARE" ls oci:image /usr/bin >"$form.ls"
		"$PARE" why oci:image /usr/lib/libgreet.so.1 >"$form.why"
		status=0 && "$PARE" audit oci:image --format json >"$form.json" || status=$?
		[ "$status" -le 1 ]
		jq '.findings | map({rule, message, path})' "$form.json" >"$form.audit"
		mkdir -p "mirror/$form/v3.23"
		cp -r "$form" "mirror/$form/v3.23/main"
		cp -r "$form" "mirror/$form/v3.23/community"
		"$PARE" explain --mirror "file://$PWD/mirror/$form" --keyring "$ALPINE_KEYS" \
			"$BATS_FILE_TMPDIR/built/hello" | sed '/made by pare/d' >"$form.explain"
	done
	grep -q ' hello  *hello$' two.ls
	grep -q '^package   libgreet 1.4-r0' two.why
	grep -q 'libgreet 1.4-r0 .*needed by hello' two.explain
	jq -e 'any(.[]; .path == "/usr/share/doc/hello/readme")' two.audit
	for form in ls why audit explain; do diff "two.$form" "three.$form"; done
}

@test "an index of apk 3 may name packages of apk 2, and half a SHA-256" {
	cp -r "$ALPINE" mixed
	cp "$ADB/x86_64/lib-1.4-r0.apk" mixed/x86_64
	alpine_adb_index mixed
	adb_recipe 'v3 ./mixed' tool
	run -0 "$PARE" build -q -o oci:image
	cp -r "$ADB" half
	alpine_adb_index half --hash=20
	adb_recipe 'v3 ./half' tool
	run -0 "$PARE" build -q -o oci:image
	run -0 jq -r '.archs[].packages[0].checksum' pare.lock
	[[ $output == Q1* ]]
}

@test "owners by name are the image's own, and extended attributes stay" {
	mkdir -p own/x86_64
	"$MAKE_ADB" package "$ALPINE/x86_64/tool-2.0-r1.apk" own/x86_64/tool-2.0-r1.apk \
		--owner=usr/bin/tool:www:mail --owner=usr/share/doc/tool:app:stranger \
		--xattr=usr/bin/tool:user.note=kept
	cp "$ADB"/x86_64/{lib,alpine}*.apk own/x86_64
	alpine_adb_index own
	adb_recipe ./own tool alpine-baselayout-data
	run -0 --separate-stderr "$PARE" build -o oci:image
	[[ $stderr == *"package 'tool' has files of the group 'stranger', whom the image doesn't know"* ]]
	[[ $stderr != *"'app'"* && $stderr != *"'mail'"* ]]
	run -0 "$PARE" ls oci:image /usr/bin
	[[ $output == *82:12* ]]
	run -0 "$PARE" ls oci:image /usr/share/doc
	[[ $output == *100:65534* ]]
	everything image >all.txt
	grep -q '^-rwxr-xr-x 82/12 .* usr/bin/tool$' all.txt
	grep -A2 '^R:tool$' all.txt | grep -q '^a:82:12:755$'
	for layer in image/blobs/sha256/*; do
		gzip -dc "$layer" 2>/dev/null || true
	done | grep -aq 'SCHILY.xattr.user.note=kept'
}

# bad_index EXIT MESSAGE OPTION…
bad_index() {
	local status=$1 message=$2
	shift 2
	rm -rf bad && cp -r "$ADB" bad
	alpine_adb_index bad "$@"
	run "-$status" "$PARE" build -q -o oci:image
	[[ $output == *"bad/x86_64/Packages.adb"*"$message"* ]] || { echo "$*: $output"; false; }
	[ ! -e image ]
	[ ! -e pare.lock ]
}

@test "bad: indexes that nobody vouches for" {
	adb_recipe 'v3 ./bad' tool
	bad_index 8 'is not signed' --break=unsigned
	bad_index 8 'the algorithm (version 0, digest 9) is not known' --break=digest
	bad_index 8 'the algorithm (version 1, digest 4) is not known' --break=version
	bad_index 8 'a signature is cut off' --break=short
	bad_index 8 "the signature by 'test.rsa.pub' is over other bytes" --break=other
	openssl genrsa -out "$BATS_FILE_TMPDIR/stranger.rsa" 2048 2>/dev/null
	KEY=stranger bad_index 8 'the key with the id '
	rm -rf bad && cp -r "$ADB" bad
	python3 - bad/x86_64/Packages.adb <<-'END'
		import sys
		raw = bytearray(open(sys.argv[1], "rb").read())
		raw[60] ^= 1
		open(sys.argv[1], "wb").write(raw)
	END
	run -8 "$PARE" lock
	[[ $output == *'is over other bytes'* ]]
}

@test "bad: keys that apk takes none of, and short ones" {
	mkdir keys
	openssl genpkey -algorithm ed25519 2>/dev/null | openssl pkey -pubout -out keys/one.pub
	adb_recipe "v3 $ADB" tool
	sed -i 's/^  keyring:.*/  keyring: [keys]/' pare.yaml
	run -4 "$PARE" lock
	[[ $output == *"key 'one.pub' is no public key of RSA or ECDSA"* ]]
	openssl ecparam -name secp224r1 -genkey -noout | openssl ec -pubout -out keys/one.pub 2>/dev/null
	run -5 "$PARE" lock
	[[ $output == *"key 'one.pub' has 224 bits, not 256 to"* ]]
	[ ! -e pare.lock ]
}

@test "bad: indexes whose blocks and values don't hold together" {
	adb_recipe 'v3 ./bad' tool
	bad_index 4 'cut off' --break=cut
	bad_index 8 'is over other bytes' --break=shorter --codec=zstd
	rm -rf bad && cp -r "$ADB" bad
	alpine_adb_index bad --break=longer # signed for other bytes, or no blocks any more
	run ! "$PARE" build -q -o oci:image
	[[ $status = [458] && $output == *bad/x86_64/Packages.adb* && ! -e image ]]
	bad_index 4 'holds a package of apk 3, where an index was expected' --break=schema
	bad_index 4 'holds data, which an index has none of' --break=data
	bad_index 4 'where a text was expected' --break=cyclic
	bad_index 4 "package 'alpine-baselayout-data': the dependency 'musl=1 evil' has no name" --break=word
	bad_index 4 'it has no hash, or one of an algorithm' --break=hash
	bad_index 4 "is no file name below the repository" --break=escape
	bad_index 11 'other variables' '--spec=${name}-${secret}.apk'
	bad_index 11 'its packages are elsewhere' '--spec=https://x/${name}.apk'
	printf 'ADBx\1\2\3\4' >bad/x86_64/Packages.adb
	run ! "$PARE" lock
	printf 'ADBd\1\2\3\4' >bad/x86_64/Packages.adb
	run -4 "$PARE" lock
	[[ $output == *bad/x86_64/Packages.adb*deflate* ]]
}

# refused EXIT MESSAGE: an image of the victim; nothing is left behind.
refused() {
	run "-$1" "$PARE" build -q -o oci:image
	[[ $output == *victim*"$2"* ]] || { echo "$2 is not in: $output"; false; }
	[ ! -e image ]
	[ ! -e pare.lock ]
	[ -z "$(find "$PARE_CACHE/packages" -type f)" ]
}

# bad_package EXIT MESSAGE OPTION…: indexed as what it is.
bad_package() {
	local status=$1 message=$2
	shift 2
	"$MAKE_ADB" package "$BATS_FILE_TMPDIR/victim/x86_64/victim-1-r0.apk" \
		bad/x86_64/victim-1-r0.apk "$@"
	cp victim.apk bad/x86_64/victim-1-r0.apk.info
	alpine_adb_index bad
	refused "$status" "$message"
}

victim() {
	if [ ! -e "$BATS_FILE_TMPDIR/victim" ]; then
		mkdir -p "$BATS_FILE_TMPDIR/victim/x86_64"
		ALPINE=$BATS_FILE_TMPDIR/victim apk victim 1-r0 usr/share/victim/file=content \
			usr/share/victim/more=contents usr/share/victim/link@file
	fi
	"$MAKE_ADB" package "$BATS_FILE_TMPDIR/victim/x86_64/victim-1-r0.apk" victim.apk --codec=none
	mkdir -p bad/x86_64
	adb_recipe 'v3 ./bad' victim
}

@test "bad: packages that aren't what the index names" {
	victim
	cp victim.apk bad/x86_64/victim-1-r0.apk
	alpine_adb_index bad
	python3 - bad/x86_64/victim-1-r0.apk <<-'END'
		import sys
		raw = bytearray(open(sys.argv[1], "rb").read())
		raw[40] ^= 1
		open(sys.argv[1], "wb").write(raw)
	END
	refused 8 "what it says of itself isn't what the index names (Q2"
	"$MAKE_ADB" package "$BATS_FILE_TMPDIR/victim/x86_64/victim-1-r0.apk" \
		bad/x86_64/victim-1-r0.apk --break=pkgname
	cp victim.apk bad/x86_64/victim-1-r0.apk.info
	alpine_adb_index bad
	refused 4 "the package's own name is 'victimx' 1-r0"
}

@test "bad: contents and blocks of data that aren't the package's" {
	victim
	bad_package 8 "'usr/share/victim/file' isn't what its hash says" --break=hash
	bad_package 4 "'usr/share/victim/file' has no hash, or one of an algorithm" --break=algorithm
	bad_package 4 "has a block of data of another size" --break=shorter
	bad_package 4 "has a block of data of another size" --break=longer
	bad_package 4 "has a block of data that is another file's" --break=swapped
	bad_package 4 "'usr/share/victim/more': its file: a block is cut off" --break=cut
	bad_package 4 "has no data" --break=nodata
	bad_package 4 'has a block of data that is no file' --break=moredata
	bad_package 4 'is a signature behind data' --break=late
	bad_package 4 'is a second one that says what the file holds' --break=second
	bad_package 4 'comes before the one that says what the file holds' --break=order
}

@test "bad: names that lead out, devices, and links to nothing" {
	victim
	bad_package 4 "'../x' is no path below the root" --break=escape
	bad_package 4 "'/x' is no path below the root" --break=absolute
	bad_package 4 'is no path below the root' --break=slash
	bad_package 4 "'dev/null' is neither a file nor a link" --break=device
	bad_package 4 "'usr/link' is a hard link to 'usr/nothing', which is no file" --break=hardlink
	bad_package 4 "'usr/share/victim/link' is a link to no path" --break=target
	bad_package 4 'has a mode that is none' --break=mode
}

@test "bad: values that lead nowhere, in circles, or say more than they hold" {
	victim
	bad_package 4 'where a text was expected' --break=cyclic
	bad_package 4 'lies outside of its block' --break=outside
	bad_package 4 'where an object or array was expected' --break=type
	bad_package 5 "'data' is larger than" --break=shared
	bad_package 5 "unpacked files take more than" --break=bomb
	bad_package 4 'its pkgdesc has a control character' --break=newline
	bad_package 4 "the dependency 'a b' has no name" --break=word
}

@test "bad: files that aren't packages of apk 3" {
	victim
	bad_package 11 'compressed with codec 7' --break=codec
	bad_package 4 "doesn't begin with 'ADB.'" --break=inner
	bad_package 4 'holds an index of apk 3, where a package was expected' --break=schema
	bad_package 11 'a reader of version 3 of the format' --break=version
	bad_package 4 'has no header' --break=tiny
}
