#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Servers that cut, refuse, stall, redirect or fail: what can be waited for or resumed is, the
# rest ends with one clear message and leaves cache and store as they were.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/badluck.bash

setup_file() {
	archive_setup
	head -c 150000 /dev/urandom | base64 >"$BATS_FILE_TMPDIR/noise"
	deb big 1.0 "usr/share/big=$(<"$BATS_FILE_TMPDIR/noise")"
	deb hello 1.0 -f 'Depends: big' usr/bin/hello=x
	PACKAGES_FORMS='' publish stable
	serve
}

setup() {
	fresh_home
	faults '[]'
	forget_requests
	mkdir cache
	"$PARE" images >/dev/null # makes the store
	recipe <<<'  packages: [hello]'
}

teardown() {
	faults '[]'
}

# strike PATTERN FAULT...
strike() {
	local pattern=$1
	shift
	faults "$(jq -cn '[{match: $ARGS.positional[0], faults: $ARGS.positional[1:]}]' \
		--args "$pattern" "$@")"
}

# What of the log concerns a path, as JSON objects.
requests_for() {
	tail -n "+$((LOG_START + 1))" "$SERVE_LOG" | jq -c "select(.path | test(\"$1\"))"
}

# The digest that a build without faults gives, in another cache.
good_digest() {
	faults '[]'
	rm -f pare.lock
	PARE_CACHE=$BATS_TEST_TMPDIR/other-cache PARE_STORE=$BATS_TEST_TMPDIR/other-store \
		"$PARE" build -q pare.yaml
}

builds() {
	run --separate-stderr "$PARE" build -t hello
	echo "$stderr"
	[ "$status" -eq 0 ]
	digest=$output
	[ -z "$(leftovers)" ]
	check_blobs cache/packages
	[ "$digest" = "$(good_digest)" ]
}

# fails STATUS TEXT...: with what was locked and cached before, nothing changes, and it goes on.
fails() {
	local expected=$1 text
	shift
	snapshot >before
	run --separate-stderr "$PARE" build -t hello
	echo "$stderr"
	[ "$status" -eq "$expected" ]
	[ -z "$output" ]
	for text; do
		[[ $stderr == *"$text"* ]]
	done
	[ "$(grep -c '^pare: [^n]' <<<"$stderr")" -ge 1 ]
	[ -z "$("$PARE" images --names)" ]
	faults '[]'
}

@test "network: a package that is cut in mid-body is resumed where it was" {
	strike '/pool/big*' cutafter:100000:1
	builds
	requests_for /pool/big >log
	[ "$(jq -s length log)" -ge 2 ]
	[ "$(jq -r .range log | sed -n 1,2p)" = $'null\nbytes=100000-' ]
	[[ $(jq -r .if_range log | sed -n 2p) == '"'*'"' ]]
	[[ $stderr == *"/pool/big_1.0_amd64.deb': the connection was cut; trying again in "* ]]
}

@test "network: a package that is cut again and again arrives all the same" {
	strike '/pool/big*' cutafter:50000
	builds
	[ "$(jq -r 'select(.range) | .range' <(requests_for /pool/big) | head -1)" = bytes=50000- ]
	[ "$(jq -r 'select(.range) | .range' <(requests_for /pool/big) | sed -n 2p)" = bytes=100000- ]
}

@test "network: an index that is cut in mid-body is resumed where it was" {
	strike '*/by-hash/*' cutafter:200:1
	builds
	[ "$(jq -r .range <(requests_for /by-hash/) | sed -n 1,2p)" = $'null\nbytes=200-' ]
}

@test "network: an InRelease that is cut is asked for again" {
	strike '*/InRelease' cutafter:200:1
	builds
	[ "$(requests '*/stable/InRelease')" -ge 2 ]
}

@test "network: a server that can't resume sends all of it again" {
	strike '/pool/big*' cutafter:100000:1 norange
	builds
}

@test "network: a server that resumes with another file's bytes is not believed" {
	strike '/pool/big*' cutafter:100000:1 badrange
	builds
}

@test "network: what a run could not finish, the next one does" {
	strike '/pool/big*' cutafter:100000:1 refuse
	"$PARE" lock
	strike '/pool/big*' stall:100000
	PARE_TIMEOUT=60 "$PARE" build -q -t hello &
	pid=$!
	part=cache/packages/$(package_file big).part
	wait_until file_has "$part" 100000
	kill "$pid"
	wait "$pid" || [ $? -eq 143 ]
	[ "$(stat -c %s "$part")" -eq 100000 ]
	faults '[]'
	forget_requests
	builds
	[ "$(jq -r .range <(requests_for /pool/big) | head -1)" = bytes=100000- ]
}

