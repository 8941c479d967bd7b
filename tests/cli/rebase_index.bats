#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pare rebase: images for several platforms, and what else an index may list: the same manifest many
# times, indexes, attestations, artifacts, what isn't there.
bats_require_minimum_version 1.5.0
load ../lib/image

setup_file() {
	need skopeo umoci zstd
	export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR HOME=$BATS_FILE_TMPDIR/home
	cd "$BATS_FILE_TMPDIR" || return 1
	mkdir home
	make_image=$BATS_TEST_DIRNAME/../lib/make-image
	for arch in amd64 arm64; do
		for what in old new; do
			"$make_image" "m:$what-$arch" "layer(file_('os', '$what $arch'), created_by='$what')
config(architecture='$arch')"
		done
		"$make_image" "m:app-$arch" "layer(file_('os', 'old $arch'), created_by='old')
layer(file_('app', 'for $arch'), created_by='app')
config(architecture='$arch')"
	done
	index m old "index(named('old-amd64'), named('old-arm64'))"
	index m new "index(named('new-amd64'), named('new-arm64'))"
	index m app "index(named('app-amd64'), named('app-arm64'))"
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	export PARE_STORE=$BATS_TEST_TMPDIR/store PARE_CACHE=$BATS_TEST_TMPDIR/cache
	out=oci:$BATS_TEST_TMPDIR/out
}

# index LAYOUT TAG PYTHON: an index into the layout, as the expression says: index(entry…, **members),
# where named(TAG, **members) is the entry of an image that is there, blob(document, type) any other.
index() {
	python3 - "$@" <<-'END'
		import hashlib, json, sys
		layout, tag, wanted = sys.argv[1:]
		KEY = "org.opencontainers.image.ref.name"
		OCI = "application/vnd.oci.image."
		top = json.load(open(f"{layout}/index.json"))

		def blob(document, type, **members):
		    text = document if isinstance(document, bytes) else json.dumps(document).encode()
		    digest = hashlib.sha256(text).hexdigest()
		    open(f"{layout}/blobs/sha256/{digest}", "wb").write(text)
		    return {"mediaType": type, "digest": "sha256:" + digest, "size": len(text)} | members

		def named(name, **members):
		    d = next(d for d in top["manifests"] if d["annotations"][KEY] == name)
		    platform = {"architecture": name.split("-")[1], "os": "linux"}
		    return {k: d[k] for k in ("mediaType", "digest", "size")} | {"platform": platform} | members

		def index(*entries, platform=None, **members):
		    return blob({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries}
		                | members, OCI + "index.v1+json", **({"platform": platform} if platform else {}))

		def artifact(config, layers=(), **members):
		    return {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": config,
		            "layers": list(layers)} | members

		# An image of the layout in Docker's form, its layers of these types.
		def docker(name, *types):
		    m = json.load(open(f"{layout}/blobs/" + named(name)["digest"].replace(":", "/")))
		    m["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
		    m["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json"
		    for layer, type in zip(m["layers"], types, strict=True):
		        layer["mediaType"] = "application/vnd.docker.image.rootfs." + type
		    return blob(m, m["mediaType"])

		NONE = {"architecture": "unknown", "os": "unknown"}
		MANIFEST = OCI + "manifest.v1+json"
		made = eval(wanted)
		made["annotations"] = {KEY: tag}
		top["manifests"] = [d for d in top["manifests"] if d["annotations"][KEY] != tag] + [made]
		json.dump(top, open(f"{layout}/index.json", "w"))
	END
}

raw() {
	skopeo inspect --raw "$1" >raw
}

# The documents behind the result: at DIGEST
at() {
	echo "$BATS_TEST_TMPDIR/out/blobs/${1/://}"
}

rebase() {
	"$PARE" rebase --no-verify --from oci:m:old --onto oci:m:new "$@"
}

# What a rebase makes of each of the two platforms alone.
new_digests() {
	rebase oci:m:app -o "$out:plain" --format json >plain
	amd64=$(jq -r '.platforms[] | select(.platform == "linux/amd64").digest' plain)
	arm64=$(jq -r '.platforms[] | select(.platform == "linux/arm64").digest' plain)
	[ "$(jq -r '.layers | length' "$(at "$amd64")")" = 2 ]
	[ "$amd64" != "$arm64" ]
}

@test "rebase: a manifest that an index lists again and again is rebased once, and stays at each place" {
	new_digests
	index m many "index(*[named(n, annotations={'at': str(i)}) for i in range(50)
		for n in ('app-amd64', 'app-arm64', 'app-arm64')])"
	rebase oci:m:many -o "$out:many" --format json >json
	jq -e --arg amd64 "$amd64" --arg arm64 "$arm64" '[.platforms[].digest] == [$amd64, $arm64]' json
	raw "$out:many"
	jq -e --arg amd64 "$amd64" --arg arm64 "$arm64" '[.manifests[].digest]
		== [range(50) | $amd64, $arm64, $arm64]
		and [.manifests[].annotations.at] == [range(50) | tostring | ., ., .]' raw
}

