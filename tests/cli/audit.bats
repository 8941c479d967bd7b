#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# audit: each rule on images that are made by hand (data/audit-cases), policies, statuses, words.

bats_require_minimum_version 1.5.0
load ../lib/image.bash

setup_file() {
	export AUDIT=$BATS_FILE_TMPDIR
	cd "$AUDIT"
	export HOME=$AUDIT PARE_CACHE=$AUDIT/cache PARE_STORE=$AUDIT/store
	: "${PARE:?tests/run sets it}"
	"$BATS_TEST_DIRNAME/../lib/audit-programs"
	"$BATS_TEST_DIRNAME/../lib/make-image" i:v1 '
layer(file_("app", open("prog", "rb").read(), mode=0o755), created_by="COPY app /")
layer(dir_("tmp", mode=0o777), file_("opt/x", "x", mode=0o666),
      created_by="RUN TOKEN=ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5 chmod -R 777 /tmp")
config(config={"Entrypoint": ["/app"], "User": "7:7"})'
	python3 "$BATS_TEST_DIRNAME/../tools/audit_cases.py" "$BATS_TEST_DIRNAME/data/audit-cases" \
		"$BATS_TEST_DIRNAME/../lib/make-image" "$PARE" >cases
}

setup() {
	need jq python3 cc openssl
	cd "$AUDIT"
}

# rules NAME...: the ids that are found, sorted
rules() {
	"$PARE" audit --format json "$@" | jq -r '.findings[] | select(.ignored | not) | .rule' | sort -u
}

@test "each rule finds what it must, and nothing that comes near" {
	cat cases
	[ "$(grep -c ^ok cases)" -ge 70 ]
	run ! grep -v ^ok cases
}

@test "each rule has cases, but for those that ask an archive" {
	"$PARE" audit --explain list --format json | jq -r '.[].id' | grep -v ^update- | sort >known
	sed -n 's/^ok //p' cases | sort | diff known -
}

@test "each rule is explained, in a paragraph and with what to do" {
	"$PARE" audit --explain list --format json | jq -e 'length > 70 and
		all(.[]; (.id | test("^[a-z]+(-[a-z]+)*$")) and (.text | length > 60) and
			(.text | endswith(".")) and (.advice | endswith(".")))'
	run "$PARE" audit --explain user-root
	[ "$status" -eq 0 ]
	[[ $output == *"no user is set"*"CIS-DI-0001"* || $output == *"No user is set"*"CIS-DI-0001"* ]]
	run "$PARE" audit --explain user-toor
	[ "$status" -eq 9 ]
}

@test "the status is 1 only for findings as bad as --fail-on says" {
	run "$PARE" audit oci:i:v1 --policy default # a secret in the history is an error
	[ "$status" -eq 1 ]
	echo 'levels: {secrets: off}' >calm.yaml
	run -0 "$PARE" audit oci:i:v1 --policy calm.yaml
	run -1 "$PARE" audit oci:i:v1 --policy calm.yaml --fail-on warning
	echo 'levels: {secrets: off, surface: off, packages-unknown: off}' >calm.yaml
	run -0 "$PARE" audit oci:i:v1 --policy calm.yaml --fail-on warning
	run -1 "$PARE" audit oci:i:v1 --policy calm.yaml --fail-on note
	run -9 "$PARE" audit oci:i:none
	run -2 "$PARE" audit
}

@test "a secret of a command is shown nowhere" {
	"$PARE" audit oci:i:v1 --format json >got.json || [ $? -eq 1 ]
	run ! grep -q aB3dE5gH7jK9 got.json
	jq -e '[.findings[] | select(.rule == "writable-folder")][0] |
		.instruction == "RUN TOKEN=**** chmod -R 777 /tmp" and .layer == 2' got.json
	for format in table json sarif junit github markdown html; do
		"$PARE" audit oci:i:v1 --format $format >got || [ $? -eq 1 ]
		run ! grep -q aB3dE5gH7jK9 got
	done
	# by the name of the variable, two at once
	"$BATS_TEST_DIRNAME/../lib/make-image" h:v1 'layer(file_("a", "x"),
		created_by="RUN DB_PASSWORD=Tr0ub4dor-and-3 T=ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5 x")'
	"$PARE" audit oci:h:v1 --format json >got.json || [ $? -eq 1 ]
	jq -e '.layers[0].instruction == "RUN DB_PASSWORD=**** T=**** x"' got.json
	jq -e '[.findings[] | select(.rule == "secret-config")] | length == 2' got.json
}

