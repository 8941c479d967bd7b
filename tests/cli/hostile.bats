#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images that nobody means well with: a clear error or a plain answer, never a crash, a hang, or a
# file outside.

bats_require_minimum_version 1.5.0
load ../lib/image.bash

setup() {
	: "${PARE:?tests/run sets it}"
	need jq python3
	cd "$BATS_TEST_TMPDIR"
	export HOME=$PWD PARE_CACHE=$PWD/cache PARE_STORE=$PWD/store
}

image() {
	"$BATS_TEST_DIRNAME/../lib/make-image" i:x "$1"
}

# Every verb that looks: none may die of a signal, or take longer than this.
look() {
	local verb
	for verb in "ls oci:i:x" "ls --tree oci:i:x" "ls --changed oci:i:x" "history oci:i:x" \
		"compare oci:i:x" "audit --format html oci:i:x" "cat oci:i:x etc/passwd" "why oci:i:x /f" "diff oci:i:x oci:i:x"; do
		# shellcheck disable=SC2086 # words
		run timeout 20 "$PARE" $verb
		[ "$status" -lt 20 ] || { echo "$verb: $status: $output"; return 1; }
	done
	run timeout 20 "$PARE" export -o out.tar oci:i:x
	[ "$status" -lt 20 ]
	[ ! -e ../evil ] && [ ! -e /tmp/pare-evil ]
}

refuses() {
	look
	run "$PARE" ls oci:i:x
	[ "$status" = "$1" ]
	[[ "$output" == *"$2"* ]] || { echo "$output"; return 1; }
}

@test "paths that lead out are refused" {
	image 'layer(file_("../evil", "x"))'
	refuses 4 "has a '..' in it"
	image 'layer(file_("a/../../evil", "x"))'
	refuses 4 "has a '..' in it"
	image 'layer(file_("f", "x"), hard("g", "../../etc/passwd"))'
	refuses 4 "has a '..' in it"
}

@test "absolute names and links stay inside" {
	image 'layer(file_("/tmp/pare-evil", "x"), link("out", "/"), file_("out/f", "in"), link("up", "../../.."))'
	look
	[ "$("$PARE" cat oci:i:x /f)" = in ]
	[ "$("$PARE" cat oci:i:x /up/tmp/pare-evil)" = x ]
}

@test "links as parents: loops, files, other layers" {
	image 'layer(link("a", "b"), link("b", "a"), file_("a/f", "x"))'
	refuses 4 "'a/f'"
	image 'layer(file_("a", "x"), file_("a/f", "x"))'
	refuses 4 "is not a folder"
	image 'layer(file_("a", "x")); layer(file_("a/f", "x"))'
	look
	[ "$("$PARE" cat oci:i:x a/f)" = x ]
}

@test "sizes that aren't there, and tars that end" {
	image 'layer(raw=tar_of([file_("f", b"x" * 5000)])[:2000])'
	refuses 4 "layer sha256:"
	image '
t = bytearray(tar_of([file_("f", b"x")])); t[124:136] = b"\x80" + b"\x00" * 3 + b"\x7f" * 8
t[148:156] = b" " * 8; t[148:156] = b"%06o\0 " % sum(t[:512])
layer(raw=bytes(t))'
	look
	run "$PARE" ls oci:i:x
	[ "$status" = 4 ] || [ "$status" = 5 ]
	image 'layer(raw=b"no tar at all" * 100)'
	refuses 4 "layer sha256:"
	image 'layer(file_("f"), diff_id="sha256:" + "0" * 64)'
	refuses 8 "unpacks to other bytes"
}

@test "a bomb is read in a stream" {
	image 'layer(file_("zeros", bytes(300000000)), file_("f", "x"))'
	[ "$(find i/blobs -size +1000k | wc -l)" = 0 ]
	# shellcheck disable=SC2016 # for the inner shell
	run -0 /usr/bin/env bash -c 'ulimit -v 400000; exec timeout 60 "$PARE" ls oci:i:x --format json'
	[ "$(jq '.[] | select(.path == "zeros") | .size' <<<"$output")" = 300000000 ]
}

