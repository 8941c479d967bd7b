#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What networks and registries do to a copy: it succeeds, or says in one line why not, and leaves
# nothing half-written.
bats_require_minimum_version 1.5.0
load ../lib/image
load ../lib/registry

setup_file() {
	need umoci openssl python3
	registry_home
	export PARE_TIMEOUT=3
	big_image img v 300000
	big_image large v 40000000
	big_image small v 1500000
	big_image middle v 17000000 # just too large for one request
	DIGEST=$(jq -r '.manifests[0].digest' img/index.json)
	export DIGEST
	fault_start
}

teardown_file() {
	fault_stop
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -rf out out.* cache "containers/auth.json" cache
	fault_reset
}

teardown() {
	run ! grep LEAK "$FAULT_LOG"
}

push() {
	"$PARE" copy -q oci:img:v "docker://$REG/${1-a/b}:v"
}

# Seven layers: one of 300 kB, the others small.
two_layers() {
	[ ! -e two ] || return 0
	cp -r img two
	for i in 1 2 3 4 5 6; do
		seq "$i" $((i + 9000)) >"f$i"
		umoci insert --rootless --image two:v "f$i" "/f$i"
	done
}

right_digest() {
	[ "$(jq -r '.manifests[0].digest' out/index.json)" = \
		"$(jq -r '.manifests[0].digest' "$1/index.json")" ]
	(cd out/blobs/sha256 && sha256sum * | awk '$1 != $2 { exit 1 }')
}

# refused STATUS PATTERN COMMAND…: fails so, in one line but for hints, and nothing appears.
refused() {
	local status_=$1 pattern=$2
	shift 2
	run --separate-stderr timeout 60 "$PARE" "$@"
	echo "status $status: $stderr"
	[ "$status" -eq "$status_" ]
	[ "$(grep -c '^pare: ' <<<"$(grep -v 'trying again' <<<"$stderr")")" -eq 1 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr == $pattern ]]
	[ ! -e out/index.json ] || jq -e '.manifests == []' out/index.json
	[ -z "$(find out/blobs -name '.tmp-*' 2>/dev/null)" ]
}

pull() {
	"$PARE" copy -q "docker://$REG/a/b:v" oci:out:v
}

right() {
	[ "$(jq -r '.manifests[0].digest' "${1-out}/index.json")" = "$DIGEST" ]
	(cd "${1-out}/blobs/sha256" && sha256sum * | awk '$1 != $2 { exit 1 }')
}

@test "tokens are asked for, and again when they have run out in mid-copy" {
	faults auth=token
	refused 7 "*pare login*" copy oci:img:v "docker://$REG/a/b:v"
	login
	push
	grep -q '^TOKEN repository:a/b:pull,push' "$FAULT_LOG"
	faults auth=expire
	pull
	right
	[ "$(grep -c ^TOKEN "$FAULT_LOG")" -ge 3 ]
}

@test "a registry that never takes its own tokens is no endless loop" {
	faults auth=loop
	login
	refused 7 "*$REG*" copy "docker://$REG/a/b:v" oci:out:v
	[ "$(wc -l <"$FAULT_LOG")" -lt 12 ]
	faults auth=endless
	refused 5 "*over the limit*" copy "docker://$REG/a/b:v" oci:out:v
}

@test "credentials go to no token server in somebody's private network" {
	faults auth=realm
	login
	refused 7 "*10.0.0.1*not safe*" copy "docker://$REG/a/b:v" oci:out:v
}

@test "a registry that is busy is asked again" {
	faults busy=2
	push
	faults busy=1 after=2
	SECONDS=0
	pull
	[ "$SECONDS" -ge 2 ]
	right
	rm -rf out
	faults busy=1 after= after_date=1
	SECONDS=0
	pull
	[ "$SECONDS" -ge 2 ]
}

@test "what can't be mounted is sent; what can be isn't" {
	push a/b
	faults mount=202
	push a/c
	faults mount=201
	push a/d
	[ "$(grep -cE 'POST /v2/a/d.* 201' "$FAULT_LOG")" -ge 2 ]
	run ! grep -E 'PUT /v2/a/d/blobs' "$FAULT_LOG"
}

@test "uploads go where the registry says, with its query" {
	faults location=relative
	push a/b
	faults location=absolute
	push a/c
	grep -qF '_state=a%2Bb&digest=sha256:' "$FAULT_LOG"
}

