#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Packages into a tree: every form of deb, merged /usr, conflicts, cutting.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

CAP_NET_BIND=0100000200040000000000000000000000000000

setup_file() {
	archive_setup
	for form in none gz xz zst bz2 lzma; do
		raw_deb "odd-$form" 1.0 <<-JSON
			{"compression": "$form", "format": "pax", "members": {"conffiles": "/etc/odd-$form\n"},
			"data": [
			{"name": "./", "type": "dir"}, {"name": "./etc/", "type": "dir"},
			{"name": "./etc/odd-$form", "text": "conf\n"}, {"name": "./usr/", "type": "dir"},
			{"name": "./usr/bin/", "type": "dir"},
			{"name": "./usr/bin/cap-$form", "text": "capable\n", "mode": 493,
			 "xattrs": {"security.capability": "$CAP_NET_BIND", "user.note": "6869"}},
			{"name": "./usr/bin/hard-$form", "type": "hardlink", "link": "./usr/bin/cap-$form"},
			{"name": "./usr/share/", "type": "dir"},
			{"name": "./usr/share/$form-$(printf 'n%.0s' {1..150})/", "type": "dir"},
			{"name": "./usr/share/$form-$(printf 'n%.0s' {1..150})/$(printf 'm%.0s' {1..120})",
			 "text": "long", "mode": 2541, "uid": 3000000, "gid": 12},
			{"name": "./usr/share/$form-ünï", "type": "symlink",
			 "link": "$(printf '../x%.0s' {1..40})"}]}
		JSON
	done
	raw_deb gnu 1.0 <<-JSON
		{"compression": "xz", "format": "gnu", "data": [
		{"name": "./usr/share/$(printf 'g%.0s' {1..200})", "text": "gnu long"},
		{"name": "./usr/share/link", "type": "symlink", "link": "$(printf '../y%.0s' {1..60})"},
		{"name": "./usr/share/hard", "type": "hardlink",
		 "link": "./usr/share/$(printf 'g%.0s' {1..200})"}]}
	JSON
	deb base-files 13 "etc/os-release@../usr/lib/os-release" "usr/lib/os-release=ID=test\n" \
		"bin@usr/bin" "lib@usr/lib" "var/lock/" "var/run/" "tmp/"
	deb old 1.0 "bin/old=old" "lib/x86_64-linux-gnu/libold.so.1=lib" "lib64/ld.so@/lib/ld" "sbin/oldd=d"
	deb new 1.0 "usr/bin/new=new" "usr/lib/x86_64-linux-gnu/libnew.so=lib"
	deb badbin 1.0 "bin=a file"
	deb same-a 1.0 "usr/share/both=equal\n"
	deb same-b 1.0 "usr/share/both=equal\n"
	deb other 1.0 "usr/share/both=different\n"
	deb takes 1.0 -f 'Replaces: same-a (<< 2), nobody' "usr/share/both=taken over\n"
	deb folded 1.0 -f $'Replaces: nobody,\n same-a' "usr/share/both=folded\n"
	deb too-late 1.0 -f 'Replaces: same-a (<< 1.0)' "usr/share/both=not mine\n"
	deb usrdup 1.0 "bin/x=x" "usr/bin/x=y"
	deb compat 1.0 "bin/which=which" "usr/bin/which@/bin/which" "bin/where@/usr/bin/where" \
		"usr/bin/where=where"
	deb clash 1.0 "usr/share/both/sub=a folder"
	deb doc 1.0 "usr/share/doc/doc/README=readme" "usr/share/doc/doc/examples/x=ex" \
		"usr/share/man/man1/doc.1=man" "usr/share/locale/de/LC=de" "usr/share/locale/fr/LC=fr" \
		"usr/share/common-licenses/X=licence" "usr/bin/doc=d" "etc/empty/"
	publish stable
	serve
}

# want PACKAGES [LINE…]: a recipe, and its image
want() {
	printf '  packages: [%s]\n' "$1" | recipe
	printf '%s\n' "${@:2}" >>pare.yaml
	build
}