@test "a few names that each lie under two thousand folders" {
	image 'layer(*[file_("%d" % i + "/a" * 2000 + "/f", "x") for i in range(4000)])'
	[ "$(du -s i | cut -f 1)" -lt 1000 ]
	ulimit -v 2000000 # kB; all of them would take 4 GB
	run "$PARE" ls oci:i:x
	[ "$status" = 5 ]
	[[ "$output" == *"take more than 512 MiB of memory"* ]]
}

@test "whiteouts of nothing, below whiteouts, without a name" {
	image 'layer(wh("nothing"), opq("nowhere"), file_("f", "x"), wh("d/none"))'
	look
	run -0 jq -r '.[] | "\(.change) \(.path)"' \
		<("$PARE" ls --layer 1 oci:i:x --format json)
	[ "$output" = "removed-nothing /nothing
removed-nothing /nowhere/*
added /f
removed-nothing /d/none" ]
	image 'layer(file_(".wh.d/f", "x"))'
	refuses 4 "lies below a whiteout"
	image 'layer(file_("d/.wh.", "x"))'
	refuses 4 "whiteout of no name"
}

@test "duplicates: the last one counts, the first is dead" {
	image 'layer(file_("f", "first"), file_("./f", "second!"), dir_("f2"), link("f2", "f"))'
	look
	[ "$("$PARE" cat oci:i:x f)" = 'second!' ]
	[ "$("$PARE" history oci:i:x --format json | jq '.[0].deadBytes')" = 5 ]
}

@test "names that are no UTF-8, or drive a terminal" {
	image 'layer(file_("a\udcff\udcfe", "x"), file_("b\x1b[2J\nc", "y"), file_("f", "x"))'
	look
	run -0 "$PARE" ls oci:i:x
	[[ "$output" == *"a??"* && "$output" == *"b?[2J?c"* ]]
	"$PARE" ls oci:i:x --format json | jq -e 'length == 3' >/dev/null
}

@test "package databases and accounts that are nonsense" {
	image 'layer(file_("var/lib/dpkg/status", b"Package: a\nVersion: 1\n\nno field\n" + bytes(100)),
		file_("lib/apk/db/installed", b"P:x\nV:1\nF:../../etc\nR:passwd\n\n\n:::\nP\nR:a\n\0"),
		file_("etc/passwd", b":::\n\xff\xfe\n" + b"x" * 100000),
		file_("var/lib/dpkg/status.d/x", "\0\0"), link("var/lib/dpkg/status.d/y", "y"), file_("f", "x"))'
	look
	image 'layer(dir_("var/lib/dpkg/status"), dir_("lib/apk/db/installed"), file_("var/lib/dpkg/status.d", "x"))'
	look
}

# indexes PYTHON: makes the image's index anew: put(manifests, name) writes one and tells its descriptor,
# `leaf` is the image's manifest; root is what x stands for
indexes() {
	python3 - "$1" <<-'END'
		import hashlib, json, sys
		TYPE = "application/vnd.oci.image.index.v1+json"
		top = json.load(open("i/index.json"))
		leaf = top["manifests"][0]
		leaf.pop("annotations", None)
		def put(manifests, name=None):
		    body = json.dumps({"schemaVersion": 2, "mediaType": TYPE, "manifests": manifests}).encode()
		    name = name or hashlib.sha256(body).hexdigest()
		    open("i/blobs/sha256/" + name, "wb").write(body)
		    return {"mediaType": TYPE, "digest": "sha256:" + name, "size": len(body)}
		exec(sys.argv[1])
		top["manifests"] = [dict(root, annotations={"org.opencontainers.image.ref.name": "x"})]
		json.dump(top, open("i/index.json", "w"))
	END
}

# inspect and copy read an index in their own ways
refuses_index() {
	refuses "$@"
	local verb
	for verb in "inspect oci:i:x" "inspect --arch s390x oci:i:x" "copy --all oci:i:x oci:o:x" \
		"copy oci:i:x docker-archive:o.tar"; do
		# shellcheck disable=SC2086 # words
		run timeout 20 "$PARE" $verb
		[ "$status" = "$1" ] || { echo "$verb: $status: $output"; return 1; }
	done
}

@test "an index that points to itself, alone or by way of another" {
	image 'layer(file_("f"))'
	# no digest can be of what holds it: the name is a lie, and found out
	indexes 'A = "a" * 64
for _ in range(2): root = put([{"mediaType": TYPE, "digest": "sha256:" + A, "size": 247}], A)
assert root["size"] == 247, root'
	refuses_index 8 "blob sha256:aaaa"
	indexes 'A, B = "a" * 64, "b" * 64
put([{"mediaType": TYPE, "digest": "sha256:" + A, "size": 247}], B)
root = put([{"mediaType": TYPE, "digest": "sha256:" + B, "size": 247}], A)'
	refuses_index 8 "blob sha256:aaaa"
	# the first one is honest, the one behind it isn't
	indexes 'B = "b" * 64
inner = put([{"mediaType": TYPE, "digest": "sha256:" + B, "size": 247}], B)
root = put([inner])'
	refuses_index 8 "blob sha256:bbbb"
}

@test "indexes in indexes: read down to a depth, and each once" {
	image 'layer(file_("f", "x"))'
	cp -r i whole
	indexes 'root = leaf
for _ in range(4): root = put([root])'
	look
	[ "$("$PARE" cat oci:i:x /f)" = x ]
	[[ $("$PARE" inspect oci:i:x) == *"1 layer"* ]]
	rm -r i && cp -r whole i
	indexes 'root = leaf
for _ in range(5): root = put([root])'
	refuses_index 5 "more than 4"
	# the same one often, and each of these often: 10^16 in all, if each were followed
	rm -r i && cp -r whole i
	indexes 'root = leaf
for _ in range(4): root = put([root] * 10000)'
	look
	[ "$("$PARE" cat oci:i:x /f)" = x ]
	timeout 20 "$PARE" inspect --json oci:i:x >all
	jq -e 'length == 1' all
	timeout 20 "$PARE" copy -q --all oci:i:x oci:o:x
	# for platforms that a manifest is listed for it is there for each
	rm -r i && cp -r whole i
	indexes 'root = put([dict(leaf, platform={"os": "linux", "architecture": a}) for a in ("amd64", "arm64", "amd64")])'
	timeout 20 "$PARE" inspect --json oci:i:x >all
	jq -e 'length == 2' all
	run -9 "$PARE" ls --arch s390x oci:i:x
	[[ $output == *"it has linux/amd64, linux/arm64" ]]
}

@test "documents that disagree" {
	image 'layer(file_("f"))'
	python3 - <<-'END'
		import hashlib, json, os
		index = json.load(open("i/index.json"))
		d = "sha256:" + "0" * 64
		body = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
		    "manifests": [{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": d, "size": 10}]})
		open("i/blobs/sha256/" + "0" * 64, "w").write(body)
		index["manifests"] = [{"mediaType": "application/vnd.oci.image.index.v1+json", "digest": d,
		    "size": len(body), "annotations": {"org.opencontainers.image.ref.name": "x"}}]
		json.dump(index, open("i/index.json", "w"))
	END
	run timeout 20 "$PARE" ls oci:i:x
	[ "$status" = 8 ]
	image 'layer(file_("f")); settings["rootfs"] = {"type": "layers", "diff_ids": []}'
	refuses 4 "the manifest has 1 layers and the config 0"
}

# What `file` is there, `as` it is: a pipe would be waited for, a device has no end.
in_place_of() {
	local file=$1 as=$2
	rm -rf x
	cp -r i x
	rm -r "x/$file"
	case $as in
	pipe) mkfifo "x/$file" ;;
	folder) mkdir "x/$file" ;;
	*) ln -s "$as" "x/$file" ;;
	esac
}

@test "pipes, folders and devices in a layout, where files should be" {
	image 'layer(file_("f", "x"))'
	manifest=blobs/sha256/$(jq -r '.manifests[0].digest[7:]' i/index.json)
	layer=blobs/sha256/$(jq -r '.layers[0].digest[7:]' "i/$manifest")
	for file in index.json oci-layout "$manifest" "$layer"; do
		for as in pipe folder /dev/zero; do
			in_place_of "$file" "$as"
			for verb in "audit oci:x:x" "copy oci:x:x oci:out:x"; do
				# shellcheck disable=SC2086 # words
				run timeout 10 "$PARE" $verb
				echo "$file $as $verb: $status $output"
				[ "$status" -eq 4 ]
				[[ $output == *"'${file##*/}' is no regular file"* ]]
			done
			[ ! -e out/blobs ] || [ "$file" = "$layer" ]
		done
	done
	# what is written to is looked at the same way; a link is nobody's blob and gives way
	for file in index.json "$layer"; do
		in_place_of "$file" pipe
		run timeout 10 "$PARE" copy oci:i:x oci:x:y
		[ "$status" -eq 4 ] || [ "$status" -eq 10 ]
		[[ $output == *"'${file##*/}' is "* ]]
	done
	in_place_of "$layer" /etc/passwd
	"$PARE" copy -q oci:i:x oci:x:y
	cmp "i/$layer" "x/$layer"
	[ ! -L "x/$layer" ]
}

