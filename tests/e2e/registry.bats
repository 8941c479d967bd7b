#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's docker-registry in the middle: what pare pushes the other tools pull and run, what they
# push pare pulls and runs, and all agree on the digests. One table of images for all tools: each
# kind of manifest, compression and number of platforms, a built and a rebased one, each asked for
# by tag and by digest. How registries guard themselves is a second table, with one image.

bats_require_minimum_version 1.5.0
load lib
load ../lib/registry

# image|what pare copies to the registry
PUSHED="oci-gzip|oci:img:gzip
oci-zstd|oci:img:zstd
docker-gzip|--format docker oci:img:gzip
index-gzip|--all oci:img:both-gzip
index-zstd|--all oci:img:both-zstd
list-gzip|--all --format docker oci:img:both-gzip"

setup_file() {
	e2e_setup
	cd "$E2E" || return 1
	: "${PARE:=$PARE_BUILD/src/pare}"
	export PARE PARE_CACHE=$E2E/cache PARE_STORE=$E2E/store XDG_RUNTIME_DIR=$E2E/xdg HOME=$E2E/home
	mkdir xdg home
	unset REGISTRY_AUTH_FILE DOCKER_CONFIG DOCKER_AUTH_CONFIG http_proxy https_proxy
	case $(uname -m) in
	x86_64) ARCH=amd64 OTHER=arm64 ;;
	aarch64) ARCH=arm64 OTHER=amd64 ;;
	*) ARCH=$(uname -m) OTHER=amd64 ;;
	esac
	export ARCH OTHER
	cc -O2 -static -o hello "$BATS_TEST_DIRNAME/hello.c"
	make_images
	registry_start
	while IFS='|' read -r name what; do
		# shellcheck disable=SC2086 # words
		echo "$name $("$PARE" copy -q $what "docker://$REG/ours/$name:1")"
	done <<<"$PUSHED" >digests
	echo "rebased $(rebase_there)" >>digests
	SAYS="hello world uid=65532 gid=65532 cwd=/tmp"
	export SAYS
}

teardown_file() {
	registry_stop
	e2e_teardown
}

setup() {
	cd "$E2E" || return 1
	PLAIN=$REG
	rm -rf out
}

teardown() {
	docker_stop
	[ -z "${TOKENS_PID-}" ] || kill "$TOKENS_PID"
	[ "$REG" = "$PLAIN" ] || registry_stop
}

# ---- images --------------------------------------------------------------------------------

PROGRAM="layer(dir_('tmp', mode=0o1777), file_('hello', open('hello', 'rb').read(), mode=0o755),
		codec=CODEC)
	layer(file_('etc/of', 'the program'), codec=CODEC)
	config(architecture='ARCH', config={'User': '65532:65532', 'WorkingDir': '/tmp',
		'Env': ['PATH=/usr/bin:/bin', 'GREETING=hello'], 'Entrypoint': ['/hello'], 'Cmd': ['world']})"

