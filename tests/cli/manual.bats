#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The examples of the manual that a line "; run" marks are run as they stand.

setup() {
	: "${PARE:?tests/run sets it}"
	export HOME=$BATS_TEST_TMPDIR PARE_STORE=$BATS_TEST_TMPDIR/store
	PATH=$(dirname "$PARE"):$PATH
	pages=("$BATS_TEST_DIRNAME"/../../man/*.scd)
	cd "$BATS_TEST_TMPDIR"
}

marked_examples() {
	awk '/^; run$/ { marked = 1; next }
		/^```/ { if (marked == 2) marked = 0; else if (marked) marked = 2; next }
		marked == 2' "$1"
}

@test "examples of the manual run" {
	local n=0 page
	for page in "${pages[@]}"; do
		marked_examples "$page" >example
		[ -s example ] || continue
		bash -eu -o pipefail example || { echo "failed: ${page##*/}"; return 1; }
		n=$((n + 1))
	done
	[ "$n" -ge 5 ]
}

# The members' names in JSON, but what people and images name: labels, variables, rules.
json_keys() {
	jq -r '[paths | select(all(.[:-1][]; . as $k | ["annotations", "Annotations", "Config", "extras"]
		| index([$k]) | not)) | .[-1] | strings] | unique[]' "$1"
}

@test "each page names every key that its verb's JSON has" {
	local verb page key n=0
	cat >pare.yaml <<-'YAML'
		entrypoint:
		  command: /hello
		paths:
		  - path: /etc/one
		    type: empty-file
	YAML
	mkdir json
	pare build -q --no-verify -t a --json >json/build
	sed -i 's/one/two/; $awork-dir: /tmp' pare.yaml
	pare build -q --no-verify --base a -t b >digest
	pare images --json >json/images
	pare inspect b --json >json/inspect
	pare ls b --json >json/ls
	pare ls b --tree --json >json/ls.tree
	pare ls b --layer 1 --json >json/ls.layer
	pare history b --json >json/history
	pare why b /etc/two --json >json/why
	pare diff a b --json >json/diff || [ $? -eq 1 ]
	pare compare a b --json >json/compare
	pare audit a --json >json/audit || [ $? -eq 1 ]
	pare audit --explain list --json >json/audit.rules
	pare copy a oci:layout --json >json/copy
	pare rebase b --onto a --dry-run --no-verify --json >json/rebase
	pare lock --json >json/lock
	pare packages --json >json/packages
	pare vendor folder --json >json/vendor
	pare gc --json >json/gc
	for file in json/*; do
		verb=${file#json/}
		page=${BATS_TEST_DIRNAME}/../../man/pare-${verb%%.*}.1.scd
		json_keys "$file" >keys
		while read -r key; do
			n=$((n + 1))
			grep -qE "[*_]$key[*_]" "$page" || { echo "${page##*/} doesn't name $key"; return 1; }
		done <keys
	done
	[ "$n" -ge 100 ]
}
