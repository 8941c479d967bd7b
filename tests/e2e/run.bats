#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# pare run: each test as root and as an ordinary user, as far as this machine lets them. The images
# are made by tests/tools/layout.py, the program in them is probe.c.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	e2e_setup
	: "${PARE:?tests/run sets it}"
	unset PARE_CACHE PARE_STORE XDG_CACHE_HOME XDG_DATA_HOME
	# an ordinary user may have no way to where it was built
	cp "$PARE" "$E2E/pare"
	chmod 755 "$E2E/pare"
	cd "$E2E"
	cc -O2 -static -o probe "$BATS_TEST_DIRNAME/probe.c"
	mkdir -m 755 host
	mkdir -m 700 root
	cat >base <<-'END'
		d bin
		f bin/probe <probe 0755
		f bin/data =data 0644
		f bin/lost '=#!/no/interpreter\n' 0755
		d etc
		f etc/passwd '=root:x:0:0::/root:\nann:x:70:80::/home/ann:\nbob:x:71:81::/:\n'
		f etc/group '=root:x:0:\nann:x:80:\nplay:x:90:ann,bob\nmore:x:91:ann\n'
		d root 0700
		d tmp 01777
		d data 0755 70:80
		f data/seed =seed 0600 70:80
		l way >data
	END
	image app base
	chmod -R a+rX img pare
}

teardown_file() {
	e2e_teardown
}

