#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Many builds at once on one cache and one store, and builds that are killed at any moment.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/badluck.bash

setup_file() {
	archive_setup
	head -c 300000 /dev/urandom | base64 -w 0 >"$BATS_FILE_TMPDIR/noise"
	for i in {1..6}; do
		dd if="$BATS_FILE_TMPDIR/noise" bs=100000 count=1 status=none | tr a-z "$i" \
			>"$BATS_FILE_TMPDIR/part"
		deb "lib$i" 1.0 "usr/lib/lib$i=$(<"$BATS_FILE_TMPDIR/part")" "usr/share/lib$i/data=$i"
	done
	deb hello 1.0 -f 'Depends: lib1, lib2, lib3, lib4, lib5, lib6' usr/bin/hello=x
	publish stable
	serve
}

setup() {
	fresh_home
	faults '[]'
	recipe <<<'  packages: [hello]'
	PARE_CACHE=$PWD/c PARE_STORE=$PWD/s "$PARE" build -q >good
	rm pare.lock
	forget_requests
}

# at_once N: so many builds from folders of their own, started together; all give the digest.
at_once() {
	local i
	local -a pids=()
	for ((i = 0; i < $1; i++)); do
		mkdir "b$i"
		cp pare.yaml "b$i"
		(cd "b$i" && exec "$PARE" build -t "image$i" -t shared "${@:2}" >out 2>err) &
		pids+=($!)
	done
	for ((i = 0; i < $1; i++)); do
		wait "${pids[i]}" || { cat "b$i/err" && return 1; }
		diff good "b$i/out"
	done
	[ -z "$(leftovers)" ]
	check_blobs cache/packages
	check_blobs store/blobs/sha256
	[ "$("$PARE" images --names | wc -l)" -eq $(($1 + 1)) ]
	[ "$("$PARE" images --format json | jq -r '[.[].digest] | unique | join(" ")')" = "$(<good)" ]
}

@test "parallel: two builds at once on an empty cache and an empty store" {
	at_once 2
}

@test "parallel: sixteen builds at once on an empty cache and an empty store" {
	at_once 16
	# no package was fetched by each of them
	[ "$(requests '/pool/*')" -lt 32 ]
}

@test "parallel: sixteen builds at once with everything cached" {
	"$PARE" build -q
	forget_requests
	at_once 16
	[ "$(requests '/pool/*')" -eq 0 ]
}

@test "parallel: builds at once while others remove and collect" {
	"$PARE" build -q -t old
	(for i in {1..10}; do
		"$PARE" gc >/dev/null || exit 1
		"$PARE" rm old >/dev/null 2>&1 || true
	done) &
	collector=$!
	at_once 6
	wait "$collector"
}

@test "parallel: builds at once into one folder, one archive" {
	for i in {0..5}; do
		(exec "$PARE" build -q -o "oci:out:$i" -o oci-archive:out.tar:x pare.yaml >/dev/null 2>"err$i") &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || { cat err* && false; }
	done
	check_blobs out/blobs/sha256
	[ "$(jq '.manifests | length' out/index.json)" -eq 6 ]
	[ "$(jq -r '[.manifests[].digest] | unique | join(" ")' out/index.json)" = "$(<good)" ]
	[ "$(tar -xOf out.tar index.json | jq -r '.manifests[0].digest')" = "$(<good)" ]
	[ -z "$(leftovers)" ]
}

@test "parallel: a build waits for another's download only while that gets on" {
	faults '[{"match": "/pool/lib1*", "faults": ["stall:5000:1"]}]'
	PARE_TIMEOUT=60 "$PARE" build -q >first 2>err &
	first=$!
	wait_until test -s "cache/packages/$(package_file lib1).part"
	mkdir second && cp pare.yaml second
	SECONDS=0
	(cd second && PARE_TIMEOUT=1 "$PARE" build -q) | diff good -
	[ "$SECONDS" -lt 20 ]
	kill -9 "$first"
	wait "$first" || true
	faults '[]'
	rm cache/images/* # one that does something also tidies up
	"$PARE" build -q | diff good -
	[ -z "$(leftovers)" ]
}

# Killed when COMMAND says so, then again: it completes, and nothing is left over.
killed_when() {
	"$PARE" build -t hello -o oci-archive:out.tar:x >out 2>err 3>&- &
	local pid=$!
	wait_until "$@"
	kill -9 "$pid"
	wait "$pid" || [ $? -eq 137 ]
	[ ! -e out.tar ]
	faults '[]'
	completes
}

completes() {
	"$PARE" build -q -t hello -o oci-archive:out.tar:x | diff good -
	diff <(leftovers) /dev/null
	check_blobs cache/packages
	check_blobs store/blobs/sha256
	[ "$("$PARE" images --names)" = hello:latest ]
	[ "$(tar -xOf out.tar index.json | jq -r '.manifests[0].digest')" = "$(<good)" ]
}

asked_for() {
	[ "$(requests "$1")" -ge "${2:-1}" ]
}

@test "kill: in the InRelease" {
	faults '[{"match": "*/InRelease", "faults": ["stall:100"]}]'
	killed_when asked_for '*/InRelease'
}

