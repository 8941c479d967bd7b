#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Programs in C and C++, compiled here, in images that pare builds of the real archive's packages,
# run by everyone who runs images: as nonroot, with a root that can't be written to.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	e2e_setup
	cd "$E2E"
	export PARE=${PARE:-$PARE_BUILD/src/pare} PARE_CACHE=${PARE_LIVE_CACHE:-$BATS_RUN_TMPDIR/live-cache}
	export PARE_STORE=$E2E/store
	cc -O2 -o hello-c "$BATS_TEST_DIRNAME/programs/hello.c" -lm
	c++ -O2 -o hello-cc "$BATS_TEST_DIRNAME/programs/hello.cc" -pthread
	build cc distroless/cc:nonroot
	build slim distroless/cc-slim:nonroot
	build debug distroless/cc:debug-nonroot
	chmod -R a+rX layout
}

teardown_file() {
	e2e_teardown
}

setup() {
	cd "$E2E"
	C_SAYS="hello world
uid=65532 gid=65532 name=nonroot cwd=/home/nonroot
write=%s
berlin=11:46 CEST sqrt=1.732
euro: UTF-16BE=20ac UTF-32LE=ac200000 UTF-7=2b494b772d CP1252=80 ISO-8859-15=a4 \
ISO-8859-1=impossible IBM858=d5"
	CC_SAYS="a=2 b=1 caught=out_of_range stoi sum=5050 uid=65532"
}

teardown() {
	docker_stop
}

# build TAG PROFILE: with both programs in it, into the layout and both kinds of archive.
build() {
	cat >"$1.yaml" <<-END
		extends: $2
		paths:
		  - {path: /usr/bin/hello-c, type: file, source: hello-c, permissions: 0o755}
		  - {path: /usr/bin/hello-cc, type: file, source: hello-cc, permissions: 0o755}
		  - path: /usr/bin/script
		    type: file
		    permissions: 0o755
		    content: |
		      #!/bin/sh
		      echo "script \$1 as \$(id -u)"
	END
	# vfs copies all of an image for each of its layers
	[[ $1 == cc ]] || printf 'layering: {strategy: origin, budget: 3}\n' >>"$1.yaml"
	[[ $1 == debug ]] || printf 'entrypoint:\n  command: /usr/bin/hello-c\ncmd: world\n' >>"$1.yaml"
	timeout 300 "$PARE" build -q "$1.yaml" -o "oci:layout:$1" \
		-o "oci-archive:oci-$1.tar:hello:$1" -o "docker-archive:docker-$1.tar:hello:$1"
}

# c_says WRITE: what the C program prints; WRITE is why it couldn't write, or yes. slim_says: the
# same, without the converters that the slim twin lacks.
c_says() {
	# shellcheck disable=SC2059 # the format is ours
	printf "$C_SAYS\n" "$1"
}

slim_says() {
	c_says "$1" | sed 's/IBM858=d5/IBM858=unknown/'
}

# bundle NAME TAG: unpacked for runc, read-only.
bundle() {
	umoci unpack --image "layout:$2" "$1"
	bundle_adjust "$1" '.root.readonly = true'
}

# run_in NAME ARGUMENT...: another command in the bundle.
run_in() {
	local dir=$1 args
	args=$(printf '%s\n' "${@:2}" | jq -R . | jq -sc .)
	bundle_adjust "$dir" ".process.args = $args"
	runc_root "pare-$dir-$BATS_TEST_NUMBER" "$dir"
}

@test "skopeo and the image agree on what runs, as whom, where" {
	for place in oci:layout:cc oci-archive:oci-cc.tar docker-archive:docker-cc.tar:hello:cc; do
		skopeo inspect --config "$place" | jq -e '.config == {
			User: "65532", WorkingDir: "/home/nonroot",
			Entrypoint: ["/usr/bin/hello-c"], Cmd: ["world"],
			Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"]}'
	done
	skopeo copy -q oci:layout:cc dir:copied
	[ "$(skopeo inspect dir:copied | jq -r .Digest)" = \
		"$(skopeo inspect oci:layout:cc | jq -r .Digest)" ]
}

@test "runc, root, read-only: C and C++ as nonroot; slim the same" {
	require_root
	bundle cc cc
	equal "$(runc_root pare-cc cc)" "$(c_says 'Read-only file system')"
	[ "$(run_in cc hello-cc b a a)" = "$CC_SAYS" ]
	bundle slim slim
	equal "$(runc_root pare-slim slim)" "$(slim_says 'Read-only file system')"
	[ "$(run_in slim hello-cc b a a)" = "$CC_SAYS" ]
}

@test "runc, rootless, read-only" {
	require_user_namespaces
	as_user umoci unpack --rootless --image layout:cc user/cc
	bundle_adjust user/cc '.process.user = {uid: 0, gid: 0} | .root.readonly = true |
		.process.args = ["/usr/bin/hello-cc", "b", "a", "a"]'
	[ "$(runc_rootless pare-cc-rootless user/cc)" = "${CC_SAYS/65532/0}" ]
	bundle_adjust user/cc '.process.args = ["/usr/bin/hello-c", "world"]'
	equal "$(runc_rootless pare-c-rootless user/cc)" "$(c_says 'Read-only file system' |
		sed 's/^uid=.* cwd/uid=0 gid=0 name=root cwd/')"
}

