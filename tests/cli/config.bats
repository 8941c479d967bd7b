#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a recipe says about the image: accounts, config, annotations, certificates.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	# two real certificates, one without a newline at its end, as some packages ship them
	for name in one two own; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
			-subj "/CN=$name" -keyout /dev/null -out "$BATS_FILE_TMPDIR/$name.pem" 2>/dev/null
	done
	deb ca-certificates 2025 -a all \
		"usr/share/ca-certificates/mozilla/b.crt=$(<"$BATS_FILE_TMPDIR/one.pem")" \
		"usr/share/ca-certificates/mozilla/a.crt=$(<"$BATS_FILE_TMPDIR/two.pem")\n" \
		"usr/share/ca-certificates/own.crt=$(<"$BATS_FILE_TMPDIR/one.pem")\n"
	deb base-passwd 3.6 "usr/share/base-passwd/passwd.master=$(printf '%s' \
		'root:*:0:0:root:/root:/bin/bash\ndaemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n')" \
		"usr/share/base-passwd/group.master=root:*:0:\ndaemon:*:1:\n"
	deb tool 1.0 "usr/bin/tool=$(elf amd64)"
	publish stable
	serve
}

# from [PACKAGES] <<YAML: a recipe, and its image.
from() {
	{
		printf '  packages: [%s]\n' "${1-}"
		cat
	} | recipe
	build
}

@test "accounts: users and groups with their defaults, and home folders" {
	from <<-'YAML'
		accounts:
		  users:
		    - {username: app, uid: 1000}
		    - {username: web, uid: 33, gid: 34, homedir: /srv/web, shell: /usr/bin/sh, gecos: The web}
		    - {username: none, uid: 99, homedir: /nonexistent}
		  groups:
		    - {groupname: app, gid: 1000}
		    - {groupname: web, gid: 34, members: [app, none]}
	YAML
	[ "$(image cat etc/passwd)" = "app:x:1000:1000:app:/home/app:/bin/sh
web:x:33:34:The web:/srv/web:/usr/bin/sh
none:x:99:99:none:/nonexistent:/bin/sh" ]
	[ "$(image cat etc/group)" = $'app:x:1000:\nweb:x:34:app,none' ]
	holds 'f 0644 0:0 /etc/passwd' 'f 0644 0:0 /etc/group' 'd 0755 0:0 /home' \
		'd 0700 1000:1000 /home/app' 'd 0755 0:0 /srv' 'd 0700 33:34 /srv/web'
	lacks '* /nonexistent'
}

@test "accounts: over those of base-passwd, replaced in their place" {
	from base-passwd <<-'YAML'
		accounts:
		  users: [{username: app, uid: 7}, {username: root, uid: 0, homedir: /root, shell: /sbin/nologin}]
		  groups: [{groupname: app, gid: 7}]
	YAML
	[ "$(image cat etc/passwd)" = "root:x:0:0:root:/root:/sbin/nologin
daemon:*:1:1:daemon:/usr/sbin:/usr/sbin/nologin
app:x:7:7:app:/home/app:/bin/sh" ]
	[ "$(image cat etc/group)" = $'root:*:0:\ndaemon:*:1:\napp:x:7:' ]
}

@test "accounts: a home that paths made keeps its attributes" {
	from <<-'YAML'
		accounts:
		  users: [{username: app, uid: 5, homedir: /data}]
		paths: [{path: /data, type: directory, permissions: 0o1777, gid: 3}]
	YAML
	holds 'd 1777 0:3 /data'
}

@test "run-as: names of accounts become numbers, with their group too" {
	accounts='accounts: {users: [{username: app, uid: 1000}], groups: [{groupname: staff, gid: 50}], run-as: WHO}'
	for case in app=1000 1000=1000 app:staff=1000:50 app:7=1000:7 0:0=0:0 who=who; do
		from <<<"${accounts/WHO/\"${case%=*}\"}"
		[ "$(image config | jq -r .config.User)" = "${case#*=}" ]
	done
	# base-passwd's names, which the recipe doesn't know
	from base-passwd <<<'accounts: {run-as: "daemon:daemon"}'
	[ "$(image config | jq -r .config.User)" = 1:1 ]
	printf '  packages: [base-passwd]\naccounts: {run-as: "daemon:stuff"}\n' | recipe
	run --separate-stderr build
	[ "$status" -eq 0 ]
	[ "${stderr_lines[0]}" = "pare: warning: run-as: the image's /etc/group has no 'stuff'" ]
	[ "$(image config | jq -r .config.User)" = 1:stuff ]
}

@test "the config: everything that a recipe can say" {
	from tool <<-'YAML'
		entrypoint: {command: /usr/bin/tool --flag "two words"}
		cmd: [serve, "a b"]
		environment: {Z: last, A: "x=y z", PATH: /opt/bin}
		work-dir: /srv
		stop-signal: SIGINT
		volumes: [/var/lib/b, /var/lib/a]
		ports: [80, 53/udp, 443/tcp]
		labels: {kind: test}
		annotations: {org.example.team: core, org.opencontainers.image.source: https://example.org/x}
	YAML
	image config | jq -e '.config == {
		Entrypoint: ["/usr/bin/tool", "--flag", "two words"], Cmd: ["serve", "a b"],
		Env: ["Z=last", "A=x=y z", "PATH=/opt/bin"], WorkingDir: "/srv", StopSignal: "SIGINT",
		Volumes: {"/var/lib/a": {}, "/var/lib/b": {}},
		ExposedPorts: {"53/udp": {}, "80/tcp": {}, "443/tcp": {}},
		Labels: {kind: "test", "org.example.team": "core",
			"org.opencontainers.image.source": "https://example.org/x"}}'
	image config | jq -e '.os == "linux" and .architecture and (has("author") | not)'
}

@test "the config: PATH has a default, signals numbers" {
	from <<<'stop-signal: 15'
	image config | jq -e '.config.Env == ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
		and (.config.StopSignal == "15" or .config.StopSignal == "SIGTERM")
		and (.config | has("Cmd") or has("Entrypoint") or has("User") | not)'
}

@test "annotations: created, base, profile and the recipe's, which win" {
	from tool <<<'annotations: {org.opencontainers.image.source: "https://example.org/x"}'
	image manifest | jq -e '.annotations == {
		"org.opencontainers.image.base.name": "scratch",
		"org.opencontainers.image.created": "2026-01-02T03:04:05Z",
		"org.opencontainers.image.source": "https://example.org/x"}'
	from tool <<-'YAML'
		annotations: {org.opencontainers.image.created: never, org.opencontainers.image.base.name: mine}
	YAML
	image manifest | jq -e '.annotations == {
		"org.opencontainers.image.base.name": "mine", "org.opencontainers.image.created": "never"}'
}