setup() {
	cd "$E2E"
	export E2E_UID
	users=()
	is_root && users+=(root)
	as_user unshare --user true 2>/dev/null && users+=(user)
	((${#users[@]})) || skip "needs user namespaces"
}

is_root() {
	(($(id -u) == 0 && 16#$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 21 & 1))
}

host_arch() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) uname -m ;;
	esac
}

# image TAG LAYER...: into the layout img.
image() {
	local tag=$1
	shift
	"$BATS_TEST_DIRNAME/../tools/layout.py" img "$tag" --arch "${ARCH:-$(host_arch)}" \
		--pack "${PACK:-gzip}" --config "${CONFIG:-$APP}" "$@"
	chmod -R a+rX img
}

APP='{"Entrypoint": ["/bin/probe"], "Cmd": ["id"], "User": "ann", "WorkingDir": "/tmp",
	"Env": ["PATH=/usr/bin:/bin", "COLOR=blue"], "Volumes": {"/way": {}}}'

# pare_as root|user ARG...
pare_as() {
	local who=$1
	shift
	if [ "$who" = root ]; then
		HOME=$E2E/root "$E2E/pare" "$@"
	else
		as_user "$E2E/pare" "$@"
	fi
}

# run_as WHO [OPTION...] [IMAGE ARG...]: sets status, output and stderr.
run_as() {
	local who=$1
	shift
	# shellcheck disable=SC2086 # EXPECT is an option or nothing: bats warns of status 127
	run --separate-stderr ${EXPECT-} timeout 60 bash -c "$(declare -f pare_as as_user)"'; pare_as "$@"' - \
		"$who" run "$@"
	echo "$who: status $status, output '$output', stderr '$stderr'"
}

leftovers() {
	find "$E2E/root/.cache/pare/run" "$E2E/user/.cache/pare/run" -mindepth 1 ! -name .lock \
		2>/dev/null
}

# start WHO ARG...: in the background, until the program says that it is ready; its pid in $pid.
start() {
	local who=$1 i
	shift
	: >out
	chmod 666 out
	pare_as "$who" run "$@" >out 2>err 3>&- &
	pid=$!
	for ((i = 0; i < 200; i++)); do
		grep -q ready out && break
		sleep 0.05
	done
	grep -q ready out || { cat out err; return 1; }
	# the shell, env or setpriv in between
	while [ "$(cat "/proc/$pid/comm")" != pare ]; do
		pid=$(pgrep -P "$pid" | head -n 1)
	done
}

@test "an ordinary user runs an image as the user that it wants" {
	require_user_namespaces
	run_as user oci:img:app
	[ "$output" = "uid=70 gid=80 groups=80" ] || [ "$output" = "uid=70 gid=80 groups=" ]
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ -z "$(leftovers)" ]
}

@test "root runs an image with the groups that its user is in" {
	require_root
	run_as root oci:img:app
	[ "$output" = "uid=70 gid=80 groups=80,90,91" ] || [ "$output" = "uid=70 gid=80 groups=90,91" ]
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	[ -z "$(leftovers)" ]
}

@test "the store, layouts and archives run, with layers of any compression" {
	for pack in zstd plain; do
		PACK=$pack image "$pack" base
	done
	skopeo copy -q oci:img:app oci-archive:oci.tar:app
	skopeo copy -q oci:img:app docker-archive:docker.tar:app:1
	gzip -kf docker.tar
	chmod a+r ./*.tar ./*.gz
	for who in "${users[@]}"; do
		for place in oci:img:zstd oci:img:plain oci-archive:oci.tar docker-archive:docker.tar \
			docker-archive:docker.tar.gz:app:1; do
			run_as "$who" "$place" args x
			[ "$output" = $'</bin/probe>\n<args>\n<x>' ]
		done
	done
	skopeo copy -q oci:img:app "oci:store:app:latest"
	chmod -R a+rwX store
	PARE_STORE=$E2E/store run_as "${users[0]}" app cwd
	[ "$output" = /tmp ]
}

@test "arguments, entrypoint and working folder are the image's or the user's" {
	for who in "${users[@]}"; do
		run_as "$who" oci:img:app -- --store -x
		[ "$status" -eq 99 ]
		run_as "$who" oci:img:app args --store "a b" -- ""
		[ "$output" = $'</bin/probe>\n<args>\n<--store>\n<a b>\n<-->\n<>' ]
		run_as "$who" --entrypoint probe --workdir /new/folder oci:img:app cwd
		[ "$output" = /new/folder ]
		run_as "$who" --entrypoint ./probe -w /bin oci:img:app args
		[ "$output" = $'<./probe>\n<args>' ]
	done
}

@test "the environment is the image's, with what the user adds, and nothing of the machine's" {
	for who in "${users[@]}"; do
		FROM=here LEAK=yes run_as "$who" -e COLOR=red -e FROM -e GONE -e EMPTY= oci:img:app \
			env COLOR FROM GONE EMPTY LEAK PATH HOME HOSTNAME TERM
		[ "$output" = "COLOR=red
FROM=here
GONE=(unset)
EMPTY=
LEAK=(unset)
PATH=/usr/bin:/bin
HOME=/home/ann
HOSTNAME=app
TERM=(unset)" ]
		run_as "$who" oci:img:app host
		[ "$output" = app ]
	done
}

@test "--user takes names and numbers" {
	for who in "${users[@]}"; do
		run_as "$who" --user bob oci:img:app
		[[ $output == "uid=71 gid=81 groups="* ]]
		run_as "$who" --user 71 oci:img:app
		[[ $output == "uid=71 gid=81 groups="* ]]
		run_as "$who" --user 1234 oci:img:app
		[[ $output == "uid=1234 gid=0 groups="* ]]
		run_as "$who" --user ann:play oci:img:app
		[[ $output == "uid=70 gid=90 groups="* ]]
		run_as "$who" --user 0:5 oci:img:app
		[[ $output == "uid=0 gid=5 groups="* ]]
		run_as "$who" --user nobody oci:img:app
		[ "$status" -eq 9 ]
		[ "$stderr" = "pare: the image has no user 'nobody' in /etc/passwd" ]
		run_as "$who" --user ann:nobody oci:img:app
		[ "$status" -eq 9 ]
		[ "$stderr" = "pare: the image has no group 'nobody' in /etc/group" ]
	done
}

@test "the exit status is the program's, 128 and the signal if one ended it" {
	for who in "${users[@]}"; do
		for n in 0 1 42 255; do
			run_as "$who" oci:img:app exit $n
			[ "$status" -eq "$n" ]
			[ -z "$stderr" ]
		done
		for n in 9 11 15; do
			run_as "$who" oci:img:app die $n
			[ "$status" -eq $((128 + n)) ]
		done
		run_as "$who" oci:img:app abort
		[ "$status" -eq 134 ]
		[ -z "$(leftovers)" ]
	done
}

@test "signals are passed on once, and act as they do outside" {
	for who in "${users[@]}"; do
		for signal in TERM INT HUP USR1 QUIT; do
			start "$who" oci:img:app wait
			kill -"$signal" "$pid"
			status=0
			wait %% || status=$?
			[ "$(tail -n 1 out)" = "signal $(kill -l $signal)" ]
			[ "$status" -eq $((100 + $(kill -l $signal))) ]
		done
		# a program that catches nothing: the first process of a container would live on
		for signal in TERM INT HUP; do
			start "$who" oci:img:app sleep 60
			kill -"$signal" "$pid"
			status=0
			wait %% || status=$?
			[ "$status" -eq $((128 + $(kill -l $signal))) ]
		done
		[ -z "$(leftovers)" ]
	done
}

@test "standard output and error stay apart, input passes with --interactive only" {
	for who in "${users[@]}"; do
		run_as "$who" oci:img:app both
		[ "$output" = out ]
		[ "$stderr" = err ]
		run_as "$who" oci:img:app cat - <<<hello
		[ -z "$output" ]
		run_as "$who" -i oci:img:app cat - <<<hello
		[ "$output" = hello ]
		head -c 3000000 /dev/urandom >random
		chmod a+r random
		pare_as "$who" run -i oci:img:app cat - <random | cmp - random
	done
}

@test "nothing that is written outlives the run" {
	for who in "${users[@]}"; do
		run_as "$who" oci:img:app write /tmp/x new
		[ "$status" -eq 0 ]
		run_as "$who" --user 0 oci:img:app write /bin/data other
		[ "$status" -eq 0 ]
		run_as "$who" oci:img:app cat /tmp/x
		[ "$status" -eq 1 ]
		run_as "$who" oci:img:app cat /bin/data
		[ "$output" = data ]
	done
}

@test "--read-only lets the image's volumes be written only" {
	for who in "${users[@]}"; do
		for path in /tmp/x /x /bin/data; do
			run_as "$who" --read-only --user 0 oci:img:app write $path new
			[ "$status" -eq 1 ]
			[ "$stderr" = "$path: Read-only file system" ]
		done
		run_as "$who" --read-only oci:img:app write /data/x new
		[ "$status" -eq 0 ]
		run_as "$who" --read-only oci:img:app cat /data/seed
		[ "$output" = seed ]
	done
}

@test "--volume shows files and folders, for reading only or writing too" {
	for who in "${users[@]}"; do
		rm -rf shared
		mkdir -m 777 shared
		echo one >shared/one
		chmod 644 shared/one
		ln -sfn shared link
		run_as "$who" --volume "$E2E/shared:/deep/er" oci:img:app cat /deep/er/one
		[ "$output" = one ]
		run_as "$who" --volume link:/mnt --read-only oci:img:app write /mnt/two text
		[ "$status" -eq 0 ]
		[ "$(cat shared/two)" = text ]
		if [ "$who" = root ]; then
			[ "$(stat -c %u:%g shared/two)" = 70:80 ]
		else
			equal "$(stat -c %u shared/two)" "$(as_user id -u)"
		fi
		run_as "$who" --volume "shared:/mnt:ro" oci:img:app write /mnt/three text
		[ "$status" -eq 1 ]
		[ "$stderr" = "/mnt/three: Read-only file system" ]
		run_as "$who" --volume "shared/one:/etc/passwd:ro" --user 5 oci:img:app cat /etc/passwd
		[ "$output" = one ]
		run_as "$who" --volume "$E2E/probe:/opt/other" --entrypoint /opt/other oci:img:app args
		[ "$output" = $'</opt/other>\n<args>' ]
	done
	run_as "${users[0]}" --volume nowhere:/x oci:img:app
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: volume 'nowhere': No such file or directory" ]
	for bad in /x x: :/x shared:x shared:/ shared:/a/../b shared:/x:rx; do
		run_as "${users[0]}" --volume "$bad" oci:img:app
		[ "$status" -eq 2 ]
		[ -z "$output" ]
	done
}

@test "--network none has a loopback only, the default is the machine's" {
	for who in "${users[@]}"; do
		run_as "$who" --network none oci:img:app net
		[ "$output" = lo ]
		run_as "$who" oci:img:app net
		diff <(echo "$output" | sort) <(sed -n 's/^ *\([^ ]*\):.*/\1/p' /proc/net/dev | sort)
		run_as "$who" oci:img:app cat /etc/resolv.conf
		[ "$output" = "$(cat /etc/resolv.conf)" ]
		run_as "$who" --network none oci:img:app cat /etc/hosts
		[ "${lines[0]}" = $'127.0.0.1\tlocalhost app' ]
	done
}

@test "--tty gives a terminal that follows the outer one" {
	for who in "${users[@]}"; do
		run_as "$who" -t oci:img:app tty
		[ "$status" -eq 2 ]
		[ "$stderr" = "pare: '--tty' needs a terminal, and standard input is none" ]
		run_as "$who" -i oci:img:app tty
		[ "${lines[0]}" = "tty 0 0 0" ]
		{
			echo '#!/bin/bash'
			declare -p E2E E2E_UID
			declare -f pare_as as_user
			echo "cd '$E2E' && pare_as $who run \"\$@\""
		} >in-terminal
		chmod 755 in-terminal
		run python3 - ./in-terminal <<-'END'
			import fcntl, os, pty, select, signal, struct, sys, termios, time

			def size(fd, rows, columns):
			    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

			def talk(arguments, steps):
			    pid, fd = pty.fork()
			    if pid == 0:
			        time.sleep(0.2)
			        os.execv(sys.argv[1], [sys.argv[1], *arguments])
			    size(fd, 31, 77)
			    seen, end = b"", time.time() + 30
			    while time.time() < end:
			        if steps and steps[0][0] in seen:
			            steps.pop(0)[1](fd)
			        if not select.select([fd], [], [], 0.1)[0]:
			            continue
			        try:
			            seen += os.read(fd, 4096)
			        except OSError:
			            break
			    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
			    print(seen.decode().replace("\r", "").replace("^C", ""), "status", status)

			talk(["-t", "oci:img:app", "tty"], [])
			talk(["-t", "oci:img:app", "env", "TERM"], [])
			talk(["-t", "oci:img:app", "wait"], [
			    (b"ready", lambda fd: size(fd, 40, 100)),
			    (b"size 40x100", lambda fd: os.write(fd, b"\x03"))])
			for options in ["-t", "-i", "-q"]:
			    talk([options, "oci:img:app", "sleep", "50"], [
			        (b"ready", lambda fd: os.write(fd, b"\x03"))])
			talk(["-i", "oci:img:app", "wait"], [(b"ready", lambda fd: os.write(fd, b"\x03"))])
		END
		echo "$output"
		# the first size may come late
		[ "${output/ready$'\n'size 31x77/ready}" = "tty 1 1 1
size 31x77
 status 0
TERM=${TERM:-xterm}
 status 0
ready
size 40x100
signal 2
 status 102
ready
 status 130
ready
 status 130
ready
 status 130
ready
signal 2
 status 102" ]
	done
}

@test "the program can gain nothing" {
	for who in "${users[@]}"; do
		run_as "$who" --user 0 oci:img:app line /proc/self/status NoNewPrivs
		[ "$output" = $'NoNewPrivs:\t1' ]
		# what Docker gives to root, and nothing to others
		run_as "$who" --user 0 oci:img:app line /proc/self/status CapEff
		[ "$output" = $'CapEff:\t00000000a80425fb' ]
		run_as "$who" oci:img:app line /proc/self/status CapEff
		[ "$output" = $'CapEff:\t0000000000000000' ]
		run_as "$who" --user 0:5 oci:img:app line /proc/self/status CapEff
		[ "$output" = $'CapEff:\t00000000a80425fb' ]
		run_as "$who" oci:img:app line /proc/self/status CapBnd
		[ "$output" = $'CapBnd:\t00000000a80425fb' ]
		run_as "$who" oci:img:app fds
		[ "$output" = "0 1 2 " ]
		run_as "$who" --user 0 oci:img:app write /proc/sys/kernel/hostname x
		[ "$status" -eq 1 ]
		run_as "$who" --user 0 oci:img:app cat /proc/kcore
		[ -z "$output" ]
	done
}

@test "system calls that programs don't need are refused, the others work" {
	for who in "${users[@]}"; do
		run_as "$who" --user 0 oci:img:app line /proc/self/status Seccomp:
		[ "$output" = $'Seccomp:\t2' ]
		run_as "$who" --user 0 oci:img:app calls
		[ "$output" = $'keyctl refused\nio_uring refused\nclone works\nnew user refused\nunshare refused' ]
	done
	# threads and new programs, as C libraries make them
	if is_root && command -v python3 >/dev/null; then
		local volumes=(--volume /usr:/usr --volume /lib:/lib)
		[ ! -d /lib64 ] || volumes+=(--volume /lib64:/lib64)
		run -0 "$E2E/pare" run "${volumes[@]}" \
			--entrypoint /usr/bin/python3 oci:img:app -c 'import subprocess, threading; t = threading.Thread(
				target=lambda: print(subprocess.check_output(["/bin/probe", "host"]) != b"")); t.start(); t.join()'
		[ "$output" = True ]
	fi
}

@test "layers add up as umoci says they do" {
	cat >one <<-'END'
		d a 0700
		f a/x =x
		d a/sub
		f a/sub/y =y
		d b 0711
		f b/old =old
		d b/sub
		f b/sub/old =old
		d bin
		f c =c
		l l >a
		f keep =keep
		h hard >keep
		f over =1
		d dir
		f dir/gone =gone
	END
	cat >two <<-'END'
		f a/.wh.x
		f a/new =new
		f .wh.c
		f b/new =new
		f b/.wh..wh..opq
		f dir =file
		d over 0750
		f over/in =in
		d l
		f l/own =own
		h second >a/new
		f .wh.nothing
		p pipe 0600
	END
	echo 'f bin/probe <probe 0755' >>two
	CONFIG='{"Entrypoint": ["/bin/probe"], "Cmd": ["tree"]}' image layers one two
	umoci unpack --rootless --image img:layers bundle
	(cd bundle/rootfs && find . -mindepth 1 -type f -printf '/%P %s %n\n' -o \
		-mindepth 1 -type l -printf '/%P -> %l\n' -o -mindepth 1 -printf '/%P\n') | sort >want
	grep -qx '/l/own 3 1' want
	for who in "${users[@]}"; do
		run_as "$who" oci:img:layers
		# without what the run itself adds
		echo "$output" | cut -d' ' -f3- |
			grep -vE '^/(dev|proc|sys|etc|etc/(hosts|hostname|resolv.conf).*)$' |
			sort >got
		diff want got
		echo "$output" | grep -qx '040700 0:0 /a'
		echo "$output" | grep -qx '040750 0:0 /over'
		echo "$output" | grep -qx '040711 0:0 /b'
		echo "$output" | grep -qx '010600 0:0 /pipe'
	done
}

@test "owners and modes are the image's for root, and all is the user's own for others" {
	cat >owners <<-'END'
		d d 0555 5:6
		f d/f =x 04755 7:8
		f closed =x 0000 9:9
		d none 0000
		f none/f =x
		l link >closed 11:12
	END
	image owners base owners
	for who in "${users[@]}"; do
		run_as "$who" --user 0 --entrypoint probe oci:img:owners tree
		echo "$output" | cut -d' ' -f1,2,3 >got
		if [ "$who" = root ]; then
			set -- 5:6 7:8 9:9 11:12
		else
			set -- 0:0 0:0 0:0 0:0
		fi
		grep -qx "040555 $1 /d" got
		grep -qx "104755 $2 /d/f" got
		grep -qx "100000 $3 /closed" got
		grep -qx "120777 $4 /link" got
		[ -z "$(leftovers)" ]
	done
}

@test "no image can write outside of its folder" {
	for name in ../out /../out a/../../out; do
		echo "f '$name' =evil" >bad
		image dots base bad
		for who in "${users[@]}"; do
			run_as "$who" oci:img:dots
			[ "$status" -eq 4 ]
			[[ $stderr == "pare: layer sha256:"*": '$name' has a '..' in it" ]]
		done
		rm -rf img/index.json
		image app base
	done
	cat >links <<-END
		l abs >$E2E/host
		l up >../../../../../../../..$E2E/host
		l self >/proc/self/cwd
		f abs/one =evil
		f up/two =evil
		h three >abs/one
		l etc/hosts >$E2E/host/four
		l etc/resolv.conf >$E2E/host/five
	END
	chmod 777 host
	image links base links
	for who in "${users[@]}"; do
		run_as "$who" --workdir /up --volume "$E2E/base:/abs/six:ro" oci:img:links \
			cat "$E2E/host/one"
		[ "$output" = evil ]
		run_as "$who" --read-only oci:img:links cat /up/two
		[ "$output" = evil ]
		[ -z "$(ls -A host)" ]
		[ -z "$(leftovers)" ]
	done
	chmod 755 host
}

@test "device files are left out, and that is said" {
	printf 'c sda 0666\nc dev/null 0666\n' >devices
	image devices base devices
	for who in "${users[@]}"; do
		run_as "$who" oci:img:devices cat /sda
		[ "$status" -eq 1 ]
		[[ $stderr == *"2 device files of the image are left out"* ]]
		run_as "$who" -q oci:img:devices cat /dev/null
		[ "$status" -eq 0 ]
		[ -z "$stderr" ]
	done
}

@test "a layer that isn't what the config says stops the run and leaves nothing" {
	for who in "${users[@]}"; do
		image broken base
		config=$(jq -r '.config.digest[7:]' "img/blobs/sha256/$(jq -r \
			'.manifests[-1].digest[7:]' img/index.json)")
		diff_id=$(jq -r '.rootfs.diff_ids[0]' "img/blobs/sha256/$config")
		layer=$(jq -r '.layers[0].digest[7:]' "img/blobs/sha256/$(jq -r \
			'.manifests[-1].digest[7:]' img/index.json)")
		cp "img/blobs/sha256/$layer" saved
		printf x | dd of="img/blobs/sha256/$layer" bs=1 seek=5000 conv=notrunc status=none
		run_as "$who" oci:img:broken
		cp saved "img/blobs/sha256/$layer"
		((status == 4 || status == 8))
		[[ $stderr == "pare: "*"$layer"* ]]
		[ -n "$diff_id" ]
		[ -z "$(leftovers)" ]
	done
}

@test "an interrupted unpack leaves nothing" {
	# so many zeros that they take longer than the signal
	truncate -s 200M zeros
	python3 - <<-'END'
		import hashlib, json, os, subprocess, tarfile
		with tarfile.open("big.tar", "w") as tar:
		    tar.add("zeros")
		diff = subprocess.run(["sha256sum", "big.tar"], stdout=subprocess.PIPE).stdout[:64].decode()
		subprocess.run(["zstd", "-qf", "-1", "big.tar"], check=True)
		data = open("big.tar.zst", "rb").read()
		index = json.load(open("img/index.json"))
		def put(data):
		    digest = hashlib.sha256(data).hexdigest()
		    open("img/blobs/sha256/" + digest, "wb").write(data)
		    return {"digest": "sha256:" + digest, "size": len(data)}
		kind = "application/vnd.oci.image."
		config = json.load(open("img/blobs/sha256/" + json.load(open("img/blobs/sha256/" +
		    index["manifests"][0]["digest"][7:]))["config"]["digest"][7:]))
		config["rootfs"]["diff_ids"] = ["sha256:" + diff]
		manifest = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
		    "config": {"mediaType": kind + "config.v1+json", **put(json.dumps(config).encode())},
		    "layers": [{"mediaType": kind + "layer.v1.tar+zstd", **put(data)}]}
		index["manifests"].append({"mediaType": kind + "manifest.v1+json",
		    **put(json.dumps(manifest).encode()),
		    "annotations": {"org.opencontainers.image.ref.name": "big"}})
		json.dump(index, open("img/index.json", "w"))
		os.unlink("big.tar")
	END
	rm zeros
	chmod -R a+rX img
	for who in "${users[@]}"; do
		pare_as "$who" run oci:img:big >out 2>err 3>&- &
		for ((i = 0; i < 100; i++)); do
			[ -z "$(leftovers)" ] || break
			sleep 0.02
		done
		pid=$!
		while [ "$(cat "/proc/$pid/comm")" != pare ]; do
			pid=$(pgrep -P "$pid" | head -n 1)
		done
		kill -TERM "$pid"
		status=0
		wait %% || status=$?
		[ "$status" -eq 143 ]
		[ -z "$(leftovers)" ]
	done
}

