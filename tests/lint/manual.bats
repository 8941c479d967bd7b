#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The manual says what --help says: names, synopses, options.

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
	: "${PARE:?tests/run sets it}"
}

verbs() {
	"$PARE" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]\+\) .*/\1/p'
	"$PARE" --help | sed -n '/^More verbs:/,/^$/s/^  //p' | tr ' ' '\n'
}

# The options in --help, as "-t, --tag=NAME".
help_options() {
	"$PARE" "$@" --help | sed -nE 's/^ {2,6}(-[^ ]+( --[^ ]+)?).*/\1/p'
}

# The options that a page's OPTIONS section explains, without the markup.
page_options() {
	sed -n '/^# OPTIONS/,/^# [A-NP-Z]/{/^\*-/{s/[*_\\]//g;p}}' "$1"
}

common() {
	help_options | sort
}

@test "there are verbs to check" {
	[ "$(verbs | wc -l)" -ge 9 ]
	verbs | grep -qx build
}

@test "every verb has a page whose NAME is its summary" {
	local verb summary
	for verb in $(verbs); do
		summary=$("$PARE" "$verb" --help | sed -n 3p)
		summary=${summary%.}
		grep -qxF "pare-$verb - ${summary,}" "man/pare-$verb.1.scd" ||
			{ echo "man/pare-$verb.1.scd: NAME is not: pare-$verb - ${summary,}"; return 1; }
	done
}

@test "every page's SYNOPSIS is the usage line" {
	local verb usage
	for verb in $(verbs); do
		usage=$("$PARE" "$verb" --help | sed -n '1s/^Usage: //p')
		sed -n '/^# SYNOPSIS/,/^# DESC/p' "man/pare-$verb.1.scd" | tr -d '*_\\' |
			grep -qxF "$usage" || { echo "pare-$verb: SYNOPSIS is not: $usage"; return 1; }
	done
}

@test "every page explains just the options that --help shows" {
	local verb
	for verb in $(verbs); do
		diff -u --label "pare $verb --help" --label "man/pare-$verb.1.scd" \
			<(help_options "$verb" | sort | comm -23 - <(common)) \
			<(page_options "man/pare-$verb.1.scd" | sort) || return 1
	done
}

@test "pare(1) explains the options of every verb" {
	common >"$BATS_TEST_TMPDIR/common"
	[ -s "$BATS_TEST_TMPDIR/common" ]
	page_options man/pare.1.scd | sort | diff -u "$BATS_TEST_TMPDIR/common" -
}

@test "pare(1) names every verb and its page" {
	local verb
	for verb in $(verbs); do
		grep -qF "*pare-$verb*(1)" man/pare.1.scd || { echo "not there: $verb"; return 1; }
	done
}

@test "pare(1) lists the exit statuses of err.h" {
	local status
	for status in $(sed -nE 's/^\tFAIL_[A-Z_]+ = ([0-9]+),.*/\1/p' src/base/err.h); do
		grep -qE "^\*?$status\*?$" man/pare.1.scd || { echo "not there: $status"; return 1; }
	done
}

@test "pare(1) has every environment variable that is read" {
	local variables
	variables=$(grep -rhoE '\b(getenv|env)\("[A-Za-z_]+"\)' src | sed 's/.*"\(.*\)".*/\1/' | sort -u)
	[ "$(wc -w <<<"$variables")" -ge 20 ]
	for variable in $variables PARE_STORE; do
		sed -n '/^# ENVIRONMENT/,/^# [A-DF-Z]/p' man/pare.1.scd | grep -qF "*$variable*" ||
			{ echo "not there: $variable"; return 1; }
	done
}

@test "every page is sound scdoc" {
	command -v scdoc >/dev/null || skip "scdoc is not installed"
	local page
	for page in man/*.scd; do
		scdoc <"$page" >"$BATS_TEST_TMPDIR/page" || { echo "$page"; return 1; }
		[ -s "$BATS_TEST_TMPDIR/page" ]
	done
}