@test "a body that is cut goes on where it was cut, at each tenth" {
	local tenth pids=()
	for tenth in 0 10 20 30 40 50 60 70 80 90 99; do
		push "a/$tenth"
	done
	faults cut=name
	for tenth in 0 10 20 30 40 50 60 70 80 90 99; do
		"$PARE" copy -q "docker://$REG/a/$tenth:v" "oci:out.$tenth:v" >/dev/null 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	for tenth in 0 10 20 30 40 50 60 70 80 90 99; do
		right "out.$tenth"
		grep -q "/a/$tenth/blobs.* cut " "$FAULT_LOG"
		[ "$tenth" -lt 10 ] || grep -q "/a/$tenth/blobs.* 206 " "$FAULT_LOG"
	done
}

@test "an upload in one request that is cut is sent again, at each tenth" {
	local tenth pids=()
	faults cut_put=name
	for tenth in 0 10 20 30 40 50 60 70 80 90 99; do
		push "b/$tenth" >/dev/null 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	for tenth in 0 10 20 30 40 50 60 70 80 90 99; do
		grep -q "PUT /v2/b/$tenth/blobs.* cut " "$FAULT_LOG"
		[ "$("$PARE" resolve "$REG/b/$tenth:v")" = "$DIGEST" ]
	done
}

@test "an upload that is cut goes on where the registry is" {
	for tenth in 10 50 90; do
		faults forget "cut_put=$tenth"
		: >"$FAULT_LOG"
		"$PARE" copy -q oci:large:v "docker://$REG/l/$tenth:v"
		grep -q 'PATCH.* cut ' "$FAULT_LOG"
		# what had arrived is not sent again
		sent=$(awk '/^(PATCH|PUT) .*blobs/ { n += $NF } END { print n }' "$FAULT_LOG")
		[ "$sent" -lt 40100000 ]
	done
}

@test "an upload goes on from where the registry says it is, when that isn't where it should be" {
	faults lost_put=1 max=30000000
	"$PARE" copy -q oci:large:v "docker://$REG/l/lost:v"
	grep -q '^PATCH .* 416 ' "$FAULT_LOG"
	"$PARE" copy -q "docker://$REG/l/lost:v" oci:out:v
	right_digest large
}

# The bytes of blobs that went over the line, by the server's count.
uploaded() {
	awk '/^(PATCH|PUT) .*blobs/ { n += $NF } END { print n + 0 }' "$FAULT_LOG"
}

downloaded() {
	awk '/^GET .*blobs/ { n += $(NF - 1) } END { print n + 0 }' "$FAULT_LOG"
}

@test "an upload that is killed goes on with what has arrived" {
	faults slow_put=1
	"$PARE" copy -q oci:large:v "docker://$REG/l/killed:v" >/dev/null 3>&- &
	pid=$!
	for _ in {1..500}; do
		! grep -q ^HALF "$FAULT_LOG" || break
		sleep 0.01
	done
	kill -9 "$pid"
	wait "$pid" || true
	for _ in {1..200}; do
		! grep -q '^PATCH .* cut ' "$FAULT_LOG" || break
		sleep 0.02
	done
	first=$(uploaded)
	[ "$first" -ge 20000000 ]
	run "$PARE" resolve "$REG/l/killed:v"
	[ "$status" -eq 9 ]
	faults slow_put=
	: >"$FAULT_LOG"
	"$PARE" copy -q oci:large:v "docker://$REG/l/killed:v"
	second=$(uploaded)
	# to the byte: the layer, and the config that may have been there
	layer=$(jq -r '.layers[0].size' "large/blobs/sha256/$(jq -r '.manifests[0].digest' \
		large/index.json | cut -d: -f2)")
	[ "$((first + second))" -ge "$layer" ]
	[ "$((first + second))" -le "$((layer + 10000))" ]
	"$PARE" copy -q "docker://$REG/l/killed:v" oci:out:v
	right_digest large
}

@test "an upload that is redirected goes there with its method and its bytes, each once" {
	local status way
	for status in 307 308; do
		faults "moved=$status"
		push "m/$status"
		"$PARE" copy -q oci:middle:v "docker://$REG/ml/$status:v"
		for way in "POST m/" "PUT m/" "POST ml/" "PATCH ml/" "PUT ml/"; do
			grep -qE "^${way/ / /v2/}$status/blobs/uploads/.* $status " "$FAULT_LOG"
			grep -qE "^${way/ / /v2/}$status/blobs/uploads/.*_moved=1.* 20[12] " "$FAULT_LOG"
		done
	done
	[ "$(uploaded)" -lt 34700000 ]
	faults moved=
	"$PARE" copy -q "docker://$REG/ml/308:v" oci:out:v
	right_digest middle
}

