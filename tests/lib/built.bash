# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For bats, beside archive.bash: builds recipes of the test's archive into OCI layouts and looks
# into them with tests/tools/image.py, which reads tar and JSON with Python, not with pare.
#
#	build [ARGUMENTS]          pare build into the layout ./img, tag it; the digest into ./digest
#	image COMMAND [ARGUMENTS]  image.py COMMAND img …
#	holds LINE…                each is a line of `image ls`, as a bash pattern
#	lacks LINE…                none is
#	raw_deb NAME VERSION [ARCH] <<<JSON    one into the pool, by make_deb.py; control is added

build() {
	"$PARE" build -o oci:img:it "$@" >digest
}

image() {
	python3 "$BATS_TEST_DIRNAME/../tools/image.py" "$1" "${LAYOUT:-img}" "${@:2}"
}

listing_has() {
	local line
	while IFS= read -r line; do
		# shellcheck disable=SC2053
		[[ $line == $1 ]] && return 0
	done <listing
	return 1
}

holds() {
	local pattern
	image ls >listing
	for pattern; do
		listing_has "$pattern" && continue
		echo "no line is: $pattern" && cat listing
		return 1
	done
}

lacks() {
	local pattern
	image ls >listing
	for pattern; do
		listing_has "$pattern" || continue
		echo "a line is: $pattern" && cat listing
		return 1
	done
}

raw_deb() {
	local name=$1 version=$2 arch=${3:-amd64}
	jq --arg control "$(printf 'Package: %s\nVersion: %s\nArchitecture: %s\n%s\n%s' "$name" \
		"$version" "$arch" 'Maintainer: Test <test@test>' 'Description: for tests')
" '{control: $control} + .' |
		python3 "$BATS_TEST_DIRNAME/../tools/make_deb.py" \
			"$ARCHIVE/${POOL:-pool}/${name}_${version}_$arch.deb"
}

# How often the server was asked for what fits the pattern.
requests() {
	jq -r .path "$SERVE_LOG" | { grep -c -- "$1" || true; }
}

# An ordinary user for what root would not notice; the command's own words as one text.
digest_of() {
	jq -r '.manifests[0].digest' "${1:-img}/index.json"
}
