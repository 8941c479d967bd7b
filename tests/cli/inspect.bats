#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# inspect, on images that other tools have made; what it must say comes from skopeo.

bats_require_minimum_version 1.5.0
load ../lib/image.bash

setup() {
	: "${PARE:?tests/run sets it}"
	need umoci skopeo jq
	cd "$BATS_TEST_TMPDIR"
	export HOME=$BATS_TEST_TMPDIR PARE_STORE=$BATS_TEST_TMPDIR/store
	mkdir store
}

# img:both is an index of img:a (arm64) and img:b (amd64).
new_index() {
	local arch tag
	new_image img a arm64
	new_image img b amd64
	for tag in a b; do
		skopeo inspect --raw "oci:img:$tag" >"$tag.json"
		jq -n --arg digest "sha256:$(sha256sum <"$tag.json" | cut -d' ' -f1)" \
			--argjson size "$(stat -c %s "$tag.json")" \
			--arg arch "$(skopeo inspect "oci:img:$tag" | jq -r .Architecture)" \
			'{mediaType: "application/vnd.oci.image.manifest.v1+json", $digest, $size,
			  platform: {os: "linux", architecture: $arch}}'
	done | jq -cs '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
		manifests: .}' | tr -d '\n' >index.json
	digest=$(sha256sum <index.json | cut -d' ' -f1)
	cp index.json "img/blobs/sha256/$digest"
	jq -c --arg digest "sha256:$digest" --argjson size "$(stat -c %s index.json)" \
		'.manifests += [{mediaType: "application/vnd.oci.image.index.v1+json", $digest, $size,
		 annotations: {"org.opencontainers.image.ref.name": "both"}}]' img/index.json >new
	mv new img/index.json
}

@test "json has what docker image inspect has, with skopeo's values" {
	new_image img a arm64
	put img:a hello:1.0
	put img:a hello:latest
	"$PARE" inspect hello --format json >got.json
	skopeo inspect --config oci:img:a >config.json
	skopeo inspect --raw oci:img:a >manifest.json
	jq -e --slurpfile c config.json --slurpfile m manifest.json \
		--arg digest "sha256:$(sha256sum <manifest.json | cut -d' ' -f1)" '
		length == 1 and (.[0] | $c[0] as $c | $m[0] as $m |
		.Id == $m.config.digest and .Digest == $digest and
		.RepoTags == ["hello:1.0", "hello:latest"] and
		.RepoDigests == ["hello@" + $digest] and
		.Created == "2025-01-02T03:04:05Z" and .Author == "Jo Doe" and
		.Architecture == "arm64" and .Os == "linux" and
		.Config.User == $c.config.User and .Config.User == "65532" and
		.Config.Env == $c.config.Env and .Config.Cmd == ["--greet"] and
		.Config.Entrypoint == $c.config.Entrypoint and
		.Config.WorkingDir == "/srv" and .Config.Labels == {kind: "test"} and
		.Config.ExposedPorts == {"80/tcp": {}} and
		.RootFS == {Type: "layers", Layers: $c.rootfs.diff_ids} and
		.Size == ([$m.layers[].size] | add) and
		[.Layers[].Digest] == [$m.layers[].digest] and
		[.Layers[].DiffID] == $c.rootfs.diff_ids and
		[.Layers[].CreatedBy] == ["the program", "its configuration"])' got.json
}

@test "the keys that docker image inspect and this share have the same values in Docker" {
	command -v docker >/dev/null || skip "docker is not installed"
	docker info >/dev/null 2>&1 || skip "no Docker Engine runs here"
	new_image img a "$(docker info -f '{{.Architecture}}' | sed 's/x86_64/amd64/;s/aarch64/arm64/')"
	put img:a pare-test-inspect:1
	skopeo --insecure-policy copy -q oci:img:a docker-archive:a.tar:pare-test-inspect:1
	docker load -qi a.tar
	docker image inspect pare-test-inspect:1 >docker.json
	docker image rm pare-test-inspect:1
	"$PARE" inspect pare-test-inspect:1 --format json >got.json
	jq -e --slurpfile d docker.json '.[0] as $g | $d[0][0] as $d | ([
		"RepoTags", "Created", "Author", "Architecture", "Os", "RootFS"
		] | all($g[.] == $d[.])) and ([
		"User", "Env", "Cmd", "Entrypoint", "WorkingDir", "Labels", "ExposedPorts"
		] | all($g.Config[.] == $d.Config[.]))' got.json
}

