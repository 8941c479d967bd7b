# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For tests of bad input and bad luck: damage, comparing caches and stores, asking the server's log.

# The byte at an offset becomes another one.
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf '%b' "\\x$(printf %02x $((byte ^ 0x21)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Every file of cache and store with its digest; partial downloads are meant to stay.
snapshot() {
	(cd "$BATS_TEST_TMPDIR" && find cache store -type f ! -name '*.part' -exec sha256sum {} + |
		sort -k2)
}

# What no run may leave behind.
leftovers() {
	(cd "$BATS_TEST_TMPDIR" && find cache store out* -name '.tmp-*' -o -name '*.part' -o -name '*.tmp') \
		2>/dev/null | sort
}

# Every finished file in a folder has the SHA-256 that its name says.
check_blobs() {
	local file
	for file in "$1"/*; do
		[[ ! -e $file || $file == *.part ]] || [ "$(sha256sum <"$file")" = "${file##*/}  -" ] || {
			echo "$file is damaged" >&2
			return 1
		}
	done
}

# The name in the cache of a package's file.
package_file() {
	sha256sum "$ARCHIVE"/pool/"$1"_*.deb | cut -d' ' -f1
}

# How many requests for a path (a shell pattern) the server has got in this test.
requests() {
	local path n=0
	while read -r path; do
		# shellcheck disable=SC2053
		[[ $path == $1 ]] && n=$((n + 1))
	done < <(tail -n "+$((${LOG_START:-0} + 1))" "$SERVE_LOG" | jq -r .path)
	echo "$n"
}

# From here on requests() counts.
forget_requests() {
	LOG_START=$(wc -l <"$SERVE_LOG")
}

# wait_until COMMAND...: for ten seconds.
wait_until() {
	local i
	for ((i = 0; i < 500; i++)); do
		"$@" && return 0
		sleep 0.02
	done
	echo "never: $*" >&2
	return 1
}
