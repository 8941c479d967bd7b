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