@test "an upload that is redirected to another port takes no credentials there, nor back" {
	login
	faults auth=basic moved=307,other
	push m/other
	"$PARE" copy -q oci:middle:v "docker://$REG/m/large:v"
	# what the other port said to be the upload's place is there, and not here
	grep -q "^POST .*_moved=1.* 202 " "$FAULT_LOG"
	grep -q "^PATCH .* 202 " "$FAULT_LOG"
	run ! grep -q "^P[UA].*_moved" "$FAULT_LOG"
	faults moved=307,back
	refused 7 "*m/back: begin an upload: *(status 401)*" copy oci:img:v "docker://$REG/m/back:v"
	grep -q "_moved=2 401" "$FAULT_LOG"
}

@test "an upload that is redirected in circles, or so that its body would be lost" {
	faults moved=307,loop
	refused 6 "*too many redirects*" copy oci:img:v "docker://$REG/m/loop:v"
	# two blobs at once
	[ "$(grep -c '^POST' "$FAULT_LOG")" -le 22 ]
	faults moved=302
	refused 6 "*it redirects, which a body follows with status 307 or 308 only (status 302)*" \
		copy oci:img:v "docker://$REG/m/found:v"
}

@test "a registry that takes no chunks, or none of the size, gets the blob in one piece" {
	local status
	for status in 404 405 416 501; do
		faults "patch=$status"
		: >"$FAULT_LOG"
		"$PARE" copy -q oci:middle:v "docker://$REG/p/$status:v"
		grep -q "^PATCH .* $status " "$FAULT_LOG"
		grep -qE "^PUT .* 201 0 170[0-9]+$" "$FAULT_LOG"
	done
	# what goes on after a cut is a chunk, and this registry takes only small ones
	faults patch=416,4194304 cut_put=50
	"$PARE" copy -q oci:middle:v "docker://$REG/p/after:v"
	grep -q "^PATCH .* cut " "$FAULT_LOG"
	faults patch= cut_put=
	"$PARE" copy -q "docker://$REG/p/after:v" oci:out:v
	right_digest middle
}

@test "a registry that takes nothing in one piece gets chunks" {
	faults put=400
	push p/put
	grep -q "^PATCH .* 202 " "$FAULT_LOG"
	faults put=
	"$PARE" copy -q "docker://$REG/p/put:v" oci:out:v
	right
}

@test "what is too large for one request goes in smaller ones" {
	faults max=6000000
	: >"$FAULT_LOG"
	"$PARE" copy -q oci:middle:v "docker://$REG/s/max:v"
	# nothing of what was refused was sent
	[ "$(uploaded)" -lt 17100000 ]
	grep -q "^PATCH .* 413 " "$FAULT_LOG"
	[ "$(grep -c '^POST .* 202 ' "$FAULT_LOG")" -le 3 ]
	"$PARE" copy -q "docker://$REG/s/max:v" oci:out:v
	right_digest middle
	rm -rf out
	# a blob that is small enough for one request otherwise
	faults max=200000
	refused 6 "*(status 413)*" copy oci:img:v "docker://$REG/s/none:v"
	faults max=1048576
	"$PARE" copy -q oci:small:v "docker://$REG/s/small:v"
	"$PARE" copy -q "docker://$REG/s/small:v" oci:out:v
	right_digest small
	rm -rf out
	# whose chunks must not be small, but can be large enough
	faults max=10000000 least=8000000
	"$PARE" copy -q oci:middle:v "docker://$REG/s/fits:v"
	"$PARE" copy -q "docker://$REG/s/fits:v" oci:out:v
	right_digest middle
	rm -rf out
	# and where they can't, no way is left
	faults max=6000000 least=8000000
	refused 6 "*(status 413)*" copy oci:middle:v "docker://$REG/s/least:v"
}

@test "a registry that says nothing true about how far it is" {
	faults max=6000000 stale=1
	"$PARE" copy -q oci:middle:v "docker://$REG/s/stale:v"
	faults max= stale=1 cut_put=50
	"$PARE" copy -q oci:middle:v "docker://$REG/s/stale:w"
	faults stale= cut_put=
	"$PARE" copy -q "docker://$REG/s/stale:v" oci:out:v
	right_digest middle
}

@test "an upload that the registry forgets is begun again" {
	faults max=6000000 lose=1
	"$PARE" copy -q oci:middle:v "docker://$REG/s/lose:v"
	grep -q "^PATCH .* 404 " "$FAULT_LOG"
	[ "$(grep -c '^POST .* 202 ' "$FAULT_LOG")" -ge 2 ]
	faults max=
	"$PARE" copy -q "docker://$REG/s/lose:v" oci:out:v
	right_digest middle
}