@test "blobs that are links, as Bazel's layouts have them" {
	image 'layer(file_("f", "x"))'
	mkdir real
	for blob in i/blobs/sha256/*; do
		mv "$blob" real
		ln -s "../../../real/${blob##*/}" "$blob"
	done
	look
	[ "$("$PARE" cat oci:i:x f)" = x ]
	"$PARE" copy -q oci:i:x oci:out:x
	"$PARE" copy -q oci:i:x copied
	diff -r real out/blobs/sha256
	# copied, not given a second name: who owns them may write to them
	for blob in real/*; do
		[ "$(stat -c %h "$blob")" -eq 1 ]
	done
}

@test "gzip in a thousand members, and zstd with a window of gigabytes" {
	# shellcheck disable=SC2016
	image 'layer(file_("f", "x"))'
	python3 - <<'EOF'
import gzip, hashlib, json, os, struct
def load(digest):
    return open("i/blobs/sha256/" + digest[7:], "rb").read()
def put(data):
    name = hashlib.sha256(data).hexdigest()
    open("i/blobs/sha256/" + name, "wb").write(data)
    return {"digest": "sha256:" + name, "size": len(data)}
index = json.load(open("i/index.json"))
old = json.loads(load(index["manifests"][0]["digest"]))
tar = load(old["layers"][0]["digest"])
if tar[:2] == b"\x1f\x8b":
    tar = gzip.decompress(tar)
members = b"".join(gzip.compress(tar[i:i + 3], mtime=0) for i in range(0, len(tar), 3))
# a frame of one raw block, whose header says that the window has 2 GiB
frame = b"\x28\xb5\x2f\xfd\0\xa8" + struct.pack("<I", 1 | len(tar) << 3)[:3] + tar
for name, data, kind in ("members", members, "gzip"), ("window", frame, "zstd"):
    new = dict(old, layers=[dict(put(data), mediaType="application/vnd.oci.image.layer.v1.tar+" + kind)])
    index["manifests"].append(dict(put(json.dumps(new).encode()), mediaType=old["mediaType"],
        annotations={"org.opencontainers.image.ref.name": name}))
json.dump(index, open("i/index.json", "w"))
EOF
	[ "$("$PARE" cat oci:i:members f)" = x ]
	rm -rf cache
	run "$PARE" cat oci:i:window f
	echo "$output"
	[ "$status" -eq 5 ]
	[[ $output == *"zstd data at offset 0: "* ]]
}
