#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The rules of HACKING.md that a machine can check, on every file that git knows.

setup() {
	cd "$BATS_TEST_DIRNAME/../.."
}

@test "folders include only what their arrows allow" {
	run tests/lint/arrows .
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the arrow check sees a forbidden include, an unknown folder and a backward arrow" {
	mkdir -p "$BATS_TEST_TMPDIR/src/base" "$BATS_TEST_TMPDIR/src/io" "$BATS_TEST_TMPDIR/src/odd"
	cd "$BATS_TEST_TMPDIR"
	printf '    src/base/  x → libc only\n    src/io/  x → base\n' >ARCHITECTURE.md
	echo '#include "io/stream.h"' >src/base/bad.c
	printf '#include "base/err.h"\n#include "io/x.h"\n' >src/io/good.c
	run "$BATS_TEST_DIRNAME/arrows" .
	[ "$status" -eq 1 ]
	[ "${lines[0]}" = "src/odd/: not in the table of ARCHITECTURE.md" ]
	[ "${lines[1]}" = "src/base/bad.c:1: may not include io/stream.h" ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "clang-format agrees with every C file" {
	command -v clang-format-14 >/dev/null || skip "clang-format-14 is not in this Debian"
	run clang-format-14 --dry-run --Werror $(git ls-files '*.c' '*.h')
	echo "$output" | grep error: | cut -d: -f1 | sort | uniq -c
	[ "$status" -eq 0 ]
}

@test "every source and script names its licence in the first lines" {
	local bad=() file
	while read -r file; do
		[ -f "$file" ] || continue
		case $file in
		*.c | *.h | *.bats | *.bash | *.sh | *.py) ;;
		*) [[ $(head -c 2 "$file" | tr -d '\0') == '#!' ]] || continue ;;
		esac
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2\.0' || bad+=("$file")
	done < <(git ls-files)
	echo "without: ${bad[*]}"
	[ "${#bad[@]}" -eq 0 ]
}

@test "no source file has grown past 700 lines" {
	run awk 'FNR == 700 { print FILENAME }' $(git ls-files 'src/*.c' 'src/*.h')
	echo "$output"
	[ -z "$output" ]
}

@test "no file names a package registry's host or a machine's path" {
	# The brackets keep this file from matching itself.
	local hosts='deb[.]debian[.]org|security[.]debian[.]org|ftp[.][a-z.]*debian[.]org'
	hosts+='|dl-cdn[.]alpine|archive[.]ubuntu[.]com|registry-1[.]docker[.]io'
	run git grep -nIE "$hosts|/work/(wt|main|shared)[/]|/home/[a-z]+/[a-z]" -- . ':!LICENSE'
	echo "$output"
	[ "$status" -eq 1 ]
}

@test "scripts pass shellcheck" {
	command -v shellcheck >/dev/null || skip "shellcheck is not installed"
	local scripts=() file
	while read -r file; do
		[ -f "$file" ] || continue
		[[ ! $(head -n 1 "$file" | tr -d '\0') =~ ^#!.*/(ba)?sh ]] || scripts+=("$file")
	done < <(git ls-files)
	shellcheck "${scripts[@]}"
}

@test "what looks like a check in a test can fail" {
	run tests/lint/weak $(git ls-files 'tests/*.bats')
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the check of checks sees each kind that can't fail, and none that can" {
	sed 's/^> //' >"$BATS_TEST_TMPDIR/bad.bats" <<-'END'
		> @test "all" {
		> 	! grep a file
		> 	[ -e a ] && [ -e b ]
		> 	[ "$(one)" = "$(other)" ]
		> 	diff <(one) <(other)
		> 	[ -e a ] || true
		> 	run one
		> 	run one
		> 	[ "$status" -eq 0 ]
		> }
	END
	run tests/lint/weak "$BATS_TEST_TMPDIR/bad.bats"
	[ "$status" -eq 1 ]
	[ "$(sed -E 's/.*:([0-9]+): .*/\1/' <<<"$output" | tr '\n' ' ')" = "2 3 4 5 6 7 " ]
	sed 's/^> //' >"$BATS_TEST_TMPDIR/good.bats" <<-'END'
		> helper() {
		> 	run one
		> }
		> @test "all" {
		> 	run ! grep a file
		> 	! grep -q a file || return 1
		> 	cat >file <<-TEXT
		> 		! [ -e a ] && [ -e b ]
		> 	TEXT
		> 	equal "$(one)" "$(other)"
		> 	[ "$(one)" = "$(<file)" ]
		> 	one | diff file -
		> 	run -0 one
		> 	[ -e a ] && [ -e b ]
		> }
	END
	run tests/lint/weak "$BATS_TEST_TMPDIR/good.bats"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "ARCHITECTURE.md has at most 150 lines" {
	[ "$(wc -l <ARCHITECTURE.md)" -le 150 ]
}
