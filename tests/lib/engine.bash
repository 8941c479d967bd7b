# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# An engine that misbehaves on demand (tests/tools/fake_engine.py).
#
#	engine_start DIR LISTEN      in the background; its requests are in DIR/log
#	engine_stop DIR
#	fault DIR [WORD]             what is wrong from now on; nothing without WORD
#	requests DIR                 what was asked of it so far, and forgets it

engine_start() {
	mkdir -p "$1"
	python3 -B "$BATS_TEST_DIRNAME/../tools/fake_engine.py" "$2" "$1" >"$1/out" 2>&1 3>&- &
	echo $! >"$1/pid"
	for _ in {1..100}; do
		[[ ! -S ${2#unix:} && ! -e $1/port ]] || return 0
		sleep 0.05
	done
	cat "$1/out"
	return 1
}

engine_stop() {
	kill "$(<"$1/pid")"
	rm "$1/pid"
}

fault() {
	echo "${2-}" >"$1/fault"
}

requests() {
	cat "$1/log"
	: >"$1/log"
}
