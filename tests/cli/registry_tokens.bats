#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Debian's docker-registry behind a token server: it checks each token's signature, scopes and time
# itself, so that what is asked for must be right.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry

setup_file() {
	need umoci openssl python3 docker-registry skopeo
	registry_home
	new_image img v amd64
	DIGEST=$(jq -r '.manifests[0].digest' img/index.json)
	tokens_start auth
	registry_start "$TOKENS_CONFIG"
	export DIGEST
}

teardown_file() {
	registry_stop
	kill "$TOKENS_PID"
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf out cache
	rm -f auth/expires auth/lasts
	: >auth/log
	echo '{"auths":{"'"$REG"'":{"auth":"am86c2VjcmV0"}}}' >containers/auth.json
}

@test "tokens: push and pull, each with its own scope, one token for all blobs" {
	run -0 --separate-stderr "$PARE" copy -q oci:img:v "docker://$REG/a/one:v"
	[ "$output" = "$DIGEST" ]
	[ "$(<auth/log)" = "GET jo repository:a/one:pull,push" ]
	: >auth/log
	[ "$("$PARE" copy -q "docker://$REG/a/one:v" oci:out:v)" = "$DIGEST" ]
	[ "$(<auth/log)" = "GET jo repository:a/one:pull" ]
	skopeo inspect --raw --tls-verify=false "docker://$REG/a/one:v" >manifest
	[ "sha256:$(sha256sum <manifest | cut -d' ' -f1)" = "$DIGEST" ]
}

@test "tokens: a mount needs to pull from the other repository, in one token with both scopes" {
	"$PARE" copy -q oci:img:v "docker://$REG/a/from:v"
	: >auth/log
	# no cache: the source is what the copy reads
	rm -rf cache
	"$PARE" copy -q "docker://$REG/a/from:v" "docker://$REG/a/to:v"
	grep -qx "GET jo repository:a/from:pull repository:a/to:pull,push" auth/log
	# nothing was read to be sent: all was mounted
	"$PARE" copy -q --json "docker://$REG/a/from:v" "docker://$REG/a/third:v" >result
	[ "$(jq .sentBlobs result)" -eq 0 ]
	[ "$("$PARE" resolve "$REG/a/third:v")" = "$DIGEST" ]
	# the cache knows where a blob is, too
	rm -rf cache
	"$PARE" copy -q oci:img:v "docker://$REG/a/from:v"
	"$PARE" copy -q --json oci:img:v "docker://$REG/a/fourth:v" >result
	[ "$(jq .sentBlobs result)" -eq 0 ]
}

@test "tokens: a rebase on one registry sends config and manifest, and mounts all layers" {
	local make=$BATS_TEST_DIRNAME/../lib/make-image base="layer(file_('etc/os', 'one' * 999))"
	"$make" re:old "$base"
	"$make" re:new "layer(file_('etc/os', 'two' * 999))
layer(file_('more', 'm' * 999))"
	"$make" re:app "$base
layer(file_('app', 'a' * 999))"
	"$PARE" copy -q oci:re:old "docker://$REG/a/base:1"
	"$PARE" copy -q oci:re:new "docker://$REG/b/base:2"
	"$PARE" copy -q oci:re:app "docker://$REG/c/app:1"
	for to in c/app:2 d/app:2; do # beside the image, and into a repository that has nothing yet
		rm -rf cache # what is known is what the images are read from
		: >auth/log
		"$PARE" rebase -q --json "docker://$REG/c/app:1" --from "docker://$REG/a/base:1" \
			--onto "docker://$REG/b/base:2" -o "docker://$REG/$to" >result
		skopeo inspect --raw --tls-verify=false "docker://$REG/$to" >manifest
		[ "sha256:$(sha256sum <manifest | cut -d' ' -f1)" = "$(jq -r .digest result)" ]
		jq -e --slurpfile manifest manifest '.sentBlobs == 1
			and .sentBytes == $manifest[0].config.size' result
		grep -q "repository:b/base:pull.* repository:${to%:*}:pull,push" auth/log
	done
	for layer in $(jq -r '.layers[].digest' manifest); do # they are there to be pulled
		curl -sf -u jo:secret -o token \
			"http://127.0.0.1:$(<auth/port)/token?service=r&scope=repository:d/app:pull"
		curl -sf -H "Authorization: Bearer $(jq -r .token token)" "http://$REG/v2/d/app/blobs/$layer" >blob
		[ "sha256:$(sha256sum <blob | cut -d' ' -f1)" = "$layer" ]
	done
}

@test "tokens: nobody may pull what is public, and hears what to do elsewhere" {
	"$PARE" copy -q oci:img:v "docker://$REG/public/app:v"
	rm containers/auth.json
	: >auth/log
	[ "$("$PARE" copy -q "docker://$REG/public/app:v" oci:out:v)" = "$DIGEST" ]
	[ "$(<auth/log)" = "GET nobody repository:public/app:pull" ]
	for verb in "copy oci:img:v docker://$REG/public/app:w" "tags $REG/a/one"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr "$PARE" $verb
		[ "$status" -eq 7 ]
		[[ $stderr == *"pare login $REG"* ]]
		[ "$(grep -c '^pare: ' <<<"$stderr")" -eq 1 ]
	done
}

@test "tokens: login tries the password; an identity token is exchanged" {
	rm containers/auth.json
	run "$PARE" login "$REG" -u jo --password-stdin <<<wrong
	[ "$status" -eq 7 ]
	[ ! -e containers/auth.json ]
	"$PARE" login -q "$REG" -u jo --password-stdin <<<secret
	"$PARE" copy -q oci:img:v "docker://$REG/a/two:v"
	echo '{"auths":{"'"$REG"'":{"identitytoken":"identity"}}}' >containers/auth.json
	: >auth/log
	[ "$("$PARE" resolve "$REG/a/two:v")" = "$DIGEST" ]
	grep -qx "POST jo repository:a/two:pull" auth/log
	echo '{"auths":{"'"$REG"'":{"identitytoken":"other"}}}' >containers/auth.json
	run --separate-stderr "$PARE" resolve "$REG/a/two:v"
	[ "$status" -eq 7 ]
}

@test "tokens: one that ends in mid-transfer is renewed, and nothing begins again" {
	# docker-registry lets a token live 60 seconds longer than it says: this one is good for 2
	"$BATS_TEST_DIRNAME/../lib/make-image" big:v "layer(file_('big', b'x' * 70000000), codec='none')"
	echo -58 >auth/lasts
	echo 300 >auth/expires
	"$PARE" copy -q oci:big:v "docker://$REG/a/big:v" >digest 3>&- &
	pid=$!
	for _ in {1..200}; do
		grep -q a/big auth/log && break
		sleep 0.02
	done
	kill -STOP "$pid"
	sleep 3
	kill -CONT "$pid"
	wait "$pid"
	[ "$(grep -c 'a/big:pull,push' auth/log)" -ge 2 ]
	[ "$("$PARE" copy -q "docker://$REG/a/big:v" oci:out:v)" = "$(<digest)" ]
	(cd out/blobs/sha256 && sha256sum ./* | awk '"./" $1 != $2 { exit 1 }')
}
