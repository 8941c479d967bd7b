#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# docker-daemon: with an engine made for the tests: what is asked of it, how it is found and trusted,
# and what happens when it fails at each point. Real engines: tests/e2e/engines.bats.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry
load ../lib/engine

setup_file() {
	need umoci openssl python3 jq
	cd "$BATS_FILE_TMPDIR" || return 1
	export HOME=$BATS_FILE_TMPDIR/home XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR/run
	export PARE_CACHE=$BATS_FILE_TMPDIR/cache PARE_STORE=$BATS_FILE_TMPDIR/store PARE_TIMEOUT=2
	export DOCKER_HOST=unix://$BATS_FILE_TMPDIR/sock
	unset DOCKER_CONTEXT DOCKER_CONFIG DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
	export http_proxy=http://127.0.0.1:1 # for no socket
	mkdir -p home run
	new_image small v "$(dpkg --print-architecture)"
	big_image large v 3000000
	engine_start engine "unix:$BATS_FILE_TMPDIR/sock"
	"$PARE" copy -q oci:small:v docker-daemon:there:1
}

teardown_file() {
	engine_stop engine
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf out
	fault engine
	requests engine >/dev/null
}

# Engines of a test that failed half-way.
teardown() {
	local pid
	for pid in */pid; do
		[[ ! -e $pid || $pid == engine/pid ]] || engine_stop "${pid%/pid}"
	done
}

config_of() {
	jq -r .config.digest "$1/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' "$1/index.json")"
}

diff_ids() {
	jq -r '.rootfs.diff_ids[]' "$1/blobs/sha256/$(config_of "$1" | cut -d: -f2)"
}

# refused STATUS PATTERN COMMAND…: fails so, in one line but for hints, with no control characters.
refused() {
	local status_=$1 pattern=$2
	shift 2
	run --separate-stderr timeout 60 "$PARE" "$@"
	echo "status $status: $stderr"
	[ "$status" -eq "$status_" ]
	[ "$(grep -c '^pare: ' <<<"$stderr")" -eq 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == $pattern ]]
	[[ $stderr != *$'\e'* ]]
	[ -z "$output" ]
}

@test "an image goes in and comes out with its config and layers" {
	run --separate-stderr "$PARE" copy oci:large:v docker-daemon:team/big
	[ "$status" -eq 0 ]
	[[ $stderr == *"the engine says: Loaded image: team/big:latest"*"2 of 2 blobs moved, 3.0 MB"* ]]
	[ "$output" = "$(jq -r '.manifests[0].digest' large/index.json)" ]
	"$PARE" copy -q docker-daemon:team/big oci:out:v
	equal "$(config_of out)" "$(config_of large)"
	(cd out/blobs/sha256 && sha256sum * | awk '$1 != $2 { exit 1 }')
	diff_ids large >expected
	[ "$(wc -l <expected)" -eq 1 ]
	jq -r '.layers[].digest' "out/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' out/index.json)" |
		diff expected -
}

@test "an image that the engine has is only tagged" {
	run --separate-stderr "$PARE" copy --json oci:small:v docker-daemon:h.example:5000/other:2
	[ "$status" -eq 0 ]
	jq -e '.sentBlobs == 0 and .sentBytes == 0' <<<"$output"
	requests engine >asked
	cat asked
	diff asked - <<-END
		GET /images/$(config_of small)/json
		POST /images/$(config_of small)/tag?repo=h.example:5000/other&tag=2
	END
	"$PARE" inspect docker-daemon:h.example:5000/other:2 >/dev/null
	# with containerd's store by the manifest's digest, if it was pulled
	fault engine json-pulled
	requests engine >/dev/null
	"$PARE" copy -q oci:small:v docker-daemon:pulled:1
	manifest=$(jq -r '.manifests[0].digest' small/index.json)
	requests engine >asked
	cat asked
	diff asked - <<-END
		GET /images/$(config_of small)/json
		GET /images/$manifest/json
		POST /images/$manifest/tag?repo=pulled&tag=1
	END
}

