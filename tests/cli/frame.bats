#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What holds for every verb: help, versions, mistakes, exit statuses, output, completions.

bats_require_minimum_version 1.5.0

setup() {
	: "${PARE:?tests/run sets it}"
	cd "$BATS_TEST_TMPDIR"
	export HOME=$BATS_TEST_TMPDIR PARE_STORE=$BATS_TEST_TMPDIR/store
	unset NO_COLOR
}

verbs() {
	"$PARE" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]\+\) .*/\1/p'
	"$PARE" --help | sed -n '/^More verbs:/,/^$/s/^  //p' | tr ' ' '\n'
}

# Runs a command line on a terminal of 80 columns; what the terminal got is in $output.
on_terminal() {
	run env -u NO_COLOR TERM=xterm script -qec "stty cols 80 rows 24; $*" /dev/null
}

@test "--version prints one line with the version of meson.build" {
	version=$(sed -n "s/^\tversion: '\(.*\)',/\1/p" "$BATS_TEST_DIRNAME/../../meson.build")
	run --separate-stderr "$PARE" --version
	[ "$status" -eq 0 ]
	[ "$output" = "pare $version" ]
	[ -z "$stderr" ]
}

@test "--help of the program and of each verb fits a screen and shows an example" {
	"$PARE" --help >help
	for verb in $(verbs); do
		"$PARE" "$verb" --help >"help-$verb"
		"$PARE" help "$verb" | cmp - "help-$verb"
		"$PARE" -h "$verb" | cmp - "help-$verb"
	done
	for file in help*; do
		# what can be said about a program takes a taller screen
		lines=40
		case $file in help-build | help-explain | help-init) lines=56 ;; esac
		[ "$(wc -l <"$file")" -le "$lines" ] || { echo "$file is too long"; return 1; }
		[ "$(wc -L <"$file")" -le 80 ] || { echo "$file is too wide"; return 1; }
		grep -A1 '^Example:' "$file" | grep -qE '^  .*pare ' ||
			{ echo "$file has no example"; return 1; }
		run ! grep -nE ' $' "$file"
	done
	"$PARE" help | cmp - help
}

@test "no verb at all is a usage error that says where help is" {
	run --separate-stderr "$PARE"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ $stderr == *"pare --help"* ]]
}

@test "an unknown verb is a usage error with the nearest one" {
	run --separate-stderr "$PARE" biuld
	[ "$status" -eq 2 ]
	[ "${stderr_lines[0]}" = "pare: unknown verb 'biuld'" ]
	[ "${stderr_lines[1]}" = "  did you mean 'pare build'?" ]
	run --separate-stderr "$PARE" help imags
	[ "$status" -eq 2 ]
	[[ $stderr == *"'pare images'"* ]]
	run --separate-stderr "$PARE" frobnicate
	[ "$status" -eq 2 ]
	[[ $stderr != *"did you mean"* ]]
}

@test "an unknown option is a usage error with the nearest one" {
	run --separate-stderr "$PARE" build --outptu x
	[ "$status" -eq 2 ]
	[ "${stderr_lines[0]}" = "pare: unknown option '--outptu'" ]
	[ "${stderr_lines[1]}" = "  did you mean '--output'?" ]
	run --separate-stderr "$PARE" build -Z
	[ "$status" -eq 2 ]
	[[ $stderr == "pare: unknown option '-Z'"* ]]
	# an option of another verb is none here
	run "$PARE" help --dry-run
	[ "$status" -eq 2 ]
}

@test "values: missing, superfluous, not a choice, not a number" {
	run --separate-stderr "$PARE" build -t
	[ "$status" -eq 2 ]
	[ "$stderr" = "pare: option '-t' needs a value: NAME" ]
	run --separate-stderr "$PARE" build --locked=yes
	[ "$status" -eq 2 ]
	[ "$stderr" = "pare: option '--locked' takes no value" ]
	run --separate-stderr "$PARE" --color=blue help
	[ "$status" -eq 2 ]
	[ "$stderr" = "pare: option '--color' is one of auto, always, never, not 'blue'" ]
	run --separate-stderr "$PARE" build --jobs many
	[ "$status" -eq 2 ]
	[ "$stderr" = "pare: option '--jobs' wants a number, not 'many'" ]
}

@test "operands: too few and too many are usage errors" {
	run --separate-stderr "$PARE" completion
	[ "$status" -eq 2 ]
	[ "${stderr_lines[0]}" = "pare: 'completion' needs SHELL" ]
	run --separate-stderr "$PARE" completion bash zsh
	[ "$status" -eq 2 ]
	[[ $stderr == "pare: too many operands for 'completion': 'zsh'"* ]]
}

@test "common options are taken before and after the verb, and after -- nothing is an option" {
	run "$PARE" -qv --color never help
	[ "$status" -eq 0 ]
	run "$PARE" help -qv --color=never
	[ "$status" -eq 0 ]
	run --separate-stderr "$PARE" help -- --help
	[ "$status" -eq 2 ]
	[[ $stderr == "pare: unknown verb '--help'"* ]]
}

@test "output that can't be written is an error, not a success" {
	[ -c /dev/full ] || skip "no /dev/full"
	run bash -c '"$PARE" --help >/dev/full'
	[ "$status" -eq 3 ]
	[ "$output" = "pare: write to standard output: No space left on device" ]
	run bash -c '"$PARE" --help >&-'
	[ "$status" -eq 3 ]
}

