#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pare rebase: images on another base. Expected documents are made by tests/lib/make-image, not by
# pare; skopeo reads what comes out. How configs are merged is in tests/unit/rebase.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry

setup_file() {
	need skopeo umoci
	export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR HOME=$BATS_FILE_TMPDIR/home
	unset REGISTRY_AUTH_FILE DOCKER_CONFIG DOCKER_AUTH_CONFIG http_proxy https_proxy
	cd "$BATS_FILE_TMPDIR" || return 1
	mkdir home
	make_image=$BATS_TEST_DIRNAME/../lib/make-image
	base_one="layer(dir_('etc'), file_('etc/os', 'one'), created_by='base one')
empty('ENV of one')"
	app="layer(dir_('app'), file_('app/run', '#!/bin/sh\n', mode=0o755), created_by='COPY app')
empty('ENTRYPOINT of app')
config(author='Jo Doe', created='2026-01-02T03:04:05Z', docker_version='20.1',
	config=dict(Env=['PATH=/app:/bin', 'V=1', 'OWN=o'], Entrypoint=['/app/run'], Labels={'v': '1'}))"
	"$make_image" l:old "$base_one
config(config=dict(Env=['PATH=/bin', 'V=1'], Cmd=['sh'], Labels={'v': '1'}))"
	"$make_image" l:new "layer(dir_('etc'), file_('etc/os', 'two'), created_by='base two')
layer(dir_('usr'), file_('usr/more', 'm'), created_by='more of two')
empty('ENV of two')
config(config=dict(User='9', Env=['PATH=/bin:/new', 'V=2'], Cmd=['bash'], Labels={'v': '2'}))"
	"$make_image" l:zstd "layer(dir_('etc'), file_('etc/os', 'three'), codec='zstd', created_by='base three')"
	"$make_image" l:app "$base_one
$app"
	"$make_image" l:squashed "layer(dir_('etc'), file_('etc/os', 'one'), dir_('app'), created_by='all')"
	for arch in amd64 arm64; do
		for what in old new; do
			"$make_image" "m:$what-$arch" "layer(file_('os', '$what $arch'), created_by='$what')
config(architecture='$arch', config=dict(Env=['V=$what']))"
		done
		"$make_image" "m:app-$arch" "layer(file_('os', 'old $arch'), created_by='old')
layer(file_('app', 'for $arch'), created_by='app')
config(architecture='$arch', config=dict(Env=['V=old'], Labels={'a': 'b'}))"
	done
	"$make_image" m:attest "layer(file_('x', 'x'))
config(architecture='unknown', os='unknown')"
	for what in old new app; do
		index m "$what" "$what-amd64 $what-arm64"
	done
	index m attested "app-amd64 app-arm64 attest"
	index m half new-amd64
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	export PARE_STORE=$BATS_TEST_TMPDIR/store PARE_CACHE=$BATS_TEST_TMPDIR/cache
	out=oci:$BATS_TEST_TMPDIR/out
}

# index LAYOUT TAG "TAGS": an index of images of the layout, into it.
index() {
	python3 - "$1" "$2" $3 <<-'END'
		import hashlib, json, sys
		layout, tag, names = sys.argv[1], sys.argv[2], sys.argv[3:]
		key = "org.opencontainers.image.ref.name"
		top = json.load(open(f"{layout}/index.json"))
		entries = []
		for d in top["manifests"]:
		    name = d.get("annotations", {}).get(key)
		    if name in names:
		        arch = name.split("-")[1] if "-" in name else "unknown"
		        entries.append({k: d[k] for k in ("mediaType", "digest", "size")} | {"platform": {
		            "architecture": arch, "os": "linux" if arch != "unknown" else "unknown"}})
		index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
		         "manifests": entries, "annotations": {"note": "kept"}}
		text = json.dumps(index).encode()
		digest = hashlib.sha256(text).hexdigest()
		open(f"{layout}/blobs/sha256/{digest}", "wb").write(text)
		top["manifests"].append({"mediaType": index["mediaType"], "digest": "sha256:" + digest,
		                         "size": len(text), "annotations": {key: tag}})
		json.dump(top, open(f"{layout}/index.json", "w"))
	END
}

