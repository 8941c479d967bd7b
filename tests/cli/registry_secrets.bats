#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a registry may make of its client: it sees no credentials that aren't its own, leads to no
# file of this machine and out of no TLS, whatever it answers.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry

setup_file() {
	need umoci openssl python3
	registry_home
	export PARE_TIMEOUT=3
	mkdir tls certs
	big_image img v 300000
	DIGEST=$(jq -r '.manifests[0].digest' img/index.json)
	export DIGEST
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls/key.pem \
		-out tls/cert.pem -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout certs/me.key \
		-out certs/me.cert -subj /CN=me 2>/dev/null
	cp certs/me.cert tls/ca.pem
	cp tls/cert.pem certs/server.crt
	fault_start "tls=$PWD/tls"
}

teardown_file() {
	fault_stop
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf out cache
	fault_reset
	login
}

teardown() {
	run ! grep LEAK "$FAULT_LOG"
}

pare() {
	timeout 60 "$PARE" "$@"
}

push() {
	pare copy -q --cert-dir certs oci:img:v "docker://$REG/a/b:v"
}

pull() {
	pare copy -q --cert-dir certs "docker://$REG/a/b:v" oci:out:v
}

# refused STATUS PATTERN COMMAND…
refused() {
	local status_=$1 pattern=$2
	shift 2
	run --separate-stderr "$@"
	echo "status $status: $stderr"
	[ "$status" -eq "$status_" ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == $pattern ]]
}

@test "the registry sees our certificate; whom it redirects to doesn't, nor the credentials" {
	faults auth=basic redirect=1
	push
	pull
	[ "$(jq -r '.manifests[0].digest' out/index.json)" = "$DIGEST" ]
	grep -q ^CERTIFICATE "$FAULT_LOG"
}

@test "an upload at another port goes there without certificate and credentials" {
	faults auth=basic location=other
	push
	faults location=relative
	pull
	[ "$(jq -r '.manifests[0].digest' out/index.json)" = "$DIGEST" ]
}

@test "a list that goes on at another port is asked for without certificate and credentials" {
	push
	faults auth=basic tags=other
	refused 5 "*hardly any items*" pare tags --cert-dir certs "$REG/a/b"
}

@test "a token server gets the credentials, and no certificate where it is elsewhere" {
	faults auth=elsewhere
	push
	grep -q '^TOKEN repository:a/b:pull,push' "$FAULT_LOG"
}

@test "no answer leads to a file of this machine, for reading or for writing" {
	echo secret >victim
	faults "location=file://$PWD/victim"
	refused 4 "*upload at 'file://*" push
	[ "$(<victim)" = secret ]
	faults location=
	push
	faults "redirect=file://$PWD/victim"
	refused 11 "*only http and https*" pull
	echo '{"tags":["secret"]}' >victim
	faults redirect= "tags=file://$PWD/victim"
	refused 4 "*next page*file://*" pare tags --cert-dir certs "$REG/a/b"
	[ -z "$output" ]
}

@test "no answer leads out of TLS" {
	push
	faults "redirect=http://$REG/x"
	refused 11 "*no redirect away from https*" pull
	faults redirect= "tags=http://$REG/x"
	refused 4 "*next page*http://*" pare tags --cert-dir certs "$REG/a/b"
	faults tags= forget "location=http://$REG/x"
	refused 4 "*upload at 'http://*" pare copy --cert-dir certs oci:img:v "docker://$REG/a/c:v"
}

@test "a plain registry writes no file of this machine either" {
	echo secret >victim
	tls=$REG pid=$FAULT_PID log=$FAULT_LOG control=$FAULT_CONTROL
	fault_start "location=file://$PWD/victim"
	refused 4 "*upload at 'file://*" pare copy oci:img:v "docker://$REG/a/b:v"
	[ "$(<victim)" = secret ]
	kill "$FAULT_PID"
	REG=$tls FAULT_PID=$pid FAULT_LOG=$log FAULT_CONTROL=$control
}

@test "what a registry says can't draw on a terminal" {
	push
	faults tags=bad
	refused 4 "*is no tag*" pare tags --cert-dir certs "$REG/a/b"
	[[ $stderr$output != *$'\033'* ]]
}

@test "a .netrc is not asked for credentials" {
	rm containers/auth.json
	echo "machine 127.0.0.1 login jo password secret" >home/.netrc
	chmod 600 home/.netrc
	faults auth=basic
	refused 7 "*pare login $REG*" push
	run ! grep -q "Basic" "$FAULT_LOG"
	rm home/.netrc
}

@test "login keeps what it finds in the file, for its owner only, and through a link" {
	faults auth=basic
	mkdir -p real
	echo '{"auths":{"other.example":{"auth":"eDp5","note":1}},"credHelpers":{"x.example":"x"},"new":[1]}' \
		>real/auth.json
	cp real/auth.json before.json
	chmod 644 real/auth.json
	ln -sf ../real/auth.json containers/auth.json
	pare login -q --cert-dir certs "$REG" -u jo --password-stdin <<<secret
	[ -L containers/auth.json ]
	[ "$(stat -c %a real/auth.json)" = 600 ]
	jq -S 'del(.auths["'"$REG"'"])' real/auth.json >after
	jq -S . before.json | diff - after
	cp real/auth.json kept
	refused 7 "*" pare login --cert-dir certs "$REG" -u jo --password-stdin <<<wrong
	cmp real/auth.json kept
	pare logout -q "$REG"
	jq -S . real/auth.json >after
	jq -S . before.json | diff - after
	rm containers/auth.json
}

@test "a helper is named by a word, never by a path" {
	rm -f containers/auth.json
	printf '#!/bin/sh\ntouch %s/ran\n' "$PWD" >docker-credential-evil
	chmod +x docker-credential-evil
	echo '{"credHelpers":{"'"$REG"'":"../../'"$PWD"'/evil"}}' >containers/auth.json
	faults auth=basic
	refused 4 "*no name of a credential helper*" push
	[ ! -e ran ]
}