@test "the summary says what runs, as whom, and what each layer is" {
	new_image img a arm64
	put img:a hello:latest
	run --separate-stderr "$PARE" inspect hello
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "Image        hello:latest" ]
	[[ $output == *$'\nPlatform     linux/arm64\n'* ]]
	[[ $output == *$'\nUser         65532\n'* ]]
	[[ $output == *$'\nEntrypoint   ["/usr/bin/hello"]\nCmd          ["--greet"]\n'* ]]
	[[ $output == *$'\nEnvironment  A=b c\n             PATH=/usr/bin\n'* ]]
	[[ $output == *" in 2 layers"* ]]
	layer=$(skopeo inspect --raw oci:img:a | jq -r '.layers[1].digest')
	[[ ${lines[-1]} =~ ^${layer:7:12}\ +[0-9]+\ B\ +its\ configuration$ ]]
	run ! grep -n ' $' <<<"$output"
}

@test "--raw prints the documents byte for byte" {
	new_index
	put img:a hello:latest
	"$PARE" inspect --raw manifest hello | cmp - a.json
	"$PARE" inspect --raw config hello | cmp - \
		"img/blobs/sha256/$(jq -r '.config.digest[7:]' a.json)"
	run "$PARE" inspect --raw index hello
	[ "$status" -eq 9 ]
	"$PARE" inspect --raw index oci:img:both | cmp - index.json
	"$PARE" inspect --raw manifest --arch amd64 oci:img:both | cmp - b.json
	run --separate-stderr "$PARE" inspect --raw manifest oci:img:both
	[ "$status" -eq 2 ]
	[[ $stderr == *"linux/arm64, linux/amd64"*--arch* ]]
}

@test "an index shows each platform, --arch just one" {
	new_index
	[ "$("$PARE" inspect oci:img:both --format json | jq -c '[.[].Architecture]')" = \
		'["arm64","amd64"]' ]
	[ "$("$PARE" inspect oci:img:both | grep -c ^Platform)" -eq 2 ]
	for name in amd64 linux/amd64; do
		[ "$("$PARE" inspect oci:img:both -a $name --format json |
			jq -c '[.[].Architecture]')" = '["amd64"]' ]
	done
	run --separate-stderr "$PARE" inspect oci:img:both -a s390x
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: no platform 's390x' in 'oci:img:both': it has linux/arm64, linux/amd64" ]
}