# raw PLACE: the document behind a name into ./raw; digest LAYOUT TAG
raw() {
	skopeo inspect --raw --tls-verify=false "$1" >raw
}

config() {
	skopeo inspect --config --raw --tls-verify=false "$1" >config
}

digest() {
	jq -r --arg tag "$2" '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == $tag).digest' \
		"$1/index.json"
}

rebase() {
	"$PARE" rebase -q --no-verify "$@"
}

@test "rebase: the new base's layers and history, the image's own, and what the config becomes" {
	rebase oci:l:app --from oci:l:old --onto oci:l:new -o "$out:app" >printed
	raw "$out:app"
	[ "$(cat printed)" = "sha256:$(sha256sum raw | cut -d' ' -f1)" ]
	app=l/blobs/sha256/$(digest l app | cut -d: -f2)
	new=l/blobs/sha256/$(digest l new | cut -d: -f2)
	jq -e --slurpfile app "$app" --slurpfile new "$new" --arg digest "$(digest l new)" '
		.layers == $new[0].layers + $app[0].layers[1:]
		and .annotations == {"org.opencontainers.image.base.digest": $digest,
			"org.opencontainers.image.base.name": "l:new"}' raw
	for layer in $(jq -r '.layers[].digest' raw); do
		cmp "l/blobs/${layer/://}" "$BATS_TEST_TMPDIR/out/blobs/${layer/://}"
	done
	config "$out:app"
	jq -e '[.history[] | [.created_by, .empty_layer // false]] == [["base two", false],
		["more of two", false], ["ENV of two", true], ["COPY app", false], ["ENTRYPOINT of app", true]]
		and .author == "Jo Doe" and .created == "2026-01-02T03:04:05Z" and .docker_version == "20.1"
		and .config == {User: "9", Env: ["PATH=/app:/bin:/new", "V=2", "OWN=o"],
			Entrypoint: ["/app/run"], Labels: {v: "2"}}' config
	umoci unpack --rootless --image "${out#oci:}:app" "$BATS_TEST_TMPDIR/bundle"
	[ "$(cat "$BATS_TEST_TMPDIR"/bundle/rootfs/{etc/os,usr/more})" = twom ]
	[ -x "$BATS_TEST_TMPDIR/bundle/rootfs/app/run" ]
}

@test "rebase: what is rebased says on what, and can be rebased again; onto the same changes nothing" {
	first=$(rebase oci:l:app --from oci:l:old --onto oci:l:new -t app)
	[ "$(rebase oci:l:app --from oci:l:old --onto oci:l:new -t other)" = "$first" ]
	run --separate-stderr -0 "$PARE" rebase --no-verify app --onto oci:l:new
	[ "$output" = "$first" ]
	[ "$stderr" = "pare: it is on 'l:new' already" ]
	second=$(rebase app --onto oci:l:zstd --format json | jq -r .digest)
	[ "$second" != "$first" ]
	[ "$(rebase app --onto oci:l:new --from oci:l:zstd -t again)" = "$first" ]
	[ "$("$PARE" inspect app --format json | jq -r '.[0].Id, .[0].RootFS.Layers[0]' | wc -l)" = 2 ]
	raw "oci:$PARE_STORE:app:latest"
	[ "sha256:$(sha256sum raw | cut -d' ' -f1)" = "$second" ]
}

