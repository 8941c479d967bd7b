#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's docker-registry in the middle: what pare pushes the other tools pull and run, what they
# push pare pulls and runs, and all agree on the digests. The image is that of consumers.bats.

bats_require_minimum_version 1.5.0
load lib
load ../lib/registry

setup_file() {
	e2e_setup
	cd "$E2E"
	: "${PARE:=$PARE_BUILD/src/pare}"
	export PARE PARE_CACHE=$E2E/cache PARE_STORE=$E2E/store XDG_RUNTIME_DIR=$E2E/xdg
	mkdir xdg
	unset REGISTRY_AUTH_FILE DOCKER_CONFIG DOCKER_AUTH_CONFIG http_proxy https_proxy
	cc -O2 -static -o hello "$BATS_TEST_DIRNAME/hello.c"
	registry_start
	for codec in gzip zstd; do
		"$PARE_BUILD/tests/tools/mklayout" store hello "$codec" "oci:layout:$codec"
		"$PARE" copy -q "oci:layout:$codec" "docker://$REG/ours/hello:$codec"
	done
	chmod -R a+rX layout
}

teardown_file() {
	registry_stop
	e2e_teardown
}

setup() {
	cd "$E2E"
	SAYS="hello world uid=65532 gid=65532 cwd=/tmp"
}

teardown() {
	docker_stop
}

# digest_in PLACE: of the manifest's bytes, as skopeo reads them.
digest_in() {
	skopeo inspect --tls-verify=false --raw "$1" | sha256sum | sed 's/^/sha256:/; s/ .*//'
}

buildah_here() {
	buildah --root "$E2E/buildah/root" --runroot "$E2E/buildah/run" --storage-driver vfs "$@"
}

# pulls_and_runs NAME DIGEST: pare, from the registry, with what runs there as the witness.
pulls_and_runs() {
	[ "$("$PARE" resolve "$REG/$1")" = "$2" ]
	[ "$("$PARE" pull -q -t pulled:1 "$REG/$1")" = "$2" ]
	[ "$(sha256sum <"$PARE_STORE/blobs/sha256/${2#*:}")" = "${2#*:}  -" ]
	run --separate-stderr "$PARE" run "docker://$REG/$1"
	echo "$output $stderr"
	[ "$output" = "$SAYS" ]
}

@test "skopeo, and umoci through it, pull what pare pushed; pare pulls what skopeo pushed" {
	for codec in gzip zstd; do
		equal "$(digest_in "docker://$REG/ours/hello:$codec")" "$(digest_in "oci:layout:$codec")"
	done
	skopeo copy -q --src-tls-verify=false "docker://$REG/ours/hello:gzip" oci:skopeo:1
	equal "$(digest_in oci:skopeo:1)" "$(digest_in oci:layout:gzip)"
	chmod -R a+rX skopeo
	as_user umoci unpack --rootless --image skopeo:1 user/bundle
	cmp hello user/bundle/rootfs/hello
	skopeo copy -q --preserve-digests --dest-tls-verify=false oci:layout:zstd "docker://$REG/skopeo/hello:1"
	equal "$("$PARE" copy -q "docker://$REG/skopeo/hello:1" oci:back:1)" "$(digest_in oci:layout:zstd)"
	equal "$(digest_in oci:back:1)" "$(digest_in oci:layout:zstd)"
}

@test "podman" {
	require_root
	for codec in gzip zstd; do
		id=$(podman_here pull -q --tls-verify=false "docker://$REG/ours/hello:$codec")
		[ "$(podman_run "$id")" = "$SAYS" ]
		podman_here inspect "$id" | jq -r '.[0].RepoDigests[]' |
			grep -qx "$REG/ours/hello@$(digest_in "oci:layout:$codec")"
	done
	podman_here push -q --tls-verify=false --digestfile podman.digest "$id" "docker://$REG/podman/hello:1"
	pulls_and_runs podman/hello:1 "$(<podman.digest)"
}

@test "buildah" {
	require_root
	id=$(buildah_here pull -q --tls-verify=false "docker://$REG/ours/hello:gzip")
	[ "sha256:$id" = "$(skopeo inspect --raw oci:layout:gzip | jq -r .config.digest)" ]
	from=$(buildah_here from "$id")
	echo "a file" >added
	buildah_here copy -q "$from" added /added
	buildah_here commit -q "$from" changed
	buildah_here push -q --tls-verify=false --digestfile buildah.digest changed \
		"docker://$REG/buildah/hello:1"
	pulls_and_runs buildah/hello:1 "$(<buildah.digest)"
	[ "$("$PARE" cat "docker://$REG/buildah/hello:1" /added)" = "a file" ]
	# and what of it was pare's before is shared, not sent again
	"$PARE" copy -q --json "docker://$REG/buildah/hello:1" "docker://$REG/ours/changed:1" >result
	[ "$(jq .sentBlobs result)" -eq 0 ]
}

@test "Docker Engine" {
	require_root
	docker_start
	for codec in gzip zstd; do
		name=$REG/ours/hello:$codec
		docker_here pull -q "$name"
		[ "$(docker_here run --rm --network none "$name")" = "$SAYS" ]
		docker_here inspect "$name" | jq -r '.[0].RepoDigests[]' |
			grep -qx "$REG/ours/hello@$(digest_in "oci:layout:$codec")"
	done
	docker_here tag "$name" "$REG/engine/hello:1"
	docker_here push -q "$REG/engine/hello:1"
	digest=$(docker_here inspect "$REG/engine/hello:1" |
		jq -r '.[0].RepoDigests[] | select(contains("/engine/")) | split("@")[1]')
	pulls_and_runs engine/hello:1 "$digest"
}
