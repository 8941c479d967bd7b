#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# docker-daemon: with the engines themselves: what pare gives Docker Engine and podman's service they
# run, and what comes back is the same image. Engines that fail: tests/cli/daemon.bats.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	e2e_setup
	cd "$E2E"
	cc -O2 -static -o hello "$BATS_TEST_DIRNAME/hello.c"
	for codec in gzip zstd; do
		"$PARE_BUILD/tests/tools/mklayout" store hello "$codec" "oci:layout:$codec"
	done
	jq -n '{auths: {}}' >auth.json
}

teardown_file() {
	e2e_teardown
}

setup() {
	require_root
	cd "$E2E"
	PARE=$PARE_BUILD/src/pare
	export PARE_STORE=$E2E/pare-store PARE_CACHE=$E2E/pare-cache
	unset DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH
	SAYS="hello world uid=65532 gid=65532 cwd=/tmp"
	rm -rf back
}

teardown() {
	podman_service_stop
}

# One engine for the file: it takes seconds to start.
need_docker() {
	[ -f docker/own-pid ] || docker_start
	export DOCKER_HOST=unix://$E2E/docker/sock
}

podman_service_start() {
	mkdir -p podman
	echo '{"default":[{"type":"insecureAcceptAnything"}]}' >podman/policy.json
	podman_here system service --time 0 "unix://$E2E/podman/sock" >podman/log 2>&1 3>&- &
	echo $! >podman/own-pid
	for _ in {1..100}; do
		[ ! -S podman/sock ] || return 0
		sleep 0.1
	done
	cat podman/log
	return 1
}

# The shell that podman_here runs in waits for podman, and would leave it behind.
podman_service_stop() {
	local shell
	[ -f "$E2E/podman/own-pid" ] || return 0
	shell=$(cat "$E2E/podman/own-pid")
	rm "$E2E/podman/own-pid"
	pkill -P "$shell" || kill "$shell"
	for _ in {1..100}; do
		kill -0 "$shell" 2>/dev/null || return 0
		sleep 0.1
	done
}

# same_image PLACE: its config, byte for byte, and thereby its diff_ids; and layers that have these.
same_image() {
	"$PARE" copy -q "$1" oci:back:v
	local manifest
	manifest=back/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' back/index.json)
	jq -r .config.digest "$manifest" >got
	skopeo inspect --raw oci:layout:gzip | jq -r .config.digest | diff - got
	skopeo inspect --config oci:layout:gzip | jq -r '.rootfs.diff_ids[]' >diff_ids
	jq -r '.layers[].digest' "$manifest" | diff diff_ids -
	(cd back/blobs/sha256 && sha256sum -- * | awk '$1 != $2 { exit 1 }')
	skopeo copy -q oci:back:v dir:back/checked
}

@test "Docker Engine runs what pare copies and builds into it, and gives it back" {
	need_docker
	for codec in gzip zstd; do
		run --separate-stderr "$PARE" copy "oci:layout:$codec" "docker-daemon:hello:$codec"
		echo "$stderr"
		[ "$status" -eq 0 ]
		[[ $stderr == *"Loaded image: hello:$codec"* ]]
		[ "$(docker_here run --rm --network none "hello:$codec")" = "$SAYS" ]
		same_image "docker-daemon:hello:$codec"
		same_image "docker-daemon:$(docker_here image inspect -f '{{.Id}}' "hello:$codec")"
		[[ $("$PARE" copy "oci:layout:$codec" docker-daemon:again:1 2>&1) == *"was there already"* ]]
		[ "$(docker_here run --rm --network none again:1)" = "$SAYS" ]
		docker_here rmi "hello:$codec" again:1
	done
	"$PARE" build -q -o docker-daemon:built ./hello
	run -0 --separate-stderr docker_here run --rm --network none built you
	[[ $output == *" you uid="* ]]
	[ "$("$PARE" run docker-daemon:built you)" = "$output" ]
}

@test "an image that Docker made is looked into, judged, and built on" {
	need_docker
	mkdir context
	cp hello auth.json context
	printf 'FROM scratch\nCOPY hello /bin/hello\nCOPY auth.json /etc/a\nUSER 7\nENTRYPOINT ["/bin/hello"]\n' \
		>context/Dockerfile
	DOCKER_BUILDKIT=0 docker_here build -q -t made:1 context
	"$PARE" ls docker-daemon:made:1 /bin | grep -w hello
	cmp hello <("$PARE" cat docker-daemon:made:1 /bin/hello)
	"$PARE" history docker-daemon:made:1 | grep -F "in /etc/a"
	"$PARE" audit --json docker-daemon:made:1 >report || [ $? -eq 1 ]
	jq -e . report >/dev/null
	printf 'base: docker-daemon:made:1\npaths:\n  - {path: /etc/b, type: file, content: x}\n' >recipe.yaml
	"$PARE" build -q -o docker-daemon:based:1 recipe.yaml
	docker_here run --rm --network none based:1 you | grep " you uid=7"
	docker_here save made:1 -o saved.tar
	"$PARE" copy -q docker-archive:saved.tar oci:from-archive:v
	"$PARE" copy -q docker-daemon:made:1 oci:from-daemon:v
	jq -e '.manifests[].digest' from-archive/index.json >digest-of-archive
	jq -e '.manifests[].digest' from-daemon/index.json | diff digest-of-archive -
}

# One test, as it needs an engine of its own; older ones have no such store, which is no skip: what
# there is to see with them is in the tests above.
@test "Docker Engine with containerd's image store takes, runs, knows and gives back the same" {
	need_containerd_store
	docker_stop
	docker_start containerd
	export DOCKER_HOST=unix://$E2E/docker/sock
	for codec in gzip zstd; do
		"$PARE" copy -q "oci:layout:$codec" "docker-daemon:hello:$codec"
		[ "$(docker_here run --rm --network none "hello:$codec")" = "$SAYS" ]
		"$PARE" copy -q "docker-daemon:hello:$codec" oci:back:v
		jq -r '.manifests[0].digest' back/index.json >digest
		skopeo inspect --config oci:layout:gzip >config
		skopeo inspect --config oci:back:v | diff config -
		rm -rf back
	done
	# its id is its manifest's digest, there and on the way back
	docker_here save hello:gzip -o stored.tar
	"$PARE" inspect --json docker-archive:stored.tar >inspected
	"$PARE" inspect --json docker-daemon:hello:gzip >of-engine
	jq '.[0] | .Id, .Digest' inspected >of-archive
	jq '.[0] | .Id, .Digest' of-engine | diff of-archive -
	"$PARE" build -q -o docker-daemon:built ./hello
	run -0 --separate-stderr docker_here run --rm --network none built you
	[[ $output == *" you uid="* ]]
	docker_stop
	rm -rf docker
}

@test "podman's service runs what pare copies into it, and gives it back" {
	podman_service_start
	export DOCKER_HOST=unix://$E2E/podman/sock
	for codec in gzip zstd; do
		"$PARE" copy -q "oci:layout:$codec" "docker-daemon:hello:$codec"
		[ "$(podman_run "hello:$codec")" = "$SAYS" ]
		same_image "docker-daemon:hello:$codec"
		same_image "docker-daemon:sha256:$(podman_here image inspect -f '{{.Id}}' "hello:$codec")"
		[[ $("$PARE" copy "oci:layout:$codec" docker-daemon:again:1 2>&1) == *"was there already"* ]]
		[ "$("$PARE" run docker-daemon:again:1)" = "$SAYS" ]
		podman_here rmi -af
	done
}
