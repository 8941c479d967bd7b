# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Texts that are tests: what a README shows is run, and has to print what it says.

# follow FILE: runs the commands of FILE in the current folder, one after the other in this shell.
# In an indented block a command begins with "$ ", its further lines with "> "; the other lines are
# what it prints, standard error too, where "..." stands for anything. Each has to succeed. Prints
# the first that doesn't do what is said, and fails.
follow() {
	local line command='' want=''
	while IFS= read -r line <&4 || [[ -n $line ]]; do
		case $line in
		'    $ '*)
			follow_one "$command" "$want" || return
			command=${line#'    $ '} want=''
			;;
		'    > '*) command+=$'\n'${line#'    > '} ;;
		'    '*) want+=${line#'    '}$'\n' ;;
		esac
	done 4<"$1"
	follow_one "$command" "$want"
}

follow_one() {
	local got status=0
	[[ -n $1 ]] || return 0
	# what it leaves running must not hold the test's own descriptors
	eval "$1" >.follow 2>&1 3>&- 4<&- </dev/null || status=$?
	got=$(<.follow)
	if ((status == 0)) && is_like "$got" "${2%$'\n'}"; then
		return 0
	fi
	printf '$ %s\n%s\nexit status %d, expected:\n%s\n' "$1" "$got" "$status" "$2"
	return 1
}

# is_like TEXT PATTERN
is_like() {
	local pattern
	pattern=$(sed 's/[][\\*?]/\\&/g; s/\.\.\./*/g' <<<"$2")
	# shellcheck disable=SC2053 # a pattern
	[[ $1 == $pattern ]]
}