@test "what is built on an engine's image gets it from there once" {
	printf 'base: docker-daemon:there:1\npaths:\n  - {path: /once, type: file, content: x}\n' >once.yaml
	"$PARE" build -q --no-verify -o oci:once once.yaml
	requests engine >asked
	cat asked
	[ "$(grep -c '/get$' asked)" -eq 1 ]
	"$PARE" ls oci:once /once
	"$PARE" audit docker-daemon:there:1 >/dev/null || [ $? -eq 1 ]
	[ "$(requests engine | grep -c '/get$')" -eq 1 ]
}

@test "every verb that reads an image reads it from the engine" {
	id=$(config_of small)
	for name in there:1 "$id"; do
		"$PARE" inspect "docker-daemon:$name" | grep -F "$id"
		"$PARE" ls "docker-daemon:$name" /usr/share | grep -w hello
		[[ $("$PARE" cat "docker-daemon:$name" /etc/hello) == hello,* ]]
	done
	"$PARE" audit --json docker-daemon:there:1 >report || [ $? -eq 1 ]
	jq -e . report >/dev/null
	"$PARE" history docker-daemon:there:1 | grep -F "its configuration"
	"$PARE" diff docker-daemon:there:1 oci:small:v
	"$PARE" copy -q docker-daemon:there:1 docker-daemon:a/copy:1
	"$PARE" copy -q docker-daemon:there:1 copied
	printf 'base: docker-daemon:there:1\npaths:\n  - {path: /new, type: file, content: x}\n' >recipe.yaml
	"$PARE" build -q --no-verify -o docker-daemon:built:1 recipe.yaml
	[ "$("$PARE" cat docker-daemon:built:1 /new)" = x ]
	[[ $("$PARE" cat docker-daemon:built:1 /etc/hello) == hello,* ]]
	# and on a newer base, in its place
	cp -r small newer
	echo newer >motd
	umoci insert --rootless --image newer:v motd /etc/motd
	"$PARE" copy -q oci:newer:v docker-daemon:newer:1
	"$PARE" rebase -q --no-verify docker-daemon:built:1 --from docker-daemon:there:1 \
		--onto docker-daemon:newer:1
	[ "$("$PARE" cat docker-daemon:built:1 /etc/motd)" = newer ]
	[ "$("$PARE" cat docker-daemon:built:1 /new)" = x ]
}

@test "what is loaded by several verbs, from several places, and with zstd is the same image" {
	"$PARE" copy -q --compression zstd oci:large:v oci:zstd:v
	"$PARE" copy -q oci:zstd:v docker-archive:/dev/null
	for from in oci:zstd:v oci:large:v; do
		"$PARE" copy -q "$from" docker-daemon:big:2 oci-archive:out.tar
		"$PARE" copy -q docker-daemon:big:2 oci:out:v
		equal "$(config_of out)" "$(config_of large)"
	done
	# conversion on the way leaves the config as it is: it is there already
	requests engine >/dev/null
	"$PARE" copy -q --format docker --compression gzip:9 oci:zstd:v docker-daemon:big:3
	requests engine >log
	run ! grep load log
}

@test "from a registry nothing is fetched that the engine has, and all of it once that it lacks" {
	need docker-registry
	http_proxy='' registry_start
	skopeo --insecure-policy copy -q --dest-tls-verify=false oci:small:v "docker://$REG/a:1"
	echo other >other
	cp -r small other.img
	umoci insert --rootless --image other.img:v other /other
	skopeo --insecure-policy copy -q --dest-tls-verify=false oci:other.img:v "docker://$REG/a:2"
	http_proxy='' "$PARE" copy -q "docker://$REG/a:1" docker-daemon:reg:1
	requests engine >log
	run ! grep load log
	http_proxy='' "$PARE" copy -q "docker://$REG/a:2" docker-daemon:reg:2
	requests engine | grep -c load
	[ "$("$PARE" cat docker-daemon:reg:2 /other)" = other ]
	registry_stop
	[ -z "$(find cache/copy -mindepth 1 -not -name '*.lock')" ]
}