@test "network: leftovers of an earlier run that don't belong to the file are no harm" {
	"$PARE" lock
	mkdir -p cache/packages
	head -c 1000 /dev/urandom >"cache/packages/$(package_file big).part"
	head -c 900000 /dev/zero >"cache/packages/$(package_file hello).part"
	builds
	[[ $stderr == *"the resumed file is wrong; once more from zero"* ]]
}

file_has() {
	[ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -ge "$2" ]
}

@test "network: nobody listens at the address" {
	"$PARE" lock
	cp pare.lock good.lock
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	sed -i "s|$URL|http://127.0.0.1:$port|" pare.yaml
	rm pare.lock
	fails 6 "get 'http://127.0.0.1:$port/dists/stable/InRelease': connection refused after 5 tries" \
		"is the server up?"
	snapshot | diff before -
	[ ! -e pare.lock ]
}

@test "network: a server that hangs up is asked again" {
	strike '*/InRelease' refuse:2
	builds
	[ "$(requests '*/stable/InRelease')" -ge 3 ]
}

@test "network: a server that falls silent is asked again, from there on" {
	strike '/pool/big*' stall:100000:1
	PARE_TIMEOUT=1 builds
	[ "$(jq -r .range <(requests_for /pool/big) | sed -n 2p)" = bytes=100000- ]
	[[ $stderr == *"big_1.0_amd64.deb': nothing came for 1.0 s; trying again in"* ]]
}

@test "network: a server that stays silent" {
	"$PARE" lock
	strike '/pool/hello*' stall:0
	PARE_TIMEOUT=1 fails 6 "hello_1.0_amd64.deb': nothing came for 1.0 s after 5 tries"
	[ "$(requests '/pool/hello*')" -eq 5 ]
	builds
}

@test "network: a slow server is waited for, for longer than the timeout" {
	strike '/pool/big*' drip:25000:500
	SECONDS=0
	PARE_TIMEOUT=1 builds
	[ "$SECONDS" -ge 2 ]
	[ "$(jq -r .range <(requests_for /pool/big) | head -1)" = null ]
	[[ $stderr != *"trying again"* ]]
}

@test "network: PARE_TIMEOUT that is no number of seconds" {
	for value in 0 -1 1s 99999 x; do
		run --separate-stderr env "PARE_TIMEOUT=$value" "$PARE" build
		[ "$status" -eq 2 ]
		[[ $stderr == *"PARE_TIMEOUT is '$value'; it is a number of seconds, 1 to 3600"* ]]
	done
}

@test "network: a mirror that redirects" {
	faults '[{"match": "*/InRelease", "faults": ["redirect:1"]},
		{"match": "*/by-hash/*", "faults": ["redirect:1"]},
		{"match": "/pool/*", "faults": ["redirect:1"]}]'
	builds
	[ "$(requests '/pool/big*')" -ge 2 ]
}

@test "network: a redirect loop" {
	strike '*/InRelease' loop
	fails 6 "/dists/stable/InRelease': too many redirects"
	snapshot | diff before -
	strike '/pool/*' loop
	"$PARE" lock
	fails 6 "_1.0_amd64.deb': too many redirects"
	snapshot | diff before -
	builds
}

@test "network: a redirect to a file of this machine is not followed" {
	strike '*/InRelease' redirect-to:file%3A%2F%2F%2Fetc%2Fpasswd
	fails 11 "only http and https can be used"
	snapshot | diff before -
}

@test "network: a suite that isn't there: the message says what to look at" {
	SUITE=stabel recipe <<<'  packages: [hello]'
	fails 9 "/dists/stabel/InRelease': not there (status 404)" "  is there a suite 'stabel' in this archive?"
	snapshot | diff before -
}

@test "network: a mirror that lacks the index that its InRelease names" {
	faults '[{"match": "*/Packages*", "faults": ["status:404"]},
		{"match": "*/by-hash/*", "faults": ["status:404"]}]'
	fails 9 "/main/binary-amd64/Packages" "the mirror may be in the middle of an update"
	snapshot | diff before -
	builds
}

