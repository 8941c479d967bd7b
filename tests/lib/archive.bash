# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For bats: makes small signed Debian archives with Debian's own tools (dpkg-deb, apt-ftparchive,
# gpg) and serves them on loopback. Load it, then
#
#	archive_setup                  # in setup_file: keys and an empty archive in $ARCHIVE
#	deb NAME VERSION [-a ARCH] [-z XZ|…] [-f 'Field: value']… [PATH=TEXT | PATH@TARGET | PATH/]…
#	publish SUITE                  # Packages, Release, InRelease of all debs made so far in the pool
#	                               # (both: $POOL, a folder of the archive, instead of pool)
#	serve                          # $URL is the archive's address; serve_log its requests
#	archive_teardown               # in teardown_file
#	fresh_home                     # in setup
#
# A file that needs no more than the last two has no hooks of its own. Everything is below $BATS_FILE_TMPDIR. Keys are made once per file: gpg takes its time.

source "${BASH_SOURCE[0]%/*}/check.bash"

setup() {
	fresh_home
}

teardown_file() {
	archive_teardown
}

archive_setup() {
	export ARCHIVE=$BATS_FILE_TMPDIR/archive
	export GNUPGHOME=$BATS_FILE_TMPDIR/gnupg
	export KEYRING=$BATS_FILE_TMPDIR/test.gpg
	mkdir -p "$ARCHIVE/pool" && mkdir -m 700 -p "$GNUPGHOME"
	make_key archive@test
	gpg --batch --quiet --export archive@test >"$KEYRING"
}

# make_key UID [EXPIRY]
make_key() {
	gpg --batch --quiet --passphrase '' --quick-generate-key "$1" ed25519 sign "${2:-never}"
}

archive_teardown() {
	stop_serving
	gpgconf --kill all 2>/dev/null || true
}

# elf ARCH: the bytes of a program as PATH=TEXT takes them: static, 64 bit, little endian, and with
# one segment, so that nothing is wrong with it but that it does nothing.
elf() {
	local zeros4='\0000\0000\0000\0000' machine address
	local zeros7="$zeros4\0000\0000\0000"
	case $1 in
	amd64) machine='\0076\0000' ;;
	arm64) machine='\0267\0000' ;;
	riscv64) machine='\0363\0000' ;;
	*) return 1 ;;
	esac
	address="\\0000\\0000\\0100\\0000$zeros4"
	printf '%s' '\0177ELF\0002\0001\0001\0000' "$zeros4$zeros4" '\0002\0000' "$machine" \
		'\0001\0000\0000\0000' "\\0170\\0000\\0100\\0000$zeros4" "\\0100$zeros7" "\\0000$zeros7" \
		"$zeros4" '\0100\0000\0070\0000\0001\0000\0000\0000\0000\0000\0000\0000' \
		'\0001\0000\0000\0000\0005\0000\0000\0000' "\\0000$zeros7" "$address$address" \
		"\\0170$zeros7\\0170$zeros7" "\\0000\\0020$zeros4\\0000\\0000"
}