@test "annotations: are labels, too, unless a label says otherwise" {
	from <<<$'annotations: {a: 1st, b: 2nd}\nlabels: {b: mine}'
	image config | jq -e '.config.Labels == {a: "1st", b: "mine"}'
	image manifest | jq -e '.annotations | .a == "1st" and .b == "2nd"'
}

@test "annotations: an index has the recipe's, and no date when nothing in it has one" {
	from <<<$'annotations: {a: 1st}\narchs: [amd64, arm64]'
	jq -e '.annotations | .a == "1st" and (has("org.opencontainers.image.created") | not)' \
		"img/blobs/sha256/$(digest_of | cut -d: -f2)"
}

@test "created: the newest file of the packages, or SOURCE_DATE_EPOCH" {
	from tool </dev/null
	[ "$(image config | jq -r .created)" = 2026-01-02T03:04:05Z ]
	image config | jq -e '[.history[].created] | unique == ["2026-01-02T03:04:05Z"]'
	SOURCE_DATE_EPOCH=1600000000 build
	[ "$(image config | jq -r .created)" = 2020-09-13T12:26:40Z ]
	# nothing in the image is younger
	[ "$(image stat usr/bin/tool | cut -d' ' -f4)" -eq 1600000000 ]
	SOURCE_DATE_EPOCH=1900000000 build
	[ "$(image config | jq -r .created)" = 2030-03-17T17:46:40Z ]
	[ "$(image stat usr/bin/tool | cut -d' ' -f4)" -eq 1767323045 ]
	for bad in tomorrow -1 99999999999999999999; do
		SOURCE_DATE_EPOCH=$bad run --separate-stderr "$PARE" build
		[ "$status" -eq 2 ]
		[[ $stderr == *"SOURCE_DATE_EPOCH"* ]]
	done
}

@test "the CA bundle: every certificate in byte order of its path, each ending its line" {
	from ca-certificates </dev/null
	holds 'f 0644 0:0 /etc/ssl/certs/ca-certificates.crt'
	image cat etc/ssl/certs/ca-certificates.crt >bundle
	cat "$BATS_FILE_TMPDIR"/{two,one,one}.pem >expected
	cmp bundle expected
	[ "$(grep -c BEGIN bundle)" -eq 3 ]
}

@test "certificates.additional: behind those of the package, and openssl trusts them" {
	from ca-certificates <<-YAML
		certificates:
		  additional:
		    - name: corp
		      content: |
		$(sed 's/^/        /' "$BATS_FILE_TMPDIR/own.pem")
	YAML
	image cat etc/ssl/certs/ca-certificates.crt >bundle
	cat "$BATS_FILE_TMPDIR"/{two,one,one,own}.pem | cmp - bundle
	openssl verify -CAfile bundle "$BATS_FILE_TMPDIR/own.pem"
	[ "$(grep -c BEGIN bundle)" -eq 4 ]
}

@test "certificates.additional: a bundle of its own without the package" {
	from <<-YAML
		certificates:
		  additional:
		    - name: corp
		      content: |
		$(sed 's/^/        /' "$BATS_FILE_TMPDIR/own.pem")
	YAML
	image cat etc/ssl/certs/ca-certificates.crt | cmp - "$BATS_FILE_TMPDIR/own.pem"
}

@test "certificates.additional: what is no certificate is an error" {
	printf '  packages: []\ncertificates: {additional: [{name: corp, content: "hello"}]}\n' | recipe
	run --separate-stderr "$PARE" build
	[ "$status" -eq 4 ]
	[[ $stderr == "pare: "*"pare.yaml:7:51: "*" must be a certificate in PEM form"* ]]
}