@test "rebase: without --onto, onto what the base's name stands for now" {
	"$PARE" copy -q oci:l:old base:1
	"$PARE" copy -q oci:l:new base:2
	rebase oci:l:app --from oci:l:old --onto base:1 -t app
	run --separate-stderr -0 "$PARE" rebase --no-verify app
	[[ $stderr == *"it is on 'base:1' already"* ]]
	"$PARE" copy -q oci:l:new base:1
	run --separate-stderr -0 "$PARE" rebase --no-verify app
	[ "$stderr" = "pare: linux/amd64: 1 layer of the old base, now 2 layers of 'base:1' below 1 layer of its own" ]
	"$PARE" cat app /etc/os >os
	[ "$(cat os)" = two ]
	"$PARE" rm base:1
	run "$PARE" rebase app
	[ "$status" -eq 9 ]
	[[ $output == *"the new base: "*"base:1"*"--onto" ]]
}

@test "rebase: what is refused, with the reason and what to do, and nothing written" {
	run "$PARE" rebase oci:l:app --onto oci:l:new -t x
	[ "$status" -eq 9 ]
	[[ $output == *"doesn't say what it was built on: it has no annotations"*"--from" ]]
	run "$PARE" rebase oci:l:app --from oci:l:new --onto oci:l:old -t x
	[ "$status" -eq 10 ]
	new=$(skopeo inspect --config --raw oci:l:new | jq -r '.rootfs.diff_ids[0]')
	old=$(skopeo inspect --config --raw oci:l:old | jq -r '.rootfs.diff_ids[0]')
	[[ $output == *"not built on 'oci:l:new': layer 1 of that is ${new:7:12}, and of the image ${old:7:12}"*--from* ]]
	run "$PARE" rebase oci:l:old --from oci:l:app --onto oci:l:new -t x
	[ "$status" -eq 10 ]
	[[ $output == *"that has 2 layers, and the image only 1"* ]]
	run "$PARE" rebase oci:l:squashed --from oci:l:old --onto oci:l:new -t x
	[ "$status" -eq 10 ]
	[[ $output == *"squashed must be built again" ]]
	run "$PARE" rebase oci:l:app --from oci:l:nothing --onto oci:l:new -t x
	[ "$status" -eq 9 ]
	[[ $output == *"the old base: no image 'nothing'"* ]]
	run "$PARE" rebase oci:l:app --from oci:l:old --onto oci:l:nothing -t x
	[ "$status" -eq 9 ]
	[[ $output == *"the new base: no image 'nothing'"* ]]
	run "$PARE" rebase oci:l:app --from oci:l:old --onto oci:l:new -t oci:x
	[ "$status" -eq 2 ]
	run "$PARE" rebase oci:m:app --from oci:m:old --onto oci:m:new --arch arm64
	[ "$status" -eq 2 ]
	[[ $output == *"-t or -o" ]]
	"$PARE" copy -q oci:l:app docker-archive:archive.tar:app:1
	cp archive.tar before.tar
	run "$PARE" rebase docker-archive:archive.tar --from oci:l:old --onto oci:l:new
	[ "$status" -eq 2 ]
	[[ $output == *"'archive.tar' would be replaced, with all other images"*"-t or -o"* ]]
	cmp archive.tar before.tar
	"$PARE" rebase -q --no-verify docker-archive:archive.tar --from oci:l:old --onto oci:l:new -o docker-archive:archive.tar:app:2
	[ "$(skopeo inspect docker-archive:archive.tar:app:2 | jq '.Layers | length')" = 3 ]
	run "$PARE" rebase oci:l:app --verify --no-verify
	[ "$status" -eq 2 ]
	[ "$("$PARE" images --names | wc -l)" = 0 ]
}

