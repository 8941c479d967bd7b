#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# images, rm and gc on a store that other tools have filled.

bats_require_minimum_version 1.5.0
load ../lib/image.bash

setup() {
	: "${PARE:?tests/run sets it}"
	need umoci skopeo jq
	cd "$BATS_TEST_TMPDIR"
	export HOME=$BATS_TEST_TMPDIR PARE_STORE=$BATS_TEST_TMPDIR/store
}

# hello:1.0 and hello:latest are one image, tool:latest is another.
fill() {
	new_image img a arm64
	new_image img b amd64
	mkdir store
	put img:a hello:1.0
	put img:a hello:latest
	put img:b tool:latest
}

blobs() {
	ls "$PARE_STORE/blobs/sha256" | wc -l
}

@test "images: an empty store shows no image, and an empty array" {
	run --separate-stderr "$PARE" images
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == NAME*DIGEST*SIZE*CREATED*PLATFORMS ]]
	[ "$("$PARE" images --format json)" = "[]" ]
	[ -z "$("$PARE" images --names)" ]
}

@test "images: a line per name with digest, size, date and platform" {
	fill
	digest=$(skopeo inspect --raw oci:img:a | sha256sum)
	size=$(skopeo inspect --raw oci:img:a | jq '[.layers[].size] | add')
	run --separate-stderr "$PARE" images
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[1]} =~ ^hello:1.0\ +${digest:0:12}\ +$size\ B\ +2025-01-02\ +linux/arm64$ ]]
	[[ ${lines[2]} =~ ^hello:latest\ +${digest:0:12}\  ]]
	[[ ${lines[3]} =~ ^tool:latest\ .*linux/amd64$ ]]
}

@test "images: JSON says the same in full" {
	fill
	digest=$(skopeo inspect --raw oci:img:a | sha256sum)
	size=$(skopeo inspect --raw oci:img:a | jq '[.layers[].size] | add')
	"$PARE" images --format=json >images.json
	[ "$(jq length images.json)" -eq 3 ]
	jq -e --arg digest "sha256:${digest%% *}" --argjson size "$size" '.[0] == {
		name: "hello:1.0", digest: $digest, size: $size, created: "2025-01-02T03:04:05Z",
		mediaType: "application/vnd.oci.image.manifest.v1+json",
		platforms: ["linux/arm64"]}' images.json
}

@test "images: --names is for scripts, --store looks elsewhere" {
	fill
	[ "$("$PARE" images --names)" = $'hello:1.0\nhello:latest\ntool:latest' ]
	[ -z "$("$PARE" images --names --store other)" ]
}

@test "images: one that can't be read is warned of and hides no other" {
	fill
	manifest=$(skopeo inspect --raw oci:img:b | sha256sum)
	rm "store/blobs/sha256/${manifest%% *}"
	run --separate-stderr "$PARE" images
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[[ $stderr == "pare: warning: image 'tool:latest': "*"${manifest:0:12}"* ]]
	"$PARE" images --format json 2>/dev/null | jq -e 'length == 2'
}

@test "images: a store that is no store is an error and stays as it is" {
	mkdir store
	echo '{"imageLayoutVersion": "9.0"}' >store/oci-layout
	run "$PARE" images
	[ "$status" -ne 0 ]
	[ "$(cat store/oci-layout)" = '{"imageLayoutVersion": "9.0"}' ]
}

@test "rm: takes a name away and leaves the others" {
	fill
	run --separate-stderr "$PARE" rm hello:1.0
	[ "$status" -eq 0 ]
	[ -z "$output$stderr" ]
	[ "$("$PARE" images --names)" = $'hello:latest\ntool:latest' ]
	"$PARE" rm hello tool
	[ -z "$("$PARE" images --names)" ]
}

@test "rm: a name that isn't there removes nothing and suggests the nearest" {
	fill
	run --separate-stderr "$PARE" rm tool helo
	[ "$status" -eq 9 ]
	[ "${stderr_lines[0]}" = "pare: no image 'helo' in the store '$PARE_STORE'" ]
	[ "${stderr_lines[1]}" = "  did you mean 'hello'?" ]
	[ "$("$PARE" images --names | wc -l)" -eq 3 ]
	run "$PARE" rm 'Not A Name'
	[ "$status" -eq 2 ]
}

