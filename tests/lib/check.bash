# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For bats; the other libraries bring it.
#
#	equal ONE OTHER    both are the same, and something: two programs that fail say nothing alike

equal() {
	[[ -n $1 && $1 == "$2" ]] || {
		printf "'%s' is not '%s'\n" "$1" "$2" >&2
		return 1
	}
}
