#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The formats that pare writes, as the programs see them that users give images to. The image
# comes from tests/tools/mklayout: two layers, the first of several gzip members or zstd frames,
# a static program that tells its arguments, user and folder, user 65532.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	e2e_setup
	cd "$E2E"
	cc -O2 -static -o hello "$BATS_TEST_DIRNAME/hello.c"
	for codec in gzip zstd plain; do
		"$PARE_BUILD/tests/tools/mklayout" store hello "$codec" "hello:$codec" \
			"oci:layout:$codec" "oci-archive:oci-$codec.tar:hello:$codec" \
			"docker-archive:docker-$codec.tar:hello:$codec"
	done
	chmod -R a+rX layout
}

teardown_file() {
	e2e_teardown
}

setup() {
	cd "$E2E"
	SAYS="hello world uid=65532 gid=65532 cwd=/tmp"
}

teardown() {
	docker_stop
}

# A layer's tar, whatever it is compressed with.
unpacked() {
	case $(head -c 4 "$1" | od -An -tx1 | tr -d ' ') in
	1f8b*) gzip -dc "$1" ;;
	28b52ffd) zstd -dcq "$1" ;;
	*) cat "$1" ;;
	esac
}

# The diff_ids that the config of a place promises, one a line.
diff_ids() {
	skopeo inspect --config "$1" | jq -r '.rootfs.diff_ids[]'
}

@test "skopeo sees the same image in the store, the layout and the archives" {
	for codec in gzip zstd plain; do
		diff_ids "oci:layout:$codec" >expected
		[ "$(wc -l <expected)" -eq 2 ]
		for place in "oci:store:hello:$codec" "oci-archive:oci-$codec.tar" \
			"oci-archive:oci-$codec.tar:hello:$codec" "docker-archive:docker-$codec.tar" \
			"docker-archive:docker-$codec.tar:hello:$codec"; do
			diff_ids "$place" | diff expected -
			skopeo inspect --config "$place" |
				jq -e '.config == {User: "65532:65532", WorkingDir: "/tmp",
					Env: ["PATH=/usr/bin:/bin", "GREETING=hello"],
					Entrypoint: ["/hello"], Cmd: ["world"]}'
		done
	done
}

@test "skopeo's digest is that of the manifest's bytes" {
	for codec in gzip zstd plain; do
		digest=$(skopeo inspect "oci:store:hello:$codec" | jq -r .Digest)
		[ "$(skopeo inspect --raw "oci:store:hello:$codec" | sha256sum)" = \
			"${digest#sha256:}  -" ]
		[ "$(skopeo inspect "oci-archive:oci-$codec.tar" | jq -r .Digest)" = "$digest" ]
	done
}

@test "skopeo copies every place, and each layer unpacks to its diff_id" {
	for codec in gzip zstd plain; do
		for place in "oci:layout:$codec" "oci:store:hello:$codec" \
			"oci-archive:oci-$codec.tar" "docker-archive:docker-$codec.tar"; do
			rm -rf copy
			skopeo copy -q "$place" dir:copy
			for layer in $(jq -r '.layers[].digest' copy/manifest.json); do
				unpacked "copy/${layer#sha256:}" | sha256sum |
					sed 's/^/sha256:/; s/ .*//'
			done >got
			diff_ids "oci:layout:$codec" | diff - got
		done
	done
}

@test "a layout that skopeo and umoci write to as well keeps everybody's images" {
	"$PARE_BUILD/tests/tools/mklayout" store hello gzip oci:shared:ours
	skopeo copy -q oci:layout:zstd oci:shared:skopeos
	umoci tag --image shared:ours umocis
	"$PARE_BUILD/tests/tools/mklayout" store hello plain oci:shared:more oci:shared:ours
	[ "$(umoci list --layout shared | sort | xargs)" = "more ours skopeos umocis" ]
	[ "$(skopeo inspect --raw oci:shared:ours | sha256sum)" = \
		"$(skopeo inspect --raw oci:layout:plain | sha256sum)" ]
	[ "$(skopeo inspect --raw oci:shared:umocis | sha256sum)" = \
		"$(skopeo inspect --raw oci:layout:gzip | sha256sum)" ]
	umoci gc --layout shared
	for tag in more ours skopeos umocis; do
		skopeo copy -q "oci:shared:$tag" "oci:after:$tag"
	done
}

