#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# meson install: all that belongs to pare, and a program that needs nothing of where it was built.

bats_require_minimum_version 1.5.0

setup_file() {
	: "${PARE_BUILD:?tests/run sets it}"
	export ROOT=$BATS_FILE_TMPDIR/root
	meson install -C "$PARE_BUILD" --no-rebuild --quiet --destdir "$ROOT"
	export PREFIX=$ROOT/usr/local
}

@test "the installed program works from where it is, with its profiles and rules" {
	cd "$BATS_TEST_TMPDIR"
	run env -i HOME="$PWD" "$PREFIX/bin/pare" --version
	[ "$output" = "$("$PARE" --version)" ]
	run env -i HOME="$PWD" "$PREFIX/bin/pare" build --offline --profile distroless/none -t x
	[ "$status" -eq 9 ]
	[[ $output == *"did you mean 'distroless/"* ]]
}

@test "the installed program names no folder of its build" {
	run ! grep -qF "$(cd "$BATS_TEST_DIRNAME/../.." && pwd)" "$PREFIX/bin/pare"
}

@test "each page is where man looks for it, and reads well" {
	local page name
	[ "$(ls "$PREFIX"/share/man/man?/ | grep -c '^pare')" -eq \
		"$(($(ls "$BATS_TEST_DIRNAME"/../../man/*.scd | wc -l) + 1))" ] # and the one of rules
	for page in "$PREFIX"/share/man/man?/pare*; do
		name=${page##*/}
		# groff's warnings would be on standard error
		MANWIDTH=80 run --separate-stderr man --warnings -l "$page"
		[ "$status" -eq 0 ]
		[ -z "$stderr" ] || { echo "$page: $stderr"; return 1; }
		[[ $output == *"${name%.*}"*SYNOPSIS* || $output == *"${name%.*}"*DESCRIPTION* ]]
	done
}

@test "completions are where the shells look for them" {
	local share=$PREFIX/share
	cmp "$share/bash-completion/completions/pare" <("$PARE" completion bash)
	cmp "$share/zsh/site-functions/_pare" <("$PARE" completion zsh)
	cmp "$share/fish/vendor_completions.d/pare.fish" <("$PARE" completion fish)
}