@test "names that aren't there, and what can't be a target" {
	refused 9 "*docker-daemon:nope:7: the engine says: No such image: nope:7" ls docker-daemon:nope:7
	refused 2 "*names a digest, and an engine makes those*" \
		copy oci:small:v "docker-daemon:$(config_of small)"
	refused 2 "*'a b' is no image name*" copy oci:small:v "docker-daemon:a b"
	refused 2 "*names no image*" copy oci:small:v docker-daemon:
	[ -z "$(requests engine | grep POST)" ]
}

@test "an engine that fails while it is asked about an image" {
	fault engine json-html
	refused 4 "*the engine's answer: line 1, column 1*" ls docker-daemon:there:1
	fault engine json-404
	refused 9 "*answers with status 404: is it a container engine?*" ls docker-daemon:there:1
	fault engine json-500
	refused 6 "*docker-daemon:there:1: the engine says: the engine?\[31m is?ill" ls docker-daemon:there:1
	fault engine json-403
	refused 7 "*the engine says: authorization denied by plugin" ls docker-daemon:there:1
	fault engine json-id
	refused 4 "*'Id' is no SHA-256 digest" ls docker-daemon:there:1
	fault engine json-large
	refused 5 "*over the limit of 4194304 bytes" ls docker-daemon:there:1
	fault engine json-twice
	refused 4 "*the engine's answer: line 1*" ls docker-daemon:there:1
	fault engine json-moved
	refused 6 "*answers with status 301*" ls docker-daemon:there:1
	fault engine json-cut
	refused 6 "*the connection was cut; is the engine still running?" ls docker-daemon:there:1
	fault engine json-endless-head
	refused 5 "*bytes of headers" ls docker-daemon:there:1
	fault engine json-silent
	refused 6 "*nothing came for 2.0 s; is the engine still running?" ls docker-daemon:there:1
}

@test "an engine that fails while it loads" {
	engine_start loads "unix:$PWD/loads.sock"
	export DOCKER_HOST=unix://$PWD/loads.sock
	"$PARE" copy -q oci:small:v docker-daemon:small
	requests loads >/dev/null
	fault loads load-500
	refused 6 "*docker-daemon:x:latest: the engine says: write /var/lib/docker: no space left on device" \
		copy oci:large:v docker-daemon:x
	fault loads load-cut
	refused 6 "*docker-daemon:x:latest: post 'http://localhost/images/load': the connection was cut; is*" \
		copy oci:large:v docker-daemon:x
	fault loads load-early
	refused 6 "*the engine says: that is enough" copy oci:large:v docker-daemon:x
	fault loads load-error
	refused 6 "*the engine says: archive/tar: ?\[2J" copy oci:large:v docker-daemon:x
	fault loads load-html
	refused 4 "*the engine's answer: line 1*" copy oci:large:v docker-daemon:x
	fault loads load-nothing
	refused 6 "*ended without a word of having loaded it" copy oci:large:v docker-daemon:x
	fault loads load-line
	refused 5 "*a line of more than 65536 bytes" copy oci:large:v docker-daemon:x
	fault loads load-half
	refused 6 "*the connection was cut*" copy oci:large:v docker-daemon:x
	fault loads load-silent
	refused 6 "*nothing came for 2.0 s*" copy oci:large:v docker-daemon:x
	fault loads tag-500
	refused 6 "*the engine says: the disk is read-only" copy oci:small:v docker-daemon:x
	[ "$(requests loads | grep -c 'POST /images/load [0-9]')" -eq 6 ] # each was sent once
	fault loads load-slow
	"$PARE" copy -q oci:large:v docker-daemon:x
	"$PARE" inspect docker-daemon:x >/dev/null
	engine_stop loads
}