@test "rebase: an entry that lists an image for another platform, too" {
	new_digests
	index m two "index(named('app-amd64'), named('app-amd64', platform={'os': 'linux',
		'architecture': 'amd64', 'variant': 'v2'}), named('app-arm64'))"
	rebase oci:m:two -o "$out:two"
	raw "$out:two"
	jq -e --arg amd64 "$amd64" --arg arm64 "$arm64" '[.manifests[] | [.digest, .platform.variant]]
		== [[$amd64, null], [$amd64, "v2"], [$arm64, null]]' raw
}

@test "rebase: indexes in an index are rebased, too" {
	new_digests
	inner="index(named('app-amd64'), blob({}, 'text/x'), annotations={'inner': 'kept'})"
	index m nested "index($inner, named('app-arm64'), $inner, index(blob({}, 'text/x')), index())"
	run --separate-stderr -0 rebase oci:m:nested -o "$out:nested" --format json
	jq -e --arg amd64 "$amd64" --arg arm64 "$arm64" '[.platforms[].digest] == [$amd64, $arm64]' <<<"$output"
	[[ $stderr == *"left out 1 artifact that the index lists"*"'text/x'"* ]]
	raw "$out:nested"
	jq -e --arg arm64 "$arm64" '[.manifests[] | .mediaType | split(".")[3]] == ["index", "manifest", "index"]
		and .manifests[0] == .manifests[2] and .manifests[1].digest == $arm64' raw
	inside=$(at "$(jq -r '.manifests[0].digest' raw)")
	[ "sha256:$(sha256sum "$inside" | cut -d' ' -f1)" = "$(jq -r '.manifests[0].digest' raw)" ]
	equal "$(stat -c %s "$inside")" "$(jq -r '.manifests[0].size' raw)"
	jq -e --arg amd64 "$amd64" '[.manifests[].digest] == [$amd64] and .annotations.inner == "kept"
		and .annotations["org.opencontainers.image.base.name"] == "m:new"' "$inside"
	[ "$("$PARE" cat --arch amd64 "$out:nested" os)" = 'new amd64' ]
	# on the same base again nothing changes
	cp raw before
	run --separate-stderr -0 "$PARE" rebase --no-verify "$out:nested" --onto oci:m:new -o "$out:again"
	[ "$stderr" = "pare: it is on 'm:new' already" ]
	raw "$out:again"
	cmp raw before
}