@test "gc: removes what no name reaches, and only that" {
	fill
	before=$(blobs)
	"$PARE" rm tool
	run "$PARE" gc
	[[ $output == "removed 0 blobs"* ]] # all is younger than an hour
	[ "$(blobs)" -eq "$before" ]
	"$PARE" gc --dry-run --older-than=0 --format json >gc.json
	[ "$(blobs)" -eq "$before" ]
	"$PARE" gc --older-than=0
	# what was said beforehand is what happened; tool's manifest and config at the least
	jq -e --argjson gone $((before - $(blobs))) '.dryRun and .removedBlobs == $gone' gc.json
	[ $((before - $(blobs))) -ge 2 ]
	skopeo inspect "oci:$PARE_STORE:hello:latest" | jq -e '.Architecture == "arm64"'
	skopeo --insecure-policy copy -q "oci:$PARE_STORE:hello:1.0" dir:copied
	"$PARE" rm hello hello:1.0
	"$PARE" gc --older-than=0
	[ "$(blobs)" -eq 0 ]
}

@test "gc: spares what is younger than --older-than" {
	fill
	"$PARE" rm tool hello hello:1.0
	find store/blobs -type f -exec touch -d '-30 minutes' {} +
	"$PARE" gc
	[ "$(blobs)" -gt 0 ]
	"$PARE" gc --older-than=29m
	[ "$(blobs)" -eq 0 ]
	run "$PARE" gc --older-than=soon
	[ "$status" -eq 2 ]
}

@test "gc: removes indexes that were not used for long, or are of an older pare" {
	export PARE_CACHE=$PWD/cache
	local make=$BATS_TEST_DIRNAME/../lib/make-image
	"$make" a:x 'layer(file_("a", "a"))'
	"$make" b:x 'layer(file_("b", "b"))'
	"$PARE" ls oci:a:x
	"$PARE" ls oci:b:x
	find cache/layer-index cache/tree-index -type f | sort >before
	[ "$(wc -l <before)" -eq 4 ]
	old=$(head -n 1 before)
	cp "$old" "${old%.*}.0"
	xargs touch -d "-40 days" <before
	"$PARE" ls oci:b:x >/dev/null # in use again
	"$PARE" history oci:b:x >/dev/null
	"$PARE" gc --dry-run --format json >gc.json
	jq -e '.removedCached == 3 and .keptCached == 2 and .removedCachedBytes > 0' gc.json
	[ "$(find cache -type f -path '*-index/*' | wc -l)" -eq 5 ]
	run -0 "$PARE" gc
	[[ "${lines[1]}" == "removed 3 files of the cache ("*"), kept 2 files ("* ]]
	[ "$(find cache -type f -path '*-index/*' | wc -l)" -eq 2 ]
	[ "$("$PARE" ls --format json oci:a:x | jq -r '.[].path')" = a ]
	"$PARE" gc --unused=0
	[ "$(find cache -type f -path '*-index/*' | wc -l)" -eq 0 ]
	run -0 "$PARE" gc --cache=none
	[ "${#lines[@]}" -eq 1 ]
}

@test "gc: what of the cache nobody used for long goes, whatever it is of" {
	export PARE_CACHE=$PWD/cache
	local folder name
	name=$(printf x | sha256sum | cut -c1-64)
	for folder in packages indexes listings apk layers images places uploads releases run spool; do
		mkdir -p cache/$folder
		echo old >"cache/$folder/$name"
		echo new >"cache/$folder/${name//[0-9]/0}"
	done
	echo part >"cache/packages/${name//[a-f]/0}.part"
	echo index >"cache/indexes/${name}-deb4.1"
	echo read >"cache/packages/${name//[a-f]/1}"
	mkdir cache/packages/"${name//[a-f]/2}"
	find cache -name "$name*" -o -name '*.part' -o -name "${name//[a-f]/1}" -o -name "${name//[a-f]/2}" |
		xargs touch -d "-40 days"
	touch -a -d "-2 days" "cache/packages/${name//[a-f]/1}" # its content is as old, but it was read
	"$PARE" gc --dry-run --json >gc.json
	jq -e '.removedCached == 9 and .removedCachedBytes == 38 and .keptCached == 9' gc.json
	"$PARE" gc
	[ "$(cat cache/*/"$name" | wc -l)" -eq 3 ]
	ls cache/{releases,run,spool}/"$name" "cache/packages/${name//[a-f]/0}.part"
	[ ! -e "cache/indexes/${name}-deb4.1" ]
	"$PARE" gc --unused=0
	[ "$(find cache -type f | wc -l)" -eq 7 ]
}

@test "bash completes names of images, with their tags" {
	fill
	complete() {
		bash -c 'source <("$PARE" completion bash)
			COMP_WORDS=("$PARE" rm "$1") COMP_LINE="pare rm $1" COMP_CWORD=2
			COMP_POINT=${#COMP_LINE} COMP_WORDBREAKS=$2
			_pare; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
	}
	[ "$(complete to '=')" = tool:latest ]
	[ "$(complete hello:1 ':=')" = 1.0 ]
}
