#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Registries that are reached by way of a proxy only: no resolver knows their names.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry

setup_file() {
	need umoci openssl python3
	cd "$BATS_FILE_TMPDIR" || return 1
	export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR PARE_CACHE=$BATS_FILE_TMPDIR/cache
	export PARE_STORE=$BATS_FILE_TMPDIR/store PARE_TIMEOUT=3 HOME=$BATS_FILE_TMPDIR/home
	unset REGISTRY_AUTH_FILE DOCKER_CONFIG DOCKER_AUTH_CONFIG
	mkdir -p home containers tls certs
	big_image img v 300000
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls/key.pem \
		-out tls/cert.pem -subj /CN=r.example -addext subjectAltName=DNS:r.example 2>/dev/null
	cp tls/cert.pem tls/ca.pem
	cp tls/cert.pem certs/server.crt
	echo '{"auths":{"r.example":{"auth":"am86c2VjcmV0"}}}' >containers/auth.json
	fault_start "tls=$PWD/tls"
}

teardown_file() {
	fault_stop
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf out cache
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	fault_reset
}

teardown() {
	! grep LEAK "$FAULT_LOG" || return 1
	[ -z "${PROXY_PID-}" ] || kill "$PROXY_PID"
}

# proxy TARGET_PORT [OPTION]…: starts one; $PROXY is its HOST:PORT
proxy() {
	rm -f proxy.port proxy.log
	[ -z "${PROXY_PID-}" ] || kill "$PROXY_PID"
	python3 -B "$BATS_TEST_DIRNAME/../tools/proxy.py" proxy.port proxy.log "$@" >/dev/null 2>&1 3>&- &
	PROXY_PID=$!
	for _ in {1..100}; do
		[ ! -e proxy.port ] || break
		sleep 0.05
	done
	PROXY=127.0.0.1:$(<proxy.port)
}

# refused STATUS PATTERN: a push says so, in one line but for what it says of tries
refused() {
	run --separate-stderr timeout 60 "$PARE" copy --cert-dir certs oci:img:v docker://r.example/a:v
	echo "status $status: $stderr"
	[ "$status" -eq "$1" ]
	[ "$(grep -v 'trying again' <<<"$stderr" | wc -l)" -eq 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == $2 ]]
	[[ $stderr != *hidden* ]]
}

@test "HTTPS registries are reached by a tunnel, whichever variable names the proxy" {
	local name
	proxy "${REG#*:}"
	faults auth=token
	for name in https_proxy HTTPS_PROXY all_proxy ALL_PROXY; do
		rm -rf cache out
		: >proxy.log
		env "$name=http://$PROXY" "$PARE" copy -q --cert-dir certs oci:img:v "docker://r.example/a/${name,,}:v"
		env "$name=$PROXY" "$PARE" copy -q --cert-dir certs "docker://r.example/a/${name,,}:v" oci:out:v
		grep -q "^CONNECT r.example:443 200" proxy.log
		# the registry's credentials are no business of the proxy's
		! grep -i authorization proxy.log || return 1
	done
	cmp img/index.json out/index.json || jq -e . out/index.json
	# the small letters count more
	https_proxy=$PROXY HTTPS_PROXY=127.0.0.1:1 "$PARE" resolve --cert-dir certs r.example/a/all_proxy:v
}

@test "a proxy that wants credentials gets those of its URL, and nobody hears them" {
	proxy "${REG#*:}" user=me:hidden
	https_proxy=http://me:hidden@$PROXY "$PARE" copy -q --cert-dir certs oci:img:v docker://r.example/a:v
	grep -q "^CONNECT r.example:443 200 Proxy-Authorization$" proxy.log
	export https_proxy=http://$PROXY
	refused 7 "*r.example/*, through the proxy '$PROXY': the proxy wants the right credentials (status 407); see*https_proxy*"
	export https_proxy=http://me:hidden1@$PROXY
	refused 7 "*through the proxy '$PROXY': the proxy wants*(status 407)*"
}

@test "a proxy that makes no tunnel, that isn't there, and that is none" {
	proxy 1 refuse=403
	export https_proxy=http://me:hidden@$PROXY
	refused 6 "*r.example/*, through the proxy '$PROXY': the proxy makes no connection (status 403); see*https_proxy*"
	[ "$(grep -c ^CONNECT proxy.log)" -le 2 ] # a blob each
	kill "$PROXY_PID"
	wait "$PROXY_PID" || true
	PROXY_PID=
	refused 6 "*through the proxy '$PROXY': connection refused after 5 tries; see*https_proxy*"
	export https_proxy=ftp://me:hidden@$PROXY
	refused 2 "*the environment's https_proxy names no proxy: expected http://HOST:PORT"
}

@test "plain registries and mirrors are asked through it, this machine's own never" {
	echo 'contents: {repositories: ["deb debian: stable main"], packages: [hello]}' >r.yaml
	local name tls=$REG pid=$FAULT_PID log=$FAULT_LOG control=$FAULT_CONTROL
	fault_start
	proxy "${REG#*:}"
	for name in all_proxy ALL_PROXY; do
		env "$name=$PROXY" "$PARE" copy -q --tls-verify=false oci:img:v docker://plain.example/a:v
	done
	grep -q "^PUT http://plain.example/v2/a/manifests/v 201" proxy.log
	for name in http_proxy HTTP_PROXY; do
		: >proxy.log
		env "$name=$PROXY" https_proxy=127.0.0.1:1 "$PARE" resolve --tls-verify=false plain.example/a:v
		grep -q "^HEAD http://plain.example/v2/a/manifests/v 200" proxy.log
		! env "$name=$PROXY" "$PARE" lock --mirror http://mirror.example/debian r.yaml || return 1
		grep -q "^GET http://mirror.example/debian/" proxy.log
	done
	: >proxy.log
	http_proxy=$PROXY HTTP_PROXY=$PROXY all_proxy=$PROXY "$PARE" resolve "$REG/a:v"
	[ ! -s proxy.log ]
	kill "$FAULT_PID"
	REG=$tls FAULT_PID=$pid FAULT_LOG=$log FAULT_CONTROL=$control
}

@test "who is exempt from the proxy is asked without it" {
	proxy "${REG#*:}"
	export https_proxy=$PROXY
	for name in no_proxy NO_PROXY; do
		run env "$name=x.example,.r.example" timeout 30 "$PARE" resolve --cert-dir certs r.example/a:v
		[ "$status" -eq 6 ]
		[[ $output != *"through the proxy"* ]]
	done
	! grep CONNECT proxy.log || return 1
	env no_proxy=other.example "$PARE" resolve --cert-dir certs r.example/a:v || true
	grep -q ^CONNECT proxy.log
}