@test "network: an InRelease and an index of two states of the archive are both asked for again" {
	local suite=$ARCHIVE/dists/stable index=main/binary-amd64/Packages
	cp -r "$suite" was
	cp "$suite/InRelease" InRelease.old
	cp "$suite/$index" Packages.old
	deb hello 1.1 usr/bin/hello=y
	RELEASE_DATE='+1 minute' PACKAGES_FORMS='' publish stable
	cp InRelease.old "$suite"
	cp Packages.old "$suite/main/binary-amd64"
	# a cache on the way has the old InRelease, and the index that it names is gone
	strike '*/InRelease' cached:old
	"$PARE" lock 2>err
	cat err
	grep -q "trying once more from its InRelease on" err
	grep -q hello_1.1 pare.lock
	# or the old index, under a name that doesn't say so
	rm -rf pare.lock cache/indexes "$suite/main/binary-amd64/by-hash"
	strike "*/Packages" cached:old
	"$PARE" lock 2>err
	cat err
	grep -q "expected are [0-9]*; trying once more from its InRelease on" err
	grep -q hello_1.1 pare.lock
	# what stays wrong is an error, after one more try
	rm -rf pare.lock cache/indexes
	strike "*/Packages" wrong
	forget_requests
	fails 8 "SHA-256 is" "in the middle of an update: try again later"
	[ "$(requests '*/InRelease')" -eq 2 ]
	rm -f "$ARCHIVE"/pool/hello_1.1_*
	rm -rf "$suite" && cp -r was "$suite"
}

@test "network: a name that no host has is not asked for again and again" {
	printf 'contents:\n  repositories: ["deb http://pare-test.invalid/debian stable main"]\n  packages: [hello]\n' >pare.yaml
	run --separate-stderr "$PARE" lock
	[ "$status" -eq 6 ]
	[[ $stderr == *"the host's name can't be resolved"*"is there a network, and is the name right?"* ]]
	# a resolver that can't be reached knows nothing for sure
	if python3 -c 'import socket, sys
try: socket.getaddrinfo("pare-test.invalid", 80)
except socket.gaierror as e: sys.exit(e.errno != socket.EAI_NONAME)'; then
		[[ $stderr != *tries* && $stderr != *"trying again"* ]]
	fi
}

@test "network: a mirror that no longer has a locked package: the message says what to do" {
	"$PARE" lock
	strike '/pool/hello*' status:404
	fails 9 "/pool/hello_1.0_amd64.deb': not there (status 404)" "lock what it holds now with: pare lock --update"
	builds
}

@test "network: a package that needs a password" {
	"$PARE" lock
	strike '/pool/hello*' status:403
	fails 7 "/pool/hello_1.0_amd64.deb': the server refuses it (status 403)"
	[ "$(requests '/pool/hello*')" -eq 1 ]
	builds
}

@test "network: a server with trouble is asked again, each time after a longer pause" {
	faults '[{"match": "*/InRelease", "faults": ["status:503:2"]},
		{"match": "/pool/big*", "faults": ["status:500:3"]}]'
	builds
	[ "$(grep -c "InRelease': the server has trouble (status 503); trying again in" <<<"$stderr")" -eq 2 ]
	pauses=$(sed -n "s/.*big.*status 500); trying again in \([0-9.]*\) s/\1/p" <<<"$stderr")
	[ "$(wc -l <<<"$pauses")" -eq 3 ]
	# half to all of 0.5, 1 and 2 s
	awk '{ if ($1 < 0.25 * 2 ^ (NR - 1) - 0.06 || $1 > 0.5 * 2 ^ (NR - 1) + 0.06) exit 1 }' <<<"$pauses"
}

@test "network: a server's Retry-After is waited for" {
	strike '*/InRelease' retryafter:2:1
	builds
	[[ $stderr == *"InRelease': the server has trouble (status 503); trying again in 2.0 s"* ]]
}

@test "network: a server that stays in trouble" {
	"$PARE" lock
	strike '/pool/hello*' status:502
	fails 6 "/pool/hello_1.0_amd64.deb': the server has trouble (status 502) after 5 tries"
	[ "$(requests '/pool/hello*')" -eq 5 ]
	builds
}

@test "network: an InRelease without an end" {
	strike '*/InRelease' endless
	fails 5 "/dists/stable/InRelease"
	snapshot | diff before -
	builds
}

@test "network: a package without an end" {
	"$PARE" lock
	strike '/pool/hello*' endless
	fails 8 "/pool/hello_1.0_amd64.deb"
	# what the other package's download has got so far may stay
	[[ $(leftovers) != *.tmp-* && $(leftovers) != *"$(package_file hello)"* ]]
	builds
}

@test "network: bodies in chunks, without a length and without an ETag are as good" {
	faults '[{"match": "*/InRelease", "faults": ["chunked"]},
		{"match": "*/by-hash/*", "faults": ["nolength", "noetag"]},
		{"match": "/pool/*", "faults": ["chunked", "noetag"]}]'
	builds
}

@test "network: a server that says another length than it sends" {
	"$PARE" lock
	strike '/pool/hello*' length:5
	fails 8 "/pool/hello_1.0_amd64.deb"
	[ -z "$(leftovers)" ]
	builds
}