@test "what a killed pare leaves behind, the next run removes" {
	for who in "${users[@]}"; do
		start "$who" oci:img:app wait
		program=$(pgrep -n -x probe)
		kill -KILL "$pid"
		wait %% 2>/dev/null || true
		[ -n "$(leftovers)" ]
		run_as "$who" oci:img:app exit 3
		[ "$status" -eq 3 ]
		[ -z "$(leftovers)" ]
		[ ! -d "/proc/$program" ]
	done
}

@test "several may run at once" {
	for who in "${users[@]}"; do
		pids=()
		for n in 1 2 3 4; do
			pare_as "$who" run oci:img:app exit $((10 + n)) 3>&- &
			pids+=($!)
		done
		for n in 1 2 3 4; do
			status=0
			wait "${pids[n - 1]}" || status=$?
			[ "$status" -eq $((10 + n)) ]
		done
		[ -z "$(leftovers)" ]
	done
}

@test "a program that can't be run is named before anything is unpacked, or by the kernel" {
	who=${users[0]}
	run_as "$who" --entrypoint /bin/prob oci:img:app
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: the image has no program '/bin/prob'" ]
	run_as "$who" --entrypoint sh oci:img:app
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: the image has no program 'sh' in its PATH
  PATH is /usr/bin:/bin" ]
	run_as "$who" --entrypoint data oci:img:app
	[ "$status" -eq 4 ]
	[ "$stderr" = "pare: '/bin/data' in the image is no executable file" ]
	EXPECT=-127 run_as "$who" --entrypoint lost oci:img:app
	[ "$status" -eq 127 ]
	[ "$stderr" = "pare: '/bin/lost' can't be run: the loader or interpreter that it names is not in the image" ]
	CONFIG='{}' image nothing base
	run_as "$who" oci:img:nothing
	[ "$status" -eq 2 ]
	[ "$stderr" = "pare: the image has neither Entrypoint nor Cmd
  name the program: pare run nothing PROGRAM" ]
	run_as "$who" oci:img:nothing /bin/probe exit 7
	[ "$status" -eq 7 ]
}

@test "an image for another platform is refused, and the right one of several runs" {
	who=${users[0]}
	ARCH=s390x image other base
	run_as "$who" oci:img:other
	[ "$status" -eq 11 ]
	[ "$stderr" = "pare: the image is for linux/s390x, and this machine is linux/$(host_arch)" ]
	# an index of both
	jq -c '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests:
		[.manifests[] | select(.annotations[] | IN("other", "app")) | del(.annotations)] |
		reverse}' img/index.json | tr -d '\n' >index
	digest=$(sha256sum <index | cut -d' ' -f1)
	cp index "img/blobs/sha256/$digest"
	jq -c --arg d "sha256:$digest" --argjson s "$(stat -c %s index)" '.manifests += [{mediaType:
		"application/vnd.oci.image.index.v1+json", digest: $d, size: $s, annotations:
		{"org.opencontainers.image.ref.name": "both"}}]' img/index.json >new
	cat new >img/index.json
	chmod -R a+rX img
	run_as "$who" oci:img:both cwd
	[ "$output" = /tmp ]
}

