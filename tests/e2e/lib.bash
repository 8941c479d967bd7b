# SPDX-License-Identifier: Apache-2.0
#
# What the end-to-end tests share: the consumers of images, each with its own folders, sockets and
# configuration, so that nothing of the machine's own Docker or podman is touched; started and
# stopped by the test that needs it. Source it from a .bats file and call e2e_setup from
# setup_file and e2e_teardown from teardown_file. All folders are below $E2E.
#
# Reasons for which a test may skip, and no others:
#	needs root                     dockerd, podman and runc with owners other than the user
#	needs CAP_SYS_ADMIN            the same, root without the right to mount
#	needs user namespaces          rootless runc
#
# shellcheck shell=bash

source "${BASH_SOURCE[0]%/*}/../lib/check.bash"

# The ordinary user of tests that run as root; it needs no account.
readonly E2E_UID=61234

e2e_setup() {
	# not below BATS_FILE_TMPDIR: other users can't enter that, sockets need short paths, and
	# podman takes the folder of an oci: place for a name, which must be lower case
	E2E=/tmp/pare-e2e-$$-$RANDOM
	mkdir -m 755 "$E2E"
	export E2E
	: "${PARE_BUILD:=$BATS_TEST_DIRNAME/../../build}"
	PARE_BUILD=$(realpath "$PARE_BUILD")
	export PARE_BUILD
}

e2e_teardown() {
	[ -n "${E2E-}" ] || return 0
	docker_stop
	unmount_below "$E2E"
	chmod -R u+rwX "$E2E" 2>/dev/null
	rm -rf "$E2E"
}

# Not without a folder: everything is below none.
unmount_below() {
	local mount
	[ -n "$1" ] || return 1
	while read -r _ mount _; do
		[[ $mount == "$1"/* ]] && umount -l "$mount"
	done </proc/mounts
	return 0
}

require_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	local caps
	caps=$((16#$(sed -n 's/^CapEff:\t//p' /proc/self/status)))
	((caps >> 21 & 1)) || skip "needs CAP_SYS_ADMIN"
}

require_user_namespaces() {
	as_user unshare --user true 2>/dev/null || skip "needs user namespaces"
}

# Runs a command as an ordinary user with a home and a runtime folder of its own.
as_user() {
	local home=$E2E/user
	if [ ! -d "$home" ]; then
		mkdir -p "$home/run"
		chmod 700 "$home/run"
		[ "$(id -u)" -ne 0 ] || chown -R "$E2E_UID:$E2E_UID" "$home"
	fi
	local run=(env HOME="$home" XDG_RUNTIME_DIR="$home/run" "$@")
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid="$E2E_UID" --regid="$E2E_UID" --clear-groups "${run[@]}"
	else
		"${run[@]}"
	fi
}

# skopeo without the machine's signature policy.
skopeo() {
	command skopeo --insecure-policy "$@"
}

# ---- runc ----------------------------------------------------------------------------------

# bundle_adjust DIR JQ: changes the config.json of a bundle that umoci made. Always: no terminal,
# nothing of cgroups (an ordinary user has none), no raised limits (root in a sandbox may not).
bundle_adjust() {
	jq '.process.terminal = false | .process.rlimits = []
		| .linux.namespaces |= map(select(.type != "cgroup"))
		| .mounts |= map(select(.type != "cgroup"))
		| del(.linux.resources) | '"$2" "$1/config.json" >"$1/config.new"
	cat "$1/config.new" >"$1/config.json"
}

# runc_root NAME BUNDLE
runc_root() {
	runc --root "$E2E/runc" run -b "$2" "$1"
}

# Its process must be user 0: only one id is mapped.
runc_rootless() {
	as_user runc --root "$E2E/user/run/runc" run -b "$2" "$1"
}

# ---- podman --------------------------------------------------------------------------------

# podman with storage and state of its own. Its lock_type must stay "shm": with "file", `run --rm`
# waits 20 s for its own clean-up.
podman_here() {
	local dir=$E2E/podman
	mkdir -p "$dir"
	[ -f "$dir/policy.json" ] ||
		echo '{"default":[{"type":"insecureAcceptAnything"}]}' >"$dir/policy.json"
	podman --root "$dir/root" --runroot "$dir/run" --tmpdir "$dir/tmp" --storage-driver vfs \
		--cgroup-manager cgroupfs --events-backend file --runtime runc "$@"
}

# podman_load FILE; crun as the runtime would refuse hybrid cgroups.
podman_load() {
	podman_here load --signature-policy "$E2E/podman/policy.json" -i "$1"
}

# Limits, because podman would raise them, which root in a sandbox may not.
podman_run() {
	podman_here run --rm --network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 "$@"
}

# ---- Docker Engine -------------------------------------------------------------------------

# A dockerd (and the containerd that it starts) below $E2E/docker, vfs, without networks.
# E2E_DOCKERD and E2E_DOCKER name other programs than those in PATH. docker_start containerd: with
# containerd's image store, which Docker Engine has since 24.
docker_start() {
	local dir=$E2E/docker driver=vfs i
	mkdir -p "$dir"
	echo '{}' >"$dir/daemon.json" # not the machine's
	if [ "${1-}" = containerd ]; then
		driver=native
		echo '{"features": {"containerd-snapshotter": true}}' >"$dir/daemon.json"
	fi
	# 3>&-: bats waits for whoever holds its descriptor
	"${E2E_DOCKERD:-dockerd}" --config-file "$dir/daemon.json" --data-root "$dir/data" \
		--exec-root "$dir/exec" --pidfile "$dir/pid" -H "unix://$dir/sock" \
		--storage-driver "$driver" --bridge none --iptables=false --ip6tables=false \
		--containerd-namespace pare-e2e --containerd-plugins-namespace pare-e2e-plugins \
		>"$dir/log" 2>&1 3>&- &
	echo $! >"$dir/own-pid"
	for ((i = 0; i < 120; i++)); do
		docker_here version >/dev/null 2>&1 && return 0
		kill -0 "$(cat "$dir/own-pid")" 2>/dev/null || break
		sleep 0.5
	done
	echo "dockerd did not start:"
	tail -n 20 "$dir/log"
	return 1
}

# Docker Engine 25 keeps images in containerd's store if it is told to; older ones can't well.
need_containerd_store() {
	local version
	version=$("${E2E_DOCKERD:-dockerd}" --version)
	[[ $version =~ version\ ([0-9]+)\. ]]
	((BASH_REMATCH[1] >= 25)) || skip "Docker Engine is older than 25"
}

docker_here() {
	DOCKER_CONFIG=$E2E/docker/config \
		"${E2E_DOCKER:-docker}" -H "unix://$E2E/docker/sock" "$@"
}

docker_stop() {
	local dir=$E2E/docker pid i
	[ -f "$dir/own-pid" ] || return 0
	pid=$(cat "$dir/own-pid")
	rm "$dir/own-pid"
	kill "$pid" 2>/dev/null || return 0
	for ((i = 0; i < 60; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.5
	done
	kill -9 "$pid" 2>/dev/null || :
	unmount_below "$dir"
}
