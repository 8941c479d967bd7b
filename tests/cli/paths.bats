#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The recipe's `paths`, on top of a package.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	deb tool 1.0 "usr/bin/tool=#!tool\n" "etc/tool/a=a\n" "etc/tool/sub/b=b\n" "usr/bin/t@tool" \
		"var/lib/tool/"
	publish stable
	serve
}

# The recipe's paths come from stdin.
recipe_paths() {
	{
		printf '  packages: [tool]\npaths:\n'
		cat
	} | recipe
}

@test "file: one that changes while it is built from stops the build, and the next one has it all" {
	recipe_paths <<<'  - {path: /opt/moving, type: file, source: moving}'
	"$PARE" lock
	head -c 300000 /dev/zero >moving
	: >"$SERVE_LOG"
	faults '[{"match": "/pool/*", "faults": ["delay:1000"]}]'
	"$PARE" build -t moved >out 2>err 3>&- &
	pid=$!
	until grep -q /pool/ "$SERVE_LOG"; do sleep 0.05; done
	head -c 300001 /dev/urandom >moving
	status=0
	wait "$pid" || status=$?
	faults '[]'
	# either all of the new one is in the image, or the build says why not
	if [ "$status" -ne 0 ]; then
		cat err
		grep -q "'.*moving' changed while it was being read; build again when it is still" err
		[ -z "$("$PARE" images --names)" ]
	fi
	build
	image cat opt/moving | cmp - moving
}

@test "directory: made with its parents, or given new attributes" {
	recipe_paths <<-'YAML'
		  - {path: /srv/data/deep, type: directory, permissions: 0o1770, uid: 7, gid: 8}
		  - {path: /etc/tool, type: directory, permissions: 0o700}
		  - {path: /plain, type: directory}
	YAML
	build
	holds 'd 0755 0:0 /srv' 'd 0755 0:0 /srv/data' 'd 1770 7:8 /srv/data/deep' \
		'd 0700 0:0 /etc/tool' 'd 0755 0:0 /etc/tool/sub' 'f 0644 0:0 /etc/tool/a' \
		'd 0755 0:0 /plain'
	image check
}

@test "directory and permissions: recursive reaches all below, but no mode of a link" {
	recipe_paths <<-'YAML'
		  - {path: /etc/tool, type: directory, permissions: 0o750, uid: 5, gid: 6, recursive: true}
		  - {path: /usr/bin, type: permissions, uid: 9, recursive: true}
	YAML
	build
	holds 'd 0750 5:6 /etc/tool' 'd 0750 5:6 /etc/tool/sub' 'f 0750 5:6 /etc/tool/sub/b' \
		'd 0755 0:0 /etc' 'd 0755 9:0 /usr/bin' 'f 0644 9:0 /usr/bin/tool' \
		'l 0777 9:0 /usr/bin/t -> tool'
}

@test "permissions: of one path, only what is said, through the image's links" {
	recipe_paths <<-'YAML'
		  - {path: /usr/bin/t, type: permissions, permissions: 0o4755}
		  - {path: /etc/tool/a, type: permissions, gid: 42}
	YAML
	build
	holds 'f 4755 0:0 /usr/bin/tool' 'f 0644 0:42 /etc/tool/a' 'd 0755 0:0 /etc/tool'
}

@test "permissions: of what isn't there says where in the recipe" {
	recipe_paths <<-'YAML'
		  - {path: /etc/none, type: permissions, permissions: 0o600}
	YAML
	run --separate-stderr build
	[ "$status" -eq 9 ]
	[[ $stderr == "pare: "*"pare.yaml:8:5: the image has no '/etc/none' to set permissions of"* ]]
}

@test "empty-file, hardlink and symlink" {
	recipe_paths <<-'YAML'
		  - {path: /run/lock/it, type: empty-file, permissions: 0o600, uid: 3}
		  - {path: /usr/bin/hard, type: hardlink, source: /usr/bin/tool}
		  - {path: /usr/bin/soft, type: symlink, source: ../nowhere/x}
	YAML
	build
	holds 'f 0600 3:0 /run/lock/it' 'l 0777 0:0 /usr/bin/soft -> ../nowhere/x' \
		'f 0644 0:0 /usr/bin/hard' 'h 0644 0:0 /usr/bin/tool = /usr/bin/hard'
	[ "$(image cat /usr/bin/hard)" = '#!tool' ]
	[ -z "$(image cat /run/lock/it)" ]
	image check
}