@test "rebase: attestations and artifacts are left out, and said; neither stops anything" {
	new_digests
	empty="blob({}, 'application/vnd.oci.empty.v1+json')"
	statement="blob({'_type': 'x'}, 'application/vnd.in-toto+json')"
	# of BuildKit, before and since it knows OCI's artifacts
	attestation="blob(artifact(blob({'architecture': 'unknown', 'os': 'unknown', 'config': {},
		'rootfs': {'type': 'layers', 'diff_ids': []}}, OCI + 'config.v1+json'), [$statement]), MANIFEST,
		platform=NONE, annotations={'vnd.docker.reference.type': 'attestation-manifest',
		'vnd.docker.reference.digest': named('app-amd64')['digest']})"
	artifact="blob(artifact($empty, [$statement], subject=named('app-amd64'),
		artifactType='application/vnd.docker.attestation.manifest.v1+json'), MANIFEST, platform=NONE,
		artifactType='application/vnd.docker.attestation.manifest.v1+json',
		annotations={'vnd.docker.reference.type': 'attestation-manifest'})"
	index m attested "index($attestation, named('app-amd64'), $artifact, named('app-arm64'))"
	run --separate-stderr -0 rebase oci:m:attested -o "$out:attested"
	[[ $stderr == *"left out 2 attestations of the image: what they say is of the old one"* ]]
	raw "$out:attested"
	jq -e --arg amd64 "$amd64" --arg arm64 "$arm64" '[.manifests[].digest] == [$amd64, $arm64]' raw
	# of one image and what was attested of it there is nothing to choose
	index m arm "index(named('app-arm64'), $attestation)"
	"$PARE" copy -q --all oci:m:arm docker-archive:arm.tar:arm
	[ "$(skopeo inspect --config docker-archive:arm.tar:arm | jq -r .architecture)" = arm64 ]
	# a chart that only its config tells of, an index of what is in layers that has a platform
	chart="blob(artifact(blob({'name': 'chart'}, 'application/vnd.cncf.helm.config.v1+json')), MANIFEST)"
	soci="blob(artifact($empty), MANIFEST, platform=named('app-arm64')['platform'],
		artifactType='application/vnd.amazon.soci.index.v2+json')"
	index m mixed "index($chart, $soci, named('app-amd64'), named('app-arm64'))"
	run --separate-stderr -0 rebase oci:m:mixed -o "$out:mixed" --format json
	[[ $stderr == *"left out 2 artifacts that the index lists"*"the first is 'application/vnd.oci.image.manifest.v1+json'"* ]]
	jq -e --arg amd64 "$amd64" --arg arm64 "$arm64" '[.platforms[].digest] == [$amd64, $arm64]
		and (.leftOut | length) == 2 and .leftOut[1].artifactType == "application/vnd.amazon.soci.index.v2+json"
		and all(.leftOut[]; .digest | startswith("sha256:"))' <<<"$output"
	raw "$out:mixed"
	jq -e --arg amd64 "$amd64" --arg arm64 "$arm64" '[.manifests[].digest] == [$amd64, $arm64]' raw
	# who looks at such an image isn't stopped either, and takes no artifact for it
	[ "$("$PARE" cat --arch arm64 oci:m:mixed app)" = 'for arm64' ]
	"$PARE" inspect oci:m:mixed --format json >json
	jq -e '[.[].Architecture] == ["amd64", "arm64"]' json
	index m chart "$chart"
	run "$PARE" rebase --from oci:m:old --onto oci:m:new oci:m:chart -o "$out:none"
	[ "$status" -eq 11 ]
	[[ $output == *"is an artifact, not an image: its config is of type 'application/vnd.cncf.helm.config.v1+json'" ]]
	index m charts "index($chart)"
	run "$PARE" rebase --from oci:m:old --onto oci:m:new oci:m:charts -o "$out:none"
	[ "$status" -eq 9 ]
	[[ $output == *"'oci:m:charts' lists no image for any platform" ]]
}

@test "rebase: an index that lists what isn't there" {
	index m gone "index(named('app-amd64'), {'mediaType': MANIFEST, 'size': 5,
		'digest': 'sha256:' + 64 * '5', 'platform': {'os': 'linux', 'architecture': 's390x'}})"
	run rebase oci:m:gone -o "$out:gone"
	[ "$status" -eq 9 ]
	[[ $output == *"linux/s390x"*"sha256:5555555555"*"--arch" ]]
	[ ! -e "$BATS_TEST_TMPDIR/out" ]
	rebase oci:m:gone --arch amd64 -o "$out:gone"
	[ "$("$PARE" cat "$out:gone" os)" = 'new amd64' ]
}

@test "rebase: what entries of an index say of the base is used, and said anew" {
	old() { skopeo inspect --raw "oci:m:old-$1" | sha256sum | cut -d' ' -f1; }
	notes() {
		echo "annotations={'org.opencontainers.image.base.name': 'old:1', 'x': 'y',
			'org.opencontainers.image.base.digest': 'sha256:$(old "$1")'}"
	}
	index m noted "index(named('app-amd64', $(notes amd64)), named('app-arm64', $(notes arm64)))"
	"$PARE" rebase -q --no-verify oci:m:noted --onto oci:m:new -o "$out:noted"
	raw "$out:noted"
	new=$(skopeo inspect --raw oci:m:new-arm64 | sha256sum | cut -d' ' -f1)
	jq -e --arg new "sha256:$new" '.manifests[1].annotations == {"x": "y",
		"org.opencontainers.image.base.digest": $new, "org.opencontainers.image.base.name": "m:new"}' raw
}

