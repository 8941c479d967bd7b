# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Registries on loopback for bats.
#
#	registry_home                in setup_file: there, with caches, a store and credentials of its own
#	login                        puts credentials for $REG where pare looks for them
#	fault_start [FAULT=VALUE]…   a misbehaving one (tests/tools/fault_registry.py); $REG is its
#	                             HOST:PORT, $FAULT_LOG its requests
#	faults FAULT=VALUE…          changes what is wrong with it; "FAULT=" takes one back
#	fault_reset                  empties it, and its log
#	fault_stop
#	registry_start CONFIG        Debian's docker-registry on a free port; $REG; further lines of
#	                             its configuration below "http:" in CONFIG
#	registry_stop
#	tokens_start DIR             a token server (tests/tools/token_server.py), whose files are in
#	                             DIR; $TOKENS_CONFIG makes a registry ask for its tokens

registry_home() {
	cd "$BATS_FILE_TMPDIR" || return 1
	export XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR PARE_CACHE=$BATS_FILE_TMPDIR/cache
	export PARE_STORE=$BATS_FILE_TMPDIR/store HOME=$BATS_FILE_TMPDIR/home
	unset REGISTRY_AUTH_FILE DOCKER_CONFIG DOCKER_AUTH_CONFIG http_proxy https_proxy
	mkdir -p home containers
}

login() {
	mkdir -p containers
	echo '{"auths":{"'"$REG"'":{"auth":"am86c2VjcmV0"}}}' >containers/auth.json
}

fault_start() {
	FAULT_LOG=$(mktemp "$BATS_FILE_TMPDIR/log.XXXXXX")
	local dir=$FAULT_LOG.d
	mkdir "$dir"
	mkfifo "$dir/control"
	python3 -B "$BATS_TEST_DIRNAME/../tools/fault_registry.py" "$dir/port" "$FAULT_LOG" "$@" \
		<"$dir/control" >"$dir/out" 2>&1 3>&- &
	FAULT_PID=$!
	exec 9>"$dir/control"
	FAULT_CONTROL=$dir/control
	for _ in {1..100}; do
		[ ! -e "$dir/port" ] || break
		sleep 0.05
	done
	REG=127.0.0.1:$(<"$dir/port")
	export REG FAULT_LOG FAULT_PID FAULT_CONTROL
}

# A test runs in a process of its own: it must open the pipe again.
fault_reset() {
	exec 9>"$FAULT_CONTROL"
	faults reset
	: >"$FAULT_LOG"
}

faults() {
	local line before
	for line; do
		before=$(grep -c '^SET' "$FAULT_LOG" || true)
		echo "$line" >&9
		for _ in {1..100}; do
			[ "$(grep -c '^SET' "$FAULT_LOG" || true)" -eq "$before" ] || break
			sleep 0.02
		done
	done
}

fault_stop() {
	exec 9>&-
	kill "$FAULT_PID"
	wait "$FAULT_PID" 2>/dev/null || true
}

registry_start() {
	local dir
	dir=$(mktemp -d "$BATS_FILE_TMPDIR/registry.XXXXXX")
	for _ in {1..20}; do
		REG=127.0.0.1:$((20000 + RANDOM % 20000))
		cat >"$dir/config" <<-END
			version: 0.1
			log: {level: error, accesslog: {disabled: true}}
			storage: {filesystem: {rootdirectory: $dir/data}, delete: {enabled: true}}
			http:
			  addr: $REG
			${1-}
		END
		# it takes every REGISTRY_… for its own
		env -u REGISTRY_AUTH_FILE docker-registry serve "$dir/config" >"$dir/out" 2>&1 3>&- &
		REGISTRY_PID=$!
		for _ in {1..60}; do
			if (: </dev/tcp/"${REG%:*}"/"${REG#*:}") 2>/dev/null; then
				export REG REGISTRY_PID
				return 0
			fi
			kill -0 "$REGISTRY_PID" 2>/dev/null || break
			sleep 0.05
		done
	done
	return 1
}

registry_stop() {
	kill "$REGISTRY_PID"
	wait "$REGISTRY_PID" 2>/dev/null || true
}

tokens_start() {
	local dir
	dir=$(realpath -m "$1")
	mkdir -p "$dir"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" \
		-subj /CN=tokens 2>/dev/null
	python3 -B "$BATS_TEST_DIRNAME/../tools/token_server.py" "$dir" me 3>&- &
	TOKENS_PID=$!
	for _ in {1..100}; do
		[ ! -e "$dir/port" ] || break
		sleep 0.05
	done
	TOKENS_CONFIG="auth: {token: {realm: 'http://127.0.0.1:$(<"$dir/port")/token', service: r,
  issuer: me, rootcertbundle: $dir/cert.pem}}"
	export TOKENS_PID TOKENS_CONFIG
}

# big_image LAYOUT TAG BYTES: one layer of bytes that don't compress, the same each time.
big_image() {
	umoci init --layout "$1"
	umoci new --image "$1:$2"
	head -c "$3" <(openssl enc -aes-128-ctr -K 0 -iv 0 -nosalt </dev/zero 2>/dev/null) >big
	umoci insert --rootless --image "$1:$2" big /big
	umoci config --image "$1:$2" --no-history --created 2025-01-02T03:04:05Z
	rm big
}
