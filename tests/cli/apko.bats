#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Recipes as apko's users write them: each key does what apko says of it, or is refused by name.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/alpine.bash

setup_file() {
	command -v musl-gcc >/dev/null || return 0
	alpine_setup
	alpine_programs
	local server='server { listen 80; }\n'
	apk nginx 1.28.0-r3 depend=so:libc.musl-x86_64.so.1 "usr/sbin/nginx<$BATS_FILE_TMPDIR/built/hello" \
		depend=so:libgreet.so.1 etc/nginx/nginx.conf=worker_processes\\n \
		"usr/share/nginx/http-default_server.conf=$server"
	apk alpine-base 3.22.1-r0 depend=busybox-binsh depend=alpine-baselayout-data
	alpine_index
}

setup() {
	alpine_fresh
	CONTENTS="contents:
  repositories: [$ALPINE]
  keyring: [$ALPINE_KEYS/test.rsa.pub]"
}

# Builds apko.yaml from standard input, below $CONTENTS, into the folder image.
build() {
	{
		echo "$CONTENTS"
		cat
	} >apko.yaml
	rm -rf image
	"$PARE" build -q apko.yaml -o oci:image "$@" >/dev/null
}

config() {
	local manifest
	manifest=$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' image/index.json)
	jq -c "$1" "image/blobs/sha256/$(jq -r '.config.digest | ltrimstr("sha256:")' \
		"image/blobs/sha256/$manifest")"
}

manifest() {
	jq -c "$1" "image/blobs/sha256/$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' image/index.json)"
}


@test "a server, its accounts and paths: the complete example of apko's manual, but for s6" {
	build <<-'END'
		  packages: [alpine-baselayout-data, nginx]
		entrypoint:
		  command: /usr/sbin/nginx -c /etc/nginx/nginx.conf -g "daemon off;"
		cmd: -q "two words"
		stop-signal: SIGQUIT
		work-dir: /usr/share/nginx
		accounts:
		  groups:
		    - groupname: nginx
		      gid: 10000
		      members: [nobody]
		  users:
		    - username: nginx
		      uid: 10000
		  run-as: nginx
		environment:
		  PATH: /usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin
		  FOO: bar
		paths:
		  - path: /run/nginx
		    type: directory
		    uid: 10000
		    gid: 10000
		    permissions: 0o755
		  - path: /etc/nginx/http.d/default.conf
		    type: hardlink
		    source: /usr/share/nginx/http-default_server.conf
		    uid: 10000
		    gid: 10000
		    permissions: 0o640
		  - path: /var/log/nginx.log
		    type: empty-file
		    permissions: 0o600
		  - path: /var/www
		    type: symlink
		    source: /usr/share/nginx
		  - path: /etc/nginx
		    type: permissions
		    permissions: 0o700
		    recursive: true
		volumes: [/var/cache]
		archs: [amd64]
		annotations: {foo: bar}
		vcs-url: https://example.com/a/b@0123456789abcdef0123456789abcdef01234567
		layering: {strategy: origin, budget: 10}
		format: tar
	END
	[ "$(config .config.Entrypoint)" = '["/usr/sbin/nginx","-c","/etc/nginx/nginx.conf","-g","daemon off;"]' ]
	[ "$(config .config.Cmd)" = '["-q","two words"]' ]
	[ "$(config '.config | [.StopSignal, .WorkingDir, .User, .Volumes]')" = \
		'["SIGQUIT","/usr/share/nginx","10000",{"/var/cache":{}}]' ]
	[ "$(config '.config.Env | sort')" = \
		'["FOO=bar","PATH=/usr/local/sbin:/usr/local/bin:/usr/bin:/usr/sbin:/sbin:/bin"]' ]
	[ "$(config '.config.Labels.foo')" = '"bar"' ]
	[ "$(manifest '.annotations | [.foo, ."org.opencontainers.image.source", ."org.opencontainers.image.revision"]')" = \
		'["bar","https://example.com/a/b","0123456789abcdef0123456789abcdef01234567"]' ]
	[ "$(manifest '.layers | length > 1 and length <= 10')" = true ]
	mkdir root
	for layer in $(manifest '.layers[].digest' | tr -d '"'); do
		tar tvzf "image/blobs/sha256/${layer#sha256:}" --numeric-owner
	done | awk '{ print $1, $2, $6, $7, $8, $9, $10 }' >listed
	grep -q '^drwxr-xr-x 10000/10000 \(\./\)\?run/nginx/ ' listed
	# a hard link has its file's owner and permissions, and the last recursive mode is of all below
	grep -q '^[-h]rwx------ 10000/10000 .*etc/nginx/http.d/default.conf' listed
	grep -q '^[-h]rwx------ 10000/10000 .*usr/share/nginx/http-default_server.conf' listed
	grep -q '^drwx------ 0/0 \(\./\)\?etc/nginx/ ' listed
	grep -q '^-rw------- 0/0 \(\./\)\?var/log/nginx.log ' listed
	grep -q '^lrwxrwxrwx 0/0 \(\./\)\?var/www -> /usr/share/nginx' listed
	grep -q '^drwx------ 10000/10000 \(\./\)\?home/nginx/ ' listed
	"$PARE" cat oci:image /etc/passwd >passwd
	grep -qx 'nginx:x:10000:10000:[^:]*:/home/nginx:/bin/sh' passwd
	"$PARE" cat oci:image /etc/group >group
	grep -qx 'nginx:x:10000:nobody' group
}