# One package into the pool. PATH=TEXT is a file (0755 for programs), PATH@TARGET a link, PATH/
# a folder.
deb() {
	local name=$1 version=$2 arch=amd64 compression=xz dir item path
	local -a fields=()
	shift 2
	while [[ ${1-} == -* ]]; do
		case $1 in
		-a) arch=$2 ;;
		-z) compression=$2 ;;
		-f) fields+=("$2") ;;
		esac
		shift 2
	done
	dir=$(mktemp -d "$BATS_FILE_TMPDIR/deb.XXXXXX")
	mkdir -p "$ARCHIVE/${POOL:-pool}" "$dir/DEBIAN" "$dir/usr/share/doc/$name"
	echo "Licence of $name" >"$dir/usr/share/doc/$name/copyright"
	for item; do
		path=${item%%[=@]*}
		mkdir -p "$dir/$(dirname "$path")"
		case $item in
		*=*)
			printf '%b' "${item#*=}" >"$dir/$path"
			[[ ${item#*=} != '\0177ELF'* ]] || chmod 755 "$dir/$path"
			;;
		*@*) ln -s "${item#*@}" "$dir/$path" ;;
		*/) mkdir -p "$dir/$path" ;;
		esac
	done
	[[ -e $dir/postinst ]] && mv "$dir/postinst" "$dir/DEBIAN/" && chmod 755 "$dir/DEBIAN/postinst"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$name" "$version" "$arch"
		printf 'Maintainer: Test <test@test>\nDescription: for tests\n'
		((${#fields[@]})) && printf '%s\n' "${fields[@]}"
	} >"$dir/DEBIAN/control"
	(cd "$dir" && find usr etc -type f -exec md5sum {} + 2>/dev/null | sort -k2 >DEBIAN/md5sums)
	find "$dir" -exec touch -h -d "${DEB_DATE:-2026-01-02 03:04:05 UTC}" {} +
	chmod -R go=rX "$dir"
	SOURCE_DATE_EPOCH=1767323045 dpkg-deb --root-owner-group "-Z$compression" --build "$dir" \
		"$ARCHIVE/${POOL:-pool}/${name}_${version//:/%3a}_$arch.deb" >/dev/null
	rm -rf "$dir"
}

# A package of all that is in a folder: deb_from NAME VERSION DIR [FIELD: VALUE]…
deb_from() {
	local name=$1 version=$2 dir=$3 arch
	arch=$(dpkg --print-architecture)
	shift 3
	mkdir -p "$dir/DEBIAN" "$dir/usr/share/doc/$name"
	echo "Licence of $name" >"$dir/usr/share/doc/$name/copyright"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$name" "$version" "$arch"
		printf 'Section: libs\nMaintainer: Test <test@test>\nDescription: for tests\n'
		(($#)) && printf '%s\n' "$@"
	} >"$dir/DEBIAN/control"
	(cd "$dir" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort |
		xargs -r md5sum >DEBIAN/md5sums)
	find "$dir" -exec touch -h -d "${DEB_DATE:-2026-01-02 03:04:05 UTC}" {} +
	chmod -R go=rX "$dir"
	SOURCE_DATE_EPOCH=1767323045 dpkg-deb --root-owner-group -Zgzip --build "$dir" \
		"$ARCHIVE/pool/${name}_${version}_$arch.deb" >/dev/null
	rm -rf "$dir"
}

# Index and sign everything in the pool as SUITE. Variables: ARCHS, VALID_UNTIL, RELEASE_DATE,
# CONTENTS (not empty: with a Contents index),
# PACKAGES_FORMS (default "plain gz xz"), SIGN_AS (a uid; empty: unsigned), SIGN_ARGS.
publish() {
	local suite=$1 arch dir form
	local dists=$ARCHIVE/dists/$suite
	rm -rf "$dists"
	for arch in ${ARCHS:-amd64}; do
		dir=$dists/main/binary-$arch
		mkdir -p "$dir"
		(cd "$ARCHIVE" && apt-ftparchive -a "$arch" packages "${POOL:-pool}") >"$dir/Packages" 2>/dev/null
		for form in ${PACKAGES_FORMS-gz xz}; do
			case $form in
			gz) gzip -nk9 "$dir/Packages" ;;
			xz) xz -k "$dir/Packages" ;;
			zst) zstd -q -k "$dir/Packages" ;;
			esac
		done
		by_hash "$dir"
		if [[ -n ${CONTENTS-} ]]; then
			(cd "$ARCHIVE" && apt-ftparchive -a "$arch" contents pool) \
				>"$dists/main/Contents-$arch" 2>/dev/null
			gzip -n "$dists/main/Contents-$arch"
		fi
	done
	(cd "$ARCHIVE" && apt-ftparchive \
		-o APT::FTPArchive::Release::Origin=Test -o APT::FTPArchive::Release::Label=Test \
		-o "APT::FTPArchive::Release::Suite=$suite" \
		-o "APT::FTPArchive::Release::Codename=$suite" \
		-o "APT::FTPArchive::Release::Architectures=${ARCHS:-amd64}" \
		-o APT::FTPArchive::Release::Components=main \
		-o APT::FTPArchive::Release::Acquire-By-Hash=yes \
		${VALID_UNTIL:+-o "APT::FTPArchive::Release::ValidTime=$VALID_UNTIL"} \
		release "dists/$suite") >"$BATS_FILE_TMPDIR/Release"
	[[ -n ${RELEASE_DATE-} ]] &&
		sed -i "s/^Date: .*/Date: $(date -uR -d "$RELEASE_DATE" | sed 's/+0000/UTC/')/" \
			"$BATS_FILE_TMPDIR/Release"
	[[ -n ${VALID_UNTIL_DATE-} ]] &&
		sed -i "/^Date: /a Valid-Until: $(date -uR -d "$VALID_UNTIL_DATE" | sed 's/+0000/UTC/')" \
			"$BATS_FILE_TMPDIR/Release"
	mv "$BATS_FILE_TMPDIR/Release" "$dists/Release"
	sign_release "$suite"
}