@test "rebase: scratch is no base, unless one says so" {
	printf '{paths: [{path: /a, type: empty-file}]}\n' >none.yaml
	"$PARE" build -q none.yaml -t none
	run "$PARE" rebase none --onto oci:l:new
	[ "$status" -eq 10 ]
	[[ $output == *"'none' was built on nothing"*"--from scratch" ]]
	run "$PARE" rebase none
	[ "$status" -eq 9 ]
	rebase none --from scratch --onto oci:l:new --format json >json
	jq -e '.platforms[0] | .oldBaseLayers == 0 and .newBaseLayers == 2 and .ownLayers == 1
		and (has("oldBase") | not)' json
	config "oci:$PARE_STORE:none:latest"
	jq -e '.config == {User: "9", Env: ["PATH=/bin:/new", "V=2"], Cmd: ["bash"], Labels: {v: "2"}} or
		(.config.User == "9" and (.rootfs.diff_ids | length) == 3)' config
}

@test "rebase: the old base's old digest is found in the store after its name has moved" {
	printf '{paths: [{path: /etc/issue, type: file, content: one}]}\n' >base.yaml
	printf '{base: base, paths: [{path: /app, type: empty-file}]}\n' >app.yaml
	"$PARE" build -q base.yaml -t base
	"$PARE" build -q app.yaml -t app
	printf '{paths: [{path: /etc/issue, type: file, content: two}]}\n' >base.yaml
	two=$("$PARE" build -q base.yaml -t base)
	"$PARE" rebase -q app
	[ "$("$PARE" cat app /etc/issue)" = two ]
	raw "oci:$PARE_STORE:app:latest"
	jq -e --arg two "$two" '.annotations["org.opencontainers.image.base.digest"] == $two
		and .annotations["org.opencontainers.image.base.name"] == "base:latest"' raw
	rm app.lock # it pins the base as it was
	"$PARE" build -q --base base app.yaml -o "$out:built"
	config "$out:built"
	mv config built
	config "oci:$PARE_STORE:app:latest"
	cmp built config # what a build on the new base gives
}

@test "rebase: of an index each platform, attestations left out, a missing platform told" {
	rebase oci:m:app --from oci:m:old --onto oci:m:new -o "$out:all" --format json >json
	raw "$out:all"
	cp raw all
	jq -e --arg digest "$(digest m new)" '.annotations == {note: "kept",
		"org.opencontainers.image.base.digest": $digest, "org.opencontainers.image.base.name": "m:new"}
		and [.manifests[].platform.architecture] == ["amd64", "arm64"]' all
	for arch in amd64 arm64; do
		one=$(jq -r --arg arch $arch '.manifests[] | select(.platform.architecture == $arch).digest' all)
		jq -e --arg digest "$(digest m "new-$arch")" '(.layers | length) == 2
			and .annotations["org.opencontainers.image.base.digest"] == $digest' \
			"$BATS_TEST_TMPDIR/out/blobs/${one/://}"
		jq -e --arg one "$one" --arg arch $arch \
			'.platforms[] | select(.platform == "linux/" + $arch).digest == $one' json
	done
	run --separate-stderr -0 "$PARE" rebase --no-verify oci:m:attested --from oci:m:old --onto oci:m:new \
		-o "$out:attested"
	[[ $stderr == *"left out 1 attestation of the image"* ]]
	raw "$out:attested"
	equal "$(jq -c '[.manifests[].digest]' raw)" "$(jq -c '[.manifests[].digest]' all)"
	run "$PARE" rebase oci:m:app --from oci:m:old --onto oci:m:half -o "$out:none"
	[ "$status" -eq 9 ]
	[[ $output == *"linux/arm64: the new base: no platform 'linux/arm64' in 'oci:m:half': it has linux/amd64" ]]
	run "$PARE" rebase oci:l:app --from oci:l:old --onto oci:m:new-arm64 -o "$out:none"
	[ "$status" -eq 9 ]
	rebase oci:m:app --from oci:m:old --onto oci:m:half --arch amd64 -o "$out:one"
	raw "$out:one"
	one=$(jq -r '.manifests[0].digest' all)
	jq -e --slurpfile one "$BATS_TEST_TMPDIR/out/blobs/${one/://}" '.layers == $one[0].layers' raw
	rebase "$out:all" --onto oci:m:old # the annotations of each platform say from what
	raw "$out:all"
	again=$(jq -r '.manifests[1].digest' raw)
	jq -e --slurpfile app "m/blobs/sha256/$(digest m app-arm64 | cut -d: -f2)" '.layers == $app[0].layers' \
		"$BATS_TEST_TMPDIR/out/blobs/${again/://}"
}