@test "a shell for whoever runs it, by cmd or a fragment" {
	build <<-'END'
		  packages: [alpine-base]
		cmd: /bin/sh -l
		archs: [x86_64]
	END
	[ "$(config '[.config.Entrypoint, .config.Cmd]')" = '[null,["/bin/sh","-l"]]' ]
	"$PARE" ls oci:image /bin >bin
	grep -q '\bsh\b' bin
	build <<-'END'
		  packages: [alpine-base]
		entrypoint:
		  shell-fragment: 'cd /tmp && exec /bin/ls "$@"'
		archs: [amd64]
	END
	[ "$(config .config.Entrypoint)" = '["/bin/sh","-c","cd /tmp && exec /bin/ls \"$@\""]' ]
}

@test "a fragment without a shell in the image doesn't build" {
	run -1 build <<-'END'
		  packages: [hello]
		entrypoint:
		  shell-fragment: exec hello
	END
	[[ $output == *'/bin/sh'* ]]
	[ ! -e image ]
}

@test "an overlay: include, and lists that append" {
	printf '%s\n  packages: [hello]\nenvironment: {A: "1"}\ncmd: one\n' "$CONTENTS" >base.yaml
	printf 'include: base.yaml\ncontents:\n  packages: [docs]\nentrypoint: {command: /usr/bin/hello}\n' >over.yaml
	"$PARE" build -q over.yaml -o oci:image >/dev/null
	[ "$(config '.config | [.Entrypoint, .Cmd, (.Env | sort | .[0])]')" = '[["/usr/bin/hello"],["one"],"A=1"]' ]
	run -0 jq -r '[.archs[].packages[] | select(.["asked-by"] == "recipe") | .name] | join(" ")' over.lock
	[ "$output" = 'docs hello' ]
}