@test "an upload that ends in trouble is looked for, then ended again" {
	local how
	for how in 500 502,late 503 504,late; do
		faults "finish=$how"
		: >"$FAULT_LOG"
		push "f/${how%,*}"
		case $how in
		*late) [ "$(uploaded)" -lt 302000 ] ;;
		esac
		[ "$("$PARE" resolve "$REG/f/${how%,*}:v")" = "$DIGEST" ]
	done
}

@test "a registry that can't look for blobs gets them all" {
	local status
	for status in 405 501; do
		faults "head=$status"
		push "h/$status"
		[ "$("$PARE" resolve "$REG/h/$status:v")" = "$DIGEST" ]
	done
	faults head=403
	refused 7 "*look for a blob*(status 403)*" copy oci:img:v "docker://$REG/h/403:v"
}

@test "a manifest that is taken with another status, or not at once" {
	local status
	for status in 200 202 500,once 503,once; do
		faults "put_manifest=$status"
		push "pm/${status%,*}"
		[ "$("$PARE" resolve "$REG/pm/${status%,*}:v")" = "$DIGEST" ]
	done
	faults put_manifest=400
	refused 6 "*put the manifest*(status 400)*" copy oci:img:v "docker://$REG/pm/400:v"
}

@test "a registry that names no digest, or knows no HEAD, is asked for the manifest itself" {
	push
	faults nodigest=1
	[ "$("$PARE" resolve "$REG/a/b:v")" = "$DIGEST" ]
	faults nodigest= head_manifest=405
	[ "$("$PARE" resolve "$REG/a/b:v")" = "$DIGEST" ]
	grep -q '^HEAD .*/manifests/v 405' "$FAULT_LOG"
}

@test "a blob that had arrived when a copy was killed is not asked for beyond its end" {
	push
	pull
	layer=$(find out/blobs -size +100k -type f)
	mv "$layer" "$layer.part"
	echo '{"schemaVersion":2,"manifests":[]}' >out/index.json
	: >"$FAULT_LOG"
	pull
	right
	run -1 grep "blobs/sha256:${layer##*/}" "$FAULT_LOG"
}

@test "credentials can come in the environment" {
	faults auth=basic
	refused 7 "*pare login*" copy oci:img:v "docker://$REG/a/b:v"
	export DOCKER_AUTH_CONFIG='{"auths":{"'"$REG"'":{"auth":"am86c2VjcmV0"}}}'
	push
	DOCKER_AUTH_CONFIG='{"auths":' refused 4 "*DOCKER_AUTH_CONFIG*" copy oci:img:v "docker://$REG/a/b:v"
}

@test "a connection that is reset is made again" {
	faults reset=3
	push
	faults reset=2
	pull
	right
	grep -q '^HEAD .* reset ' "$FAULT_LOG"
}

@test "a neighbour that the token server gives no token for is not mounted from" {
	local auth
	login
	push n/from
	for auth in one last; do
		faults "auth=$auth"
		: >"$FAULT_LOG"
		"$PARE" copy -q "docker://$REG/n/from:v" "docker://$REG/n/$auth:v"
		grep -q "^TOKEN repository:n/$auth:pull,push$" "$FAULT_LOG"
		[ "$("$PARE" resolve "$REG/n/$auth:v")" = "$DIGEST" ]
	done
}

