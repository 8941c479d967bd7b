#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# audit of what the real archive's packages make: the profiles are clean, a whole Debian is not, and
# for the right reasons only.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	load lib
	live_setup
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# What counts at the level error, each once.
errors() {
	jq -r '[.findings[] | select(.level == "error" and (.ignored | not)) | .rule] | unique[]' "$1"
}

@test "every profile passes the policy strict" {
	local profile
	for profile in static base-nossl base cc cc:nonroot static:nonroot; do
		"$PARE" build -q --profile "distroless/$profile" -o "oci:$PWD/image:v1" >/dev/null
		run -0 --separate-stderr "$PARE" audit --policy strict --format json "oci:$PWD/image:v1"
		jq -e '.counts.error == 0' <<<"$output"
		# nothing that a careful builder would be blamed for
		run -0 jq -r '[.findings[].rule] | map(select(test("secret|disagree|foreign|mixed|malformed|unknown|writable"))) | .[]' <<<"$output"
		[ -z "$output" ]
		rm -rf image
	done
}

@test "a Debian of mmdebstrap fails it, for what it has" {
	need_tools mmdebstrap
	((EUID == 0)) || unshare -r true 2>/dev/null || skip "needs user namespaces"
	# without what bats holds open: its scripts redirect to descriptors, and dash knows one digit
	mmdebstrap --quiet --variant=minbase --include=sudo,curl trixie debian.tar "$MIRROR" \
		3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
	run -1 --separate-stderr "$PARE" audit --policy strict --format json "rootfs:$PWD/debian.tar"
	echo "$output" >got.json
	errors got.json >errors
	cat errors
	local rule
	for rule in surface-shell surface-package-manager surface-sudo surface-network-tool setuid-packaged; do
		grep -qx "$rule" errors
	done
	# its files are as its packages have them: no false alarm about any
	run ! grep -E 'secret|disagree|foreign|unknown|mixed|password|account|writable|start' errors
	jq -e '[.findings[] | select(.rule == "setuid-packaged").path] | contains(["/usr/bin/su", "/usr/bin/sudo"])' got.json
	jq -e '.findings[] | select(.rule == "surface-network-tool") | .package | startswith("curl ")' got.json
}

@test "packages that were just built are of the newest version" {
	"$PARE" build -q --profile distroless/cc -o "oci:$PWD/image:v1" >/dev/null
	run -0 --separate-stderr "$PARE" audit --updates --format json "oci:$PWD/image:v1"
	jq -e '[.findings[] | select(.group == "updates")] == []' <<<"$output"
}