@test "rebase: a manifest that an index lists twice, once as no image, is rebased once" {
	cp -r m twice
	index twice twice "app-amd64"
	python3 - <<-'END'
		import hashlib, json
		top = json.load(open("twice/index.json"))
		entry = top["manifests"][-1]
		index = json.load(open("twice/blobs/" + entry["digest"].replace(":", "/")))
		listed = index["manifests"]
		listed.insert(0, listed[0] | {"platform": {"architecture": "unknown", "os": "unknown"}})
		text = json.dumps(index).encode()
		entry["digest"] = "sha256:" + hashlib.sha256(text).hexdigest()
		entry["size"] = len(text)
		open("twice/blobs/" + entry["digest"].replace(":", "/"), "wb").write(text)
		json.dump(top, open("twice/index.json", "w"))
	END
	rebase oci:twice:twice --from oci:m:old --onto oci:m:new -o "$out:twice" --format json >json
	raw "$out:twice"
	jq -e --arg digest "$(jq -r '.platforms[0].digest' json)" '.manifests | length == 1
		and .[0].digest == $digest and .[0].platform.architecture == "amd64"' raw
}

@test "rebase: a result that is too large to be read again is refused" {
	for what in new app; do
		"$BATS_TEST_DIRNAME/../lib/make-image" "long:$what" "$(for ((i = 0; i < 2500; i++)); do echo "empty('$what')"; done)"
	done
	run "$PARE" rebase --no-verify oci:long:app --from scratch --onto oci:long:new -o "$out:long"
	[ "$status" -eq 5 ]
	[[ $output == *"the result's config: 'history' has 5000 items, more than 4096" ]]
	[ ! -e "$BATS_TEST_TMPDIR/out" ]
}

@test "rebase: media types are all of one form" {
	fault_start # skopeo reads no Docker manifests in layouts
	docker=docker://$REG/docker:1
	"$PARE" copy -q --format docker oci:l:app "$docker"
	rebase "$docker" --from oci:l:old --onto oci:l:new
	raw "$docker"
	jq -e '[.mediaType, .config.mediaType, .layers[].mediaType] | all(startswith("application/vnd.docker."))
		and length == 5' raw
	skopeo --insecure-policy copy -q --src-tls-verify=false "$docker" "docker-archive:$BATS_TEST_TMPDIR/d.tar:a:1"
	"$PARE" copy -q --format docker oci:l:new "docker://$REG/new:1"
	rebase oci:l:app --from oci:l:old --onto "docker://$REG/new:1" -o "$out:oci"
	raw "$out:oci"
	jq -e '[.mediaType, .config.mediaType, .layers[].mediaType] | all(startswith("application/vnd.oci."))' raw
	run --separate-stderr -0 "$PARE" rebase --no-verify "$docker" --from oci:l:new --onto oci:l:zstd
	[[ $stderr == *"OCI media types: Docker's form has none for layers of 'application/vnd.oci.image.layer.v1.tar+zstd'"* ]]
	raw "$docker"
	fault_stop
	jq -e '[.mediaType, .config.mediaType, .layers[].mediaType] | all(startswith("application/vnd.oci."))
		and .[2] == "application/vnd.oci.image.layer.v1.tar+zstd"' raw
	skopeo --insecure-policy copy -q oci:l:new "docker-archive:$BATS_TEST_TMPDIR/new.tar:n:1"
	rebase oci:l:app --from oci:l:old --onto "docker-archive:$BATS_TEST_TMPDIR/new.tar" -o "$out:tar"
	raw "$out:tar"
	jq -e '[.layers[].mediaType] | all(startswith("application/vnd.oci."))' raw
	config "$out:tar"
	jq -e --slurpfile new <(skopeo inspect --config --raw oci:l:new) \
		'.rootfs.diff_ids[0:2] == $new[0].rootfs.diff_ids' config
}

