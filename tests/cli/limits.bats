#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A process that is given little: few descriptors, little memory, streams that are closed, no home,
# signals at any moment.

bats_require_minimum_version 1.5.0
load ../lib/image.bash
load ../lib/badluck.bash

setup_file() {
	: "${PARE:?tests/run sets it}"
	need python3 jq
	cd "$BATS_FILE_TMPDIR"
	"$BATS_TEST_DIRNAME/../lib/make-image" i:x \
		'layer(*[file_(f"d/{n}", str(n)) for n in range(20000)])' >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	export HOME=$PWD PARE_CACHE=$PWD/cache PARE_STORE=$PWD/store I=oci:$BATS_FILE_TMPDIR/i:x
}

@test "limits: twenty descriptors are enough, and too few are an error" {
	(ulimit -n 20 && "$PARE" copy -q "$I" oci:out:x)
	check_blobs out/blobs/sha256
	(ulimit -n 20 && "$PARE" ls --tree "$I") >tree
	grep -q 19999 tree
	run bash -c 'ulimit -n 7; "$PARE" copy -q "$I" oci:few:x'
	echo "$output"
	[ "$status" -eq 3 ]
	[[ $output == *"Too many open files"* ]]
	[ ! -e few ] || [ -z "$(find few -name '.tmp-*')" ]
}

@test "limits: 256 MB of address space" {
	[[ $(ldd "$PARE") != *libasan* ]] || skip "AddressSanitizer takes terabytes"
	(ulimit -v 262144 && "$PARE" copy -q --compression zstd "$I" oci:out:x)
	check_blobs out/blobs/sha256
	(ulimit -v 262144 && "$PARE" ls --tree "$I") >tree
	grep -q 19999 tree
}

@test "limits: streams that are closed" {
	"$PARE" copy -q "$I" oci:out:x <&-
	"$PARE" copy "$I" oci:two:x 2>&- >digest
	[[ $(<digest) == sha256:* ]]
	run bash -c '"$PARE" ls "$I" >&-'
	[ "$status" -eq 3 ]
	[[ $output == *"write to standard output: Bad file descriptor"* ]]
	run bash -c '"$PARE" copy -q "$I" oci:three:x <&- >&- 2>&-'
	[ "$status" -eq 3 ]
	# no descriptor of a blob or an index was taken for a stream
	for layout in out two three; do
		check_blobs "$layout/blobs/sha256"
		diff -r out "$layout"
	done
}

@test "limits: who reads may stop reading" {
	"$PARE" ls --tree "$I" 2>err | head -n 1 >line
	[ -s line ]
	[ ! -s err ]
}

@test "limits: neither home nor cache" {
	env -u HOME -u PARE_CACHE -u PARE_STORE "$PARE" ls --tree "$I" >tree
	grep -q 19999 tree
	run env -u HOME -u PARE_CACHE -u PARE_STORE -u XDG_CACHE_HOME -u XDG_DATA_HOME "$PARE" copy "$I" x
	[ "$status" -eq 2 ]
	[[ $output == *"HOME is not set"* ]]
}

@test "limits: signals at any moment leave what the next run completes" {
	for i in {1..16}; do
		rm -rf out
		"$PARE" copy -q --compression zstd "$I" oci:out:x >digest 2>&1 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		kill -s "$(cut -d' ' -f$((i % 3 + 1)) <<<'TERM HUP KILL')" "$pid" 2>/dev/null || true
		wait "$pid" || [ $? -ge 128 ]
		[ ! -e out/blobs/sha256 ] || check_blobs out/blobs/sha256
		"$PARE" copy -q --compression zstd "$I" oci:out:x >digest
		[ -z "$(find out -name '.tmp-*')" ]
		check_blobs out/blobs/sha256
		[ "$(jq -r '.manifests[0].digest' out/index.json)" = "$(<digest)" ]
	done
}