@test "hardlink: to what isn't a file is an error with its place" {
	recipe_paths <<-'YAML'
		  - {path: /x, type: empty-file}
		  - {path: /usr/bin/hard, type: hardlink, source: /etc/tool}
	YAML
	run --separate-stderr build
	[ "$status" -eq 9 ]
	[[ $stderr == *"pare.yaml:9:5: the image has no file '/etc/tool' to link to"* ]]
}

@test "file: of the host, its executable bit counts; inline; with attributes" {
	echo host >plain.txt && chmod 604 plain.txt
	echo run >run.sh && chmod 700 run.sh
	recipe_paths <<-'YAML'
		  - {path: /a/plain, type: file, source: plain.txt}
		  - {path: /a/run, type: file, source: ./run.sh}
		  - {path: /a/set, type: file, source: run.sh, permissions: 0o400, uid: 1, gid: 2}
		  - path: /etc/tool/a
		    type: file
		    content: |
		      replaced
		      ünïcode
	YAML
	build
	holds 'f 0644 0:0 /a/plain' 'f 0755 0:0 /a/run' 'f 0400 1:2 /a/set' 'f 0644 0:0 /etc/tool/a'
	[ "$(image cat /a/plain)" = host ]
	[ "$(image cat /a/set)" = run ]
	[ "$(image cat /etc/tool/a)" = $'replaced\nünïcode' ]
	image check # the replaced file is in no lower layer
}

@test "file: relative sources are beside the recipe, not where pare runs" {
	mkdir sub && echo beside >sub/x
	recipe_paths <<-'YAML'
		  - {path: /x, type: file, source: x}
	YAML
	mv pare.yaml sub
	build sub
	[ "$(image cat /x)" = beside ]
}

@test "a source that is missing is an error with file, line and column" {
	for type in file tree archive; do
		recipe_paths <<-YAML
			  - {path: /ok, type: directory}
			  - {path: /x, type: $type, source: not-here}
		YAML
		run --separate-stderr build
		[ "$status" -eq 9 ]
		[[ $stderr == "pare: "*"pare.yaml:9:5: "*"'$BATS_TEST_TMPDIR/not-here': No such file or directory"* ]]
		[ ! -e img ]
	done
}

@test "a source of the wrong kind is an error that says so" {
	mkdir folder && mkfifo pipe && echo x >file
	for case in "file folder" "file pipe" "archive folder" "tree file"; do
		recipe_paths <<<"  - {path: /x, type: ${case% *}, source: ${case#* }}"
		run --separate-stderr timeout 20 "$PARE" build -o oci:img
		[ "$status" -ne 0 ]
		[ "$status" -ne 124 ]
		[[ $stderr == *"pare.yaml:8:5: "*"/${case#* }'"* ]]
	done
	[[ $stderr == *"Not a directory"* ]]
}

@test "tree: a folder with links, modes by the executable bit, owners as said" {
	mkdir -p app/bin app/empty
	echo x >app/bin/x && chmod 751 app/bin/x
	echo y >app/y && chmod 600 app/y
	chmod 700 app/empty
	ln -s bin/x app/link && ln -s /nowhere app/dangling
	recipe_paths <<-'YAML'
		  - {path: /opt/app, type: tree, source: app, uid: 10, gid: 20}
	YAML
	build
	holds 'd 0755 10:20 /opt/app' 'd 0755 10:20 /opt/app/bin' 'd 0755 10:20 /opt/app/empty' \
		'f 0755 10:20 /opt/app/bin/x' 'f 0644 10:20 /opt/app/y' \
		'l 0777 10:20 /opt/app/link -> bin/x' 'l 0777 10:20 /opt/app/dangling -> /nowhere'
	[ "$(image cat /opt/app/bin/x)" = x ]
}

@test "tree: at the root, and through the image's links" {
	mkdir -p app/usr/bin app/bin
	echo own >app/usr/bin/own
	echo low >app/bin/low
	recipe_paths <<-'YAML'
		  - {path: /bin, type: symlink, source: usr/bin}
		  - {path: /, type: tree, source: app}
	YAML
	build
	holds 'f 0644 0:0 /usr/bin/own' 'f 0644 0:0 /usr/bin/low' 'l 0777 0:0 /bin -> usr/bin'
	lacks 'f * /bin/low'
	image check
}