@test "rebase: a base whose layers were compressed anew is the same base" {
	"$PARE" copy -q --compression zstd oci:l:old "$out:old"
	rebase oci:l:app --from "$out:old" --onto oci:l:new -o "$out:app"
	raw "$out:app"
	[ "$(jq '.layers | length' raw)" = 3 ]
}

@test "rebase: --dry-run writes nothing, and says the same" {
	"$PARE" copy -q oci:l:app app
	before=$(find "$PARE_STORE" -type f -exec sha256sum {} + | sort)
	run --separate-stderr -0 "$PARE" rebase --no-verify app --from oci:l:old --onto oci:l:new --dry-run
	[ "$(find "$PARE_STORE" -type f -exec sha256sum {} + | sort)" = "$before" ]
	dry=$output
	[ "$(rebase app --from oci:l:old --onto oci:l:new)" = "$dry" ]
}

@test "rebase: the result must start, when its layers are at hand" {
	"$PARE" copy -q oci:l:app app
	run "$PARE" rebase app --from oci:l:old --onto oci:l:new
	[ "$status" -eq 1 ]
	[[ $output == *"the image would not start: "*"/bin/sh"*"--no-verify writes it all the same" ]]
	[ "$(rebase app --from oci:l:old --onto oci:l:new --dry-run)" != "" ]
	raw "oci:$PARE_STORE:app:latest"
	[ "sha256:$(sha256sum raw | cut -d' ' -f1)" = "$(digest l app)" ]
	gcc -static -o sh -x c - <<<'int main(void) { return 0; }'
	printf '{paths: [{path: /bin/sh, type: file, source: sh, permissions: 0o755}]}\n' >shell.yaml
	"$PARE" build -q shell.yaml -t shell
	"$PARE" rebase -q app --from oci:l:old --onto shell
}

@test "rebase: a package database of the image's own that hides the new base's is a warning" {
	local make=$BATS_TEST_DIRNAME/../lib/make-image
	for what in one two; do
		"$make" "db:$what" "layer(file_('./var/lib/dpkg/status', '$what'), file_('etc/os', '$what'))"
	done
	"$make" db:app "layer(file_('./var/lib/dpkg/status', 'one'), file_('etc/os', 'one'))
layer(file_('var/lib/dpkg/status', 'one and more'))"
	"$make" db:plain "layer(file_('./var/lib/dpkg/status', 'one'), file_('etc/os', 'one'))
layer(file_('app', 'app'))"
	run --separate-stderr -0 "$PARE" rebase oci:db:app --from oci:db:one --onto oci:db:two -o "$out:db"
	[[ $stderr == *"the image's own '/var/lib/dpkg/status' hides the new base's"*"build the image anew"* ]]
	run --separate-stderr -0 "$PARE" rebase oci:db:plain --from oci:db:one --onto oci:db:two -o "$out:db"
	[[ $stderr != *hides* ]]
	# the new base has none that could be hidden
	run --separate-stderr -0 "$PARE" rebase oci:db:app --from oci:db:one --onto oci:l:zstd -o "$out:db"
	[[ $stderr != *hides* ]]
}

# How often the log has a line of this form.
logged() {
	grep -cE -- "$1" "$FAULT_LOG" || true
}