@test "an engine that fails while it saves" {
	fault engine get-500
	refused 6 "*docker-daemon:there:1: the engine says: unpigz: no space left on device" \
		copy docker-daemon:there:1 oci:out
	fault engine get-cut
	refused 6 "*the connection was cut*" copy docker-daemon:there:1 oci:out
	fault engine get-short
	refused 4 "*docker-daemon:there:1*" copy docker-daemon:there:1 oci:out
	fault engine get-empty
	refused 4 "*docker-daemon:there:1*" copy docker-daemon:there:1 oci:out
	fault engine get-html
	refused 4 "*docker-daemon:there:1*" copy docker-daemon:there:1 oci:out
	fault engine get-silent
	refused 6 "*nothing came for 2.0 s*" copy docker-daemon:there:1 oci:out
	[ ! -e out ]
	fault engine get-slow
	"$PARE" copy -q docker-daemon:there:1 oci:out:v
	equal "$(config_of out)" "$(config_of small)"
}

@test "a layer that isn't what its digest says never gets to the engine whole" {
	cp -r large bad
	blob=bad/blobs/sha256/$(jq -r '.layers[0].digest[7:]' \
		"bad/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' bad/index.json)")
	chmod u+w "$blob"
	printf X | dd of="$blob" bs=1 seek=1000000 conv=notrunc status=none
	engine_start second "unix:$PWD/second.sock"
	DOCKER_HOST=unix://$PWD/second.sock refused 8 "*docker-daemon:bad:latest:*" \
		copy oci:bad:v docker-daemon:bad
	run ! grep 'load [0-9]' second/log
	engine_stop second
}

@test "no engine, no permission, and addresses that can't be reached" {
	DOCKER_HOST=unix:///nonexistent/sock refused 6 \
		"*no engine answers at 'unix:///nonexistent/sock': No such file or directory"$'\n'"*DOCKER_HOST names it*" \
		ls docker-daemon:x
	DOCKER_HOST=ssh://me@host refused 11 "*pare speaks no SSH*DOCKER_HOST=unix:///tmp/engine.sock" \
		ls docker-daemon:x
	DOCKER_HOST=fd:// refused 2 "*expected unix:///PATH, tcp://HOST:PORT or https://HOST:PORT" \
		ls docker-daemon:x
	DOCKER_HOST=tcp://127.0.0.1:1 no_proxy=127.0.0.1 refused 6 \
		"*onnection refused*"$'\n'"  DOCKER_HOST names 'tcp://127.0.0.1:1': is that right?" ls docker-daemon:x
	DOCKER_HOST='' DOCKER_CONTEXT=none refused 9 \
		"*there is no context 'none' in '$HOME/.docker/contexts'"$'\n'"  DOCKER_CONTEXT names it*" \
		ls docker-daemon:x
	DOCKER_HOST=unix:///$(printf 'x%.0s' {1..200}) refused 2 "*the path of a socket has at most 107 bytes" \
		ls docker-daemon:x
	if [ ! -e /var/run/docker.sock ] && [ ! -e /run/podman/podman.sock ]; then
		DOCKER_HOST='' refused 9 "*no engine listens here*docker.io or podman*DOCKER_HOST" \
			ls docker-daemon:x
		ln -s "$PWD/sock" run/docker.sock
		DOCKER_HOST='' "$PARE" inspect docker-daemon:there:1 >/dev/null
		rm run/docker.sock
		mkdir run/podman
		ln -s "$PWD/sock" run/podman/podman.sock
		DOCKER_HOST='' "$PARE" inspect docker-daemon:there:1 >/dev/null
	fi
}