@test "what apk in the image goes on with: repositories and keys for run time only" {
	cat >full.yaml <<-END
		contents:
		  database: full
		  build_repositories: [$ALPINE]
		  runtime_repositories: [https://example.com/os, '@edge https://example.com/edge']
		  keyring: [$ALPINE_KEYS]
		  runtime_keyring:
		    - name: example.rsa.pub
		      content: |
		        -----BEGIN PUBLIC KEY-----
		  packages: [hello]
	END
	"$PARE" build -q full.yaml -o oci:image >/dev/null
	run -0 "$PARE" cat oci:image /etc/apk/repositories
	[ "$output" = 'https://example.com/os
@edge https://example.com/edge' ]
	run -0 "$PARE" cat oci:image /etc/apk/keys/example.rsa.pub
	[ "$output" = '-----BEGIN PUBLIC KEY-----' ]
	run -0 "$PARE" cat oci:image /etc/apk/keys/test.rsa.pub
	# what packages ask for is there, or apk would refuse to change anything
	run -0 "$PARE" cat oci:image /lib/apk/db/installed
	[[ $output == *P:busybox-binsh* ]]
	sed -i 's/  database: full//' full.yaml
	run -11 "$PARE" build -q full.yaml
	[[ $output == *"full.yaml:4:25: 'contents.runtime_repositories' is for apk in the image"* ]]
}

@test "several architectures by Alpine's names are one index" {
	alpine_programs_for aarch64
	build <<-'END'
		  packages: [any]
		archs: [x86_64, aarch64, armhf]
	END
	nested=$(jq -r '.manifests[0].digest | ltrimstr("sha256:")' image/index.json)
	run -0 jq -c '[.manifests[].platform | .architecture + (.variant // "")]' "image/blobs/sha256/$nested"
	[ "$output" = '["amd64","arm64v8","armv6"]' ]
}

# A package without programs for other architectures, which have indexes of their own.
alpine_programs_for() {
	local arch
	for arch in x86_64 aarch64 armhf; do
		mkdir -p "other/$arch"
		ALPINE=$PWD/other ALPINE_ARCH=$arch apk any 1-r0 etc/any="$arch"
		ALPINE_ARCH=$arch alpine_index sha256 "$PWD/other"
	done
	CONTENTS="contents:
  repositories: [./other]
  keyring: [$ALPINE_KEYS]"
}

# The table in docs/apko.md is the list of what apko has; a row that says "an error" is one.
@test "each key that the table calls an error is one, by name and line; the others are none" {
	declare -A value=(
		[contents.repositories]='[https://example.com/x]' [contents.build_repositories]='[https://example.com/x]'
		[contents.runtime_repositories]='[https://example.com/x]' [contents.keyring]='[]'
		[contents.runtime_keyring]='[]' [contents.packages]='[hello]' [contents.baseimage]='{image: x}'
		[entrypoint.command]=/x [entrypoint.shell-fragment]=x [entrypoint.type]=service-bundle
		[entrypoint.services]='{a: b}' [cmd]=x [stop-signal]=SIGTERM [work-dir]=/x
		[accounts.run-as]=x [accounts.users]='[{username: a, uid: 1}]'
		[accounts.groups]='[{groupname: a, gid: 1}]' [archs]='[all]' [environment]='{A: b}'
		[paths]='[{path: /a, type: empty-file}]' [paths.recursive]='' [vcs-url]=x
		[annotations]='{a: b}' [include]=empty.yaml [volumes]='[/a]' [layering.strategy]=origin
		[layering.budget]=1 [format]=tar [certificates.additional]='[]'
		[certificates.providers]='[a]' [os-release]='{}')
	echo '{}' >empty.yaml
	local n=0
	while IFS='|' read -r _ key says _; do
		key=${key//[\` ]/}
		[ "$key" != paths.recursive ] || continue
		v=${value[$key]}
		[ -n "$v" ] || { echo "no value for '$key'" && false; }
		if [[ $key == *.* ]]; then
			printf '%s:\n  %s: %s\n' "${key%%.*}" "${key#*.}" "$v" >row.yaml
		else
			printf '%s: %s\n' "$key" "$v" >row.yaml
		fi
		run "$PARE" packages --offline row.yaml
		echo "$key: $status $output"
		if [[ $says == ' an error'* ]]; then
			[ "$status" -eq 11 ]
			[[ $output == *"row.yaml:"*"apko's '$key' is not supported"* ]]
		elif [[ $says == *'; else an error'* ]]; then
			[ "$status" -eq 11 ]
			[[ $output == *"row.yaml:"*"'$key'"* ]]
		else
			[[ $output != *row.yaml:*:*:* ]]
		fi
		n=$((n + 1))
	done < <(grep '^| `' "$BATS_TEST_DIRNAME/../../docs/apko.md")
	[ "$n" -eq 30 ]
}
