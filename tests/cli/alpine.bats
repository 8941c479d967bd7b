#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images of Alpine packages, from a repository that the tests make and sign themselves.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/alpine.bash

setup_file() {
	command -v musl-gcc >/dev/null || return 0
	alpine_setup
	alpine_programs
	alpine_index
}

setup() {
	alpine_fresh
}

# The names in an image's layers, sorted.
names() {
	"$PARE" build -q "${1-pare.yaml}" -o oci:image >/dev/null
	for layer in $(jq -r '.layers[].digest' "image/blobs/sha256/$(manifest)"); do
		tar tzf "image/blobs/sha256/${layer#sha256:}"
	done | sed 's|/$||' | LC_ALL=C sort
}

# content PATH: of a file in the image.
content() {
	for layer in $(jq -r '.layers[].digest' "image/blobs/sha256/$(manifest)"); do
		tar xzOf "image/blobs/sha256/${layer#sha256:}" "$1" 2>/dev/null && return
	done
}

@test "a program with its libraries, by so: names, without what only scripts need" {
	alpine_recipe pare.yaml hello <<-'END'
		entrypoint:
		  command: /usr/bin/hello
	END
	run -0 names
	[[ $output == *usr/bin/hello* && $output == *lib/ld-musl-x86_64.so.1* ]]
	[[ $output == *usr/lib/libgreet.so.1* ]]
	[[ $output != *bin/sh* && $output != *APKINDEX* ]]
	run -0 jq -r '.archs[].packages[] | "\(.name) \(.version) \(.["asked-by"])"' pare.lock
	[ "$output" = 'hello 2.0-r1 recipe
libgreet 1.4-r0 hello
musl 1.2.3-r5 hello' ]
}

@test "the lock has the SHA-256 of each file, and the index's own checksum" {
	alpine_recipe pare.yaml hello </dev/null
	run -0 "$PARE" lock
	expected=$(sha256sum <"$ALPINE/x86_64/hello-2.0-r1.apk" | cut -d' ' -f1)
	run -0 jq -r '.archs[].packages[] | select(.name == "hello") | .digest' pare.lock
	[ "$output" = "sha256:$expected" ]
	run -0 jq -r '.archs[].packages[] | select(.name == "hello") | .checksum' pare.lock
	[ "C:$output" = "$("$MAKE_APK" record "$ALPINE/x86_64/hello-2.0-r1.apk" | head -n 1)" ]
	run -0 jq -r '.indexes[] | "\(.world) \(.suite) \(.signer)"' pare.lock
	[ "$output" = 'apk x86_64 test.rsa.pub' ]
}

@test "a name, a tag, a version, a conflict: as apk's world has them" {
	mkdir -p edge/x86_64
	ALPINE=$PWD/edge apk hello 3.0-r0 depend=so:libc.musl-x86_64.so.1 usr/bin/hello3=x
	alpine_index sha256 "$PWD/edge"
	cat >pare.yaml <<-END
		contents:
		  repositories: [$ALPINE, '@edge ./edge']
		  keyring: [$ALPINE_KEYS]
		  packages: [hello@edge]
	END
	run -0 "$PARE" lock
	run -0 jq -r '.archs[].packages[] | select(.name == "hello") | .version + " " + .url' pare.lock
	[ "$output" = '3.0-r0 ./edge/x86_64/hello-3.0-r0.apk' ]
	sed -i 's/hello@edge/cmd:hello~2/' pare.yaml
	run -0 "$PARE" lock
	run -0 jq -r '.archs[].packages[] | select(.name == "hello") | .version' pare.lock
	[ "$output" = 2.0-r1 ]
	sed -i "s/\[cmd:hello~2\]/[hello, '!libgreet']/" pare.yaml
	run -10 "$PARE" lock
	[[ $output == *'hello 2.0-r1 needs so:libgreet.so.1, but the recipe asks for !libgreet'* ]]
}

@test "install_if brings the documentation once it is wanted" {
	alpine_recipe pare.yaml hello docs </dev/null
	run -0 "$PARE" lock
	run -0 jq -r '.archs[].packages[].name' pare.lock
	[ "$output" = 'docs
hello
hello-doc
libgreet
musl' ]
}

@test "the database of what is installed, in three sizes" {
	alpine_recipe pare.yaml hello </dev/null
	run -0 names
	[[ $output == *lib/apk/db/installed* && $output != *etc/apk/world* ]]
	run -0 content lib/apk/db/installed
	hello=$(sed '/^P:hello$/,/^$/!d' <<<"$output")
	[[ $hello == *'
V:2.0-r1
A:x86_64
'* ]]
	[[ $hello == *'
D:so:libgreet.so.1 so:libc.musl-x86_64.so.1 /bin/sh
'* ]]
	sum=$(openssl dgst -sha1 -binary "$BATS_FILE_TMPDIR/built/hello" | base64)
	[[ $hello == *"
F:usr/bin
R:hello
a:0:0:755
Z:Q1$sum
"* ]]
	sed -i 's/^contents:/contents:\n  database: none/' pare.yaml
	run -0 names
	[[ $output != *apk* ]]
	sed -i 's/database: none/database: full/; s/packages:/depends: runtime\n  packages:/' pare.yaml
	run -0 names
	[[ $output != *bin/sh* ]]
	sed -i '/depends: runtime/d' pare.yaml
	run -0 names
	[[ $output == *bin/sh* ]] # apk refuses to go on where something is missing
	[[ $output == *etc/apk/keys/test.rsa.pub* && $output == *lib/apk/db/scripts.tar* ]]
	[ "$(content etc/apk/world)" = hello ]
	[ "$(content etc/apk/arch)" = x86_64 ]
	content lib/apk/db/scripts.tar >scripts.tar
	run -0 tar tf scripts.tar
	[[ $output == hello-2.0-r1.Q1*=.pre-install ]]
}

@test "the database names tags, and files of /etc that were changed" {
	mkdir -p edge/x86_64
	ALPINE=$PWD/edge apk extra 3.0-r0 etc/extra=1
	alpine_index sha256 "$PWD/edge"
	cat >pare.yaml <<-END
		contents:
		  repositories: [$ALPINE, '@edge ./edge']
		  keyring: [$ALPINE_KEYS]
		  packages: [extra@edge, alpine-baselayout-data]
		paths:
		  - {path: /etc/extra, type: file, content: other}
		accounts:
		  users: [{username: app, uid: 1000}]
	END
	run -0 names
	run -0 content lib/apk/db/installed
	[[ $output == *"
s:edge
F:etc
R:extra
Z:Q1$(printf 1 | openssl dgst -sha1 -binary | base64)"* ]]
	[[ $output == *'
R:passwd
'* ]]
}

@test "users of install scripts, and shadow lines of the recipe's" {
	alpine_recipe pare.yaml hello alpine-baselayout-data <<-'END'
		accounts:
		  run-as: app
		  users: [{username: app, uid: 1000, gid: 1000}]
	END
	run -0 names
	run -0 content etc/passwd
	echo "$output"
	[[ $output == *'hello:x:100:100:the greeter:/srv:/sbin/nologin'* ]]
	[[ $output == *'app:x:1000:1000:'* ]]
	run -0 content etc/group
	[[ $output == *'shadow:x:42:'* && $output == *'hello:x:100:'* ]]
	run -0 content etc/shadow
	[[ $output == *'hello:!::0:::::'* && $output == *'app:!::0:::::'* ]]
}

@test "a second build reads only the cache, and is the same everywhere" {
	alpine_recipe pare.yaml hello </dev/null
	run -0 --separate-stderr "$PARE" build -q -o oci:one
	mv "$ALPINE" "$ALPINE.away"
	run -0 --separate-stderr "$PARE" build -q --locked -o oci:two
	mv "$ALPINE.away" "$ALPINE"
	equal "$(jq -r '.manifests[0].digest' one/index.json)" "$(jq -r '.manifests[0].digest' two/index.json)"
}

@test "vendored packages build without network, archive or cache, for ever" {
	alpine_recipe pare.yaml hello </dev/null
	run -0 "$PARE" vendor kept
	[[ $output == '3 packages, 3 of them new, '*' in kept' ]]
	(cd kept && for file in *; do [ "$(sha256sum <"$file")" = "$file  -" ] || exit 1; done)
	run -0 jq -r .new < <("$PARE" vendor --format json kept)
	[ "$output" = 0 ]
	rm -rf "$PARE_CACHE"
	mv "$ALPINE" "$ALPINE.away"
	PARE_VENDOR=$PWD/kept run -0 --separate-stderr "$PARE" build -q --offline --locked -o oci:image
	rm -rf "$PARE_CACHE"
	run ! "$PARE" build -q --offline --locked -o oci:other
	for file in kept/*; do printf x | dd of="$file" bs=1 seek=40 conv=notrunc status=none; done
	rm -rf "$PARE_CACHE" "$PARE_STORE"
	PARE_VENDOR=$PWD/kept run -8 "$PARE" build -q --offline --locked -o oci:other
	[[ $output == *"/kept/"*"wrong content: expected SHA-256"* ]]
	mv "$ALPINE.away" "$ALPINE"
	[ ! -e other ]
	# a folder of this machine needs no network
	PARE_VENDOR=$PWD/kept run -0 --separate-stderr "$PARE" build -q --offline --locked -o oci:other
	diff -r image other
}

@test "a checkout and a cache in folders with blanks and what URLs give a meaning" {
	local odd="$PWD/a b#1%41?" PARE_CACHE
	PARE_CACHE="$odd/cache"
	export PARE_CACHE
	mkdir "$odd"
	cp -r "$ALPINE" "$odd/my packages"
	printf 'contents:\n  repositories: ["./my packages"]\n  keyring: [%s]\n  packages: [musl]\n' \
		"$ALPINE_KEYS" >"$odd/pare.yaml"
	cd "$odd"
	run -0 "$PARE" build -q -o oci:image
	run -0 jq -r '.archs[].packages[].url' pare.lock
	[ "$output" = './my packages/x86_64/musl-1.2.3-r5.apk' ]
	run -0 "$PARE" vendor kept
	equal "$(sha256sum kept/* | cut -c1-64)" "$(sha256sum "my packages/x86_64/musl-1.2.3-r5.apk" | cut -c1-64)"
	# a damaged cache isn't vendored: the repository is asked
	printf x | dd of="$(find "$PARE_CACHE/packages" -type f)" bs=1 seek=40 conv=notrunc status=none
	rm -r kept
	run -0 "$PARE" vendor kept
	equal "$(sha256sum kept/* | cut -c1-64)" "$(sha256sum "my packages/x86_64/musl-1.2.3-r5.apk" | cut -c1-64)"
}

@test "contents.keep: reached leaves what no program loads" {
	alpine_recipe pare.yaml hello <<-'END'
		  keep: reached
		entrypoint:
		  command: /usr/bin/hello
	END
	run -0 names
	[[ $output == *usr/lib/libgreet.so.1* && $output == *ld-musl* ]]
	[[ $output != *usr/share/greet* && $output != *readme* ]]
}

@test "a key in the recipe itself" {
	{
		printf 'contents:\n  repositories: [%s]\n  packages: [musl]\n' "$ALPINE"
		printf '  keyring:\n    - name: test.rsa.pub\n      content: |\n'
		sed 's/^/        /' "$ALPINE_KEYS/test.rsa.pub"
	} >pare.yaml
	run -0 "$PARE" lock
}

@test "Debian's and Alpine's repositories don't mix" {
	printf 'contents:\n  repositories: [%s, "deb debian: trixie main"]\n  packages: [musl]\n' \
		"$ALPINE" >pare.yaml
	run -4 "$PARE" lock
	[[ $output == *'packages come from Debian or from Alpine, not from both'* ]]
}

# broken WHAT: a repository of one package that is broken so; with the record of a whole one.
broken() {
	mkdir -p bad/x86_64
	local ALPINE=$PWD/bad
	apk victim 1-r0 usr/share/victim/file=content
	BREAK=$1 apk victim 1-r0 usr/share/victim/file=content
	alpine_index sha1 "$PWD/bad"
	alpine_recipe pare.yaml victim </dev/null
}

# refuses STATUS TEXT: the build fails so, names the package, and leaves nothing.
refuses() {
	run "-$1" "$PARE" build -q -o oci:image
	[[ $output == *"$2"* ]] || { echo "$output" && false; }
	[[ $output == *victim* ]]
	[ ! -e pare.lock ]
	[ -z "$(find "$PARE_CACHE/packages" -type f)" ]
	left_nothing
}

# No output, nothing in the store, and in the cache only what is whole.
left_nothing() {
	[ ! -e image ]
	[ -z "$(find "$PARE_STORE" -type f -path '*/blobs/*' 2>/dev/null)" ]
	[ -z "$(find "$PARE_CACHE" . -name '.tmp-*' -o -name '*.part' -o -path '*/spool/*' -o -path '*/listings/*' -type f)" ]
	for file in "$PARE_CACHE"/packages/*; do
		[ ! -e "$file" ] || [ "$(sha256sum <"$file")" = "${file##*/}  -" ]
	done
}

@test "bad: a file that isn't its checksum" {
	broken checksum
	run -8 "$PARE" build -q -o oci:image
	[[ $output == *"victim"*"'usr/share/victim/file' isn't what its checksum says"* ]]
	left_nothing
}

@test "bad: data that isn't its datahash" {
	broken datahash
	refuses 8 "its data isn't what its datahash says"
}

@test "bad: bytes behind the data" {
	broken trailing
	refuses 8 "its data isn't what its datahash says"
}

@test "bad: another package under the name" {
	broken ''
	cp "$ALPINE/x86_64/musl-1.2.3-r5.apk" bad/x86_64/victim-1-r0.apk
	size=$(stat -c %s bad/x86_64/victim-1-r0.apk)
	"$MAKE_APK" record "$ALPINE/x86_64/hello-2.0-r1.apk" |
		sed "s/^P:.*/P:victim/; s/^V:.*/V:1-r0/; s/^S:.*/S:$size/; /^D:/d" >bad/x86_64/victim-1-r0.apk.record
	ALPINE=$PWD/bad alpine_index
	refuses 8 "its control member isn't the one that the index names"
}

@test "bad: control and data of two packages" {
	broken ''
	python3 - "$MAKE_APK" bad/x86_64/victim-1-r0.apk "$ALPINE/x86_64/musl-1.2.3-r5.apk" <<-'END'
		import importlib.util, sys
		spec = importlib.util.spec_from_file_location("m", sys.argv[1])
		m = importlib.util.module_from_spec(spec); spec.loader.exec_module(m)
		one, two = ([p for p, _ in m.split(open(f, "rb").read())] for f in sys.argv[2:4])
		open(sys.argv[2], "wb").write(one[0] + one[1] + two[2])
	END
	ALPINE=$PWD/bad alpine_index
	refuses 8 "its data isn't what its datahash says"
}

@test "bad: a package with another name inside" {
	broken ''
	BREAK=pkgname ALPINE=$PWD/bad apk victim 1-r0 usr/share/victim/file=content
	"$MAKE_APK" record bad/x86_64/victim-1-r0.apk | sed 's/^P:.*/P:victim/' \
		>bad/x86_64/victim-1-r0.apk.record
	ALPINE=$PWD/bad alpine_index
	refuses 4 "the package's own name is 'victimx' 1-r0"
	run -4 "$PARE" lock
	[[ $output == *"package 'victim' 1-r0: the package's own name is 'victimx' 1-r0"* ]]
	left_nothing
}

# members FILE: where each of its gzip members ends.
members() {
	python3 - "$MAKE_APK" "$1" <<-'END'
		import importlib.util, sys
		spec = importlib.util.spec_from_file_location("m", sys.argv[1])
		m = importlib.util.module_from_spec(spec); spec.loader.exec_module(m)
		at = 0
		for packed, _ in m.split(open(sys.argv[2], "rb").read()):
		    at += len(packed)
		    print(at)
	END
}

# As the index has it, but for the size: what is behind that check is tried, too.
index_keeps() {
	sed "s/^S:.*/S:$(stat -c %s bad/x86_64/victim-1-r0.apk)/" keep >bad/x86_64/victim-1-r0.apk.record
	ALPINE=$PWD/bad alpine_index
}

@test "bad: members that are cut, at their ends and one byte beside them" {
	broken ''
	"$MAKE_APK" record bad/x86_64/victim-1-r0.apk >keep
	cp bad/x86_64/victim-1-r0.apk whole
	members whole >ends
	[ "$(wc -l <ends)" -eq 3 ]
	for end in $(<ends); do
		for cut in $((end - 10)) $((end - 1)) "$end" $((end + 1)); do
			[ "$cut" -lt "$(stat -c %s whole)" ] || continue
			head -c "$cut" whole >bad/x86_64/victim-1-r0.apk
			index_keeps
			run ! "$PARE" build -q -o oci:image
			[[ $status -eq 4 || $status -eq 8 ]] && [[ $output == *'package '\''victim'\'' 1-r0'* ]] ||
				{ echo "$cut: $status $output" && false; }
			[ ! -e pare.lock ]
			left_nothing
		done
	done
	# fewer bytes than the index says: what came is kept for going on with, under its own name
	head -c -10 whole >bad/x86_64/victim-1-r0.apk
	cp keep bad/x86_64/victim-1-r0.apk.record
	ALPINE=$PWD/bad alpine_index
	run ! "$PARE" build -q -o oci:image
	[[ $output == *victim* ]]
	[ ! -e pare.lock ] && [ ! -e image ]
}

@test "bad: boundaries of members that are off by one" {
	broken ''
	"$MAKE_APK" record bad/x86_64/victim-1-r0.apk >keep
	cp bad/x86_64/victim-1-r0.apk whole
	members whole | head -n 2 >ends
	for end in $(<ends); do
		for how in missing more; do
			{
				if [ "$how" = missing ]; then
					head -c $((end - 1)) whole
				else
					head -c "$end" whole
					printf '\0'
				fi
				tail -c +$((end + 1)) whole
			} >bad/x86_64/victim-1-r0.apk
			index_keeps
			run ! "$PARE" build -q -o oci:image
			[[ $status -eq 4 || $status -eq 8 ]] && [[ $output == *victim* ]] ||
				{ echo "$end $how: $status $output" && false; }
			[ ! -e pare.lock ]
			left_nothing
		done
	done
}

@test "bad: names that lead out, and hard links to nothing" {
	for what in escape absolute hardlink; do
		broken "$what"
		run -4 "$PARE" build -q -o oci:image
		[[ $output == *victim* ]]
		left_nothing
		rm -rf bad pare.lock
	done
}

@test "bad: a bomb" {
	broken bomb
	run -5 "$PARE" build -q -o oci:image
	[[ $output == *victim* ]]
	left_nothing
}

@test "bad: indexes that nobody vouches for" {
	broken ''
	ALPINE=$PWD/bad alpine_index none
	run -8 "$PARE" lock
	[[ $output == *'APKINDEX.tar.gz is not signed'* ]]
	ALPINE=$PWD/bad alpine_index dsa
	run -8 "$PARE" lock
	[[ $output == *'the algorithm DSA is not known'* ]]
	mkdir -p other && ALPINE_KEYS=$PWD/other alpine_key stranger
	KEY=stranger ALPINE=$PWD/bad alpine_index
	run -8 "$PARE" lock
	[[ $output == *"the key 'stranger.rsa.pub' is not trusted (trusted: test.rsa.pub)"* ]]
	alpine_index sha1 "$PWD/bad"
	python3 - bad/x86_64/APKINDEX.tar.gz <<-'END'
		import sys
		raw = bytearray(open(sys.argv[1], "rb").read())
		raw[-20] ^= 1
		open(sys.argv[1], "wb").write(raw)
	END
	run -8 "$PARE" lock
	[[ $output == *"the signature by 'test.rsa.pub' is over other bytes"* ]]
	[ ! -e pare.lock ]
	left_nothing
	[ -z "$(find "$PARE_CACHE/indexes" "$PARE_CACHE/releases" -type f 2>/dev/null)" ]
}

@test "files that two packages have: replaces decides, and a loop doesn't" {
	mkdir -p two/x86_64
	local ALPINE=$PWD/two
	apk a 1-r0 etc/file=a
	apk b 1-r0 etc/file=b
	alpine_index sha1 "$PWD/two"
	alpine_recipe pare.yaml a b </dev/null
	run -10 "$PARE" build -q -o oci:image
	[[ $output == *"packages 'a' and 'b' both hold '/etc/file', with other contents, and neither replaces the other"* ]]
	apk a 1-r1 replaces=b replaces_priority=2 etc/file=a
	apk b 1-r1 replaces=a replaces_priority=1 etc/file=b
	alpine_index sha1 "$PWD/two"
	run -0 "$PARE" lock --update
	run -0 names
	[ "$(content etc/file)" = a ]
	apk a 1-r2 replaces=b etc/file=a
	apk b 1-r2 replaces=a etc/file=b
	alpine_index sha1 "$PWD/two"
	run -0 "$PARE" lock --update
	run -10 "$PARE" build -q -o oci:image
	[[ $output == *"replace each other, with the same replaces_priority"* ]]
	[ -z "$(find "$PARE_CACHE" . -name '.tmp-*' -o -name '*.part')" ]
}

@test "on a base: what its database has isn't installed again, and the records are joined" {
	alpine_recipe lower.yaml libgreet <<-'END'
		archs: [amd64]
	END
	run -0 "$PARE" build -q lower.yaml -t lower
	alpine_recipe pare.yaml hello <<-'END'
		base: lower
		archs: [amd64]
		entrypoint: {command: /usr/bin/hello}
	END
	run -0 "$PARE" build -q -o oci:image
	"$PARE" inspect lower --raw=manifest | jq -r '.layers[].digest' >below
	jq -r '.layers[].digest' "image/blobs/sha256/$(manifest)" | grep -vxFf below >layers
	while read -r layer; do tar tzf "image/blobs/${layer/://}"; done <layers >names
	grep -qx './usr/bin/hello\|usr/bin/hello' names
	run ! grep 'libgreet\|ld-musl' names
	run -0 "$PARE" cat oci:image /lib/apk/db/installed
	[ "$(grep ^P: <<<"$output" | sort | tr '\n' ' ')" = 'P:hello P:libgreet P:musl ' ]
	sed -i 's/^  packages:/  database: full\n  packages:/' pare.yaml
	run -11 "$PARE" build -q
	[[ $output == *"contents.database 'full': the base has"* ]]
}