@test "umoci unpacks owners, modes, times and bytes as root" {
	require_root
	for codec in gzip plain; do # umoci 0.4 knows no zstd
		umoci unpack --image "layout:$codec" "root-$codec"
		cmp hello "root-$codec/rootfs/hello"
		run stat -c '%n %a %u:%g %Y' "root-$codec/rootfs/hello" "root-$codec/rootfs/tmp"
		[ "${lines[0]}" = "root-$codec/rootfs/hello 755 0:0 1700000000" ]
		[ "${lines[1]}" = "root-$codec/rootfs/tmp 1777 0:0 1700000000" ]
	done
	[ "$(cat root-gzip/rootfs/usr/share/filler | sha256sum)" = \
		"$(cat root-plain/rootfs/usr/share/filler | sha256sum)" ]
}

@test "umoci unpacks rootless, and rootless runc runs it, read-only" {
	require_user_namespaces
	as_user umoci unpack --rootless --image layout:gzip user/bundle
	cmp hello user/bundle/rootfs/hello
	bundle_adjust user/bundle '.process.user = {uid: 0, gid: 0} | .root.readonly = true'
	run --separate-stderr runc_rootless pare-rootless user/bundle
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = "hello world uid=0 gid=0 cwd=/tmp" ]
}

@test "runc runs it as its own user, read-only" {
	require_root
	umoci unpack --image layout:gzip bundle
	bundle_adjust bundle '.root.readonly = true'
	run --separate-stderr runc_root pare-root bundle
	echo "$output $stderr"
	[ "$status" -eq 0 ]
	[ "$output" = "$SAYS" ]
}

@test "podman loads both kinds of archive and runs them" {
	require_root
	for codec in gzip zstd plain; do
		for file in "oci-$codec.tar" "docker-$codec.tar"; do
			run --separate-stderr podman_load "$file"
			echo "$output $stderr"
			[ "$output" = "Loaded image: localhost/hello:$codec" ]
			[ "$(podman_run "localhost/hello:$codec")" = "$SAYS" ]
			[ "$(podman_run --read-only --user 0 "localhost/hello:$codec" you)" = \
				"hello you uid=0 gid=0 cwd=/tmp" ]
			podman_here rmi "localhost/hello:$codec"
		done
	done
}

@test "podman pulls from the layout and from the store" {
	require_root
	id=$(podman_here pull -q "oci:$E2E/store:hello:zstd")
	[ "$(podman_run "$id")" = "$SAYS" ]
	podman_here rmi "$id"
	id=$(podman_here pull -q "oci:$E2E/layout:gzip")
	[ "$(podman_run "$id")" = "$SAYS" ]
	podman_here rmi "$id"
}

@test "Docker Engine loads the archives and runs them" {
	require_root
	docker_start
	for codec in gzip zstd plain; do
		[ "$(docker_here load -q -i "docker-$codec.tar")" = "Loaded image: hello:$codec" ]
		[ "$(docker_here run --rm --network none "hello:$codec")" = "$SAYS" ]
		[ "$(docker_here run --rm --network none --read-only --user 0 "hello:$codec" you)" = \
			"hello you uid=0 gid=0 cwd=/tmp" ]
		docker_here inspect "hello:$codec" | jq -r '.[0].RootFS.Layers[]' |
			diff - <(diff_ids "oci:layout:$codec")
		docker_here rmi "hello:$codec"
	done
}

@test "Docker Engine loads an archive without a name and one through a pipe" {
	require_root
	docker_start
	"$PARE_BUILD/tests/tools/mklayout" store hello gzip docker-archive:nameless.tar
	run docker_here load -q -i nameless.tar
	echo "$output"
	[ "$output" = "Loaded image ID: sha256:$(tar xOf nameless.tar manifest.json |
		jq -r '.[0].Config | rtrimstr(".json")')" ]
	"$PARE_BUILD/tests/tools/mklayout" store hello gzip \
		docker-archive:/dev/stdout:piped/app:1 | docker_here load
	[ "$(docker_here run --rm --network none piped/app:1)" = "$SAYS" ]
}

@test "containerd imports the OCI archives" {
	require_root
	docker_start
	ctr=(ctr -a "$E2E/docker/exec/containerd/containerd.sock" -n pare-import)
	for codec in gzip zstd; do
		"${ctr[@]}" images import "oci-$codec.tar"
		"${ctr[@]}" images check "name==hello:$codec" >checked
		grep -E "^hello:$codec .* complete \(3/3\) .* true" checked || { cat checked; return 1; }
	done
}