# Files are digested in the pass that makes the index, Alpine's SHA-1 only when a database asks for it.
@test "an audit says the same of layers whose indexes are there" {
	"$BATS_TEST_DIRNAME/../lib/make-image" warm:v1 '
import base64, hashlib
z = lambda text: base64.b64encode(hashlib.sha1(text).digest()).decode()
layer(file_("usr/lib/same", "same"), file_("usr/lib/other", "changed"), file_("root/token", "ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5\n"))
layer(file_("lib/apk/db/installed", "C:Q1" + z(b"") + "\nP:a\nV:1-r0\nA:x86_64\nF:usr/lib\nR:same\nZ:Q1" + z(b"same") + "\nR:other\nZ:Q1" + z(b"as it was") + "\n\n"))'
	local PARE_CACHE=$AUDIT/warm.cache
	export PARE_CACHE
	rm -rf "$PARE_CACHE"
	"$PARE" audit oci:warm:v1 --format json >cold.json || [ $? -eq 1 ]
	"$PARE" audit oci:warm:v1 --format json >warm.json || [ $? -eq 1 ]
	cmp cold.json warm.json
	rm -rf "$PARE_CACHE"
	"$PARE" ls oci:warm:v1 >/dev/null
	"$PARE" audit oci:warm:v1 --format json >warm.json || [ $? -eq 1 ]
	cmp cold.json warm.json
	jq -e '[.findings[] | select(.rule == "packages-disagree") | .path] == ["/usr/lib/other"]' cold.json
	jq -e '[.findings[] | select(.rule == "secret-token")] | length == 1' cold.json
}

