#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What each verb asks a registry for: as much as it needs, and each thing once. An image of three
# layers, a program in the second one; the registry counts.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry

setup_file() {
	need python3
	cd "$BATS_FILE_TMPDIR" || return 1
	export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR PARE_CACHE=$BATS_FILE_TMPDIR/cache
	export PARE_STORE=$BATS_FILE_TMPDIR/store HOME=$BATS_FILE_TMPDIR/home
	unset REGISTRY_AUTH_FILE DOCKER_CONFIG DOCKER_AUTH_CONFIG
	mkdir -p home bin
	"$BATS_TEST_DIRNAME/../lib/make-image" img:v "layer(file_('a', 'a' * 5000))
layer(file_('bin/sh', 'no program', mode=0o755))
layer(file_('c', 'c'))
config(config={'Entrypoint': ['/bin/sh'], 'User': '1000'})"
	fault_start
}

teardown_file() {
	fault_stop
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf out cache store
	fault_reset
	"$PARE" copy -q oci:img:v "docker://$REG/a:v"
	rm -rf cache
}

# What the log has, as "NUMBER METHOD KIND" by kind; the question which of http and https a registry
# speaks is nobody's need, and left out. Nothing but the beginning of an upload may be there twice.
requests() {
	local twice
	twice=$(grep -v '/v2/ \|^SET\|^POST' "$FAULT_LOG" | cut -d' ' -f1-2 | sort | uniq -d)
	[ -z "$twice" ] || { echo "twice: $twice"; return 1; }
	sed -nE -e 's@^([A-Z]+) /v2/[^ ]+/blobs/uploads/[^ ]* .*@\1 upload@p' \
		-e 's@^([A-Z]+) /v2/[^ ]+/(blob|manifest|tag|referrer)s/[^ ]+ .*@\1 \2@p' "$FAULT_LOG" |
		sort | uniq -c | awk '{ printf "%s%d %s %s", sep, $1, $2, $3; sep = ", " }'
}

# asks WHAT COMMAND…
asks() {
	local want=$1 got
	shift
	: >"$FAULT_LOG"
	"$PARE" "$@" >output 2>errors || [ "${FAILS-}" = yes ] || { cat errors; return 1; }
	got=$(requests)
	[ "$got" = "$want" ] || { printf 'pare %s\n asks for: %s\n expected: %s\n' "$*" "$got" "$want"; return 1; }
}

@test "requests: copy, push and pull, for the first time and again" {
	local pushed="4 HEAD blob, 4 POST upload, 1 PUT manifest, 4 PUT upload"
	asks "$pushed" copy -q oci:img:v "docker://$REG/copied:v"
	asks "4 HEAD blob, 1 PUT manifest" copy -q oci:img:v "docker://$REG/copied:v"
	asks "4 GET blob, 1 GET manifest" copy -q "docker://$REG/a:v" oci:out:v
	asks "1 GET manifest" copy -q "docker://$REG/a:v" oci:out:v
	asks "4 GET blob, 1 GET manifest" pull -q "$REG/a:v"
	asks "1 GET manifest" pull -q "$REG/a:v"
	rm -rf cache
	asks "$pushed" push -q "$REG/a:v" "docker://$REG/pushed:v"
	asks "4 HEAD blob, 1 PUT manifest" push -q "$REG/a:v" "docker://$REG/pushed:v"
	# between repositories of one registry nothing is read but the manifest
	rm -rf cache
	faults mount=201
	asks "1 GET manifest, 4 HEAD blob, 4 POST upload, 1 PUT manifest" \
		copy -q "docker://$REG/a:v" "docker://$REG/mounted:v"
}

@test "requests: many layers take little memory, however many are under way at once" {
	"$BATS_TEST_DIRNAME/../lib/make-image" many:v "for i in range(300): layer(file_(f'f{i}', str(i)))"
	peak() {
		python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
	}
	push=$(peak "$PARE" copy -q oci:many:v "docker://$REG/many:v")
	pull=$(peak "$PARE" copy -q "docker://$REG/many:v" oci:out:v)
	echo "kB: $push, $pull"
	[ "$push" -lt 32768 ]
	[ "$pull" -lt 32768 ]
}

@test "requests: tags, resolve, referrers, attach, login" {
	asks "1 GET tag" tags "$REG/a"
	asks "1 HEAD manifest" resolve "$REG/a:v"
	faults referrers=1
	asks "1 GET referrer, 1 HEAD manifest" referrers "$REG/a:v"
	echo '{}' >sbom.json
	asks "2 HEAD blob, 1 HEAD manifest, 2 POST upload, 1 PUT manifest, 2 PUT upload" \
		attach "$REG/a:v" sbom.json --type application/spdx+json
	asks "" login -q "$REG" -u jo --password-stdin <<<secret
	[ "$(grep -c 'GET /v2/ ' "$FAULT_LOG")" -le 2 ]
}

@test "requests: verbs that look into an image" {
	local image=docker://$REG/a:v documents="1 GET blob, 1 GET manifest" all="4 GET blob, 1 GET manifest"
	asks "$documents" inspect "$image"
	asks "$all" ls "$image"
	asks "$documents" ls "$image"
	asks "$documents" history "$image"
	asks "2 GET blob, 1 GET manifest" cat "$image" bin/sh
	[ "$(<output)" = "no program" ]
	asks "$documents" why "$image" c
	asks "$documents" diff "$image" oci:img:v
	rm -rf cache
	FAILS=yes asks "$all" audit "$image"
	rm -rf cache
	FAILS=yes asks "$all" audit --policy default "$image"
	rm -rf cache
	asks "$all" export -o out.tar "$image"
	asks "$all" export -o out.tar "$image"
}

@test "requests: run fetches the image once, and no more than it is asked for then" {
	printf '#!/bin/sh\nexit 0\n' >bin/runtime
	chmod +x bin/runtime
	FAILS=yes asks "4 GET blob, 1 GET manifest" run --runtime="$PWD/bin/runtime" "docker://$REG/a:v"
	cat errors
	FAILS=yes asks "4 GET blob, 1 GET manifest" run --runtime="$PWD/bin/runtime" "docker://$REG/a:v"
}