@test "on a terminal there is progress of each blob and of all, and the result is what stays" {
	command -v script >/dev/null || skip "script is not installed"
	faults slow_put=1
	run env TERM=xterm script -qec \
		"stty cols 80 rows 24; '$PARE' copy oci:large:v docker://$REG/l/shown:v" /dev/null
	[ "$status" -eq 0 ]
	[[ $output == *"total  "*" of 40 MB"* ]]
	[[ $output =~ put\ [0-9a-f]{12}\ .*\ of\ 40\ MB ]]
	after=${output##*$'\033[J'}
	[[ $after == sha256:* ]]
	[[ $after != *"put "* && $after != *"total"* ]]
	"$PARE" copy oci:large:v "docker://$REG/l/quiet:v" 2>errors
	run ! grep -q $'\033' errors
}

@test "how far it is, is told of all that takes long: checks, archives and looks, too" {
	layer=$(jq -r '.layers[0].digest' "large/blobs/sha256/$(jq -r '.manifests[0].digest' \
		large/index.json | cut -d: -f2)")
	short=${layer:7:12}
	told() {
		run --separate-stderr "$PARE" "${@:2}" -v
		[ "$status" -eq 0 ]
		[[ $stderr =~ pare:\ $1:\ 40\ MB\ in\  ]] || { echo "no $1: $stderr"; return 1; }
	}
	told "put $short" copy oci:large:v oci:told:v
	told "check $short" copy oci:large:v oci:told:v
	[[ $stderr == *"every blob was there already"* ]]
	for kind in docker-archive oci-archive; do
		told "write told.tar" copy oci:large:v "$kind:told.tar"
		[[ $stderr == *"2 of 2 blobs moved, 40 MB"* ]]
	done
	told "read $short" ls oci:large:v
	"$PARE" copy -q oci:large:v docker-archive:told.tar
	PARE_CACHE=$PWD/told-cache told "read told.tar" ls docker-archive:told.tar
	[[ $stderr =~ pare:\ total:\ 40\ MB\ in ]]
	told "put $short" copy docker-archive:told.tar oci:again:v
	"$PARE" copy -q oci:large:v "docker://$REG/l/told:v"
	PARE_CACHE=$PWD/told-cache2 told "get $short" ls "docker://$REG/l/told:v"
}

@test "a server without ranges, and one that refuses them" {
	push
	faults cut=50 norange=1
	pull
	right
	rm -rf out
	faults forget norange= 416=1
	pull
	right
}

@test "other bytes, more and fewer than there should be" {
	push
	for what in wrong long short endless; do
		faults "blob=$what"
		refused 8 "*sha256:*" copy "docker://$REG/a/b:v" oci:out:v
		rm -rf out
	done
	faults blob=bomb
	pull
	right
}

@test "a blob that comes in drops and then no more is asked for again" {
	push
	faults blob=drip
	PARE_TIMEOUT=1 pull
	right
	[ "$(grep -c ' drip$' "$FAULT_LOG")" -eq "$(ls out/blobs/sha256 | grep -cv "${DIGEST#*:}")" ]
}

@test "what can't be had ends what is still on its way" {
	two_layers
	"$PARE" copy -q oci:two:v "docker://$REG/a/b:v"
	faults drip=200000 blob=wrong
	SECONDS=0
	PARE_TIMEOUT=20 refused 8 "*" copy "docker://$REG/a/b:v" oci:out:v
	[ "$SECONDS" -lt 6 ]
	grep -q 'blobs' "$FAULT_LOG"
}

@test "blobs that a mirror lacks come from the registry, whichever thread finds out" {
	two_layers
	"$PARE" copy -q oci:two:v "docker://$REG/mirror/two:v"
	"$PARE" copy -q oci:two:v "docker://$REG/real/two:v"
	printf '%s\n' '[[registry]]' 'prefix = "r.example"' "location = \"$REG/real\"" \
		'[[registry.mirror]]' "location = \"$REG/mirror\"" >conf
	faults gone=mirror/two
	: >"$FAULT_LOG"
	CONTAINERS_REGISTRIES_CONF=$PWD/conf "$PARE" copy -q docker://r.example/two:v oci:out:v
	right_digest two
	grep -q '^GET /v2/mirror/two/manifests' "$FAULT_LOG"
	grep -q '^GET /v2/mirror/two/blobs.* 404' "$FAULT_LOG"
	[ "$(grep -c '^GET /v2/real/two/blobs.* 200' "$FAULT_LOG")" -eq 8 ]
}

@test "who stands for a registry gets only what is known for it" {
	faults auth=basic
	login
	push real/app
	printf '%s\n' '[[registry]]' 'prefix = "r.example/real"' "location = \"$REG/real\"" >conf
	echo '{"auths":{"r.example":{"auth":"bGVhazpsZWFr"}}}' >containers/auth.json
	: >"$FAULT_LOG"
	export CONTAINERS_REGISTRIES_CONF=$PWD/conf
	refused 7 "*pare login $REG*" copy docker://r.example/real/app:v oci:out:v
	run ! grep bGVhazpsZWFr "$FAULT_LOG"
	login
	"$PARE" copy -q docker://r.example/real/app:v oci:out:v
	right
}

@test "a redirect gets the blob, and no credentials" {
	login
	faults auth=basic
	push
	faults redirect=1
	pull
	right
}

@test "manifests that aren't what they should be" {
	push
	faults manifest=endless
	refused 5 "*over the limit*" copy "docker://$REG/a/b:v" oci:out:v
	faults manifest=bomb
	refused 4 "*" copy "docker://$REG/a/b:v" oci:out:v
	faults manifest=large
	"$PARE" copy -q "docker://$REG/a/b:v" oci:out:v
	rm -rf out
	faults manifest=big
	refused 5 "*over the limit*" copy "docker://$REG/a/b:v" oci:out:v
	faults manifest=duplicate
	refused 4 "*" copy "docker://$REG/a/b:v" oci:out:v
	faults manifest=other
	refused 8 "*another digest*" copy "docker://$REG/a/b:v" oci:out:v
	faults manifest=html
	refused 4 "*" copy "docker://$REG/a/b:v" oci:out:v
	faults manifest=self
	refused 8 "*other bytes*" copy --all "docker://$REG/a/b:v" oci:out:v
}

@test "pages that end, that don't, and that lead to themselves" {
	faults tags=pages
	run -0 "$PARE" tags "$REG/a/b"
	[ "$output" = $'t0\nt1\nt2\nt3' ]
	faults tags=norel
	run -0 "$PARE" tags "$REG/a/b"
	[ "$output" = $'t0\nt1\nt2\nt3' ]
	faults tags=null
	run -0 "$PARE" tags "$REG/a/b"
	[ "$output" = "" ]
	faults tags=self
	refused 4 "*follows itself*" tags "$REG/a/b"
	faults tags=endless
	refused 5 "*pages*" tags "$REG/a/b"
}

@test "a warning of the registry is shown, once" {
	push
	faults "warning=this repository is going away"
	run --separate-stderr "$PARE" copy "docker://$REG/a/b:v" oci:out:v
	[ "$status" -eq 0 ]
	[ "$(grep -c 'this repository is going away' <<<"$stderr")" -eq 1 ]
}

@test "what is attached is listed, by the registry or by the tag that stands in" {
	push
	echo '{}' >sbom.json
	for how in "referrers=" referrers=1 referrers=400 referrers=405 referrers=html; do
		faults "$how"
		"$PARE" attach "$REG/a/b:v" sbom.json --type application/spdx+json --json >attached
		"$PARE" resolve "$REG/a/b:v" >subject
		[ "$(jq -r .subject attached)" = "$(<subject)" ]
		[ "$(jq -r .artifactType attached)" = application/spdx+json ]
		"$PARE" resolve "$REG/a/b@$(jq -r .digest attached)" --json >resolved
		size=$(jq .size resolved)
		[ "$(jq .size attached)" -eq "$size" ]
		echo sig >sig
		"$PARE" attach "$REG/a/b:v" sig --type application/sig --annotation by=me
		[ "$("$PARE" referrers "$REG/a/b:v" --format json | jq length)" -eq 2 ]
		[ "$("$PARE" referrers "$REG/a/b:v" --type application/sig --format json |
			jq -r '.[0].artifactType')" = application/sig ]
	done
	"$PARE" tags "$REG/a/b" | grep -qx "sha256-${DIGEST#*:}"
}

@test "sixteen copies at once into one layout" {
	push
	for i in {1..16}; do
		"$PARE" copy -q "docker://$REG/a/b:v" "oci:out:v$i" >/dev/null 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	[ "$(jq '[.manifests[].digest] | length' out/index.json)" -eq 16 ]
	[ "$(jq -r '[.manifests[].digest] | unique[]' out/index.json)" = "$DIGEST" ]
	[ "$(find out/blobs -type f | wc -l)" -eq 3 ]
}

@test "a copy that is killed goes on with what has arrived" {
	"$PARE" copy -q oci:large:v "docker://$REG/a/b:v"
	faults cut=50
	# the cut makes it wait a moment before the second half
	"$PARE" copy -q "docker://$REG/a/b:v" oci:out:v >/dev/null 3>&- &
	pid=$!
	for _ in {1..200}; do
		[ -z "$(find out -name '*.part' -size +15M 2>/dev/null)" ] || break
		sleep 0.01
	done
	kill -9 "$pid"
	wait "$pid" || true
	[ ! -e out/index.json ] || jq -e '.manifests == []' out/index.json
	have=$(find out -name '*.part' -size +15M -exec stat -c %s {} +)
	: >"$FAULT_LOG"
	pull
	grep -q ' 206 ' "$FAULT_LOG"
	layer=$(jq -r '.layers[0].size' "large/blobs/sha256/$(jq -r '.manifests[0].digest' \
		large/index.json | cut -d: -f2)")
	# what had arrived isn't asked for again
	[ "$(downloaded)" -ge "$((layer - have))" ]
	[ "$(downloaded)" -le "$((layer - have + 10000))" ]
	(cd out/blobs/sha256 && sha256sum * | awk '$1 != $2 { exit 1 }')
}

@test "looking into an image fetches what is asked for, and a layer once" {
	"$BATS_TEST_DIRNAME/../lib/make-image" whole:v 'layer(file_("hello", "hello, amd64\n"))'
	"$PARE" copy -q oci:whole:v "docker://$REG/a/b:v"
	manifest=$(jq -r '.manifests[0].digest' whole/index.json)
	layer=$(jq -r '.layers[0].digest' "whole/blobs/sha256/${manifest#*:}")
	: >"$FAULT_LOG"
	[ "$("$PARE" inspect "docker://$REG/a/b:v" --format json | jq -r '.[0].Digest')" = "$manifest" ]
	run ! grep "$layer" "$FAULT_LOG"
	"$PARE" ls "docker://$REG/a/b:v" | grep -w hello
	[ "$("$PARE" cat "docker://$REG/a/b:v" /hello)" = "hello, amd64" ]
	: >"$FAULT_LOG"
	"$PARE" ls "docker://$REG/a/b:v" >/dev/null
	"$PARE" history "docker://$REG/a/b:v" >/dev/null
	run ! grep "$layer" "$FAULT_LOG"
	# a manifest and a config each
	[ "$(grep -cE '^GET /v2/a/b/' "$FAULT_LOG")" -eq 4 ]
	faults auth=basic
	refused 7 "*pare login*" ls "docker://$REG/a/b:v"
	login
	"$PARE" ls --authfile containers/auth.json "docker://$REG/a/b:v" | grep -w hello
	refused 6 "*" inspect --tls-verify=true "docker://$REG/a/b:v"
}

@test "of an image for several platforms only what is needed is fetched, and that once" {
	rm -rf cache
	local list=() arch manifest doc
	for arch in amd64 arm64; do
		"$BATS_TEST_DIRNAME/../lib/make-image" "all:$arch" \
			"layer(file_('hello', 'hello, $arch')); config(architecture='$arch')"
		"$PARE" copy -q --arch "$arch" "oci:all:$arch" "docker://$REG/a/b:$arch"
		"$PARE" resolve --json "$REG/a/b:$arch" >doc
		list+=("$(jq -c --arg a "$arch" '{mediaType, digest, size,
			platform: {os: "linux", architecture: $a}}' doc)")
	done
	manifest=$(jq -r .digest doc)
	doc=$(IFS=,; echo "{\"schemaVersion\":2,\"manifests\":[${list[*]}]}")
	curl -sf -X PUT -H "Content-Type: application/vnd.oci.image.index.v1+json" --data-binary "$doc" \
		"http://$REG/v2/a/b/manifests/all"
	config=$(jq -r .config.digest "all/blobs/sha256/${manifest#*:}")
	layer=$(jq -r '.layers[0].digest' "all/blobs/sha256/${manifest#*:}")
	# asked WORDS... -- COMMAND…: the requests are those for these manifests and blobs
	asked() {
		local want=()
		while [ "$1" != -- ]; do
			want+=("$1")
			shift
		done
		: >"$FAULT_LOG"
		"$PARE" "${@:2}" >/dev/null
		diff <(sed -n 's/^\(GET\|HEAD\) \(\/v2\/a\/b.*\) 200 .*/\1 \2/p' "$FAULT_LOG" | sort) \
			<(for word in "${want[@]}"; do echo "${word/ / /v2/a/b/}"; done | sort)
	}
	documents=("GET manifests/all" "GET manifests/$manifest" "GET blobs/$config")
	asked "HEAD manifests/all" -- resolve "$REG/a/b:all"
	asked "${documents[@]}" -- inspect --arch arm64 "docker://$REG/a/b:all"
	asked "GET manifests/arm64" "GET blobs/$config" -- inspect --arch arm64 "docker://$REG/a/b:arm64"
	asked "${documents[@]}" "GET blobs/$layer" -- cat --arch arm64 "docker://$REG/a/b:all" /hello
	asked "${documents[@]}" -- ls --arch arm64 "docker://$REG/a/b:all"
	rm -rf cache
	asked "${documents[@]}" "GET blobs/$layer" -- ls --arch arm64 "docker://$REG/a/b:all"
	rm -rf cache
	: >"$FAULT_LOG"
	run "$PARE" audit --arch arm64 "docker://$REG/a/b:all"
	[ "$status" -le 1 ]
	[ "$(grep -c '^GET /v2/a/b' "$FAULT_LOG")" -eq 4 ]
	asked "${documents[@]}" "GET blobs/$layer" -- copy -q --arch arm64 "docker://$REG/a/b:all" oci:out:v
}

@test "a build sends a layer when it is made, and the manifest last" {
	head -c 200000 /dev/urandom >random
	printf '%s\n' 'contents: {packages: []}' 'archs: [amd64]' 'paths:' \
		'  - {path: /random, type: file, source: random}' >r.yaml
	digest=$("$PARE" build -q r.yaml -o "docker://$REG/a/built:v" -o "docker://$REG/a/two:v")
	manifest=$(curl -s "http://$REG/v2/a/built/manifests/v")
	[ "sha256:$(sha256sum <<<"$manifest" | cut -d' ' -f1)" = "$digest" ] ||
		[ "sha256:$(printf %s "$manifest" | sha256sum | cut -d' ' -f1)" = "$digest" ]
	layer=$(jq -r '.layers[-1].digest' <<<"$manifest")
	config=$(jq -r '.config.digest' <<<"$manifest")
	grep -v "^GET" "$FAULT_LOG"
	for name in built two; do
		log=$(grep "/v2/a/$name/" "$FAULT_LOG")
		[ "$(grep -c "^HEAD /v2/a/$name/blobs/$config" <<<"$log")" -eq 1 ]
		[ "$(grep -c "^POST /v2/a/$name/" <<<"$log")" -eq 2 ]
		# asked for once, and there before anything that is made later
		[ "$(grep -c "^HEAD /v2/a/$name/blobs/$layer" <<<"$log")" -eq 1 ]
		sent=$(grep -n "^PUT .*$layer.* 201" <<<"$log" | cut -d: -f1)
		[ "$sent" -lt "$(grep -n "$config" <<<"$log" | head -1 | cut -d: -f1)" ]
		grep -v "^GET" <<<"$log" | tail -1 | grep "^PUT /v2/a/$name/manifests/v 201"
	done
	# the same again sends nothing
	: >"$FAULT_LOG"
	"$PARE" build -q r.yaml -o "docker://$REG/a/built:v"
	run ! grep -E '^(POST|PATCH|PUT) .*blobs' "$FAULT_LOG"
	faults auth=token
	refused 7 "*pare login*" build r.yaml -o "docker://$REG/a/built:w"
}

# asked VERB WORD...: how many blobs that asks the registry for; nothing may be asked for twice
asked() {
	: >"$FAULT_LOG"
	"$PARE" "$@" >out.text || [ $? -eq 1 ]
	grep '^GET' "$FAULT_LOG" | sort | uniq -d >out.twice
	[ ! -s out.twice ] || { cat out.twice; return 1; }
	[ "$(grep -c '^GET .*/manifests/' "$FAULT_LOG")" -eq "${MANIFESTS-1}" ]
	grep -c '^GET .*/blobs/' "$FAULT_LOG" || true
}

@test "a look fetches what it needs, once" {
	"$BATS_TEST_DIRNAME/../lib/make-image" looked:v 'layer(file_("a", "a")); layer(file_("b", "b")); layer(file_("c", "c" * 9999))'
	local image=docker://$REG/look:v
	"$PARE" copy -q oci:looked:v "$image"
	# of a new image the configuration and its three layers, of one that was looked at the first alone
	[ "$(asked ls "$image")" -eq 4 ]
	[ "$(asked ls "$image")" -eq 1 ]
	[ "$(asked ls --largest 3 "$image")" -eq 1 ]
	[ "$(asked history "$image")" -eq 1 ]
	[ "$(asked why "$image" /b)" -eq 1 ]
	[ "$(asked diff "$image" oci:looked:v)" -eq 1 ]
	# one file is in one layer; scanners must see all
	[ "$(asked cat "$image" b)" -eq 2 ]
	[ "$(cat out.text)" = b ]
	[ "$(asked audit --policy default "$image")" -eq 4 ]
	rm -rf cache
	[ "$(asked audit --policy default "$image")" -eq 4 ]
	grep -q start-nothing out.text
	rm -rf cache
	[ "$(asked export "$image")" -eq 4 ]
	tar xOf out.text c | cmp - <(printf 'c%.0s' {1..9999})
	# what needs a library is found out from the bytes of all programs
	cp /bin/true program
	"$BATS_TEST_DIRNAME/../lib/make-image" looked:p 'layer(file_("bin/true", open("program", "rb").read(), mode=0o755)); layer(file_("a", "a"))'
	image=docker://$REG/look:p
	"$PARE" copy -q oci:looked:p "$image"
	rm -rf cache
	[ "$(asked why "$image" /bin/true)" -eq 3 ]
	[ "$(asked why "$image" /bin/true)" -eq 2 ]
}