@test "a reader that has gone ends the program silently, as SIGPIPE does" {
	run bash -c 'set -o pipefail; ("$PARE" completion zsh; echo $? >status) | true; sleep 0.1; cat status'
	# either it had written all before the reader left, or it went with the signal
	[ "$output" = 141 ] || [ "$output" = 0 ]
	mkfifo pipe
	run bash -c 'exec 3<>pipe 4>pipe 3<&-; "$PARE" --help >&4; echo $?'
	[[ $output == *141 ]]
	[[ $output != *pare:* ]]
}

@test "control characters in what the user typed don't reach the terminal" {
	run --separate-stderr "$PARE" $'x\033[31mred\007'
	[ "$status" -eq 2 ]
	[ "${stderr_lines[0]}" = "pare: unknown verb 'x?[31mred?'" ]
}

@test "colors: on a terminal only, never with NO_COLOR, always with --color=always" {
	on_terminal "$PARE frobnicate"
	[[ $output == *$'\033[31mpare:'* ]]
	on_terminal "NO_COLOR=1 $PARE frobnicate"
	[[ $output != *$'\033'* ]]
	on_terminal "TERM=dumb $PARE frobnicate"
	[[ $output != *$'\033'* ]]
	run "$PARE" frobnicate
	[[ $output != *$'\033'* ]]
	NO_COLOR=1 run "$PARE" --color=always frobnicate
	[[ $output == *$'\033[31mpare:'* ]]
}

@test "colors: those alone that can be read on black and on white" {
	mkdir root
	echo x >root/file
	chmod 6777 root/file
	for policy in default strict; do
		run "$PARE" audit --color=always --policy "$policy" rootfs:root
		[[ $output == *$'\033[3'?"m"* ]]
		# bold, dim, red, magenta
		[ -z "$(grep -oP '\033\[[0-9;]*m' <<<"$output" | grep -vP '\[(0|1|2|31|35)m')" ]
	done
}

@test "completions are valid scripts with every verb and option" {
	for shell in bash zsh fish; do
		"$PARE" completion $shell >script
		command -v $shell >/dev/null && $shell -n script
		for verb in $(verbs); do
			grep -qw "$verb" script
			for option in $("$PARE" "$verb" --help | grep -oE '^ {2,6}(-., )?--[a-z-]+' |
				sed 's/.*--//'); do
				grep -qE -- "(--|-l )$option\\b" script ||
					{ echo "$shell: no --$option"; return 1; }
			done
		done
	done
	run --separate-stderr "$PARE" completion tcsh
	[ "$status" -eq 2 ]
}

# What bash offers for the words given, the last one being typed.
complete_bash() {
	bash -c 'source <("$PARE" completion bash)
		COMP_WORDS=("$@") COMP_LINE="$*" COMP_CWORD=$(($# - 1)) COMP_POINT=${#COMP_LINE}
		compopt() { :; }
		_pare; printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

@test "bash completes verbs, options, choices and files" {
	[ "$(complete_bash pare bu)" = build ]
	[ "$(complete_bash pare build --lock)" = --locked ]
	[ "$(complete_bash pare build --compression z)" = zstd ]
	[ "$(complete_bash pare completion f)" = fish ]
	[ "$(complete_bash pare help pack)" = packages ]
	[ "$(complete_bash pare -q compl)" = completion ]
	[ "$(complete_bash pare copy docker-d)" = docker-daemon: ]
	[ "$(complete_bash pare build --output oci-)" = oci-archive: ]
	[ "$(complete_bash pare ls root)" = rootfs: ]
	touch recipe-one.yaml
	[ "$(complete_bash pare build reci)" = recipe-one.yaml ]
}

@test "zsh completes verbs, options and their values, in a terminal" {
	command -v zsh >/dev/null || skip "zsh is not installed"
	"$PARE" completion zsh >pare.zsh
	cat >try.zsh <<-'ZSH'
		zmodload zsh/zpty
		zpty z zsh -f -i
		zpty -w z "PS1='> '; stty columns 200; autoload -Uz compinit; compinit -u -D; source ./pare.zsh; echo DO''NE"
		zpty -r z seen '*DONE*'
		# typed, and what zsh adds to it; the space behind that comes when more is typed
		for typed added in 'pare bu' ild 'pare build --loc' ked \
			'pare build --compression=z' std 'pare lock --upd' ate 'pare help insp' ect 'pare run docker-d' aemon:; do
			zpty -w -n z $'\C-u'"$typed"$'\t'
			zpty -r z seen "*$typed*$added*" && echo "$typed|$added"
		done
		zpty -d z
	ZSH
	TERM=xterm run timeout 20 zsh -f try.zsh
	echo "$output"
	[ "$output" = $'pare bu|ild\npare build --loc|ked\npare build --compression=z|std\npare lock --upd|ate\npare help insp|ect\npare run docker-d|aemon:' ]
}

@test "fish completes verbs and options" {
	command -v fish >/dev/null || skip "fish is not installed"
	"$PARE" completion fish >pare.fish
	run fish -c 'source pare.fish; complete -C "pare bu"'
	[[ $output == build* ]]
	run fish -c 'source pare.fish; complete -C "pare build --lock"'
	[[ $output == *--locked* ]]
}

@test "--json is the same as --format json, for every verb that shows something" {
	for verb in $(verbs); do
		"$PARE" "$verb" --help >help
		! grep -q -- --format help || grep -q -- '--json ' help
	done
	"$PARE" images --store "$BATS_TEST_TMPDIR/none" --json >a
	"$PARE" images --store "$BATS_TEST_TMPDIR/none" --format json | cmp a
	jq . a
}

@test "every verb that takes places takes the options of registries" {
	for verb in attach audit build cat compare copy diff export history inspect lock login ls \
		packages pull push referrers resolve run tags vendor why; do
		"$PARE" "$verb" --help >help
		for option in tls-verify authfile cert-dir; do
			grep -q -- "--$option=" help
		done
	done
}