@test "rebase: on one registry only documents move, layers are mounted" {
	fault_start mount=201
	"$PARE" copy -q oci:l:old "docker://$REG/base:1"
	"$PARE" copy -q oci:l:new "docker://$REG/other/base:2"
	rebase oci:l:app --from "docker://$REG/base:1" --onto "docker://$REG/base:1" -o "docker://$REG/team/app:1"
	: >"$FAULT_LOG"
	rebase "docker://$REG/team/app:1" --onto "docker://$REG/other/base:2" -o "docker://$REG/team/app:2" \
		--format json >json
	for layer in $(jq -r '.layers[].digest' "l/blobs/sha256/$(digest l new | cut -d: -f2)" \
		"l/blobs/sha256/$(digest l app | cut -d: -f2)"); do
		[ "$(logged "^GET .*/blobs/$layer")" -eq 0 ] # no layer is read
	done
	[ "$(logged "^POST /v2/team/app/blobs/uploads/\?mount=sha256:[0-9a-f]*&from=other")" -eq 2 ]
	# sent: the config and the manifest
	sent=$(awk '$1 ~ /^(PUT|PATCH|POST)$/ { n += $NF } END { print n }' "$FAULT_LOG")
	skopeo inspect --raw --tls-verify=false "docker://$REG/team/app:2" >raw
	[ "$sent" -eq "$(($(wc -c <raw) + $(jq .config.size raw)))" ]
	[ "$(logged .)" -le 24 ]
	[ -z "$(grep -E "^(GET|HEAD) .*/(blobs|manifests)/" "$FAULT_LOG" | sort | uniq -d)" ] # nothing is asked twice
	: >"$FAULT_LOG"
	rebase "docker://$REG/team/app:1" --onto "docker://$REG/other/base:2" # in place
	[ "$(logged '^PUT .*/manifests/1 ')" -eq 1 ]
	equal "$("$PARE" resolve "$REG/team/app:1")" "$(jq -r .digest json)"
	run "$PARE" rebase "docker://$REG/team/app@$(jq -r .digest json)" --onto "docker://$REG/base:1"
	[ "$status" -eq 2 ]
	[[ $output == *"named by its digest"*"-t or -o" ]]
	fault_stop
}