by_hash() {
	local file
	mkdir -p "$1/by-hash/SHA256"
	for file in "$1"/Packages*; do
		cp "$file" "$1/by-hash/SHA256/$(sha256sum "$file" | cut -d' ' -f1)"
	done
}

sign_release() {
	local dists=$ARCHIVE/dists/$1
	rm -f "$dists/InRelease"
	if [[ -z ${SIGN_AS-archive@test} ]]; then
		cp "$dists/Release" "$dists/InRelease"
		return
	fi
	# shellcheck disable=SC2086
	gpg --batch --quiet --yes --pinentry-mode loopback --passphrase '' \
		-u "${SIGN_AS-archive@test}" ${SIGN_ARGS-} --clearsign \
		-o "$dists/InRelease" "$dists/Release"
}

# The server's faults are in $FAULTS (JSON, see tests/tools/fault_server.py), its log in $SERVE_LOG.
serve() {
	export FAULTS=$BATS_FILE_TMPDIR/faults.json SERVE_LOG=$BATS_FILE_TMPDIR/requests.jsonl
	[[ -e $FAULTS ]] || echo '[]' >"$FAULTS"
	python3 "$BATS_TEST_DIRNAME/../tools/fault_server.py" --root "$ARCHIVE" --config "$FAULTS" \
		--log "$SERVE_LOG" >"$BATS_FILE_TMPDIR/port" 3>&- &
	export SERVER_PID=$!
	until [[ -s $BATS_FILE_TMPDIR/port ]]; do sleep 0.05; done
	URL=http://127.0.0.1:$(<"$BATS_FILE_TMPDIR/port")
	export URL
}

stop_serving() {
	[[ -n ${SERVER_PID-} ]] && kill "$SERVER_PID" 2>/dev/null
	return 0
}

faults() {
	printf '%s\n' "${1:-[]}" >"$FAULTS"
}

# A fresh cache and store for each test, in its own folder.
fresh_home() {
	: "${PARE:?tests/run sets it}"
	cd "$BATS_TEST_TMPDIR" || return 1
	export PARE_CACHE=$BATS_TEST_TMPDIR/cache PARE_STORE=$BATS_TEST_TMPDIR/store
	export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
	unset PARE_DEBIAN_MIRROR PARE_DEBIAN_SECURITY_MIRROR SOURCE_DATE_EPOCH
	unset PARE_ALPINE_MIRROR PARE_ALPINE_KEYRING
}

# recipe [FILE] <<… : a recipe with this archive's repository and key; the text adds to contents.
recipe() {
	local file=${1:-$BATS_TEST_TMPDIR/pare.yaml} suite=${SUITE:-stable}
	{
		printf 'contents:\n  repositories:\n    - "deb %s %s main"\n' "$URL" "$suite"
		printf '  keyring:\n    - %s\n' "$KEYRING"
		cat
	} >"$file"
}