@test "a socket that belongs to others says which group may use it" {
	engine_start locked "unix:$PWD/locked.sock"
	chmod 000 locked.sock
	as=()
	[ "$(id -u)" -ne 0 ] ||
		as=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all)
	DOCKER_HOST=unix://$PWD/locked.sock run --separate-stderr "${as[@]}" "$PARE" ls docker-daemon:x
	engine_stop locked
	echo "$stderr"
	[ "$status" -eq 6 ]
	[[ $stderr == *"Permission denied"*"the group docker"* ]]
}

@test "over TCP, and over TLS with certificates of both sides" {
	unset http_proxy
	engine_start plain tcp
	DOCKER_HOST=tcp://127.0.0.1:$(<plain/port) "$PARE" copy -q oci:small:v docker-daemon:a:1
	grep 'load' plain/log
	engine_stop plain

	mkdir -p certs
	openssl req -x509 -newkey rsa:2048 -nodes -keyout certs/ca.key -out certs/ca.pem -days 2 \
		-subj /CN=authority 2>/dev/null
	for who in server client; do
		openssl req -newkey rsa:2048 -nodes -keyout certs/$who.key -out certs/$who.csr \
			-subj /CN=$who 2>/dev/null
		openssl x509 -req -in certs/$who.csr -CA certs/ca.pem -CAkey certs/ca.key -days 2 \
			-extfile <(echo "subjectAltName=IP:127.0.0.1") -out certs/$who.pem 2>/dev/null
	done
	cp certs/client.pem certs/cert.pem
	cp certs/client.key certs/key.pem
	engine_start tls "tcp:$PWD/certs/server.pem:$PWD/certs/server.key:$PWD/certs/ca.pem"
	export DOCKER_HOST=tcp://127.0.0.1:$(<tls/port)
	DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$PWD/certs "$PARE" copy -q oci:large:v docker-daemon:a:1
	DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$PWD/certs "$PARE" copy -q docker-daemon:a:1 oci:out:v
	equal "$(config_of out)" "$(config_of large)"
	# the same by a context
	hash=$(printf remote | sha256sum | cut -d' ' -f1)
	mkdir -p home/.docker/contexts/meta/"$hash" home/.docker/contexts/tls/"$hash"/docker
	cp certs/{ca,cert,key}.pem home/.docker/contexts/tls/"$hash"/docker
	echo '{"Name":"remote","Endpoints":{"docker":{"Host":"'"$DOCKER_HOST"'"}}}' \
		>home/.docker/contexts/meta/"$hash"/meta.json
	DOCKER_HOST='' DOCKER_CONTEXT=remote "$PARE" inspect docker-daemon:a:1 >/dev/null
	# as 'docker context use' leaves it; DOCKER_HOST counts more
	echo '{"currentContext":"remote"}' >home/.docker/config.json
	DOCKER_HOST='' "$PARE" inspect docker-daemon:a:1 >/dev/null
	DOCKER_HOST=unix:///nonexistent/sock refused 6 "*no engine answers at*" ls docker-daemon:a:1
	echo '{"currentContext":"other"}' >home/.docker/config.json
	DOCKER_HOST='' refused 9 "*no context 'other'*/.docker/config.json names it*" ls docker-daemon:a:1
	rm home/.docker/config.json

	mkdir nobody stranger
	cp certs/ca.pem nobody
	DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$PWD/nobody refused 6 "*docker-daemon:a:1: get 'https://*pare has no certificate*" \
		ls docker-daemon:a:1
	cp certs/{cert,key}.pem stranger
	DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=$PWD/stranger refused 8 \
		"*the server's certificate does not hold*DOCKER_CERT_PATH*" ls docker-daemon:a:1
	DOCKER_TLS=1 DOCKER_CERT_PATH=$PWD/stranger "$PARE" inspect docker-daemon:a:1 >/dev/null
	refused 6 "*docker-daemon:a:1: get 'http://*" ls docker-daemon:a:1 # without TLS
	engine_stop tls
}
