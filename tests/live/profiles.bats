#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The built-in profiles, built from the real archive for two releases and two architectures, against
# what is known of Google's distroless images (data/) and against apt's and dpkg's view of the
# same packages.

bats_require_minimum_version 1.5.0
load lib

IMAGES="static base-nossl base cc"

setup_file() {
	load lib
	live_setup
	local suite image
	for suite in $SUITES; do
		opinions "$suite"
		for image in $IMAGES; do
			build_profile "$image-$suite"
		done
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# each: calls a function with SUITE IMAGE ARCH for every image; what fails is the last one named.
each() {
	local suite image arch
	for suite in $SUITES; do
		for image in $IMAGES; do
			for arch in $ARCHS; do
				echo "== $image-$suite for $arch"
				"$@" "$suite" "$image" "$arch"
			done
		done
	done
}

same_packages() {
	local name
	for name in $(packages_of "$1" "$2"); do
		awk -v n="$name" -v a="$3" '$1 == n && ($3 == a || $3 == "all") { print $1, $2 }' \
			"$OPINIONS/versions-$1"
	done | sort >expected
	[[ $(wc -l <expected) -eq $(packages_of "$1" "$2" | wc -l) ]]
	listing "$2-$1" "$3" | cut -f1 | sed -n '/status\.d\/.*md5sums$/d; /status\.d\/./p' >status
	# shellcheck disable=SC2046 # a list of paths without blanks
	file_in "$2-$1" "$3" $(<status) | sed -n 's/^\(Package\|Version\): //p' | paste -d' ' - - |
		sort | diff expected -
	sed 's,.*/,,' status | sort | diff <(cut -d' ' -f1 expected) -
	"$PARE" packages -q --offline --profile "distroless/$2-$1" -a "$3" --format json |
		jq -r '.[] | "\(.name) \(.version)"' | sort | diff expected -
}

@test "packages and versions are the known ones, at the versions that apt chooses" {
	each same_packages
}

same_files() {
	differences "$2-$1" "$1" "$2" "$3" "$DATA/rootfs.txt"
}

@test "files are dpkg-deb's, with mode, owner and time, and the known additions" {
	each same_files
}

@test "the CA bundle is the one that is known for its version" {
	local suite sum version
	for suite in $SUITES; do
		version=$(dpkg-deb -f "$(deb_of "$suite" amd64 ca-certificates)" Version)
		file_in "static-$suite" amd64 /etc/ssl/certs/ca-certificates.crt >bundle
		grep -c 'BEGIN CERTIFICATE' bundle
		openssl crl2pkcs7 -nocrl -certfile bundle -out /dev/null
		case $version in
		20250419*)
			sum=e9c7b63ee2623386e9b0a3ee32f499d01a8ea23dc83b8383ddff9f8e749543b7
			[[ $(sha256sum <bundle) == "$sum  -" && $(wc -c <bundle) -eq 222073 ]]
			[[ $(grep -c 'BEGIN CERTIFICATE' bundle) -eq 148 ]]
			;;
		esac
	done
}

plain_config() {
	config "$2-$1" "$3" | tee /dev/stderr | jq -e --arg arch "$3" '
		.architecture == $arch and .os == "linux" and
		.variant == (if $arch == "arm64" then "v8" else null end) and
		.config == {
			User: "0",
			WorkingDir: "/",
			Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]
		}'
}

@test "environment, user and working directory are theirs, and nothing else is set" {
	each plain_config
}

no_tools() {
	listing "$2-$1" "$3" >all
	# set-user-ID or set-group-ID files; folders with the bit pass their group on
	run ! grep -P '\tfile\t[2-7]' all
	run ! grep -E $'^/(usr/)?(local/)?s?bin/[^\t]' all
	run ! grep -E $'/(ba|da|z|k|a)?sh\t|/(apt[a-z-]*|dpkg[a-z-]*|perl|busybox|ldconfig)\t(file|link)' all
	run ! grep -E $'^/(etc/(shadow|gshadow|hosts|hostname|resolv.conf|localtime|ld.so.cache|ca-certificates[^\t]*)|var/lib/dpkg/(status|info[^\t]*))\t' all
	run ! grep -E $'^/(busybox|usr/share/ca-certificates)' all
	# what may be executed: nothing but libraries and the message of the day
	awk -F'\t' '$2 == "file" && $3 ~ /[1357]/ { print $1 }' all |
		grep -Ev '\.so(\.[0-9]+)*$|/ca-certificates\.crt$|/os-release$' >programs
	echo /etc/update-motd.d/10-uname | diff programs -
}

@test "there is no shell, no package manager, no program, and nothing set-user-ID" {
	each no_tools
}

@test "an unsuffixed profile is Debian 13's" {
	for image in $IMAGES; do
		timeout 300 "$PARE" build -q --profile "distroless/$image" -a amd64 \
			-o "oci:$BATS_TEST_TMPDIR/layout:$image" -o "oci:$BATS_TEST_TMPDIR/layout:x"
		python3 "$TREE" list "$BATS_TEST_TMPDIR/layout" "$image" amd64 |
			diff - <(listing "$image-trixie" amd64)
	done
}