@test "every compression: long names, links, owners, modes, xattrs and conffiles" {
	want "odd-none, odd-gz, odd-xz, odd-zst, odd-bz2, odd-lzma"
	n=$(printf 'n%.0s' {1..150}) m=$(printf 'm%.0s' {1..120})
	for form in none gz xz zst bz2 lzma; do
		holds "f 0644 0:0 /etc/odd-$form" "f 0755 0:0 /usr/bin/cap-$form" \
			"h 0755 0:0 /usr/bin/hard-$form = /usr/bin/cap-$form" \
			"f 4755 3000000:12 /usr/share/$form-$n/$m" \
			"l 0777 0:0 /usr/share/$form-ünï -> $(printf '../x%.0s' {1..40})"
		[ "$(image cat "usr/share/$form-$n/$m")" = long ]
		[ "$(image cat "usr/bin/hard-$form")" = capable ]
		[ "$(image xattrs "usr/bin/cap-$form")" = \
			$'security.capability='"$CAP_NET_BIND"$'\nuser.note=6869' ]
		[ "$(image stat "etc/odd-$form")" = "f 0644 0:0 1767323045 5" ]
	done
	image check
}

@test "a pipe in a package is a pipe in the image, as with dpkg" {
	mkdir -p piped/var/lib/piped && mkfifo piped/var/lib/piped/control
	deb_from piped 1.0 piped
	publish stable
	want piped
	holds "p 0644 0:0 /var/lib/piped/control"
	image check
}

@test "file capabilities are real ones: umoci unpacks them and getcap reads them" {
	[ "$(id -u)" -eq 0 ] || skip "setting file capabilities takes root"
	want odd-zst
	umoci unpack --image img:it bundle
	[[ $(getcap bundle/rootfs/usr/bin/cap-zst) == *"cap_net_bind_service=ep" ]]
	[ "$(stat -c %i bundle/rootfs/usr/bin/cap-zst)" = "$(stat -c %i bundle/rootfs/usr/bin/hard-zst)" ]
}

@test "GNU tar's long names and links" {
	want gnu
	g=$(printf 'g%.0s' {1..200})
	holds "f 0644 0:0 /usr/share/$g" "h 0644 0:0 /usr/share/hard = /usr/share/$g" \
		"l 0777 0:0 /usr/share/link -> $(printf '../y%.0s' {1..60})"
}

@test "merged /usr: real ./bin and ./lib folders go below /usr, through links" {
	for packages in old "old, base-files" "old, new, base-files"; do
		want "$packages"
		holds 'l 0777 0:0 /bin -> usr/bin' 'l 0777 0:0 /lib -> usr/lib' \
			'l 0777 0:0 /lib64 -> usr/lib64' 'l 0777 0:0 /sbin -> usr/sbin' \
			'f 0644 0:0 /usr/bin/old' 'f 0644 0:0 /usr/sbin/oldd' \
			'f 0644 0:0 /usr/lib/x86_64-linux-gnu/libold.so.1' \
			'l 0777 0:0 /usr/lib64/ld.so -> /lib/ld'
		lacks '? ???? 0:0 /bin/*' '? ???? 0:0 /lib/*' 'd ???? 0:0 /bin' 'd ???? 0:0 /lib'
		image check
	done
}

@test "merged /usr: a file where the link belongs is an error that names it" {
	recipe <<<'  packages: [badbin, base-files]'
	run --separate-stderr "$PARE" build
	[ "$status" -eq 10 ]
	[[ $stderr == *"'badbin'"*"/bin"* ]]
}

@test "conflicts: the same file twice is shared, another is an error naming both packages" {
	want "same-a, same-b"
	[ "$(image cat usr/share/both)" = equal ]
	recipe <<<'  packages: [same-a, other]'
	run --separate-stderr "$PARE" build
	[ "$status" -eq 10 ]
	[[ $stderr == *"'other' and 'same-a'"*"'/usr/share/both'"* ]]
	recipe <<<'  packages: [same-a, clash]'
	run --separate-stderr "$PARE" build
	[ "$status" -eq 10 ]
	[[ $stderr == *"/usr/share/both'"* ]]
}

@test "conflicts: the same file by way of /bin and /usr/bin counts as twice" {
	recipe <<<'  packages: [usrdup]'
	run --separate-stderr "$PARE" build
	[ "$status" -eq 10 ]
	[[ $stderr == *"package 'usrdup'"*"'/usr/bin/x'"* ]]
}

@test "merged /usr: a link to the package's own file of the same name gives way to it" {
	want compat
	holds 'f 0644 0:0 /usr/bin/which' 'f 0644 0:0 /usr/bin/where'
	[ "$(image cat usr/bin/which)$(image cat usr/bin/where)" = whichwhere ]
}