@test "tree: folders that the image has keep their owners and modes" {
	mkdir -p app/var/tmp app/etc/tool && echo x >app/etc/tool/x
	recipe_paths <<-'YAML'
		  - {path: /var/tmp, type: directory, permissions: 0o1777}
		  - {path: /etc/tool, type: permissions, uid: 4, permissions: 0o700}
		  - {path: /, type: tree, source: app, uid: 1}
	YAML
	build
	holds 'd 1777 0:0 /var/tmp' 'd 0700 4:0 /etc/tool' 'f 0644 1:0 /etc/tool/x'
}

@test "directory: one behind a link of the image gets the attributes, too" {
	recipe_paths <<-'YAML'
		  - {path: /run/tool, type: directory}
		  - {path: /var/link, type: symlink, source: ../run/tool}
		  - {path: /var/link, type: directory, permissions: 0o770, gid: 9}
	YAML
	build
	holds 'd 0770 0:9 /run/tool' 'l 0777 0:0 /var/link -> ../run/tool'
}

@test "tree: what an image can't hold is named" {
	mkdir app && mkfifo app/pipe
	recipe_paths <<<'  - {path: /app, type: tree, source: app}'
	run --separate-stderr build
	[ "$status" -ne 0 ]
	[[ $stderr == *"pare.yaml:8:5: "*"/app/pipe' is no file, folder or link"* ]]
}

@test "archive: in each compression, below its folder, owners and modes kept" {
	mkdir -p in/usr/lib && echo lib >in/usr/lib/x && ln -s x in/usr/lib/l && ln in/usr/lib/x in/usr/lib/z
	chmod 640 in/usr/lib/x
	tar -C in --owner=11 --group=12 --numeric-owner --mtime=@1700000000 -cf a.tar .
	gzip -k a.tar && xz -k a.tar && zstd -q a.tar && bzip2 -k a.tar && xz -k --format=lzma a.tar
	recipe_paths < <(for form in tar tar.gz tar.xz tar.zst tar.bz2 tar.lzma; do
		echo "  - {path: /$form, type: archive, source: a.$form}"
	done)
	build
	for form in tar tar.gz tar.xz tar.zst tar.bz2 tar.lzma; do
		holds "d 0755 11:12 /$form/usr/lib" "f 0640 11:12 /$form/usr/lib/x" \
			"l 0777 11:12 /$form/usr/lib/l -> x" "h * /$form/usr/lib/z = /$form/usr/lib/x"
		[ "$(image stat "$form/usr/lib/x")" = "f 0640 11:12 1700000000 4" ]
		[ "$(image cat "$form/usr/lib/x")" = lib ]
	done
	image check
}

@test "archive: one that is cut off, or no tar, is an error with its place" {
	mkdir in && head -c 300000 /dev/urandom >in/x
	tar -C in -czf a.tar.gz . && head -c 200000 a.tar.gz >cut.tar.gz
	seq 1000 >text
	for source in cut.tar.gz text; do
		recipe_paths <<<"  - {path: /x, type: archive, source: $source}"
		run --separate-stderr build
		[ "$status" -ne 0 ]
		[[ $stderr == *"pare.yaml:8:5: "*"/$source"* ]]
	done
}

@test "entries apply in order: the later wins" {
	recipe_paths <<-'YAML'
		  - {path: /x, type: file, content: "one"}
		  - {path: /x, type: file, content: "two", permissions: 0o600}
		  - {path: /x, type: permissions, permissions: 0o640}
	YAML
	build
	holds 'f 0640 0:0 /x'
	[ "$(image cat /x)" = two ]
}

@test "what changes in a host file changes the image, its name and times don't" {
	echo one >x
	recipe_paths <<<'  - {path: /x, type: file, source: x}'
	build && first=$(cat digest)
	touch -d 2001-01-01 x && build
	[ "$(cat digest)" = "$first" ]
	chmod 777 x && build
	[ "$(cat digest)" != "$first" ]
	chmod 600 x && build
	[ "$(cat digest)" = "$first" ]
	echo two >x && build
	[ "$(cat digest)" != "$first" ]
}
