#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pare build: where images go, what it prints, and what inspect then shows.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	deb tool 1.0 "usr/bin/tool=$(elf amd64)"
	deb tool 1.0 -a arm64 "usr/bin/tool=$(elf arm64)"
	ARCHS="amd64 arm64" publish stable
	serve
}

setup() {
	fresh_home
	printf '  packages: [tool]\nentrypoint: {command: /usr/bin/tool}\n' | recipe
}

@test "build: prints the digest alone; the rest is for people, on standard error" {
	run --separate-stderr "$PARE" build -t tool --arch amd64
	[ "$status" -eq 0 ]
	[[ $output =~ ^sha256:[0-9a-f]{64}$ ]]
	[ -e "store/blobs/sha256/${output#sha256:}" ]
	[[ $stderr =~ ^"pare: "[0-9.]+\ [kM]?B\ compressed\ in\ 1\ layer$ ]]
	run --separate-stderr "$PARE" -q build --arch amd64
	[ -z "$stderr" ]
	run --separate-stderr "$PARE" build --arch amd64
	[[ $stderr == *"; give it a name with -t NAME" ]]
}

@test "build --format json: digest, type, size, layers and places" {
	"$PARE" build --arch amd64 -t tool -t tool:1 -o oci:img --format json >built.json
	manifest=$(digest_of)
	size=$(jq '[.layers[].size] | add' "img/blobs/sha256/${manifest#sha256:}")
	jq -e --arg digest "$manifest" --argjson size "$size" '. == {digest: $digest,
		mediaType: "application/vnd.oci.image.manifest.v1+json", compressedBytes: $size,
		layers: 1, places: ["tool", "tool:1", "oci:img"]}' built.json
}

@test "-t and -o repeat: every place has the image" {
	"$PARE" build --arch amd64 -t one -t two:2 -o oci:a -o oci:a:tag -o oci:b:x \
		-o oci-archive:c.tar -o oci-archive:d.tar:it -o docker-archive:e.tar \
		-o docker-archive:f.tar:tool:9 >digest
	[ "$("$PARE" images --names)" = $'one:latest\ntwo:2' ]
	for place in "oci:store:one:latest" oci:a:tag oci:b:x oci-archive:c.tar oci-archive:d.tar:it; do
		[ "$(skopeo inspect --raw "$place" | sha256sum | cut -d' ' -f1)" = \
			"$(sed 's/sha256://' digest)" ]
	done
	for place in docker-archive:e.tar docker-archive:f.tar:tool:9; do
		skopeo inspect --config "$place" >config
		jq -e '.config.Entrypoint == ["/usr/bin/tool"]' config
		equal "$(jq -c .rootfs config)" "$(skopeo inspect --config oci:b:x | jq -c .rootfs)"
	done
	tar -xOf f.tar manifest.json | jq -e '.[0].RepoTags == ["tool:9"]'
	umoci unpack --rootless --image b:x bundle
	cmp bundle/rootfs/usr/bin/tool <(printf %b "$(elf amd64)")
}

@test "an index goes to the store, to oci: and to oci-archive:; docker-archive takes the host's" {
	"$PARE" build --arch amd64 --arch arm64 -t multi -o oci:a:x -o oci-archive:b.tar:x >digest
	skopeo inspect --raw oci:a:x | jq -e '.manifests | length == 2'
	jq -e '.manifests | length == 1 and .[0].platform == null' a/index.json
	skopeo inspect --raw oci-archive:b.tar:x | jq -e '[.manifests[].platform.architecture] ==
		["amd64", "arm64"]'
	"$PARE" images --format json | jq -e '.[0].platforms == ["linux/amd64", "linux/arm64/v8"]'
	run --separate-stderr "$PARE" build --arch amd64 --arch arm64 -o docker-archive:c.tar
	[ "$status" -eq 0 ]
	[[ $stderr == *"docker-archive:c.tar gets only the image for $(dpkg --print-architecture),"* ]]
	skopeo inspect --config docker-archive:c.tar >config
	equal "$(jq -r .architecture config)" "$(dpkg --print-architecture)"
}

