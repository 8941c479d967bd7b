#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is derived from profiles: nonroot, debug and debug-nonroot, on profiles and on a plain
# recipe, and the -slim twins. Packages are the real archive's.

bats_require_minimum_version 1.5.0
load lib

# Each release and each packaging of busybox once.
PROFILES="cc-trixie static-bookworm"

setup_file() {
	load lib
	live_setup
	local suite image profile
	for suite in $SUITES; do
		opinions "$suite"
		for image in static cc; do
			build_profile "$image-$suite" "$image-$suite-slim"
		done
	done
	for profile in $PROFILES; do
		build_profile "$profile:nonroot" "$profile:debug" "$profile:debug-nonroot"
	done
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

# each_variant FUNCTION: calls it with PROFILE ARCH.
each_variant() {
	local profile arch
	for profile in $PROFILES; do
		for arch in $ARCHS; do
			echo "== $profile for $arch"
			"$@" "$profile" "$arch"
		done
	done
}

diff_ids() {
	config "$1" "$2" | jq -r '.rootfs.diff_ids[]'
}

PATHS=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# config_is TAG ARCH USER FOLDER PATH ENTRYPOINT: and nothing else.
config_is() {
	config "$1" "$2" | tee /dev/stderr | jq -e --arg user "$3" --arg dir "$4" --arg path "$5" \
		--argjson entrypoint "$6" '.config == ({
			User: $user, WorkingDir: $dir,
			Env: ["PATH=" + $path, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]
		} + if $entrypoint then {Entrypoint: $entrypoint} else {} end)'
}

nonroot() {
	config_is "$1-nonroot" "$2" 65532 /home/nonroot "$PATHS" null
	diff_ids "$1" "$2" | diff - <(diff_ids "$1-nonroot" "$2")
}

@test "nonroot: another user and folder, the same layers" {
	each_variant nonroot
}

debug() {
	local suite=${1#*-} program applet
	local -a applets
	config_is "$1-debug" "$2" 0 / "$PATHS:/busybox" '["/busybox/sh"]'
	config_is "$1-debug-nonroot" "$2" 65532 /home/nonroot "$PATHS:/busybox" '["/busybox/sh"]'
	diff_ids "$1-debug" "$2" | diff - <(diff_ids "$1-debug-nonroot" "$2")

	rm -rf busybox
	dpkg-deb -x "$(deb_of "$suite" "$2" busybox-static)" busybox
	program=$(echo busybox/*/busybox busybox/usr/*/busybox | tr ' ' '\n' | grep -m1 /bin/)
	# what this architecture's program can do, another's can, too
	if [[ $2 == $(dpkg --print-architecture) ]]; then
		"$program" --list | sort >applets
	fi
	{
		printf '/busybox\n/usr/bin/sh\n/usr/share/doc/busybox-static\n'
		printf '%s\n' /usr/share/doc/busybox-static/copyright \
			/var/lib/dpkg/status.d/busybox-static{,.md5sums}
		sed 's,^,/busybox/,' applets
	} | sort >added
	listing "$1" "$2" | sort >plain
	listing "$1-debug" "$2" | sort >with
	comm -13 plain with | cut -f1 | sort | diff added -
	[[ -z $(comm -23 plain with) ]]
	# each applet is that program
	[[ $(grep -P '^/busybox/[^\t]*\tfile\t0755\t0:0\t' with | cut -f6 | sort -u) == \
		$(sha256sum <"$program" | cut -d' ' -f1) ]]
	grep -P '^/usr/bin/sh\tlink\t-\t0:0\t\d+\t/busybox/sh$' with
}

@test "debug: busybox, its applets, a shell, a licence, a status; nothing else changes" {
	ARCHS="$(dpkg --print-architecture) $ARCHS" each_variant debug
}

@test "debug-nonroot on a plain recipe: accounts, home, shell, certificates from nowhere" {
	cat >plain.yaml <<-END
		contents:
		  repositories:
		    - "deb debian: trixie main"
		  depends: none
		  packages: [libc6, zlib1g]
		environment: {GREETING: hello}
		work-dir: /srv
	END
	timeout 300 "$PARE" build -q plain.yaml -a arm64 -o "oci:$LAYOUT:plain"
	timeout 300 "$PARE" build -q plain.yaml:debug-nonroot -a arm64 -o "oci:$LAYOUT:plain-debug"
	config plain-debug arm64 | jq -e '.config == {User: "65532", WorkingDir: "/home/nonroot",
		Env: ["GREETING=hello", "PATH='"$PATHS"':/busybox"], Entrypoint: ["/busybox/sh"]}'
	config plain arm64 | jq -e '.config.User == null and .config.WorkingDir == "/srv" and
		.config.Entrypoint == null'
	listing plain-debug arm64 >with
	comm -23 <(listing plain arm64 | sort) <(sort with) | cut -f1,2 >gone
	[[ ! -s gone ]]
	grep -P '^/home/nonroot\tdir\t0700\t65532:65532\t' with
	grep -P '^/bin\tlink\t-\t0:0\t\d+\tusr/bin$' with
	grep -P '^/usr/bin/sh\tlink\t-\t0:0\t\d+\t/busybox/sh$' with
	[[ $(file_in plain-debug arm64 /etc/passwd) == \
		nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin ]]
	[[ $(file_in plain-debug arm64 /etc/group) == nonroot:x:65532: ]]
	file_in plain-debug arm64 /busybox/busybox | head -c 20 | od -An -tx2 | grep -q 'b7 *00\|00b7'
	run ! grep -P '^/etc/(ssl|nsswitch)' with
	listing plain arm64 >without
	run ! grep -P '^/(busybox|etc/passwd|home|usr/bin/sh)' without
}

