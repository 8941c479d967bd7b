# SPDX-License-Identifier: Apache-2.0
# Images that umoci makes and skopeo puts where a test wants them: not by pare itself.

source "${BASH_SOURCE[0]%/*}/check.bash"

# new_image LAYOUT TAG ARCH: two layers, a user, a command, environment, a label, a port, a date.
new_image() {
	local image=$1:$2 arch=$3
	[ -d "$1" ] || umoci init --layout "$1"
	umoci new --image "$image"
	echo "hello, $arch" >hello.txt
	umoci insert --rootless --image "$image" --history.created_by "the program" \
		hello.txt /usr/share/hello
	umoci insert --rootless --image "$image" --history.created_by "its configuration" \
		hello.txt /etc/hello
	umoci config --image "$image" --no-history --created 2025-01-02T03:04:05Z \
		--architecture "$arch" --config.user 65532 --config.entrypoint /usr/bin/hello \
		--config.cmd --greet --config.env "A=b c" --config.env PATH=/usr/bin \
		--config.label kind=test --config.exposedports 80/tcp --config.workingdir /srv \
		--author "Jo Doe"
}

# put LAYOUT:TAG NAME:TAG: into the store.
put() {
	skopeo --insecure-policy copy -q "oci:$1" "oci:$PARE_STORE:$2"
}

need() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}
