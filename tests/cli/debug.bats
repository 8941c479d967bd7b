#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The debug variant on plain recipes, with a stand-in for busybox: a file with a table of applets
# among other bytes, as the real program has it.

bats_require_minimum_version 1.5.0
load ../lib/archive
load ../lib/image

# 60 names in order; before them whatever, after them a string that is in no order.
APPLETS=$(printf '[ [['; printf ' app%02d' {1..57}; printf ' sh')

setup_file() {
	load ../lib/archive
	archive_setup
	deb busybox-static 1 "usr/bin/busybox=$(elf amd64)\\001[\\000[[\\000no table\\000 ${APPLETS// /\\000}\\000awk\\000" \
		usr/share/initramfs-tools/hook=x etc/busybox.conf=x
	deb libold 1 bin/old=x lib/libold.so=x
	deb libnew 1 usr/lib/libnew.so=x usr/lib64/ld-new.so.2@../lib/libnew.so usr/sbin/
	publish stable
	serve
}

setup() {
	need jq
	fresh_home
}

# list PLACE: the names of all entries of a one-layer image, or what it says of them with -v.
list() {
	local layer
	layer=$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' image/index.json)
	layer=$(jq -r '.layers[0].digest | ltrimstr("sha256:")' "image/blobs/sha256/$layer")
	tar --numeric-owner -tz"${1-}"f "image/blobs/sha256/$layer"
}

build() {
	"$PARE" build -q "$@" -o oci:image:x >/dev/null
}

@test "debug brings busybox, a link for each of its applets, and a shell" {
	recipe <<-END
		  packages: [libnew]
		layering:
		  strategy: origin
		  budget: 1
	END
	build pare.yaml:debug
	list | sed -n 's,^busybox/,,p' | grep . | sort >got
	(tr ' ' '\n' <<<"$APPLETS" && echo busybox) | sort | diff - got
	# one file, the others are hard links to it
	[ "$(list v | grep -c '^-.* busybox/')" -eq 1 ]
	[ "$(list v | grep -c '^h.* busybox/.* link to busybox/')" -eq 60 ]
	list v | grep -E '^l.* usr/bin/sh -> /busybox/sh$'
	list v | grep -E '^l.* bin -> usr/bin$'
	# of its package nothing else but the licence and what scanners read
	list | grep -F busybox-static >got
	printf '%s\n' usr/share/doc/busybox-static/ usr/share/doc/busybox-static/copyright \
		var/lib/dpkg/status.d/busybox-static var/lib/dpkg/status.d/busybox-static.md5sums |
		diff - got
	list >listed
	run ! grep -E 'initramfs|busybox\.conf|usr/bin/busybox' listed
}

@test "debug leaves a shell alone that is there, and an entrypoint, and makes PATH reach busybox" {
	deb dash 1 "usr/bin/sh=$(elf amd64)"
	publish stable
	recipe <<-END
		  packages: [dash]
		entrypoint:
		  command: /usr/bin/sh -e
		environment:
		  PATH: /opt/bin
		layering:
		  strategy: origin
		  budget: 1
	END
	build pare.yaml:debug-nonroot
	list v | grep -E '^-.* 120 .* usr/bin/sh$'
	manifest=$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' image/index.json)
	config=$(jq -r '.config.digest | ltrimstr("sha256:")' "image/blobs/sha256/$manifest")
	jq -e '.config == {User: "65532", Env: ["PATH=/opt/bin:/busybox"],
		Entrypoint: ["/usr/bin/sh", "-e"], WorkingDir: "/home/nonroot"}' \
		"image/blobs/sha256/$config"
	list v | grep -E '^drwx------ 65532/65532 .* home/nonroot/$'
}

@test "a busybox without a table of applets is an error" {
	deb busybox-static 2 "usr/bin/busybox=$(elf amd64)\\000[\\000[[\\000awk\\000"
	publish stable
	recipe <<-END
		  packages: [libnew]
	END
	run -4 "$PARE" build -q pare.yaml:debug -o oci:image:x
	[ "$output" = "pare: variant debug: no table of applets in busybox" ]
	[ ! -e image ]
}

@test "folders of a merged /usr have their links without base-files too" {
	recipe <<-END
		  packages: [libnew]
		layering:
		  strategy: origin
		  budget: 1
	END
	build pare.yaml
	list v | sed -n 's/^l.* \([^ ]* -> .*\)/\1/p' >got
	printf '%s\n' 'lib -> usr/lib' 'lib64 -> usr/lib64' 'sbin -> usr/sbin' \
		'usr/lib64/ld-new.so.2 -> ../lib/libnew.so' | diff - got
	recipe <<-END
		  packages: [libold]
		layering:
		  strategy: origin
		  budget: 1
	END
	build pare.yaml
	list | grep -x usr/bin/old
	list v | sed -n 's/^l.* \([^ ]* -> .*\)/\1/p' >got
	printf '%s\n' 'bin -> usr/bin' 'lib -> usr/lib' | diff - got
}