@test "a layout with one image needs no tag, one with several says so" {
	new_image img a arm64
	[ "$("$PARE" inspect oci:img --raw manifest | sha256sum)" = \
		"$(skopeo inspect --raw oci:img:a | sha256sum)" ]
	new_image img b amd64
	run --separate-stderr "$PARE" inspect oci:img
	[ "$status" -eq 2 ]
	[ "$stderr" = "pare: which image? 'img' holds 'a', 'b'
  add its name: oci:img:NAME" ]
	run --separate-stderr "$PARE" inspect oci:img:c
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: no image 'c' in 'img'
  it holds 'a', 'b'" ]
}

@test "archives show the same image, compressed or through a pipe, too" {
	new_image img a arm64
	skopeo --insecure-policy copy -q oci:img:a oci-archive:oci.tar:a
	gzip -k oci.tar
	zstd -q oci.tar
	"$PARE" inspect oci:img:a --format json >want.json
	for place in oci-archive:oci.tar oci-archive:oci.tar:a oci-archive:oci.tar.gz \
		oci-archive:oci.tar.zst; do
		"$PARE" inspect "$place" --format json | diff want.json -
	done
	cat oci.tar | "$PARE" inspect oci-archive:/dev/stdin --format json | diff want.json -
	for name in manifest config; do
		"$PARE" inspect "oci:img:a" --raw $name | diff - \
			<("$PARE" inspect oci-archive:oci.tar --raw $name)
	done
}

@test "a docker-archive shows its config, and layers by their own digests" {
	new_image img a arm64
	skopeo --insecure-policy copy -q oci:img:a docker-archive:docker.tar:team/hello:1
	for place in docker-archive:docker.tar docker-archive:docker.tar:team/hello:1 \
		docker-archive:docker.tar:docker.io/team/hello:1; do
		run --separate-stderr "$PARE" inspect "$place" --raw config
		[ "$status" -eq 0 ]
		[ "$output" = "$(skopeo inspect --config --raw docker-archive:docker.tar)" ]
	done
	"$PARE" inspect docker-archive:docker.tar --format json >got.json
	for layer in $(tar xOf docker.tar manifest.json | jq -r '.[0].Layers[]'); do
		tar xOf docker.tar "$layer" | sha256sum | sed 's/^/sha256:/; s/ .*//'
	done | diff - <(jq -r '.[0].Layers[].Digest' got.json)
	jq -e '.[0] | [.Layers[].DiffID] == [.Layers[].Digest]' got.json
	run --separate-stderr "$PARE" inspect docker-archive:docker.tar:other
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: no image 'other:latest' in 'docker.tar'
  it holds 'docker.io/team/hello:1'" ]
}

@test "a docker-archive may hold several images, and link a layer that it has twice" {
	new_image img a arm64
	skopeo --insecure-policy copy -q oci:img:a docker-archive:one.tar:team/hello:1
	mkdir files && tar xf one.tar -C files manifest.json --wildcards '*.json' '*.tar'
	layer=$(jq -r '.[0].Layers[0]' files/manifest.json)
	mkdir files/again && ln -s "../$layer" files/again/layer.tar
	jq -c '. + [.[0] | .RepoTags = ["second:1"] | .Layers[0] = "again/layer.tar"]' \
		files/manifest.json >new && mv new files/manifest.json
	tar cf two.tar -C files --transform 's,^\./,,;s,^,./,' .
	[ "$("$PARE" inspect docker-archive:two.tar:second:1 --raw manifest)" = \
		"$("$PARE" inspect docker-archive:one.tar --raw manifest)" ]
	run --separate-stderr "$PARE" inspect docker-archive:two.tar
	[ "$status" -eq 2 ]
	[ "$stderr" = "pare: which image? 'two.tar' holds 'docker.io/team/hello:1', 'second:1'
  add its name: docker-archive:two.tar:NAME" ]
}

@test "archives that are none say what they are" {
	new_image img a arm64
	skopeo --insecure-policy copy -q oci:img:a oci-archive:oci.tar:a
	skopeo --insecure-policy copy -q oci:img:a docker-archive:docker.tar:a:1
	run --separate-stderr "$PARE" inspect oci-archive:docker.tar
	[ "$status" -eq 4 ]
	[ "$stderr" = "pare: 'docker.tar' is no OCI archive: it has no index.json
  it may be a docker-archive:" ]
	run --separate-stderr "$PARE" inspect docker-archive:oci.tar
	[ "$status" -eq 4 ]
	[[ $stderr == *"it has no manifest.json"*"it may be an oci-archive:" ]]
	head -c 5000 oci.tar >cut.tar
	run --separate-stderr "$PARE" inspect oci-archive:cut.tar
	[ "$status" -eq 4 ]
	[[ $stderr == "pare: cut.tar: offset "* ]]
	run --separate-stderr "$PARE" inspect oci-archive:nowhere.tar
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: open 'nowhere.tar': No such file or directory" ]
	run --separate-stderr "$PARE" inspect oci-archive:img
	[ "$status" -eq 3 ]
	[ "${stderr_lines[0]}" = "pare: read 'img': Is a directory" ]
	config=$(skopeo inspect --raw oci:img:a | jq -r '.config.digest[7:]')
	sed -i s/65532/00000/ oci.tar
	run --separate-stderr "$PARE" inspect oci-archive:oci.tar
	[ "$status" -eq 8 ]
	[ "$stderr" = "pare: blob sha256:$config holds other bytes than its name says" ]
}

@test "what isn't there is not made by looking at it" {
	run "$PARE" inspect oci:nowhere
	[ "$status" -eq 9 ]
	[ ! -e nowhere ]
	run "$PARE" inspect hello
	[ "$status" -eq 9 ]
}

@test "control characters in an image don't reach the terminal" {
	new_image img a arm64
	umoci config --image img:a --no-history --config.env $'EVIL=\033[2J\007'
	run "$PARE" inspect oci:img:a
	[ "$status" -eq 0 ]
	[[ $output == *'EVIL=?[2J?'* ]]
	[ "$("$PARE" inspect oci:img:a --format json | jq -r '.[0].Config.Env[-1]')" = $'EVIL=\033[2J\007' ]
}

@test "a config that isn't the manifest's is refused" {
	new_image img a arm64
	config=$(skopeo inspect --raw oci:img:a | jq -r '.config.digest[7:]')
	sed -i s/65532/00000/ "img/blobs/sha256/$config"
	run --separate-stderr "$PARE" inspect oci:img:a
	[ "$status" -eq 8 ]
	[[ $stderr == *"${config:0:12}"* ]]
}