@test "what scans found is kept by layer: damaged, it is looked for again, and no secret is in it" {
	local PARE_CACHE=$AUDIT/kept.cache token=ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5 file n
	export PARE_CACHE
	rm -rf "$PARE_CACHE" kept
	local base='
import base64, hashlib
z = lambda text: base64.b64encode(hashlib.sha1(text).digest()).decode()
layer(file_("usr/lib/same", "same"), file_("usr/lib/other", "changed"), file_("root/token", "'$token'\n"),
      file_("etc/old", "ghp_zB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5\n"),
      file_("lib/apk/db/installed", "P:a\nV:1-r0\nA:x86_64\nF:usr/lib\nR:same\nZ:Q1" + z(b"same") + "\nR:other\nZ:Q1" + z(b"as it was") + "\n\n"))'
	"$BATS_TEST_DIRNAME/../lib/make-image" kept:v1 "$base"
	"$BATS_TEST_DIRNAME/../lib/make-image" kept:v2 "$base"'
layer(file_("more", "x" * 100))'
	report() { "$PARE" audit "$@" oci:kept:v1 --format json || [ $? -eq 1 ]; }
	PARE_CACHE=$AUDIT/no.cache report >cold.json
	rm -rf no.cache
	jq -e '[.findings[] | select(.rule == "secret-token") | .message] | length == 2' cold.json
	report >first.json
	cmp cold.json first.json
	[ "$(ls "$PARE_CACHE/layer-scan" | wc -l)" -eq 3 ] # MD5, SHA-1, secrets
	run ! grep -rqF "${token:4}" "$PARE_CACHE/layer-scan"
	grep -rqF ghp_ "$PARE_CACHE/layer-scan" # as the report shows it
	report >again.json
	cmp cold.json again.json
	# one bit, cut, emptied, another one's: each is as good as none
	for file in "$PARE_CACHE"/layer-scan/*; do
		cp "$file" whole
		python3 -c 'import sys; b = bytearray(open("whole", "rb").read()); b[len(b) // 2 + 20] ^= 1; open(sys.argv[1], "wb").write(b)' "$file"
		report >again.json
		cmp cold.json again.json
		cmp whole "$file" # and made anew
		head -c -1 whole >"$file"
		report >again.json
		cmp cold.json again.json
		: >"$file"
		report >again.json
		cmp cold.json again.json
	done
	set -- "$PARE_CACHE"/layer-scan/*
	cp "$1" whole
	cp "$2" "$1"
	report >again.json
	cmp cold.json again.json
	cmp whole "$1"
	# many at once
	rm -r "$PARE_CACHE"
	for n in 1 2 3 4 5; do report >again.$n.json & done
	wait
	for n in 1 2 3 4 5; do cmp cold.json "again.$n.json"; done
	# a layer more on the same base only adds its own
	"$PARE" audit oci:kept:v2 --format json >v2.json || [ $? -eq 1 ]
	[ "$(ls "$PARE_CACHE/layer-scan" | wc -l)" -eq 5 ]
	find "$PARE_CACHE/layer-scan" -type f -exec touch -d '40 days ago' {} +
	"$PARE" gc
	[ -z "$(ls "$PARE_CACHE/layer-scan")" ]
	report >again.json
	cmp cold.json again.json
}

# layers IMAGE: the files of its layers' blobs
layers() {
	local manifest
	manifest=$(jq -r ".manifests[] | select(.annotations[]? == \"${1#*:}\").digest" "${1%%:*}/index.json")
	jq -r '.layers[].digest' "${1%%:*}/blobs/${manifest/://}" | sed "s|:|/|; s|^|${1%%:*}/blobs/|"
}

@test "what was read of a layer is kept: an audit of layers seen before decompresses none, and only new ones" {
	local PARE_CACHE=$AUDIT/reads.cache token=ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5 file base image blob
	export PARE_CACHE
	rm -rf "$PARE_CACHE" reads
	base='
prog = open("prog", "rb").read()
layer(file_("bin/prog", prog, mode=0o755), file_("bin/other", prog + b"x" * 300000, mode=0o755), file_("etc/passwd", "a:x:7:7::/:/bin/other\n"),
      file_("bin/own", prog + b"'$token' \0", mode=0o755), file_("bin/script", "#!/bin/none '$token'\n", mode=0o755))
config(config={"Entrypoint": ["/bin/prog"]})'
	"$BATS_TEST_DIRNAME/../lib/make-image" reads:v1 "$base"
	"$BATS_TEST_DIRNAME/../lib/make-image" reads:v2 "$base"'
layer(file_("bin/new", prog, mode=0o755), file_("etc/old", "'$token'\n"))
config(config={"Entrypoint": ["/bin/other"]})'
	report() { "$PARE" audit "oci:reads:$1" --format json || [ $? -eq 1 ]; }
	for image in v1 v2; do PARE_CACHE=$AUDIT/no.cache report $image >$image.json; rm -rf no.cache; done
	report v1 >first.json
	cmp v1.json first.json
	[ "$(ls "$PARE_CACHE/layer-reads" | wc -l)" -eq 1 ]
	run ! grep -rqF "${token:4}" "$PARE_CACHE/layer-reads" "$PARE_CACHE/layer-scan"
	# what is private is read from the layer again, and is all that is
	report v1 >again.json
	cmp v1.json again.json
	run ! grep -rqF "${token:4}" "$PARE_CACHE/layer-reads"
	# another start on the same base reads more of it; then that is kept, too
	report v2 >again.json
	cmp v2.json again.json
	for image in v1 v2 v1 v2; do report $image >again.json; cmp $image.json again.json; done
	for file in "$PARE_CACHE"/layer-reads/*; do
		python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) * 2 // 3] ^= 1; open(sys.argv[1], "wb").write(b)' "$file"
		report v2 >again.json
		cmp v2.json again.json
		head -c 200 "$file" >cut
		cp cut "$file"
		report v2 >again.json
		cmp v2.json again.json
	done
}

@test "layers that were seen before need not be there, but must be those that the config says" {
	local PARE_CACHE=$AUDIT/seen.cache base blob image
	export PARE_CACHE
	rm -rf "$PARE_CACHE" seen
	base='
prog = open("prog", "rb").read()
layer(file_("bin/prog", prog, mode=0o755), file_("etc/x", "x"))
config(config={"Entrypoint": ["/bin/prog"]})'
	"$BATS_TEST_DIRNAME/../lib/make-image" seen:v1 "$base"
	"$BATS_TEST_DIRNAME/../lib/make-image" seen:v2 "$base"'
layer(file_("bin/new", prog, mode=0o755))'
	report() { "$PARE" audit "oci:seen:$1" --format json || [ $? -eq 1 ]; }
	for image in v1 v2; do PARE_CACHE=$AUDIT/no.cache report $image >$image.json; rm -rf no.cache; done
	report v1 >again.json
	blob=$(layers seen:v1)
	mv "$blob" blob
	for image in v1 v2 v1 v2; do report $image >again.json; cmp $image.json again.json; done
	mv blob "$blob"
	# other bytes under the same diff_id
	python3 - "$blob" <<-'END'
		import gzip, hashlib, json, pathlib, sys
		blobs = pathlib.Path("seen/blobs/sha256")
		index = json.load(open("seen/index.json"))
		def put(data):
		    (blobs / hashlib.sha256(data).hexdigest()).write_bytes(data)
		    return {"digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}
		entry = next(m for m in index["manifests"] if "v1" in m.get("annotations", {}).values())
		manifest = json.loads((blobs / entry["digest"][7:]).read_bytes())
		data = open(sys.argv[1], "rb").read()
		tar = bytearray(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
		tar[1030] ^= 1
		manifest["layers"][0].update(put(gzip.compress(bytes(tar)) if data[:2] == b"\x1f\x8b" else bytes(tar)))
		entry.update(put(json.dumps(manifest).encode()))
		json.dump(index, open("seen/index.json", "w"))
	END
	run "$PARE" audit oci:seen:v1
	[ "$status" -gt 1 ]
	[[ "$output" == *"other bytes than its config says"* ]]
}

@test "a report goes into a pipe, or where /dev/stdout leads, and replaces neither" {
	mkfifo pipe
	timeout 20 cat pipe >piped &
	timeout 20 "$PARE" audit oci:i:v1 --json -o pipe || [ $? -eq 1 ]
	wait
	[ -p pipe ]
	"$PARE" audit oci:i:v1 --json >straight || [ $? -eq 1 ]
	cmp straight piped
	rm pipe
	ln -sf /dev/stdout out
	"$PARE" audit oci:i:v1 --json -o out | cat >linked
	cmp straight linked
	[ -L out ]
}

@test "the policy of the folder counts, unless another is named" {
	mkdir -p here
	cd here
	echo 'levels: {writable-folder: off}' >.pare-audit.yaml
	run rules oci:../i:v1
	[[ $output != *writable-folder* && $output == *writable-file* ]]
	run rules oci:../i:v1 --policy default
	[[ $output == *writable-folder* ]]
}

@test "a topic sets all its rules, a rule counts more than its topic" {
	printf 'levels:\n  writable-file: error\n  surface: off\n' >p.yaml
	run rules oci:i:v1 --policy p.yaml
	[[ $output == *writable-file* && $output != *writable-folder* ]]
	printf 'extends: strict\nlevels:\n  writable-folder: on\n' >p.yaml
	"$PARE" audit oci:i:v1 --policy p.yaml --format json | jq -e \
		'[.findings[] | select(.rule == "writable-folder" or .rule == "writable-file") | .level] |
		 sort == ["error", "warning"]'
}

@test "strict takes root for an error, but in an image to build on" {
	local make=$BATS_TEST_DIRNAME/../lib/make-image
	level() {
		"$PARE" audit --policy strict --format json "oci:$1:v1" |
			jq -r '.findings[] | select(.rule == "user-root") | .level'
	}
	"$make" root:v1 'layer(file_("app", open("prog", "rb").read(), mode=0o755)); config(config={"Entrypoint": ["/app"]})'
	"$make" base:v1 'layer(file_("app", open("prog", "rb").read(), mode=0o755)); config(config={"User": "0"})'
	[ "$(level root)" = error ]
	[ "$(level base)" = warning ]
	[ "$(level i)" = "" ]
}

@test "an exception hides only its path, with its reason" {
	echo 'ignore: [{id: writable-folder, path: "/tmp/**", reason: not this}, {id: writable-folder, path: /t*, reason: a test}]' >p.yaml
	"$PARE" audit oci:i:v1 --policy p.yaml --format json >got.json || [ $? -eq 1 ]
	jq -e '(.findings[] | select(.rule == "writable-folder").ignored) == "a test"' got.json
	jq -e '[.findings[] | select(.rule == "ignore-unused").message | contains("/tmp/**")] == [true]' got.json
	jq -e '.counts.ignored == 1' got.json
}

# wrong TEXT MESSAGE: a policy that must be refused, with place and words
wrong() {
	printf '%b' "$1" >wrong.yaml
	run "$PARE" audit oci:i:v1 --policy wrong.yaml
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *"wrong.yaml:$2"* ]]
}

@test "a policy that is wrong is refused with its place" {
	wrong 'level: {}\n' "1:1: expected one of extends, levels, thresholds and ignore"
	wrong 'levels: {user-rot: off}\n' "1:10: no rule 'user-rot'"
	wrong 'levels: {user-root: fatal}\n' "1:21: expected one of error"
	wrong 'levels: [user-root]\n' "1:9: 'levels' must be a map, not a list"
	wrong 'thresholds: {size: much}\n' "1:20: expected bytes"
	wrong 'thresholds: {files: 10 kB}\n' "1:21: expected a number"
	wrong 'ignore: [{id: device}]\n' "1:10: an exception needs a reason"
	wrong 'ignore: [{reason: x}]\n' "1:10: an exception needs an id"
	wrong 'ignore: [{id: device, reason: x, expiry: tomorrow}]\n' "1:42: expected the last day"
	wrong 'extends: lax\n' "1:10: no policy 'lax': there are default, strict, base"
	wrong '- a\n' "1:1: a policy is a map"
	run "$PARE" audit oci:i:v1 --policy lax
	[ "$status" -eq 9 ]
	run "$PARE" audit oci:i:v1 --policy ./none.yaml
	[ "$status" -eq 9 ]
}

@test "a plain tree is judged without what only images have" {
	mkdir -p tree/etc
	echo 'root::0:0::/:/sh' >tree/etc/passwd
	run rules rootfs:tree
	[[ $output == *password-empty* && $output != *user-root* && $output != *start-* ]]
}