# each_slim FUNCTION: calls it with SUITE IMAGE ARCH.
each_slim() {
	local suite image arch
	for suite in $SUITES; do
		for image in static cc; do
			for arch in $ARCHS; do
				echo "== $image-$suite-slim for $arch"
				"$@" "$suite" "$image" "$arch"
			done
		done
	done
}

slim_files() {
	differences "$2-$1-slim" "$1" "$2" "$3" "$DATA/rootfs.txt" "$DATA/slim.txt"
}

@test "slim: just what is said is cut, and scanners hear of no file that isn't there" {
	each_slim slim_files
}

slim_keeps() {
	local name
	config "$2-$1" "$3" >config
	config "$2-$1-slim" "$3" >slim-config
	jq -e --slurpfile slim slim-config '.config == $slim[0].config' config
	for name in $(packages_of "$1" "$2"); do
		echo "/usr/share/doc/$name/copyright"
	done >licences
	# shellcheck disable=SC2046 # a list of paths without blanks
	file_in "$2-$1-slim" "$3" $(<licences) | cmp - <(file_in "$2-$1" "$3" $(<licences))
	listing "$2-$1-slim" "$3" | grep -c '^/usr/share/common-licenses/'
}

@test "slim: every licence is there, and the configuration is the same" {
	each_slim slim_keeps
}

# bytes TAG ARCH: compressed, and of all files.
bytes() {
	python3 "$TREE" sizes "$LAYOUT" "$1" "$2"
}

slim_is_smaller() {
	local full_packed full slim_packed slim
	read -r full_packed full < <(bytes "$2-$1" "$3")
	read -r slim_packed slim < <(bytes "$2-$1-slim" "$3")
	echo "$full_packed $full -> $slim_packed $slim"
	((slim_packed * 4 < full_packed * 3 && slim * 4 < full * 3))
}

@test "slim: at least a quarter smaller, packed and unpacked" {
	each_slim slim_is_smaller
}

MOTD="pare: '/etc/update-motd.d/10-uname' needs the interpreter '/bin/sh', which isn't there"

# sound PROFILE [NOTES]: what --verbose says about files that nothing starts.
sound() {
	local notes
	notes=$("$PARE" -v build --offline --profile "distroless/$1" -a amd64 2>&1 >/dev/null |
		grep -E "isn't there|can't be|damaged|another machine|needs (the symbol|version)" || true)
	echo "$1: $notes"
	[ "$notes" = "${2-}" ]
}

@test "every library of a profile finds what it loads, slim or not" {
	local suite image
	for suite in $SUITES; do
		for image in static cc; do
			sound "$image-$suite" "$MOTD"
			sound "$image-$suite-slim"
		done
	done
	sound cc-trixie:debug
}