@test "conflicts: who Replaces the other has the file, and the md5sums" {
	want "same-a, takes"
	[ "$(image cat usr/share/both)" = "taken over" ]
	image cat var/lib/dpkg/status.d/takes.md5sums | grep -q "  usr/share/both$"
	image cat var/lib/dpkg/status.d/same-a.md5sums >listed
	run ! grep -q "usr/share/both" listed
	image cat var/lib/dpkg/status.d/same-a.md5sums | grep -q "  usr/share/doc/same-a/copyright$"
}

@test "conflicts: Replaces may be folded, and a version that it names must fit" {
	want "folded, same-a"
	[ "$(image cat usr/share/both)" = folded ]
	printf '  packages: [same-a, too-late]\n' | recipe
	run "$PARE" build -o oci:img:it
	[ "$status" -eq 10 ]
	[[ $output == *"'same-a' and 'too-late' both hold '/usr/share/both'"* ]]
}

@test "status.d: each package's control file verbatim, md5sums that md5sum agrees with" {
	want "new, doc"
	dpkg-deb -f "$ARCHIVE/pool/new_1.0_amd64.deb" >control
	image cat var/lib/dpkg/status.d/new >ours
	cmp control ours
	umoci unpack --rootless --image img:it bundle
	cat bundle/rootfs/var/lib/dpkg/status.d/*.md5sums >sums
	[ "$(wc -l <sums)" -ge 9 ]
	(cd bundle/rootfs && md5sum --quiet -c ../../sums)
}

# Recipes append exclude and include to contents.
cut() {
	{
		printf '  packages: [doc]\n'
		cat
	} | recipe
	build
}

@test "exclude: what a pattern names goes, with folders that this empties; licences stay" {
	cut <<-'YAML'
		  exclude: [/usr/share/doc, /usr/share/man/**, "/usr/share/locale/*/LC", /usr/share/common-licenses]
	YAML
	holds 'f * /usr/share/doc/doc/copyright' 'f * /usr/share/common-licenses/X' 'f * /usr/bin/doc' \
		'd * /etc/empty'
	lacks '* /usr/share/doc/doc/README' '* /usr/share/doc/doc/examples*' '* /usr/share/man*' \
		'* /usr/share/locale*'
	image cat var/lib/dpkg/status.d/doc.md5sums >sums
	[ "$(sed 's/.*  //' sums)" = $'usr/bin/doc\nusr/share/common-licenses/X\nusr/share/doc/doc/copyright' ]
}

@test "include: brings back; the last pattern that matches wins" {
	cut <<-'YAML'
		  exclude: [/usr/share/locale, /usr/share/doc/**]
		  include: [/usr/share/locale/de, "/usr/share/doc/*/READM?"]
	YAML
	holds 'f * /usr/share/locale/de/LC' 'f * /usr/share/doc/doc/README'
	lacks '* /usr/share/locale/fr*' '* /usr/share/doc/doc/examples*'
	printf 'extends: ./pare.yaml\ncontents:\n  exclude: [/usr/share/locale/de]\n' >outer.yaml
	build outer.yaml
	lacks '* /usr/share/locale*'
	holds 'f * /usr/share/doc/doc/README'
	printf 'extends: ./outer.yaml\ncontents:\n  include: [/usr/share/locale/*]\n' >outest.yaml
	build outest.yaml
	holds 'f * /usr/share/locale/de/LC' 'f * /usr/share/locale/fr/LC'
}

@test "exclude: '/**' takes all but licences and the recipe's files" {
	{
		printf '  packages: [doc]\n  exclude: ["/**"]\npaths:\n'
		printf '  - {path: /usr/share/man/own, type: file, content: mine}\n'
	} | recipe
	build
	holds 'f * /usr/share/man/own' 'f * /usr/share/doc/doc/copyright' \
		'f * /usr/share/common-licenses/X'
	lacks '* /usr/bin*' '* /etc*' '* /usr/share/locale*'
	[ "$(image cat usr/share/man/own)" = mine ]
}

@test "a package whose data is cut still shows to scanners" {
	cut <<<'  exclude: [/usr]'
	holds 'f * /var/lib/dpkg/status.d/doc'
	image cat var/lib/dpkg/status.d/doc | grep -q '^Package: doc$'
}
