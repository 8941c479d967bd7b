#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images between Debian's docker-registry and all other places; skopeo and umoci are the second
# opinion. What goes wrong on the way is in registry_faults.bats.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry

setup_file() {
	need umoci openssl skopeo docker-registry
	registry_home
	new_image img amd amd64
	new_image img arm arm64
	DIGEST=$(jq -r '.manifests[] | select(.annotations[]=="amd").digest' img/index.json)
	ARM=$(jq -r '.manifests[] | select(.annotations[]=="arm").digest' img/index.json)
	export DIGEST ARM
	registry_start
}

teardown_file() {
	registry_stop
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf out new cache store
}

# digest_of PLACE: what skopeo says of it
digest_of() {
	skopeo inspect --raw --tls-verify=false "$1" | sha256sum | sed 's/ .*//; s/^/sha256:/'
}

@test "what pare pushes, skopeo reads, and the other way round, byte for byte" {
	run -0 "$PARE" copy -q oci:img:amd "docker://$REG/one/app:1"
	[ "$output" = "$DIGEST" ]
	[ "$(digest_of "docker://$REG/one/app:1")" = "$DIGEST" ]
	skopeo --insecure-policy copy -q --src-tls-verify=false "docker://$REG/one/app:1" oci:sk:1
	[ "$(digest_of oci:sk:1)" = "$DIGEST" ]
	skopeo --insecure-policy copy -q --dest-tls-verify=false oci:img:arm "docker://$REG/sk/app:1"
	run -0 "$PARE" copy -q --arch arm64 "docker://$REG/sk/app:1" oci:out:1
	[ "$output" = "$ARM" ]
	[ "$(digest_of oci:out:1)" = "$ARM" ]
	umoci unpack --rootless --image out:1 "$BATS_TEST_TMPDIR/bundle"
	[ "$(cat "$BATS_TEST_TMPDIR/bundle/rootfs/usr/share/hello")" = "hello, arm64" ]
}

@test "one read fills several places; a second copy moves nothing" {
	"$PARE" copy -q oci:img:amd "docker://$REG/two:1"
	"$PARE" copy -q "docker://$REG/two:1" oci:out:1 oci-archive:a.tar:1 docker-archive:d.tar:two:1 \
		"docker://$REG/three:1" two:1
	[ "$(digest_of oci:out:1)" = "$DIGEST" ]
	[ "$(digest_of oci-archive:a.tar:1)" = "$DIGEST" ]
	[ "$(digest_of "docker://$REG/three:1")" = "$DIGEST" ]
	[ "$(digest_of "oci:$PARE_STORE:two:1")" = "$DIGEST" ]
	config() { skopeo inspect --config --raw "$1" | sha256sum; }
	equal "$(config docker-archive:d.tar)" "$(config oci:img:amd)"
	[ -z "$(find cache/copy -name index.json)" ]
	run --separate-stderr -0 "$PARE" copy "docker://$REG/two:1" oci:out:1
	[ "$stderr" = "pare: every blob was there already" ]
	"$PARE" copy -q --json "docker://$REG/two:1" oci:out:1 oci:new:1 >result
	[ "$(jq -r .digest result)" = "$DIGEST" ]
	[ "$(jq -c '[.blobs, .sentBlobs, (.sentBytes == .bytes), .places]' result)" = \
		'[3,3,true,["oci:out:1","oci:new:1"]]' ]
}

@test "a blob with other bytes than its name says goes nowhere" {
	cp -r img bad
	layer=$(jq -r '.layers[0].digest' "bad/blobs/sha256/${DIGEST#*:}" | cut -d: -f2)
	size=$(stat -c %s "bad/blobs/sha256/$layer")
	head -c "$size" /dev/zero >"bad/blobs/sha256/$layer"
	for to in oci:out:1 "docker://$REG/bad:1" oci-archive:bad.tar:1; do
		run "$PARE" copy oci:bad:amd "$to"
		[ "$status" -eq 8 ]
	done
	[ ! -e "out/blobs/sha256/$layer" ]
	[ ! -e bad.tar ]
	run "$PARE" resolve "$REG/bad:1"
	[ "$status" -eq 9 ]
}

@test "an index goes as a whole, or one platform of it" {
	amd=$(jq -c '.manifests[] | select(.annotations[]=="amd") | del(.annotations)
		+ {platform: {os: "linux", architecture: "amd64"}}' img/index.json)
	arm=$(jq -c '.manifests[] | select(.annotations[]=="arm") | del(.annotations)
		+ {platform: {os: "linux", architecture: "arm64"}}' img/index.json)
	type=application/vnd.oci.image.index.v1+json
	printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s,%s]}' "$type" "$amd" "$arm" >index
	for d in "$DIGEST" "$ARM"; do
		"$PARE" copy -q --arch "$([ "$d" = "$ARM" ] && echo arm64 || echo amd64)" \
			"oci:img:$([ "$d" = "$ARM" ] && echo arm || echo amd)" "docker://$REG/both@$d"
	done
	curl -sf -X PUT -H "Content-Type: $type" --data-binary @index "http://$REG/v2/both/manifests/all"
	whole=sha256:$(sha256sum <index | cut -d' ' -f1)
	[ "$("$PARE" resolve "$REG/both:all")" = "$whole" ]
	[ "$("$PARE" copy -q --all "docker://$REG/both:all" oci:out:all)" = "$whole" ]
	[ "$("$PARE" copy -q --arch arm64 "docker://$REG/both:all" oci:out:arm)" = "$ARM" ]
	[ "$("$PARE" push -q --store out all "docker://$REG/again:1" 2>/dev/null ||
		"$PARE" copy -q --all oci:out:all "docker://$REG/again:1")" = "$whole" ]
	run --separate-stderr "$PARE" copy --arch s390x "docker://$REG/both:all" oci:out:x
	[ "$status" -eq 9 ]
	[[ $stderr == *"linux/amd64, linux/arm64"* ]]
}

@test "pull and push go by the name in the store" {
	"$PARE" copy -q oci:img:amd "docker://$REG/team/app:1"
	[ "$("$PARE" pull -q "$REG/team/app:1" --format json | jq -r .digest)" = "$DIGEST" ]
	"$PARE" images --names | grep -qx "$REG/team/app:1"
	"$PARE" pull -q "$REG/team/app@$DIGEST" -t app:2
	"$PARE" push -q app:2 "$REG/team/app:2"
	"$PARE" push -q "$REG/team/app:1"
	[ "$("$PARE" tags "$REG/team/app" | sort)" = $'1\n2' ]
	run -0 "$PARE" inspect "docker://$REG/team/app:2" --format json
	[ "$(jq -r '.[0].Config.User' <<<"$output")" = 65532 ]
	run "$PARE" pull "$REG/team/nothing:1"
	[ "$status" -eq 9 ]
	run "$PARE" pull "$REG/team/app@$DIGEST"
	[ "$status" -eq 2 ]
}

@test "formats and compression change what they should, and nothing else" {
	"$PARE" copy -q --format docker oci:img:amd "docker://$REG/fmt:docker"
	skopeo inspect --raw --tls-verify=false "docker://$REG/fmt:docker" >m
	[ "$(jq -r .mediaType m)" = application/vnd.docker.distribution.manifest.v2+json ]
	[ "$(jq -r '[.layers[].mediaType] | unique[]' m)" = \
		application/vnd.docker.image.rootfs.diff.tar.gzip ]
	[ "$("$PARE" copy -q --format oci "docker://$REG/fmt:docker" oci:out:oci)" != "$DIGEST" ]
	jq -S 'del(.mediaType)' "img/blobs/sha256/${DIGEST#*:}" >before
	jq -S 'del(.mediaType)' "out/blobs/sha256/$(jq -r '.manifests[0].digest' out/index.json |
		cut -d: -f2)" >after
	diff before after
	"$PARE" copy -q --compression zstd:5 oci:img:amd oci:out:zstd
	skopeo inspect --raw oci:out:zstd >m
	[ "$(jq -r '[.layers[].mediaType] | unique[]' m)" = \
		application/vnd.oci.image.layer.v1.tar+zstd ]
	jq -r '.layers[].digest' m | while IFS=: read -r _ hex; do
		zstd -dcq "out/blobs/sha256/$hex" | sha256sum | cut -d' ' -f1
	done >ids
	skopeo inspect --config --raw oci:img:amd | jq -r '.rootfs.diff_ids[]' | sed 's/sha256://' |
		diff - ids
	run "$PARE" copy --format docker oci:out:zstd oci:out:x
	[ "$status" -eq 11 ]
}

@test "TLS: only known certificates, of the system or of certs.d, or any when asked" {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
		-out cert.pem -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
	plain=$REG plain_pid=$REGISTRY_PID
	registry_start "  tls: {certificate: $PWD/cert.pem, key: $PWD/key.pem}"
	run "$PARE" copy oci:img:amd "docker://$REG/a:1"
	[ "$status" -eq 8 ]
	[[ $output == *"--cert-dir, or its CA as ca.crt in ~/.config/containers/certs.d/$REG"*"--tls-verify=false takes any"* ]]
	DOCKER_HOST=tcp://$REG run "$PARE" ls docker-daemon:x
	[ "$status" -eq 6 ]
	[[ $output == *"set DOCKER_TLS_VERIFY=1 to speak TLS with it" ]]
	mkdir -p "home/.config/containers/certs.d/$REG"
	cp cert.pem "home/.config/containers/certs.d/$REG/ca.crt"
	"$PARE" copy -q oci:img:amd "docker://$REG/a:1"
	rm -r home/.config
	"$PARE" copy -q --tls-verify=false "docker://$REG/a:1" oci:out:1
	mkdir -p certs && cp cert.pem certs/x.crt
	[ "$("$PARE" resolve --cert-dir certs "$REG/a:1")" = "$DIGEST" ]
	registry_stop
	REG=$plain REGISTRY_PID=$plain_pid
}

@test "passwords: login tries and keeps them, a repository has its own, logout forgets" {
	command -v htpasswd >/dev/null || skip "htpasswd is not installed"
	htpasswd -Bbn jo secret >htpasswd
	plain=$REG plain_pid=$REGISTRY_PID
	registry_start "auth: {htpasswd: {realm: here, path: $PWD/htpasswd}}"
	run --separate-stderr "$PARE" copy oci:img:amd "docker://$REG/a:1"
	[ "$status" -eq 7 ]
	[[ $stderr == *"run 'pare login $REG'"* ]]
	run "$PARE" login "$REG" -u jo --password-stdin <<<wrong
	[ "$status" -eq 7 ]
	[ ! -e containers/auth.json ]
	"$PARE" login -q "$REG" -u jo --password-stdin <<<secret
	[ "$("$PARE" login --get-login "$REG")" = jo ]
	"$PARE" copy -q oci:img:amd "docker://$REG/a:1"
	[ "$(skopeo inspect --raw --tls-verify=false "docker://$REG/a:1" | sha256sum | cut -d' ' -f1)" = \
		"${DIGEST#*:}" ]
	"$PARE" logout -q "$REG"
	run "$PARE" resolve "$REG/a:1"
	[ "$status" -eq 7 ]
	# what is refused says whose it is; a file that was asked for must be there
	echo '{"auths":{"'"$REG"'":{"auth":"'"$(printf jo:wrong | base64)"'"}}}' >wrong.json
	run "$PARE" copy --authfile wrong.json oci:img:amd "docker://$REG/a:1"
	[ "$status" -eq 7 ]
	[[ $output == "pare: $REG/a: it refuses the credentials (status 401)"$'\n'"  they are of 'wrong.json'; 'pare login $REG' takes others" ]]
	run "$PARE" resolve --authfile none.json "$REG/a:1"
	[ "$status" -eq 9 ]
	[ "$output" = "pare: the file of credentials 'none.json': No such file or directory" ]
	# a helper knows it
	mkdir -p bin docker
	printf '#!/bin/sh\nread -r host\n[ "$host" = %s ] || exit 1\n' "$REG" >bin/docker-credential-test
	echo 'echo "{\"Username\":\"jo\",\"Secret\":\"secret\"}"' >>bin/docker-credential-test
	chmod +x bin/docker-credential-test
	echo '{"credHelpers":{"'"$REG"'":"test"}}' >docker/config.json
	[ "$(PATH=$PWD/bin:$PATH DOCKER_CONFIG=$PWD/docker "$PARE" resolve "$REG/a:1")" = "$DIGEST" ]
	# one that registries.conf names, before the files, after them, or alone
	export PATH=$PWD/bin:$PATH CONTAINERS_REGISTRIES_CONF=$PWD/conf
	mkdir -p containers
	echo '{"auths":{"'"$REG"'":{"auth":"am86d3Jvbmc="}}}' >containers/auth.json # another password
	helpers() {
		printf 'credential-helpers = %s\n' "$1" >conf
		run --separate-stderr "$PARE" resolve "$REG/a:1"
	}
	helpers '["test", "containers-auth.json"]'
	[ "$output" = "$DIGEST" ]
	helpers '["containers-auth.json", "test"]'
	[ "$status" -eq 7 ]
	helpers '[]'
	[ "$status" -eq 7 ]
	rm containers/auth.json
	helpers '["containers-auth.json", "test"]'
	[ "$output" = "$DIGEST" ]
	[ "$("$PARE" login --get-login "$REG")" = jo ]
	echo '{"auths":{"'"$REG"'":{"auth":"am86c2VjcmV0"}}}' >containers/auth.json # the right one
	printf '#!/bin/sh\necho garbage\n' >bin/docker-credential-garbage
	chmod +x bin/docker-credential-garbage
	helpers '["garbage", "absent"]'
	[ "$status" -eq 7 ]
	[[ $stderr == *"no credentials for '$REG': "*garbage* ]]
	[[ $stderr == *"no credentials for '$REG': "*absent* ]]
	[[ $stderr == *"pare login $REG"* ]]
	helpers '["garbage", "containers-auth.json"]'
	[ "$output" = "$DIGEST" ]
	rm containers/auth.json
	unset CONTAINERS_REGISTRIES_CONF
	registry_stop
	REG=$plain REGISTRY_PID=$plain_pid
}

@test "passwords: ^C at the prompt ends it, and the terminal shows again what is typed" {
	cat >prompt.py <<-'END'
		import os, pty, sys, termios
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp(sys.argv[1], sys.argv[1:])
		seen = b""
		while b"Password: " not in seen:
		    seen += os.read(fd, 1000)
		hidden = not termios.tcgetattr(fd)[3] & termios.ECHO
		os.write(fd, b"secr\x03")
		while b"interrupted" not in seen:
		    seen += os.read(fd, 1000)
		shown = bool(termios.tcgetattr(fd)[3] & termios.ECHO)
		print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), hidden, shown, b"secr" in seen)
	END
	run -0 timeout 20 python3 -B prompt.py "$PARE" login -u jo 127.0.0.1:1
	[ "$output" = "130 True True False" ]
}

@test "what isn't there, and who doesn't answer: one line each, and what to do" {
	"$PARE" copy -q oci:img:amd "docker://$REG/there:1"
	run --separate-stderr "$PARE" pull "$REG/there:2"
	[ "$status" -eq 9 ]
	[ "$stderr" = "pare: $REG/there:2: manifest unknown (status 404)
  'pare tags $REG/there' lists what is there" ]
	run --separate-stderr "$PARE" tags "$REG/none"
	[ "$status" -eq 9 ]
	[[ $stderr == "pare: $REG/none: list what is there: "*" (status 404)" ]]
	# several blobs wait for one server: it is told once for each pause
	run --separate-stderr timeout 60 "$PARE" copy oci:img:amd docker://127.0.0.1:1/there:1
	[ "$status" -eq 6 ]
	[ "$(grep -c 'connection refused; trying again in' <<<"$stderr")" -le 6 ]
	[[ ${stderr_lines[-1]} == *"connection refused after 5 tries; is the server up?" ]]
}

@test "registries.conf: aliases, mirrors first, other locations, blocks" {
	"$PARE" copy -q oci:img:amd "docker://$REG/m/app:1"
	cat >conf <<-END
		[[registry]]
		prefix = "r.example/team"
		location = "$REG/nowhere"
		[[registry.mirror]]
		location = "$REG/m"
		[[registry]]
		location = "bad.example"
		blocked = true
		[[registry]]
		prefix = "r.example/team/app:old"
		blocked = true
		[aliases]
		"app" = "r.example/team/app"
	END
	export CONTAINERS_REGISTRIES_CONF=$PWD/conf
	[ "$("$PARE" resolve r.example/team/app:1)" = "$DIGEST" ]
	[ "$("$PARE" resolve app:1)" = "$DIGEST" ]
	"$PARE" pull -q app:1
	"$PARE" images --names | grep -qx app:1
	"$PARE" copy -q docker://r.example/team/app:1 oci:out:1
	# mirrors are not written to
	"$PARE" copy -q oci:img:amd docker://r.example/team/new:1
	[ "$("$PARE" resolve "$REG/nowhere/new:1")" = "$DIGEST" ]
	for blocked in bad.example/x r.example/team/app:old; do
		run "$PARE" resolve "$blocked"
		[ "$status" -eq 7 ]
		[[ $output == *blocked* ]]
	done
	unset CONTAINERS_REGISTRIES_CONF
}

@test "registries.conf: mirrors for digests or tags only" {
	"$PARE" copy -q oci:img:amd "docker://$REG/mirror/app:1"
	"$PARE" copy -q --arch arm64 oci:img:arm "docker://$REG/real/app:1"
	conf() {
		printf '%s\n' '[[registry]]' 'prefix = "r.example"' "location = \"$REG/real\"" "$1" \
			'[[registry.mirror]]' "location = \"$REG/mirror\"" "$2" >conf
	}
	export CONTAINERS_REGISTRIES_CONF=$PWD/conf
	conf "" ""
	[ "$("$PARE" resolve r.example/app:1)" = "$DIGEST" ]
	# only the mirror has this digest, and only the registry the other
	for only in "mirror-by-digest-only = true#" "#pull-from-mirror = 'digest-only'"; do
		conf "${only%%#*}" "${only#*#}"
		[ "$("$PARE" resolve r.example/app:1)" = "$ARM" ]
		[ "$("$PARE" resolve "r.example/app@$DIGEST")" = "$DIGEST" ]
		[ "$("$PARE" resolve "r.example/app@$ARM")" = "$ARM" ]
	done
	conf "" "pull-from-mirror = 'tag-only'"
	[ "$("$PARE" resolve r.example/app:1)" = "$DIGEST" ]
	run "$PARE" resolve "r.example/app@$DIGEST"
	[ "$status" -eq 9 ]
	unset CONTAINERS_REGISTRIES_CONF
}

@test "registries.conf: all hosts below a domain, and files that are laid beside it" {
	"$PARE" copy -q oci:img:amd "docker://$REG/w/one/app:1"
	own=$HOME/.config/containers
	mkdir -p "$own/registries.conf.d"
	printf '%s\n' '[[registry]]' 'prefix = "*.wild.example"' "location = \"$REG/w\"" \
		'[aliases]' "app = \"a.wild.example/nothing\"" >"$own/registries.conf"
	[ "$("$PARE" resolve a.wild.example/one/app:1)" = "$DIGEST" ]
	[ "$("$PARE" resolve a.b.wild.example:5000/one/app:1)" = "$DIGEST" ]
	# without a location only its mirrors and words count
	printf '%s\n' '[[registry]]' 'prefix = "*.wild.example"' '[[registry.mirror]]' \
		"location = \"$REG/w\"" >"$own/registries.conf.d/10-wild.conf"
	[ "$("$PARE" resolve a.wild.example/one/app:1)" = "$DIGEST" ]
	run "$PARE" resolve a.wild.example/none:1
	[ "$status" -eq 6 ]
	[[ $output == *a.wild.example* ]]
	# the later file counts, and what is no .conf doesn't
	printf '%s\n' '[aliases]' "app = \"$REG/w/one/app\"" >"$own/registries.conf.d/20-app.conf"
	[ "$("$PARE" resolve app:1)" = "$DIGEST" ]
	echo "broken" >"$own/registries.conf.d/30-not.txt"
	printf '%s\n' '[[registry]]' 'prefix = "*.wild.example"' 'blocked = true' \
		>"$own/registries.conf.d/40-no.conf"
	run "$PARE" resolve a.wild.example/one/app:1
	[ "$status" -eq 7 ]
	echo "broken" >"$own/registries.conf.d/50.conf"
	run "$PARE" resolve "$REG/w/one/app:1"
	[ "$status" -eq 4 ]
	[[ $output == *"50.conf: line 1: expected '='"* ]]
	# what can't be read may be what blocks
	rm -r "$own/registries.conf.d"
	ln -s registries.conf.d "$own/registries.conf.d"
	run "$PARE" resolve "$REG/w/one/app:1"
	[ "$status" -eq 3 ]
	[[ $output == *"open the folder '$own/registries.conf.d'"* ]]
	rm -r "$own"
}

@test "registries.conf: short names" {
	"$PARE" copy -q oci:img:amd "docker://$REG/short:1"
	export CONTAINERS_REGISTRIES_CONF=$PWD/conf
	echo "unqualified-search-registries = [\"$REG\"]" >conf
	[ "$("$PARE" resolve short:1)" = "$DIGEST" ]
	"$PARE" pull -q short:1
	for mode in '' enforcing permissive; do
		echo "unqualified-search-registries = [\"r.example\", \"$REG\"]" >conf
		[ -z "$mode" ] || echo "short-name-mode = \"$mode\"" >>conf
		run --separate-stderr "$PARE" resolve short:1
		[ "$status" -eq 2 ]
		[[ $stderr == *"which one is meant?"*"r.example/short, $REG/short"* ]]
	done
	printf '%s\n' "unqualified-search-registries = [\"127.0.0.1:9\", \"$REG\"]" \
		'short-name-mode = "disabled"' >conf
	[ "$("$PARE" resolve short:1)" = "$DIGEST" ]
	# docker:// and a name without a host are Docker Hub's for all tools
	printf '%s\n' '[[registry]]' 'prefix = "docker.io"' 'blocked = true' >>conf
	run "$PARE" inspect docker://short:1
	[ "$status" -eq 7 ]
	[[ $output == *"docker.io/library/short"* ]]
	unset CONTAINERS_REGISTRIES_CONF
}