@test "rebase: image, old base, new base and result in repositories of one registry: no layer's byte moves" {
	fault_start mount=from # as it is where one may not read the other repositories
	for what in old new app; do
		"$PARE" copy -q --all "oci:m:$what" "docker://$REG/$what/of-m:1"
	done
	rebase "docker://$REG/app/of-m:1" --from "docker://$REG/old/of-m:1" --onto "docker://$REG/old/of-m:1"
	rm -r "$PARE_CACHE" # which knows where blobs were seen
	: >"$FAULT_LOG"
	rebase "docker://$REG/app/of-m:1" --onto "docker://$REG/new/of-m:1" -o "docker://$REG/result/of-m:2" \
		--format json >json
	for arch in amd64 arm64; do
		base=$(jq -r '.layers[0].digest' "m/blobs/sha256/$(digest m "new-$arch" | cut -d: -f2)")
		own=$(jq -r '.layers[1].digest' "m/blobs/sha256/$(digest m "app-$arch" | cut -d: -f2)")
		[ "$(logged "^POST /v2/result/of-m/blobs/uploads/\?mount=$base&from=new/of-m 201 ")" -eq 1 ]
		[ "$(logged "^POST /v2/result/of-m/blobs/uploads/\?mount=$own&from=app/of-m 201 ")" -eq 1 ]
	done
	[ "$(logged '^POST .*mount=')" -eq 4 ]
	# of what is sent, and what is fetched, nothing is a layer
	for layer in $(jq -r '.layers[]?.digest' m/blobs/sha256/* | sort -u); do
		[ "$(logged "^(GET|PUT|PATCH) .*$layer")" -eq 0 ]
	done
	sent=$(awk '$1 ~ /^(PUT|PATCH|POST)$/ { n += $NF } END { print n }' "$FAULT_LOG")
	raw "docker://$REG/result/of-m:2"
	documents=$(wc -c <raw)
	for manifest in $(jq -r '.manifests[].digest' raw); do
		skopeo inspect --raw --tls-verify=false "docker://$REG/result/of-m@$manifest" >one
		documents=$((documents + $(wc -c <one) + $(jq .config.size one)))
	done
	[ "$sent" -eq "$documents" ]
	[ "$(jq .sentBlobs json)" -eq 2 ]
	"$PARE" cat --arch arm64 "docker://$REG/result/of-m:2" os >os
	[ "$(cat os)" = 'new arm64' ]
	# where nothing is mounted, layers go the long way round
	faults mount=202
	rebase "docker://$REG/app/of-m:1" --onto "docker://$REG/new/of-m:1" -o "docker://$REG/long/of-m:2"
	equal "$("$PARE" resolve "$REG/long/of-m:2")" "$(jq -r .digest json)"
	skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$REG/long/of-m:2" "$out:long"
	fault_stop
}

@test "rebase: a base whose name has moved on in its registry, and one that is gone there" {
	fault_start
	"$PARE" copy -q oci:l:old "docker://$REG/base:1"
	rebase oci:l:app --from "docker://$REG/base:1" --onto "docker://$REG/base:1" -o "docker://$REG/app:1"
	"$PARE" copy -q "docker://$REG/app:1" "$out:app"
	"$PARE" copy -q oci:l:new "docker://$REG/base:1"
	run --separate-stderr -0 "$PARE" rebase --no-verify "docker://$REG/app:1"
	[[ $stderr == *": 1 layer of the old base, now 2 layers of '$REG/base:1' below 1 layer of its own" ]]
	"$PARE" cat "docker://$REG/app:1" usr/more >more
	[ "$(cat more)" = m ]
	fault_reset
	"$PARE" copy -q oci:l:new "docker://$REG/base:1"
	run "$PARE" rebase --no-verify "$out:app" -t none
	[ "$status" -eq 9 ]
	[[ $output == *"the old base '$REG/base:1': "*"$(digest l old)"*"--from" ]]
	rebase "$out:app" --from oci:l:old -t app
	fault_stop
}

@test "rebase: an image in the store can be rebased again when its base is nowhere else, and after gc" {
	"$PARE" copy -q oci:l:new "oci:$BATS_TEST_TMPDIR/new:1"
	"$PARE" copy -q oci:l:zstd "oci:$BATS_TEST_TMPDIR/three:1"
	rebase oci:l:app --from oci:l:old --onto "oci:$BATS_TEST_TMPDIR/new:1" -t app
	mv "$BATS_TEST_TMPDIR/new" "$BATS_TEST_TMPDIR/away"
	"$PARE" gc -q --older-than=0
	"$PARE" rebase -q --no-verify app --onto "oci:$BATS_TEST_TMPDIR/three:1"
	[ "$("$PARE" cat app etc/os)" = three ]
	"$PARE" gc -q --older-than=0
	# manifest, config and 2 layers of the image, manifest and config of its base
	[ "$(find "$PARE_STORE/blobs" -type f | wc -l)" -eq 6 ]
	# a base that was built on, and whose name is another's now
	printf '{paths: [{path: /etc/os, type: file, content: one}]}\n' >base.yaml
	printf '{base: base, paths: [{path: /app, type: empty-file}]}\n' >own.yaml
	"$PARE" build -q base.yaml -t base
	"$PARE" build -q own.yaml -t own
	printf '{paths: [{path: /etc/os, type: file, content: two}]}\n' >base.yaml
	"$PARE" build -q base.yaml -t base
	"$PARE" gc -q --older-than=0
	"$PARE" rebase -q own
	[ "$("$PARE" cat own /etc/os)" = two ]
	"$PARE" rm -q own
	"$PARE" rm -q base
	"$PARE" rm -q app
	"$PARE" gc -q --older-than=0
	[ "$(find "$PARE_STORE/blobs" -type f | wc -l)" -eq 0 ]
}
