#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes keys and signed documents with GnuPG in the folder $1, for openpgp_test.c.
set -eu
cd "$1"
export GNUPGHOME="$PWD/home" LC_ALL=C
mkdir -m 700 home
gpg() { command gpg --batch --quiet --no-tty --pinentry-mode loopback --passphrase '' \
	--no-auto-key-locate --trust-model always --allow-weak-key-signatures "$@" 2>>gpg.log; }
trap 'gpgconf --kill all' EXIT

key() { # NAME ALGO USAGE EXPIRY
	gpg --quick-gen-key "$1 <$1@example.org>" "$2" "$3" "${4:-never}"
}
fpr() { gpg --with-colons --list-keys "<$1@example.org>" | awk -F: '$1 == "fpr" { print $10 }'; }
sign() { # OUT, then gpg's arguments
	out=$1
	shift
	gpg "$@" --output "$out" --clear-sign text
}

key rsa rsa2048 sign
key ed ed25519 sign
key weak rsa1024 sign
key dsa dsa2048 sign
key stranger ed25519 sign
key sub rsa2048 cert
gpg --quick-add-key "$(fpr sub | head -n 1)" ed25519 sign never
key revoked ed25519 sign
# Valid for ten days around 2020-09-13.
gpg --faked-system-time 20200913T122640 --quick-gen-key 'old <old@example.org>' ed25519 sign 10d

printf 'Origin: test\nSuite: stable\n- dashed\n-- two\nFrom here\nblanks \t\n\nlast\n' > text
sign rsa.asc -u '<rsa@example.org>'
sign ed.asc -u '<ed@example.org>'
sign sub.asc -u '<sub@example.org>'
sign several.asc -u '<stranger@example.org>' -u '<rsa@example.org>' -u '<ed@example.org>'
sign stranger.asc -u '<stranger@example.org>'
sign weak.asc -u '<weak@example.org>'
sign dsa.asc -u '<dsa@example.org>'
sign sha1.asc -u '<rsa@example.org>' --digest-algo SHA1
sign md5.asc -u '<rsa@example.org>' --digest-algo MD5 --allow-weak-digest-algos
sign sha512.asc -u '<ed@example.org>' --digest-algo SHA512
sign revoked.asc -u '<revoked@example.org>'
sign old.asc -u '<old@example.org>' --faked-system-time 20200914T122640
sign future.asc -u '<rsa@example.org>' --faked-system-time "$(date -u -d '+1 hour' +%Y%m%dT%H%M%S)"
: > empty
gpg -u '<rsa@example.org>' --output empty.asc --clear-sign empty
gpg -u '<rsa@example.org>' --output inline.pgp --sign text

for name in rsa ed weak dsa sub revoked old; do
	gpg --export "<$name@example.org>" > "$name.gpg"
	fpr "$name" > "$name.fpr"
done
gpg --export "<rsa@example.org>" "<ed@example.org>" > both.gpg
gpg --armor --export "<rsa@example.org>" "<ed@example.org>" > both.asc
gpg --export-secret-keys rsa > secret.gpg
# The certificate that GnuPG keeps for emergencies, with its guard colon taken away.
sed 's/^:---/---/' "home/openpgp-revocs.d/$(head -n 1 revoked.fpr).rev" > revoke.asc
gpg --import revoke.asc
gpg --export '<revoked@example.org>' > revoked-now.gpg
# What gpgv reads in these documents, as a second opinion; it fails where a key is unknown to it.
for name in rsa ed sub several; do
	gpgv --homedir . --keyring ./both.gpg --keyring ./sub.gpg --output "$name.txt" "$name.asc" \
		2>>gpg.log || :
done