@test "without a runtime, the message names the packages" {
	run_as "${users[0]}" --runtime nosuch oci:img:app
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: there is no program 'nosuch' to run containers with" ]
	require_root
	run --separate-stderr unshare --mount bash -c '
		for name in runc crun youki; do
			for file in $(type -aP $name) /usr/sbin/$name; do
				[ ! -e "$file" ] || mount --bind /dev/null "$file"
			done
		done
		HOME=$E2E/root exec ./pare run oci:img:app'
	[ "$status" -eq 11 ]
	[ "$stderr" = "pare: there is no OCI runtime on this machine: looked for runc, crun and youki
  install the package 'runc' or 'crun'" ]
}

@test "crun runs an image as well, where control groups are of one version" {
	require_root
	local who
	for who in "${users[@]}"; do
		# whatever this machine mixes, these see the second version alone
		run --separate-stderr timeout 60 unshare --mount bash -c "
			$(declare -f pare_as as_user)"'
			umount -R /sys/fs/cgroup
			mount -t cgroup2 none /sys/fs/cgroup && pare_as "$@"' - \
			"$who" run --runtime crun --read-only oci:img:app exit 7
		echo "$who: status $status, output '$output', stderr '$stderr'"
		[ "$status" -eq 7 ]
		# crun asks for a range of ids first; the tests' user has no account for one
		[ -z "$(grep -v '^new[ug]idmap: Cannot determine your user name' <<<"$stderr")" ]
	done
	[ -z "$(leftovers)" ]
}

@test "a runtime that fails is quoted" {
	printf '#!/bin/sh\nwhile [ "$1" != --log ]; do shift; done\n' >failing
	printf 'echo %s >"$2"\nexit 1\n' "'"'{"level":"error","msg":"no luck today"}'"'" >>failing
	chmod 755 failing
	run_as "${users[0]}" --runtime ./failing oci:img:app
	[ "$status" -eq 3 ]
	[ "$stderr" = "pare: failing could not run the container
  no luck today" ]
	[ -z "$(leftovers)" ]
}