# make_image TAG CODEC ARCH LINES: of make-image's language, below the program's own.
make_image() {
	local spec=${PROGRAM//CODEC/\'$2\'}
	printf '%s\n%s\n' "${4-}" "${spec//ARCH/$3}" | sed 's/^\t*//' |
		"$BATS_TEST_DIRNAME/../lib/make-image" "img:$1" -
}

# The digest of an image of the layout, by name.
digest_of() {
	jq -r --arg n "$1" '.manifests[] |
		select(.annotations["org.opencontainers.image.ref.name"] == $n).digest' img/index.json
}

# make_index CODEC: of the image for this machine and the one for another, by hand.
make_index() {
	local file
	jq -c --arg c "$1" --arg here "$ARCH" --arg there "$OTHER" '
		def one($name; $arch): .manifests[] |
			select(.annotations["org.opencontainers.image.ref.name"] == $name) |
			del(.annotations) + {platform: {os: "linux", architecture: $arch}};
		{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
			manifests: [one("other-" + $c; $there), one($c; $here)]}' img/index.json >new
	file=img/blobs/sha256/$(sha256sum <new | cut -d' ' -f1)
	mv new "$file"
	jq -c --arg d "sha256:${file##*/}" --argjson n "$(stat -c %s "$file")" --arg r "both-$1" '
		.manifests += [{mediaType: "application/vnd.oci.image.index.v1+json", digest: $d, size: $n,
			annotations: {"org.opencontainers.image.ref.name": $r}}]' img/index.json >new
	mv new img/index.json
}

make_images() {
	local codec
	for codec in gzip zstd; do
		make_image "$codec" "$codec" "$ARCH"
		make_image "other-$codec" "$codec" "$OTHER"
		make_index "$codec"
	done
	chmod -R a+rX img
}

# The program on an old base, put on a new one in the registry.
rebase_there() {
	local version base
	for version in old new; do
		base="layer(file_('etc/base', '$version' * 99), created_by='base')"
		printf "%s\nconfig(architecture='%s', config={'Labels': {'base': '%s'}})\n" "$base" \
			"$ARCH" "$version" | "$BATS_TEST_DIRNAME/../lib/make-image" "img:base-$version" -
		"$PARE" copy -q "oci:img:base-$version" "docker://$REG/base/os:$version" >&2
	done
	make_image on-old gzip "$ARCH" "layer(file_('etc/base', 'old' * 99), created_by='base')"
	"$PARE" copy -q oci:img:on-old "docker://$REG/ours/rebased:0" >&2
	"$PARE" rebase -q "docker://$REG/ours/rebased:0" --from "docker://$REG/base/os:old" \
		--onto "docker://$REG/base/os:new" -o "docker://$REG/ours/rebased:1" >&2
	"$PARE" resolve "$REG/ours/rebased:1"
}

# ---- checks --------------------------------------------------------------------------------

# digest_in PLACE: of the manifest's bytes, as skopeo reads them.
digest_in() {
	skopeo inspect --tls-verify=false --raw "$1" | sha256sum | sed 's/^/sha256:/; s/ .*//'
}

# for_each COMMAND…: called with NAME:TAG and NAME@DIGEST of each image, the digest, and its kind.
for_each() {
	local kind digest
	while read -r kind digest; do
		echo "== $kind $digest"
		"$@" "$REG/ours/$kind:1" "$digest" "$kind"
		"$@" "$REG/ours/$kind@$digest" "$digest" "$kind"
	done <digests
}

# pulls NAME DIGEST: pare by tag and by digest, all platforms, and every blob is what it is called.
pulls() {
	[ "$("$PARE" resolve "$REG/$1")" = "$2" ]
	rm -rf out
	[ "$("$PARE" copy -q --all "docker://$REG/$1" oci:out:tag)" = "$2" ]
	[ "$("$PARE" copy -q --all "docker://$REG/${1%:*}@$2" oci:out:digest)" = "$2" ]
	(cd out/blobs/sha256 && sha256sum -- * | awk '$1 != $2 { exit 1 }')
	[ "$(jq -r '.manifests[].digest' out/index.json)" = "$2"$'\n'"$2" ]
	[ -s "out/blobs/sha256/${2#*:}" ]
}

# pulls_and_runs NAME DIGEST: with what runs there as the witness.
pulls_and_runs() {
	pulls "$@"
	run -0 --separate-stderr "$PARE" run "docker://$REG/$1"
	echo "$output $stderr"
	[ "$output" = "$SAYS" ]
}

# The platform of an index that isn't this machine's: pulls_other NAME DIGEST.
pulls_other() {
	[ "$("$PARE" copy -q --arch "$OTHER" "docker://$REG/$1" oci:out:other)" = "$2" ]
	[ "$(skopeo inspect --config oci:out:other | jq -r .architecture)" = "$OTHER" ]
}

# ---- tools ---------------------------------------------------------------------------------

buildah_here() {
	buildah --root "$E2E/buildah/root" --runroot "$E2E/buildah/run" --storage-driver vfs "$@"
}

skopeo_takes() {
	[ "$(digest_in "docker://$1")" = "$2" ]
	rm -rf dir
	skopeo copy -q --all --src-tls-verify=false "docker://$1" dir:dir
	if [ "$3" = index-zstd ]; then # a later skopeo notes in an index which layers are zstd
		jq -r '.manifests[].digest' dir/manifest.json >got
		jq -r '.manifests[].digest' "img/blobs/sha256/${2#*:}" | diff - got
	else
		[ "sha256:$(sha256sum <dir/manifest.json | cut -d' ' -f1)" = "$2" ]
	fi
}

podman_takes() {
	local id
	id=$(podman_here pull -q --tls-verify=false "docker://$1")
	[ "$(podman_run "$id")" = "$SAYS" ]
	podman_here inspect "$id" | jq -r '.[0].RepoDigests[]' | grep -qx "$REG/ours/$3@$2"
}

docker_takes() {
	docker_here pull -q "$1"
	[ "$(docker_here run --rm --network none "$1")" = "$SAYS" ]
	docker_here inspect "$1" | jq -r '.[0].RepoDigests[]' | grep -qx "$REG/ours/$3@$2"
}

docker_gives() {
	local digest
	docker_here tag "$REG/ours/oci-gzip:1" "$REG/$1:1"
	docker_here push -q "$REG/$1:1"
	digest=$(docker_here inspect "$REG/$1:1" |
		jq -r --arg n "/$1@" '.[0].RepoDigests[] | select(contains($n)) | split("@")[1]')
	pulls_and_runs "$1:1" "$digest"
}

# ---- tests ---------------------------------------------------------------------------------

@test "skopeo takes each image, and umoci through it; what skopeo pushes, pare pulls" {
	for_each skopeo_takes
	for kind in oci-gzip index-gzip list-gzip rebased; do # umoci 0.4 knows no zstd
		rm -rf skopeo user/bundle
		skopeo copy -q --src-tls-verify=false "docker://$REG/ours/$kind:1" oci:skopeo:1
		chmod -R a+rX skopeo
		as_user umoci unpack --rootless --image skopeo:1 user/bundle
		cmp hello user/bundle/rootfs/hello
	done
	[ "$(head -c 3 user/bundle/rootfs/etc/base)" = new ]
	give() {
		skopeo copy -q "${@:3}" --dest-tls-verify=false --digestfile digest "$2" "docker://$REG/skopeo/$1:1"
		pulls_and_runs "skopeo/$1:1" "$(<digest)"
	}
	give gzip oci:img:gzip --preserve-digests
	give zstd oci:img:zstd --preserve-digests
	give docker oci:img:gzip --format v2s2
	give index oci:img:both-gzip --all --preserve-digests
	[ "$(<digest)" = "$(digest_of both-gzip)" ]
	give index-zstd oci:img:both-zstd --all
	pulls_other skopeo/index-zstd:1 "$(digest_of other-zstd)"
	give list oci:img:both-gzip --all --format v2s2
}

@test "podman runs each image; what it pushes, pare pulls and runs" {
	require_root
	for_each podman_takes
	give() {
		podman_here push -q --tls-verify=false --digestfile digest "${@:3}" "$2" \
			"docker://$REG/podman/$1:1"
		pulls_and_runs "podman/$1:1" "$(<digest)"
	}
	give oci "$REG/ours/oci-gzip:1" --format oci
	give docker "$REG/ours/oci-gzip:1" --format v2s2
	give zstd "$REG/ours/oci-zstd:1" --format oci
}

@test "buildah runs each image; what it changes and pushes, pare pulls and runs" {
	require_root
	takes() {
		# it would raise the limits, which root in a sandbox may not
		from=$(buildah_here from --tls-verify=false --ulimit nofile=1024:1024 \
			--ulimit nproc=1024:1024 -q "docker://$1")
		[ "$(buildah_here run --isolation chroot "$from" /hello world 2>&1)" = "$SAYS" ]
		buildah_here inspect "$from" | jq -r .FromImageDigest >digest
		[[ $3 =~ ^(index|list) || $(<digest) == "$2" ]]
		buildah_here rm "$from" >/dev/null
	}
	for_each takes
	from=$(buildah_here from "$REG/ours/oci-gzip:1")
	echo "a file" >added
	buildah_here copy -q "$from" added /added
	for format in oci docker; do
		buildah_here commit -q --format "$format" "$from" "changed-$format"
		buildah_here push -q --tls-verify=false --digestfile digest "changed-$format" \
			"docker://$REG/buildah/$format:1"
		pulls_and_runs "buildah/$format:1" "$(<digest)"
		[ "$("$PARE" cat "docker://$REG/buildah/$format:1" /added)" = "a file" ]
	done
	# and what of it was pare's before is shared, not sent again
	"$PARE" copy -q --json "docker://$REG/buildah/oci:1" "docker://$REG/ours/changed:1" >result
	[ "$(jq .sentBlobs result)" -eq 0 ]
	# an index of its own making
	buildah_here manifest create both >/dev/null
	buildah_here manifest add --tls-verify=false --all both "docker://$REG/ours/index-gzip:1" >/dev/null
	buildah_here manifest push -q --tls-verify=false --all --digestfile digest both \
		"docker://$REG/buildah/index:1"
	pulls_and_runs buildah/index:1 "$(<digest)"
	pulls_other buildah/index:1 "$(digest_of other-gzip)"
}

@test "Docker Engine runs each image; what it pushes, pare pulls and runs" {
	require_root
	docker_start
	for_each docker_takes
	docker_gives engine/docker
}

@test "Docker Engine with containerd's image store runs each image; what it pushes, pare pulls and runs" {
	require_root
	need_containerd_store
	docker_start containerd
	for_each docker_takes
	docker_gives engine/oci
	docker_stop
	rm -rf docker
}

# guarded OPTION…: pare and all tools push and pull at $REG; the options are skopeo's, podman's and
# buildah's, in a file for each way.
guarded() {
	local digest tool
	digest=$(digest_of gzip)
	[ "$("$PARE" copy -q oci:img:gzip "docker://$REG/guarded/pare:1")" = "$digest" ]
	skopeo copy -q "${@/#--/--src-}" --src-authfile auth.json "docker://$REG/guarded/pare:1" oci:out:skopeo
	[ "$(digest_in oci:out:skopeo)" = "$digest" ]
	skopeo copy -q "${@/#--/--dest-}" --dest-authfile auth.json --preserve-digests oci:out:skopeo \
		"docker://$REG/guarded/skopeo:1"
	[ "$(id -u)" -ne 0 ] || guarded_by_root "$@"
	for tool in skopeo podman buildah docker; do
		[ "$(id -u)" -eq 0 ] || [ "$tool" = skopeo ] || break
		equal "$("$PARE" copy -q "docker://$REG/guarded/$tool:1" "oci:out:$tool")" \
			"$("$PARE" resolve "$REG/guarded/$tool:1")"
		"$PARE" cat "docker://$REG/guarded/$tool:1" /hello | cmp - hello
	done
}

guarded_by_root() {
	local tool name=$REG/guarded/pare:1
	require_root
	for tool in podman buildah; do
		"${tool}_here" pull -q "$@" --authfile auth.json "docker://$name"
		"${tool}_here" push -q "$@" --authfile auth.json "$name" "docker://$REG/guarded/$tool:1"
	done
	cp auth.json docker/config/config.json
	docker_here pull -q "$name"
	docker_here tag "$name" "$REG/guarded/docker:1"
	docker_here push -q "$REG/guarded/docker:1"
}

@test "TLS, passwords and tokens: pare pushes and the others pull, they push and pare pulls" {
	mkdir -p docker/config certs
	[ "$(id -u)" -ne 0 ] || { require_root; docker_start; }
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
		-out certs/ca.crt -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	htpasswd -Bbn jo secret >htpasswd
	tokens_start tokens
	local tls="  tls: {certificate: $E2E/certs/ca.crt, key: $E2E/key.pem}"
	for guard in tls htpasswd token; do
		case $guard in
		tls) registry_start "$tls" ;;
		htpasswd) registry_start "$tls"$'\n'"auth: {htpasswd: {realm: here, path: $E2E/htpasswd}}" ;;
		token) registry_start "$TOKENS_CONFIG" ;;
		esac
		echo "== $guard"
		echo '{"auths":{"'"$REG"'":{"auth":"'"$(printf jo:secret | base64)"'"}}}' >auth.json
		export REGISTRY_AUTH_FILE=$E2E/auth.json
		mkdir -p "home/.config/containers/certs.d/$REG"
		cp certs/ca.crt "home/.config/containers/certs.d/$REG"
		if [ $guard = token ]; then
			guarded --tls-verify=false
			[ "$(grep -c 'GET jo repository:guarded/' tokens/log)" -gt 2 ]
		else
			guarded --cert-dir="$E2E/certs"
		fi
		registry_stop
		REG=$PLAIN
	done
}

@test "what pare attaches, others find by its tag and copy, and pare what others attach" {
	subject=$(awk '$1 == "oci-gzip" { print $2 }' digests)
	echo '{"spdxVersion":"SPDX-2.3"}' >sbom.json
	"$PARE" attach -q "$REG/ours/oci-gzip:1" sbom.json --type application/spdx+json
	tag=${subject/:/-}
	skopeo inspect --raw --tls-verify=false "docker://$REG/ours/oci-gzip:$tag" >index
	jq -e --arg t application/spdx+json '.manifests | length == 1 and .[0].artifactType == $t' index
	attached=$(jq -r '.manifests[0].digest' index)
	rm -rf dir
	skopeo copy -q --src-tls-verify=false "docker://$REG/ours/oci-gzip@$attached" dir:dir
	[ "$(jq -r .subject.digest dir/manifest.json)" = "$subject" ]
	cmp sbom.json "dir/$(jq -r '.layers[0].digest | split(":")[1]' dir/manifest.json)"
	# by hand, as any client of OCI 1.1 does where the registry has no list
	jq -c '.artifactType = "text/x-review"' dir/manifest.json >review
	review=sha256:$(sha256sum <review | cut -d' ' -f1)
	type=application/vnd.oci.image.manifest.v1+json
	curl -sf -X PUT -H "Content-Type: $type" --data-binary @review \
		"http://$REG/v2/ours/oci-gzip/manifests/$review"
	jq -c --arg d "$review" --argjson n "$(stat -c %s review)" --arg t $type '.manifests +=
		[{mediaType: $t, digest: $d, size: $n, artifactType: "text/x-review"}]' index >more
	curl -sf -X PUT -H "Content-Type: $(jq -r .mediaType more)" --data-binary @more \
		"http://$REG/v2/ours/oci-gzip/manifests/$tag"
	"$PARE" referrers --json "$REG/ours/oci-gzip:1" >listed
	printf '%s application/spdx+json\n%s text/x-review\n' "$attached" "$review" | sort >both
	jq -r '.[] | .digest + " " + .artifactType' listed | sort | diff both -
}
