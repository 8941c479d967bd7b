#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tests/run, which everything else is counted by: what must fail, fails.

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p build tests/cli tests/e2e
	cp "$BATS_TEST_DIRNAME/../run" tests/
	printf '# comment\n^cli: .*good reason  because\n' >tests/allowed-skips
	printf '%s\n' '@test "one" { true; }' '@test "two" { skip "for a good reason"; }' >tests/cli/a.bats
	echo '@test "three" { true; }' >tests/cli/b.bats
}

# run_suites SUITE...: as tests/run is run by hand, not from inside another bats
run_suites() {
	run env -i PATH=/usr/local/bin:/usr/bin:/bin HOME="$HOME" CI="${CI_IS:-true}" FILE_SECONDS=10 tests/run build build "$@"
	last=${lines[-1]}
}

@test "all files of a suite are counted, and allowed skips" {
	run_suites cli
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$last" = "2 passed, 0 failed, 1 skipped" ]
}

@test "a failure is shown and counted" {
	echo '@test "four" { echo because; false; }' >tests/cli/c.bats
	run_suites cli
	[ "$status" -ne 0 ]
	[[ $output == *"FAIL  cli: four"*"# because"* ]]
	[ "$last" = "2 passed, 1 failed, 1 skipped" ]
}

@test "a skip that nobody expected is a failure in continuous integration only" {
	echo '@test "four" { skip "no reason"; }' >tests/cli/c.bats
	run_suites cli
	[ "$status" -ne 0 ]
	[[ $output == *"this skip is not in tests/allowed-skips: four # skip no reason"* ]]
	[ "$last" = "2 passed, 1 failed, 1 skipped" ]
	CI_IS=false run_suites cli
	[ "$status" -eq 0 ]
	[ "$last" = "2 passed, 0 failed, 2 skipped" ]
}

@test "a suite or a file without tests, and one that can't be read, are failures" {
	run_suites e2e
	[ "$status" -ne 0 ]
	[ "$last" = "0 passed, 1 failed, 0 skipped" ]
	: >tests/cli/c.bats
	run_suites cli
	[ "$status" -ne 0 ]
	[[ $output == *"FAIL  cli: tests/cli/c.bats: no tests ran"* ]]
	[ "$last" = "2 passed, 1 failed, 1 skipped" ]
	echo '@test "five" {' >tests/cli/c.bats
	run_suites cli
	[ "$status" -ne 0 ]
	run_suites unit
	[ "$status" -ne 0 ]
	[ "${last%% *}" = 0 ]
	run_suites nonsense
	[ "$status" -ne 0 ]
}

@test "tests that a broken setup_file or an exit takes away are failures" {
	printf '%s\n' 'setup_file() { false; }' '@test "four" { true; }' '@test "five" { true; }' \
		>tests/cli/c.bats
	run_suites cli
	[ "$status" -ne 0 ]
	[ "$last" = "2 passed, 2 failed, 1 skipped" ]
}

@test "a test that hangs is stopped, and a failure" {
	printf '%s\n' '@test "four" { true; }' '@test "five" { sleep 300; }' '@test "six" { true; }' \
		>tests/cli/b.bats
	SECONDS=0
	run_suites cli
	((SECONDS < 60))
	[ "$status" -ne 0 ]
	[ "$last" = "2 passed, 2 failed, 1 skipped" ]
}

@test "interrupted, it stops what it has started" {
	printf '%s\n' '@test "four" { echo $$ >pid; sleep 300; }' >tests/cli/b.bats
	env -i PATH=/usr/bin:/bin HOME="$HOME" FILE_SECONDS=100 setsid tests/run build build cli 3>&- &
	for ((i = 0; i < 200; i++)); do
		[ ! -s pid ] || break
		sleep 0.1
	done
	[ -d "/proc/$(cat pid)" ]
	# a session of its own: as a terminal sends it, to the foreground group
	kill -TERM -- "-$!"
	for ((i = 0; i < 200; i++)); do
		[ -d "/proc/$(cat pid)" ] || return 0
		sleep 0.1
	done
	false
}
