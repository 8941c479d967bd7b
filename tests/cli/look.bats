#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ls, cat, export and history, on images that are made by hand and moved by skopeo.

bats_require_minimum_version 1.5.0
load ../lib/image.bash

setup_file() {
	export LOOK=$BATS_FILE_TMPDIR
	cd "$LOOK"
	export HOME=$LOOK PARE_CACHE=$LOOK/cache PARE_STORE=$LOOK/store
	export make_image=$BATS_TEST_DIRNAME/../lib/make-image
	spec='
layer(dir_("./"), dir_("./bin"), file_("./bin/tool", "#!/bin/sh\n", mode=0o4755), dir_("etc"),
      file_("etc/conf", "one\n"), file_("etc/gone", "secret\n"), link("lib", "usr/lib"),
      dir_("usr/lib"), file_("usr/lib/a.so", "\x7fELF"), hard("usr/lib/b.so", "usr/lib/a.so"),
      file_("cap", "c", xattrs={"user.k": "v"}), created_by="COPY base /")
empty("ENV A=b")
layer(file_("etc/conf", "two\n", mode=0o600, uid=7, gid=8), wh("etc/gone"),
      file_("lib/c.so", "c"), codec="zstd", created_by="RUN change\n\tit")
layer(file_("etc/conf", "two\n", uid=7, gid=8), codec="none", docker=True, created_by="RUN chmod")'
	"$make_image" i:app "$spec"
	spec=${spec//zstd/gzip} # docker knows nothing else
	"$make_image" i:gzip "${spec//docker=True/docker=False}"
	"$make_image" i:one 'layer(file_("ten", b"x" * 10))
layer(file_("big", b"y" * 10000000))
layer(file_("big", b"z" * 10000000), file_("other", b"o" * 10000000))'
	"$make_image" i:two 'layer(file_("ten", b"x" * 10))
layer(dir_("d"), file_("d/big", b"y" * 10000000))
layer(wh("d"))'
}

setup() {
	: "${PARE:?tests/run sets it}"
	need jq python3 zstd
	cd "$LOOK"
}

# ls as "mode owner layer name" without header.
short() {
	"$PARE" ls "$@" --format json | jq -r '.[] | "\(.mode) \(.uid):\(.gid) \(.layer) \(.path)"'
}

@test "ls shows who wrote what, links and all" {
	run -0 short oci:i:app
	[ "$output" = "0755 0:0 1 bin
0644 0:0 1 cap
0755 0:0 1 etc
0777 0:0 1 lib
0755 0:0 1 usr" ]
	run -0 short oci:i:app /lib/
	[ "$output" = "0644 0:0 1 a.so
0644 0:0 1 b.so
0644 0:0 2 c.so" ]
	run -0 short oci:i:app /etc
	[ "$output" = "0644 7:8 3 conf" ]
	run -0 "$PARE" ls oci:i:app
	[[ "${lines[0]}" = "MODE        OWNER  SIZE  LAYER  PACKAGE  NAME" ]]
	[[ "$output" == *"lrwxrwxrwx  0:0              1           lib -> usr/lib"* ]]
	run -0 "$PARE" ls oci:i:app /bin
	[[ "$output" == *"-rwsr-xr-x  0:0    10 B      1           tool"* ]]
}

@test "ls finds by pattern, by size and by layer" {
	run -0 short oci:i:app '**/*.so'
	[ "$output" = "0644 0:0 1 /usr/lib/a.so
0644 0:0 1 /usr/lib/b.so
0644 0:0 2 /usr/lib/c.so" ]
	run -0 short --largest 1 oci:i:app
	[ "$output" = "0644 0:0 1 /usr/lib/a.so" ] || [ "$output" = "4755 0:0 1 /bin/tool" ]
	run -0 jq -r '.[] | "\(.layer) \(.change) \(.path) \(.dead)"' \
		<("$PARE" ls --changed oci:i:app --format json)
	[ "$output" = "2 replaced /etc/conf true
2 removed /etc/gone null
3 attributes /etc/conf false" ]
	run -0 "$PARE" ls --layer 1 oci:i:app etc
	[[ "$output" == *"/etc/conf  (dead)"* && "$output" == *"/etc/gone  (dead)"* ]]
	run -9 "$PARE" ls --layer 4 oci:i:app
	[[ "$output" == *"it has 3" ]]
	run -9 "$PARE" ls oci:i:app /etc/gone
}

@test "ls --tree counts hard links once" {
	run -0 "$PARE" ls --tree oci:i:app /usr
	[ "$output" = "    5 B  /usr
    5 B  └─ lib/
    4 B     ├─ a.so
    0 B     ├─ b.so
    1 B     └─ c.so" ]
	[ "$("$PARE" ls --tree oci:i:app --format json | jq .bytes)" = 20 ]
}

@test "cat follows links inside the image, and reads what a scanner has not" {
	run -0 "$PARE" cat oci:i:app /lib/../../etc/conf
	[ "$output" = two ]
	[ "$("$PARE" cat oci:i:app lib/b.so | od -An -tx1)" = " 7f 45 4c 46" ]
	run -2 "$PARE" cat oci:i:app /etc
	[[ "$output" == *"is a folder"* ]]
	run -9 "$PARE" cat oci:i:app /etc/gone
}

@test "export writes what is there in the end, the same from every place" {
	"$PARE" export oci:i:app >a.tar
	run -0 tar -tf a.tar
	[ "$output" = "./
bin/
bin/tool
cap
etc/
etc/conf
lib
usr/
usr/lib/
usr/lib/a.so
usr/lib/b.so
usr/lib/c.so" ]
	run -0 tar -xOf a.tar etc/conf
	[ "$output" = two ]
	tar --xattrs -tvvf a.tar | grep -A1 cap | grep -q user.k
	need skopeo
	skopeo --insecure-policy copy -q oci:i:app oci-archive:a.oci:x
	skopeo --insecure-policy copy -q oci:i:gzip docker-archive:a.docker:x/y:z
	skopeo --insecure-policy copy -q oci:i:app "oci:$PARE_STORE:app:latest"
	for place in oci-archive:a.oci:x docker-archive:a.docker app rootfs:a.tar; do
		"$PARE" export "$place" | cmp - a.tar
	done
	xz -k a.tar
	"$PARE" export -o b.tar rootfs:a.tar.xz
	cmp a.tar b.tar
}

@test "what docker save writes, before and since Docker 25, is the same image" {
	"$BATS_TEST_DIRNAME/../lib/make-image" i:twice 'layer(file_("f", "one")); layer(file_("g", "two")); layer(file_("f", "one"))'
	local kind image
	for image in app twice; do
		"$PARE" export oci:i:$image >want.tar
		"$PARE" history oci:i:$image --format json |
			jq 'map({createdBy, bytes, deadBytes, files, deadFiles})' >want.history
		for kind in old new containerd; do
			python3 "$BATS_TEST_DIRNAME/../tools/docker_save.py" $kind i $image shop/$image:v1 $kind-$image.tar
			"$PARE" export docker-archive:$kind-$image.tar | cmp - want.tar
			"$PARE" export docker-archive:$kind-$image.tar:shop/$image:v1 | cmp - want.tar
			"$PARE" history docker-archive:$kind-$image.tar --format json |
				jq 'map({createdBy, bytes, deadBytes, files, deadFiles})' | cmp - want.history
			run -0 "$PARE" diff oci:i:$image docker-archive:$kind-$image.tar
			[ $kind = old ] || "$PARE" export oci-archive:$kind-$image.tar:v1 | cmp - want.tar
			! command -v skopeo >/dev/null || skopeo inspect docker-archive:$kind-$image.tar >/dev/null
		done
	done
	run -9 "$PARE" ls docker-archive:old-app.tar:shop/app:v2
	[[ "$output" == *"no image 'shop/app:v2' in 'old-app.tar'"*"shop/app:v1"* ]]
}

# An index in the index, as buildx writes one with attestations, which are for no platform.
@test "one platform of an index, in every verb" {
	local arch verb
	for arch in amd64 arm64; do
		"$BATS_TEST_DIRNAME/../lib/make-image" p:$arch \
			"layer(file_('f', '$arch')); config(architecture='$arch')"
	done
	python3 - <<-'END'
		import hashlib, json
		index = json.load(open("p/index.json"))
		def put(data):
		    digest = hashlib.sha256(data).hexdigest()
		    open("p/blobs/sha256/" + digest, "wb").write(data)
		    return {"digest": "sha256:" + digest, "size": len(data)}
		ms = index["manifests"]
		for m in ms:
		    arch = m.pop("annotations")["org.opencontainers.image.ref.name"]
		    m["platform"] = {"os": "linux", "architecture": arch}
		    if arch == "arm64":
		        m["platform"]["variant"] = "v8"
		none = dict(ms[0], platform={"os": "unknown", "architecture": "unknown"},
		            annotations={"vnd.docker.reference.type": "attestation-manifest"})
		media = "application/vnd.oci.image.index.v1+json"
		nested = put(json.dumps({"schemaVersion": 2, "mediaType": media, "manifests": ms + [none]}).encode())
		index["manifests"] = [dict(nested, mediaType=media, annotations={"org.opencontainers.image.ref.name": "all"})]
		json.dump(index, open("p/index.json", "w"))
	END
	[ "$("$PARE" cat --arch arm64 oci:p:all f)" = arm64 ]
	[ "$("$PARE" cat --arch linux/amd64 oci:p:all f)" = amd64 ]
	[ "$("$PARE" audit --arch arm64 oci:p:all --format json | jq -r .platform)" = linux/arm64 ]
	for verb in ls history compare export; do
		run -0 "$PARE" $verb --arch arm64 oci:p:all
		run -9 "$PARE" $verb --arch s390x oci:p:all
		[[ "$output" == *"it has linux/amd64, linux/arm64"* ]]
	done
	run -0 "$PARE" why --arch arm64 oci:p:all /f
	run -0 "$PARE" diff --arch arm64 oci:p:all oci:p:all
}

@test "a folder is looked at as a layer" {
	mkdir -p root/a
	echo hello >root/a/f
	ln root/a/f root/g
	ln -s a/f root/l
	mkfifo root/p
	run -0 "$PARE" ls "rootfs:root" --format json
	[ "$(jq -r '.[] | "\(.path) \(.type) \(.links) \(.target)"' <<<"$output")" = "a folder null null
g file 2 null
l symlink null a/f
p pipe null null" ]
	[ "$("$PARE" cat rootfs:root l)" = hello ]
	"$PARE" export rootfs:root | tar -t | grep -qx a/f
	run -9 "$PARE" ls rootfs:nowhere
}

@test "dead bytes: overwritten and deleted files" {
	dead() { "$PARE" history "oci:i:$1" --format json | jq -c 'map(.deadBytes)'; }
	[ "$(dead one)" = "[0,10000000,0]" ]
	[ "$(dead two)" = "[0,10000000,0]" ]
}

@test "history pairs steps and layers, the newest first" {
	run -0 jq -c '.[] | [.layer, .createdBy, .emptyLayer, .bytes, .deadBytes, .files]' \
		<("$PARE" history oci:i:app --format json)
	[ "$output" = '[3,"RUN chmod",false,4,0,1]
[2,"RUN change\n\tit",false,5,4,2]
[null,"ENV A=b",true,null,null,null]
[1,"COPY base /",false,26,11,6]' ]
	run -0 "$PARE" history oci:i:app
	[[ "${lines[2]}" == *"  RUN change  it" ]]
	run -0 "$PARE" history oci:i:one
	[ "${#lines[@]}" = 4 ]
	[[ "${lines[1]}" == "    3 "*"(no history)" ]]
}

@test "a layer that was looked at once is not read again" {
	"$PARE" ls oci:i:two >first
	cp -r i kept
	find kept/blobs -size +8k -delete
	run -0 "$PARE" ls oci:kept:two
	[ "$output" = "$(cat first)" ]
	"$PARE" history oci:kept:two >/dev/null
	run ! "$PARE" ls --cache other oci:kept:two
	for index in "$PARE_CACHE"/{layer,tree}-index/*; do
		printf x | dd of="$index" bs=1 seek=200 conv=notrunc status=none
	done
	run -0 "$PARE" ls oci:i:two
	[ "$output" = "$(cat first)" ]
}

@test "one path out of the index of a tree is what the whole tree says" {
	local links='link("to-etc", "../../etc"), link("usr/up", "../lib/./a.so"), link("loop", "loop"),
		link("out", "/nowhere"), node("dev/c", "c", 5, 6), dir_("empty", mode=0o1777),
		file_("lib/c.so", "other"), wh("usr/lib/b.so")'
	"$make_image" i:links "layer(dir_('etc'), link('lib', 'usr/lib'), dir_('usr/lib'),
		file_('usr/lib/a.so', 'a'), file_('usr/lib/b.so', 'b'), file_('etc/conf', 'c'),
		file_('var/lib/dpkg/status', 'Package: p\nStatus: install ok installed\nVersion: 1\n'),
		file_('var/lib/dpkg/info/p.list', '/usr/lib/a.so\n')) or layer($links)"
	# a pattern is matched against the whole tree
	"$PARE" ls --format json oci:i:links '/**' >whole.json
	[ "$(jq length whole.json)" -ge 18 ]
	[ ! -e one ] || rm -r one
	"$PARE" ls --cache one oci:i:links >/dev/null
	local index=(one/tree-index/*) path
	[ "${#index[@]}" -eq 1 ]
	rm one/layer-index/* # none of these is looked at
	while read -r path; do
		"$PARE" ls --cache one --format json oci:i:links "$path" >part.json
		jq -e --arg path "$path" --slurpfile whole whole.json '
			($whole[0][] | select(.path == $path)) as $this |
			if $this.type == "folder"
			then . == [$whole[0][] | select(.path | startswith($path + "/") and
				(ltrimstr($path + "/") | contains("/") | not)) |
				.path |= ltrimstr($path + "/")]
			else . == [$this] end' part.json >/dev/null || { echo "$path"; cat part.json; return 1; }
	done < <(jq -r '.[].path' whole.json)
	[ "$(jq -r '.[] | select(.path == "/usr/lib/a.so").package.name' whole.json)" = p ]
	# through links, and to what isn't there
	for path in /to-etc/ /usr/up /lib/../usr/lib/ lib/a.so /loop /loop/x /out/ /nope /usr/lib/b.so /etc/conf/x; do
		run "$PARE" ls --cache one oci:i:links "$path"
		[ "$status:$output" = "$(rm -rf new; run "$PARE" ls --cache new oci:i:links "$path"; echo "$status:$output")" ]
	done
	run -0 "$PARE" cat --cache one oci:i:links /usr/up
	[ "$output" = a ]
	run -0 "$PARE" cat --cache one oci:i:links to-etc/conf
	[ "$output" = c ]
	[ -z "$(ls one/layer-index)" ]
}

@test "cat reads the layer that has the file, and no other" {
	"$PARE" ls oci:i:one >/dev/null
	cp -r i lacking
	# the first layer is the only small one
	find lacking/blobs -size +8k -delete
	run -0 "$PARE" cat oci:lacking:one /ten
	[ "$output" = xxxxxxxxxx ]
	run ! "$PARE" cat oci:lacking:one /big
}

@test "--arch chooses, and says what there is" {
	run -9 "$PARE" ls --arch s390x oci:i:app
	[[ "$output" == *"no platform 's390x' in 'oci:i:app': it has linux/amd64"* ]]
	run -2 "$PARE" ls --tree --largest 3 oci:i:app
}

@test "a result that is asked for in a pipe goes into it, and doesn't take its place" {
	mkfifo out.pipe # a device is the same: /dev/null, for whoever may write in /dev
	printf 'int main(void) { return 0; }' | cc -static -x c - -o static
	# COMMAND|what shows that it is all there
	while IFS='|' read -r command check; do
		timeout 20 cat out.pipe >got 3>&- &
		# shellcheck disable=SC2086 # words
		"$PARE" $command || [ "${command%% *}" = audit ]
		wait $!
		[ -p out.pipe ]
		bash -c "$check"
	done <<-'END'
		export oci:i:gzip -o out.pipe|tar tf got | grep -qx etc/conf
		audit --format json oci:i:gzip -o out.pipe|jq -r .image got | grep -x oci:i:gzip
		copy -q oci:i:gzip docker-archive:out.pipe|tar tf got | grep -qx manifest.json
		init --force ./static -o out.pipe|grep -q entrypoint got
	END
}