@test "rebase: an old base that is at hand for another platform only" {
	index m half "index(named('old-amd64'))"
	digest=sha256:$(skopeo inspect --raw oci:m:half | sha256sum | cut -d' ' -f1)
	index m based "index(named('app-amd64'), named('app-arm64'), annotations={
		'org.opencontainers.image.base.name': 'old:1', 'org.opencontainers.image.base.digest': '$digest'})"
	run "$PARE" rebase oci:m:based --onto oci:m:new -o "$out:based"
	[ "$status" -eq 9 ]
	[[ $output == *"linux/arm64: the old base is beside 'oci:m:based', but of no use there: no platform 'linux/arm64' in 'old:1': it has linux/amd64"*"--from"* ]]
	"$PARE" copy -q --all oci:m:half old:1
	"$PARE" copy -q --all oci:m:new new:1
	"$PARE" copy -q --all oci:m:based "$out:based"
	run "$PARE" rebase "$out:based" --onto new:1
	[ "$status" -eq 9 ]
	[[ $output == *"linux/arm64: the old base is beside 'new:1', but of no use there: no platform 'linux/arm64'"*"--from"* ]]
	"$PARE" copy -q --all oci:m:new "oci:$BATS_TEST_TMPDIR/new:1"
	run "$PARE" rebase "$out:based" --onto "oci:$BATS_TEST_TMPDIR/new:1"
	[ "$status" -eq 9 ]
	[[ $output == *"linux/arm64: the old base is in the store, but of no use there: no platform"* ]]
	"$PARE" rebase -q --no-verify "$out:based" --from oci:m:old --onto new:1
	[ "$("$PARE" cat --arch arm64 "$out:based" os)" = 'new arm64' ]
	"$PARE" copy -q --all oci:m:based "$out:based"
	export PARE_STORE=$BATS_TEST_TMPDIR/other
	run "$PARE" rebase "$out:based" --onto "oci:$BATS_TEST_TMPDIR/new:1"
	[ "$status" -eq 9 ]
	[[ $output == *"the old base 'old:1' (${digest:0:19}) is not in the store, and its name says no registry"*"--from"* ]]
}

@test "rebase: layers of each type that Docker's form has had" {
	types() {
		"$PARE" inspect --raw manifest "$1" >raw
		jq -r '[.mediaType, .config.mediaType, .layers[].mediaType] | map(ltrimstr("application/vnd.")) | .[]' raw
	}
	oci=$(printf 'oci.image.%s\n' manifest.v1+json config.v1+json layer.v1.tar+zstd)
	docker=$(printf 'docker.%s\n' distribution.manifest.v2+json container.image.v1+json)
	make_image=$BATS_TEST_DIRNAME/../lib/make-image
	"$make_image" z:new-amd64 "layer(file_('os', 'new zstd'), codec='zstd')"
	"$make_image" z:old-amd64 "layer(file_('os', 'old amd64'), codec='none')"
	index z new "docker('new-amd64', 'diff.tar.zstd')"
	index z old "docker('old-amd64', 'diff.tar')"
	index m docker "docker('app-amd64', 'diff.tar.gzip', 'foreign.diff.tar.gzip')"
	# an image of OCI's form, on and onto bases of Docker's
	"$PARE" rebase -q --no-verify oci:m:app-amd64 --from oci:z:old --onto oci:z:new -o "$out:oci"
	[ "$(types "$out:oci")" = "$oci"$'\n'oci.image.layer.v1.tar+gzip ]
	[ "$("$PARE" cat "$out:oci" os)" = 'new zstd' ]
	"$PARE" rebase -q --no-verify oci:m:app-amd64 --from oci:m:old-amd64 --onto oci:z:old -o "$out:tar"
	[ "$(types "$out:tar" | sed -n 3p)" = oci.image.layer.v1.tar ]
	"$PARE" rebase -q --no-verify "$out:tar" --from oci:z:old --onto oci:m:new-amd64 -o "$out:back"
	umoci unpack --rootless --image "${out#oci:}:back" "$BATS_TEST_TMPDIR/bundle"
	[ "$(cat "$BATS_TEST_TMPDIR"/bundle/rootfs/{os,app})" = "new amd64for amd64" ]
	# one of Docker's form stays so where that has words
	"$PARE" rebase -q --no-verify oci:m:docker --from oci:m:old-amd64 --onto oci:z:new -o "$out:docker"
	[ "$(types "$out:docker")" = "$docker"'
docker.image.rootfs.diff.tar.zstd
docker.image.rootfs.foreign.diff.tar.gzip' ]
	run --separate-stderr -0 "$PARE" rebase --no-verify oci:m:docker --from oci:m:old-amd64 \
		--onto oci:z:new-amd64 -o "oci:$BATS_TEST_TMPDIR/foreign"
	[[ $stderr == *"Docker's form has none for layers of 'application/vnd.oci.image.layer.v1.tar+zstd'"* ]]
	[ "$(types "oci:$BATS_TEST_TMPDIR/foreign")" = "$oci"$'\n'oci.image.layer.nondistributable.v1.tar+gzip ]
	# what is foreign is taken from elsewhere
	digest=$(jq -r '.layers[1].digest' raw)
	[ ! -e "$BATS_TEST_TMPDIR/foreign/blobs/${digest/://}" ]
	digest=$(jq -r '.layers[0].digest' raw)
	[ -e "$BATS_TEST_TMPDIR/foreign/blobs/${digest/://}" ]
}