@test "podman, from both kinds of archive and the layout, with and without --read-only" {
	require_root
	for file in oci-slim.tar docker-slim.tar; do
		image=$(podman_load "$file" 2>&1 | sed -n 's/^Loaded image: //p')
		equal "$(podman_run "$image")" "$(slim_says yes)"
		[ "$(podman_run --read-only --read-only-tmpfs=false "$image")" = \
			"$(slim_says 'Read-only file system')" ]
		[ "$(podman_run --read-only --entrypoint hello-cc "$image" b a a)" = "$CC_SAYS" ]
		podman_here rmi "$image"
	done
	id=$(podman_here pull -q "oci:$E2E/layout:slim")
	equal "$(podman_run "$id")" "$(slim_says yes)"
}

@test "Docker Engine loads and runs them, with and without --read-only" {
	require_root
	docker_start
	[ "$(docker_here load -q -i docker-cc.tar)" = "Loaded image: hello:cc" ]
	equal "$(docker_here run --rm --network none hello:cc)" "$(c_says yes)"
	[ "$(docker_here run --rm --network none --read-only hello:cc)" = \
		"$(c_says 'Read-only file system')" ]
	[ "$(docker_here run --rm --network none --read-only --entrypoint hello-cc hello:cc b a a)" = \
		"$CC_SAYS" ]
}

@test "there is no shell to run in the plain image" {
	require_root
	bundle noshell cc
	for shell in sh /bin/sh /busybox/sh; do
		run run_in noshell "$shell" -c 'echo hi'
		[ "$status" -ne 0 ]
		[[ $output == *"$shell"*"no such file"* || $output == *"$shell"*"not found"* ]]
	done
	# neither for a script
	run run_in noshell /usr/bin/script
	[ "$status" -ne 0 ]
}

@test "debug: sh -c, a script with #!/bin/sh, and applets" {
	require_root
	bundle debug debug
	[ "$(run_in debug sh -c 'echo hi')" = hi ]
	[ "$(run_in debug /bin/sh -c 'echo $0')" = /bin/sh ]
	[ "$(run_in debug /usr/bin/script works)" = "script works as 65532" ]
	[ "$(run_in debug ls -ld /home/nonroot | awk '{ print $1, $3, $4 }')" = \
		"drwx------ nonroot nonroot" ]
	[ "$(run_in debug sh -c 'printf "b\na\n" | sort | head -n 1 | tr a-z A-Z')" = A ]
	[ "$(run_in debug wget --help 2>&1 | head -n 1)" = \
		"$(run_in debug busybox wget --help 2>&1 | head -n 1)" ]
	[ "$(run_in debug which vi)" = /busybox/vi ]
	# the programs are still there, and run
	[ "$(run_in debug hello-cc b a a)" = "$CC_SAYS" ]
	# every applet that the program knows has its link
	run_in debug busybox --list | sort >known
	run_in debug ls /busybox | sort | diff known -
}

@test "debug: the shell is what docker run starts" {
	require_root
	docker_start
	docker_here load -q -i docker-debug.tar
	[ "$(docker_here run --rm --network none hello:debug -c 'echo $0 $(id -un) $PWD')" = \
		"/busybox/sh nonroot /home/nonroot" ]
	[ "$(echo 'exit 7' | docker_here run -i --rm --network none hello:debug >/dev/null ||
		echo $?)" = 7 ]
}

@test "what make run shows: a build, the image, and the program's words" {
	require_root
	cp -r "$BATS_TEST_DIRNAME/../../tools" "$BATS_TEST_DIRNAME/../../examples" .
	mkdir -p fresh/src
	ln -s "$PARE" fresh/src/pare
	run --separate-stderr tools/run-example fresh
	echo "$output" "$stderr"
	[ "$status" -eq 0 ]
	[[ $output == *'$ pare build -t hello-cc '*'$ pare inspect hello-cc'* ]]
	[[ $output == *$'\nUser         65532\nEntrypoint   ["/usr/bin/hello"]\n'* ]]
	[[ $output == *"Hello from a distroless image: user 65532, $(uname -m), 1 argument"* ]]
	skopeo inspect --config docker-archive:fresh/hello-cc/hello-cc.tar | jq -e .config.Entrypoint
	# where nothing can run it, it says what would; nothing is an error
	mkdir bin
	for tool in sh bash env cat cp cc as ld collect2 mkdir rm tail dirname grep; do
		ln -s "$(command -v "$tool" || echo /nonexistent)" "bin/$tool"
	done
	PATH=$E2E/bin run tools/run-example fresh
	[ "$status" -eq 0 ]
	[[ $output == *"To run it on this machine, install runc, podman or docker.io."* ]]
}
