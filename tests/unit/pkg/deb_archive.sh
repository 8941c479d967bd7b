#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes small signed Debian archives with Debian's own tools in the folder $1, for
# deb_repository_test.c: one folder each, named after what is special about it.
set -eu
cd "$1"
export GNUPGHOME="$PWD/home" LC_ALL=C
mkdir -m 700 home
gpg() { command gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' "$@" 2>>gpg.log; }
trap 'gpgconf --kill all' EXIT
for name in archive stranger; do
	gpg --quick-gen-key "$name <$name@example.org>" ed25519 sign never
	gpg --export "<$name@example.org>" > "$name.gpg"
done

deb() { # NAME VERSION ARCH, more control fields on stdin
	mkdir -p "pkg/DEBIAN" "pkg/usr/share/$1"
	head -c 3000 /dev/urandom > "pkg/usr/share/$1/data"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$1" "$2" "$3"
		printf 'Maintainer: Nobody <nobody@example.org>\nDescription: test\n more\n'
		cat
	} > pkg/DEBIAN/control
	mkdir -p "base/pool/$4"
	dpkg-deb -Znone --root-owner-group -b pkg "base/pool/$4/$1_$2_$3.deb" > /dev/null
	rm -r pkg
}
deb hello 1.0-1 amd64 main <<- 'END'
	Source: hello-src (1.0)
	Priority: required
	Essential: yes
	Multi-Arch: foreign
	Installed-Size: 7
	Depends: libx (>= 1),
	 libc6 | libc
	Pre-Depends: dpkg (>= 1.15)
	Provides: greeter (= 1), world:any, farewell
	Conflicts: bye
	Breaks: older (<< 1)
	Replaces: older
END
deb hello 1.1-1 amd64 main < /dev/null
deb libx 2 amd64 main < /dev/null
deb docs 3 all main < /dev/null
deb extra 4 amd64 contrib < /dev/null
deb hello 1.0-1 arm64 main < /dev/null

packages() { # COMPONENT ARCH…: all compressions of one list
	list=base/dists/stable/$1/binary-$2/Packages
	mkdir -p "${list%/*}"
	(cd base && apt-ftparchive --arch "$2" packages "pool/$1") > "$list"
	compress "$list"
}
compress() {
	gzip -nk9 "$1"
	xz -k "$1"
	zstd -q "$1"
}
packages main amd64
packages main arm64
packages contrib amd64
packages contrib arm64

release() { # ARCHIVE, sed script for the Release
	dist=$1/dists/stable
	rm -f "$dist/Release" "$dist/InRelease"
	apt-ftparchive -o APT::FTPArchive::Release::Suite=stable \
		-o APT::FTPArchive::Release::Origin=Test \
		-o APT::FTPArchive::Release::Codename=testing-toy \
		-o APT::FTPArchive::Release::Architectures='amd64 arm64' \
		-o APT::FTPArchive::Release::Components='main contrib' release "$dist" > Release
	sed -i "${2:-}" Release
	mv Release "$dist/Release"
	gpg -u "${3:-<archive@example.org>}" --clear-sign -o "$dist/InRelease" "$dist/Release"
}
copy() { cp -r base "$1"; }
at() { date -u -R -d "$1"; }

copy good && release good
ln -s stable good/dists/unstable
for form in gz xz zst plain; do
	copy "only-$form" && release "only-$form"
	for file in "only-$form"/dists/stable/*/*/Packages*; do
		case "$file:$form" in *.gz:gz | *.xz:xz | *.zst:zst | *Packages:plain) ;;
		*) rm "$file" ;; esac
	done
done

# Only by-hash, as on a mirror that was updated after its Release was read.
copy by-hash && release by-hash 's/^Suite/Acquire-By-Hash: yes\nSuite/'
for file in by-hash/dists/stable/*/*/Packages*; do
	dir=${file%/*}/by-hash/SHA256
	mkdir -p "$dir"
	mv "$file" "$dir/$(sha256sum "$file" | cut -d ' ' -f 1)"
done

copy older && release older "s/^Date:.*/Date: $(at '-2 days')/"
copy expired && release expired "s/^Date:.*/Date: $(at '-9 days')\nValid-Until: $(at '-2 days')/"
copy future && release future "s/^Date:.*/Date: $(at '+2 days')/"
copy security && release security 's/^Suite:.*/Suite: stable-security/
	s/^Components:.*/Components: updates\/main updates\/contrib/'
ln -s stable security/dists/testing-toy
copy stranger && release stranger '' '<stranger@example.org>'
copy unsigned && release unsigned && rm unsigned/dists/stable/InRelease
copy tampered && release tampered && sed -i 's/^Origin: Test/Origin: Evil/' tampered/dists/stable/InRelease
copy no-digests && release no-digests '/^SHA256:/,/^[A-Z]/{/^ /d; /^SHA256/d}'

# One byte changed, missing, or too many, behind a good signature.
for form in gz xz zst; do
	copy "flipped-$form" && release "flipped-$form"
	copy "short-$form" && release "short-$form"
	copy "long-$form" && release "long-$form"
	for file in "flipped-$form"/dists/stable/main/binary-amd64/Packages* \
		"short-$form"/dists/stable/main/binary-amd64/Packages* \
		"long-$form"/dists/stable/main/binary-amd64/Packages*; do
		size=$(stat -c %s "$file")
		case $file in
		flipped-$form/*.$form)
			byte=$(od -An -tu1 -j $((size / 2)) -N 1 "$file")
			printf '%b' "\\0$(printf %o $((byte ^ 255)))" |
				dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc status=none ;;
		"short-$form"/*.$form) truncate -s -1 "$file" ;;
		"long-$form"/*.$form) printf x >> "$file" ;;
		*-$form/*) rm "$file" ;;
		esac
	done
done

# Signed as they are, but no good.
broken() { # ARCHIVE, sed script for Packages
	copy "$1"
	list=$1/dists/stable/main/binary-amd64/Packages
	rm "$list".*
	sed -i "$2" "$list"
	compress "$list"
	release "$1"
}
broken unsafe-name 's,^Filename: .*hello_1.0.*,Filename: pool/../../etc/passwd,'
broken no-sha256 '/^SHA256/d'
broken no-size 's/^Size: .*/Size: many/'

# Packages for all architectures in a list of their own.
copy separate-all
rm separate-all/dists/stable/main/binary-*/*
for arch in all amd64; do
	list=separate-all/dists/stable/main/binary-$arch/Packages
	mkdir -p "${list%/*}"
	awk -v arch="$arch" 'BEGIN { RS = ""; ORS = "\n\n" } $0 ~ "\nArchitecture: " arch "\n"' \
		base/dists/stable/main/binary-amd64/Packages > "$list"
done
release separate-all 's/^Architectures:.*/Architectures: all amd64/'

mkdir flat
cp base/pool/main/*.deb flat
(cd flat && apt-ftparchive packages . > Packages && apt-ftparchive release . > ../Release)
mv Release flat/
gpg -u '<archive@example.org>' --clear-sign -o flat/InRelease flat/Release
