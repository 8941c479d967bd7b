# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the live tests share: apt as the second opinion about the archive, with folders of its own
# below $OPINIONS, which the files of a run share; and tree.py as the one about images. Pare and
# apt use the same mirror.

source "${BASH_SOURCE[0]%/*}/../lib/check.bash"

# shellcheck disable=SC2034 # for the tests
SUITES="trixie bookworm"
ARCHS="amd64 arm64"
DATA=$BATS_TEST_DIRNAME/data
TREE=$BATS_TEST_DIRNAME/tree.py
OPINIONS=$BATS_RUN_TMPDIR/live-opinions

# A cache that all live files share, and a layout in place of a store.
live_setup() {
	need_tools apt-get dpkg-deb python3 jq
	: "${PARE:=$BATS_TEST_DIRNAME/../../build/src/pare}"
	PARE=$(realpath "$PARE")
	export PARE PARE_CACHE=${PARE_LIVE_CACHE:-$BATS_RUN_TMPDIR/live-cache} PARE_STORE=$BATS_FILE_TMPDIR/store
	export LAYOUT=$BATS_FILE_TMPDIR/layout
	unset SOURCE_DATE_EPOCH
	find_mirror
}

need_tools() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# For pare run: a root that may mount, or user namespaces.
need_containers() {
	local caps
	caps=$((16#$(sed -n 's/^CapEff:\t//p' /proc/self/status)))
	if ((EUID == 0)); then
		((caps >> 21 & 1)) || skip "needs CAP_SYS_ADMIN"
	else
		unshare -r true 2>/dev/null || skip "needs user namespaces"
	fi
}

# $MIRROR and $SECURITY_MIRROR: the environment's, or those of the machine's own apt.
find_mirror() {
	local all
	# shellcheck disable=SC2016 # apt's words
	all=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sed 's,/$,,')
	MIRROR=${PARE_DEBIAN_MIRROR:-$(grep -m1 '/debian$' <<<"$all" || true)}
	SECURITY_MIRROR=${PARE_DEBIAN_SECURITY_MIRROR:-$(grep -m1 '/debian-security$' <<<"$all" || true)}
	[[ $MIRROR && $SECURITY_MIRROR ]] || skip "apt here knows no mirror of Debian"
	export MIRROR SECURITY_MIRROR
	export PARE_DEBIAN_MIRROR=$MIRROR PARE_DEBIAN_SECURITY_MIRROR=$SECURITY_MIRROR
}

# apt_setup SUITE: an apt that knows only this suite's archives.
apt_setup() {
	local dir=$OPINIONS/apt-$1 options arch
	options="signed-by=/usr/share/keyrings/debian-archive-keyring.gpg"
	[[ $MIRROR == *snapshot.* ]] && options+=" check-valid-until=no"
	mkdir -p "$dir"/{lists/partial,cache/archives/partial,etc,debs,none}
	: >"$dir/status"
	cat >"$dir/sources.list" <<-END
		deb [$options] $MIRROR $1 main
		deb [$options] $MIRROR $1-updates main
		deb [$options] $SECURITY_MIRROR $1-security main
	END
	cat >"$dir/apt.conf" <<-END
		Dir::State "$dir";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		Dir::Etc "$dir/etc";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "$dir/none";
		Dir::Etc::parts "$dir/none";
		Dir::Etc::preferencesparts "$dir/none";
		APT::Architecture "${ARCHS%% *}";
		APT::Architectures { $(for arch in $ARCHS; do printf '"%s"; ' "$arch"; done)};
		APT::Sandbox::User "$(id -un)";
		Acquire::Languages "none";
		Acquire::GzipIndexes "true";
	END
	apt_here "$1" update
}

apt_here() {
	APT_CONFIG=$OPINIONS/apt-$1/apt.conf timeout 300 apt-get -qq "${@:2}"
}

# apt_download SUITE PACKAGE...: for all $ARCHS, into the folder that deb_of looks into. To apt,
# packages for all architectures are of the first one.
apt_download() {
	local dir=$OPINIONS/apt-$1 arch
	local -a wanted
	mapfile -t wanted < <(for arch in $ARCHS; do printf "%s:$arch\n" "${@:2}"; done)
	mapfile -t wanted < <(APT_CONFIG=$dir/apt.conf apt-cache policy "${wanted[@]}" |
		awk '/^[^ ]/ { name = $1 } /^ *Candidate: [^(]/ { print name }' | sed 's/:$//')
	(cd "$dir/debs" && apt_here "$1" download "${wanted[@]}")
}

# deb_of SUITE ARCH PACKAGE: the package file that apt chose.
deb_of() {
	local file found=
	for file in "$OPINIONS/apt-$1/debs/$3"_*_"$2".deb \
		"$OPINIONS/apt-$1/debs/$3"_*_all.deb; do
		[[ -e $file ]] && found=$file
	done
	echo "${found:?apt has no $3 for $2 in $1}"
}

# packages_of SUITE IMAGE: the hand-written list, with what it adds to.
packages_of() {
	local words
	read -ra words < <(awk -v s="$1" -v i="$2" '$1 == s && $2 == i { $1 = $2 = ""; print }' \
		"$DATA/packages.txt")
	[[ ${words[0]} == + ]] && packages_of "$1" "${words[1]}" && words=("${words[@]:2}")
	printf '%s\n' "${words[@]}"
}

# build_profile PROFILE...: into the layout, for all $ARCHS; a ':' becomes '-' in its tag.
build_profile() {
	local profile arch
	local -a archs=()
	for arch in $ARCHS; do
		archs+=(-a "$arch")
	done
	for profile; do
		timeout 300 "$PARE" build -q --profile "distroless/$profile" "${archs[@]}" \
			-o "oci:$LAYOUT:${profile/:/-}" 2>&1
	done
}

# listing TAG ARCH: made once per file.
listing() {
	local file=$BATS_FILE_TMPDIR/listing-$1-$2
	[[ -s $file ]] || python3 "$TREE" list "$LAYOUT" "$1" "$2" >"$file"
	cat "$file"
}

config() {
	python3 "$TREE" config "$LAYOUT" "$1" "$2"
}

# file_in TAG ARCH PATH...
file_in() {
	python3 "$TREE" cat "$LAYOUT" "$@"
}

# opinions SUITE: what apt and dpkg-deb have to say about it: packages, their versions, and the
# files that data/rootfs.txt names.
opinions() {
	local deb
	local -a wanted
	[[ ! -e $OPINIONS/versions-$1 ]] || return 0
	mapfile -t wanted < <(packages_of "$1" cc)
	apt_setup "$1"
	apt_download "$1" "${wanted[@]}" busybox-static
	make_sources "$1"
	for deb in "$OPINIONS/apt-$1"/debs/*.deb; do
		dpkg-deb -f "$deb" Package Version Architecture | sed 's/^[^:]*: //' | paste -sd' '
	done >"$OPINIONS/versions-$1"
}

# The files that data/rootfs.txt names; the CA bundle as a shell would make it.
make_sources() {
	local dir=$OPINIONS/sources-$1 certificate
	mkdir -p "$dir"
	cp "$DATA/passwd" "$DATA/group" "$DATA/nsswitch.conf" "$dir"
	cp "$DATA/os-release-$1" "$dir/os-release"
	dpkg-deb -x "$(deb_of "$1" amd64 ca-certificates)" "$dir/ca"
	(
		cd "$dir/ca/usr/share/ca-certificates" || exit
		find . -type f | LC_ALL=C sort | while read -r certificate; do
			sed -e "\$a\\" "$certificate"
		done
	) >"$dir/ca-certificates.crt"
}

# differences TAG SUITE IMAGE ARCH SPEC...: fails with a list of what is not as the packages of the
# image and the specs have it.
differences() {
	local tag=$1 suite=$2 image=$3 arch=$4 name
	local -a debs=()
	for name in $(packages_of "$suite" "$image"); do
		debs+=("$(deb_of "$suite" "$arch" "$name")")
	done
	cat "${@:5}" >spec
	# trixie's base-files has it, bookworm's libc6 has files there
	case $suite-$image-$arch in
	bookworm-static-* | *-arm64) ;;
	*) echo "/lib64 link - 0:0 usr/lib64" >>spec ;;
	esac
	python3 "$TREE" expect "$LAYOUT" "$tag" "$arch" spec "$OPINIONS/sources-$suite" \
		"${debs[@]}" >differences
	cat differences
	[[ ! -s differences ]]
}