@test "kill: in the index" {
	faults '[{"match": "*/by-hash/*", "faults": ["stall:300"]}]'
	killed_when asked_for '*/by-hash/*'
	[ -s pare.lock ]
}

@test "kill: in a package's download, which goes on where it was" {
	faults '[{"match": "/pool/lib3*", "faults": ["stall:20000"]}]'
	killed_when test -s "cache/packages/$(package_file lib3).part"
	tail -n "+$((LOG_START + 1))" "$SERVE_LOG" |
		jq -r 'select(.path | test("/pool/lib3")) | select(.range != null) | .range' | tail -1 |
		grep -E '^bytes=[1-9][0-9]*-$'
}

# The program is stopped by strace at its Nth call that changes a file and killed there: each is
# a phase of its own.
@test "kill: at each call that changes something in cache, store or lock" {
	type -p strace >/dev/null || skip "strace is not there"
	strace -f -o trace -e trace=openat true 2>/dev/null || skip "strace can't trace here"
	calls=renameat2,renameat,rename,fsync,linkat,unlinkat
	strace -f -qq -o trace -e "trace=$calls" "$PARE" build -q -t hello -o oci-archive:out.tar:x
	killed=0
	# strace counts for each thread
	total=$(awk '{ n[$1]++ } END { for (i in n) if (n[i] > max) max = n[i]; print max }' trace)
	echo "$total calls by the thread that makes the most"
	[ "$total" -ge 20 ]
	for ((n = 1; n <= total; n += total / 14)); do
		rm -rf cache store pare.lock out.tar
		run strace -f -qq -o trace -e "trace=$calls" -e "inject=$calls:signal=KILL:when=$n" \
			"$PARE" build -t hello -o oci-archive:out.tar:x
		killed=$((killed + (status != 0)))
		if [ -e out.tar ]; then
			[ "$(tar -xOf out.tar index.json | jq -r '.manifests[0].digest')" = "$(<good)" ]
		fi
		[ ! -e pare.lock ] || jq -e .version pare.lock >/dev/null
		[ ! -e store/index.json ] || jq -e .manifests store/index.json >/dev/null
		completes
	done
	echo "$killed killed"
	# how many calls there are depends a little on who does what
	[ "$killed" -ge 5 ]
}

@test "kill: forty times at any moment, one after the other, on one cache" {
	for i in {1..40}; do
		"$PARE" build -q -t hello >out 2>err 3>&- &
		pid=$!
		sleep "0.0$((RANDOM % 10))$((RANDOM % 10))"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" || [ $? -eq 137 ]
		# what begins anew each time
		case $((i % 4)) in
		0) rm -f cache/packages/* ;;
		1) rm -f cache/layers/* cache/listings/* ;;
		2) rm -f pare.lock cache/indexes/* ;;
		3) rm -f cache/images/* store/blobs/sha256/* && echo '{"schemaVersion":2,"manifests":[]}' >store/index.json ;;
		esac || true
	done
	rm -f cache/images/*
	completes
}

@test "kill: SIGTERM and SIGINT end it with their status and leave nothing half-written" {
	for signal in TERM:143 INT:130; do
		faults '[{"match": "/pool/lib3*", "faults": ["stall:20000"]}]'
		rm -rf cache store pare.lock
		# a shell starts background jobs with SIGINT ignored
		python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$PARE" build -q -t hello >out 2>err 3>&- &
		pid=$!
		wait_until test -s "cache/packages/$(package_file lib3).part"
		kill -s "${signal%:*}" "$pid"
		status=0
		wait "$pid" || status=$?
		[ "$status" -eq "${signal#*:}" ]
		[ -z "$(find cache store -name '.tmp-*')" ]
		[ -s "cache/packages/$(package_file lib3).part" ]
		faults '[]'
		rm -f out.tar
		completes
	done
}