@test "a docker-archive of several images, none for this machine, is refused before anything is built" {
	: >"$SERVE_LOG"
	run --separate-stderr "$PARE" build --arch s390x --arch ppc64el -o docker-archive:c.tar
	[ "$status" -eq 2 ]
	[[ $stderr == *"one image, and these are for s390x, ppc64le"*"--arch"* ]]
	[ ! -e c.tar ]
	[ "$(requests .)" -eq 0 ]
}

@test "a layer that several platforms have is counted once" {
	recipe <<-'YAML'
		  packages: [tool]
		paths: [{path: /etc/shared, type: empty-file}]
	YAML
	"$PARE" build --arch amd64 --arch arm64 -t shared --format json >built
	"$PARE" inspect --raw index shared >index
	for digest in $(jq -r '.manifests[].digest' index); do
		cat "store/blobs/sha256/${digest#*:}"
	done | jq -s '[.[].layers[]]' >layers
	jq -e 'length > (unique_by(.digest) | length)' layers
	equal "$(jq .compressedBytes built)" "$(jq 'unique_by(.digest) | map(.size) | add' layers)"
	equal "$(jq .layers built)" "$(jq 'unique_by(.digest) | length' layers)"
	equal "$("$PARE" images --format json | jq '.[0].size')" "$(jq .compressedBytes built)"
}

@test "a place that can't be is an error before anything is built" {
	: >"$SERVE_LOG"
	for args in "-o docker://x/Y" "-t Bad_Name!" "-t oci:x" "-o foo:bar/baz:x:y"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$PARE" build $args
		[ "$status" -eq 2 ] || [[ $args == *docker:* && $status -eq 11 ]]
		[[ $stderr == *"${args#* }'"* || $stderr == *"skopeo copy"* ]]
	done
	[ "$(requests .)" -eq 0 ]
}

@test "the same place again replaces the image, other tags stay" {
	"$PARE" build --arch amd64 -o oci:a:x -o oci:a:y >first
	echo 'cmd: changed' >>pare.yaml
	"$PARE" build --arch amd64 -o oci:a:x >second
	equal "$(skopeo inspect --raw oci:a:x | sha256sum | cut -d' ' -f1)" "$(sed s/sha256:// second)"
	equal "$(skopeo inspect --raw oci:a:y | sha256sum | cut -d' ' -f1)" "$(sed s/sha256:// first)"
	jq -e '.manifests | length == 2' a/index.json
}

@test "inspect: of what was built, as docker image inspect has it" {
	printf '%s\n' 'labels: {kind: test}' 'ports: [80]' 'work-dir: /srv' 'stop-signal: SIGINT' \
		'accounts: {run-as: "65532"}' >>pare.yaml
	"$PARE" build --arch amd64 -t tool -o oci:a:x
	for place in tool oci:a:x; do
		"$PARE" inspect "$place" --format json >shown.json
		jq -e '.[0] | .Architecture == "amd64" and .Os == "linux" and
			.Config.Entrypoint == ["/usr/bin/tool"] and .Config.User == "65532" and
			.Config.WorkingDir == "/srv" and .Config.StopSignal == "SIGINT" and
			.Config.ExposedPorts == {"80/tcp": {}} and .Config.Labels == {kind: "test"} and
			.Created == "2026-01-02T03:04:05Z" and (.RootFS.Layers | length) == 1' shown.json
	done
	equal "$("$PARE" inspect tool --raw=config)" "$(skopeo inspect --raw --config oci:a:x)"
	equal "$("$PARE" inspect tool --raw=manifest)" "$(skopeo inspect --raw oci:a:x)"
	run "$PARE" inspect tool
	[[ $output == *"/usr/bin/tool"* && $output == *"pare build: tool 1.0"* ]]
}
