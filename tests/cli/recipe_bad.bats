#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Recipes that can't be built: each gets a message that says where and what to do, nothing is
# written, and where the recipe alone is wrong no server is asked.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/badluck.bash

setup_file() {
	archive_setup
	deb hello 1.0 -f 'Depends: libhello (>= 1.0)' usr/bin/hello=x
	deb libhello 1.0 usr/lib/libhello=x
	deb libworld 1.0 usr/lib/libworld=x
	deb newer 1.0 -f 'Depends: libhello (>= 2.0)' usr/bin/newer=x
	deb lonely 1.0 -f 'Depends: nowhere' usr/bin/lonely=x
	deb deep 1.0 -f 'Depends: lonely' usr/bin/deep=x
	deb enemy 1.0 -f 'Conflicts: hello' usr/bin/enemy=x
	deb mail-a 1.0 -f 'Provides: mail-agent' usr/bin/a=x
	deb mail-b 1.0 -f 'Provides: mail-agent' usr/bin/b=x
	publish stable
	serve
}

setup() {
	fresh_home
	recipe good.yaml <<<'  packages: [hello]'
	"$PARE" build -q -t good good.yaml >digest
	snapshot >before
	forget_requests
}

# refused STATUS TEXT...: pare.yaml isn't built, nothing changes, a good recipe still is.
refused() {
	local expected=$1 text
	shift
	run --separate-stderr "$PARE" build -t bad
	echo "$stderr"
	[ "$status" -eq "$expected" ]
	[ -z "$output" ]
	for text; do
		[[ $stderr == *"$text"* ]]
	done
	[ -n "${LOCK_STAYS-}" ] || [ ! -e pare.lock ]
	rm -f pare.lock
	snapshot | diff before -
	[ -z "$(leftovers)" ]
	[ "$("$PARE" build -q -t good good.yaml)" = "$(<digest)" ]
	snapshot | diff before -
}

nobody_asked() {
	[ "$(wc -l <"$SERVE_LOG")" -eq "$LOG_START" ]
}

@test "recipe: an unknown key: where, and which one was meant" {
	recipe <<<'  pakages: [hello]'
	refused 4 "pare.yaml:6:3: unknown key 'pakages' (did you mean 'packages'?)"
	printf 'entypoint: [/usr/bin/hello]\n' >pare.yaml
	refused 4 "pare.yaml:1:1: unknown key 'entypoint' (did you mean 'entrypoint'?)"
	printf 'contents:\n  packages: []\npaths:\n  - path: /x\n    type: file\n    contnt: y\n' >pare.yaml
	refused 4 "pare.yaml:6:5: unknown key 'contnt' (did you mean 'content'?)"
	nobody_asked
}

@test "recipe: a value of the wrong type" {
	printf 'contents:\n  packages: hello\n' >pare.yaml
	refused 4 "pare.yaml:2:13: 'contents.packages' must be a list, not 'hello'"
	printf 'environment:\n  - A=b\n' >pare.yaml
	refused 4 "pare.yaml:2:3: " "environment"
	printf 'contents:\n  packages:\n    - {name: hello}\n' >pare.yaml
	refused 4 "pare.yaml:3:"
	printf 'layering: {budget: many}\n' >pare.yaml
	refused 4 "pare.yaml:1:"
	nobody_asked
}

@test "recipe: not YAML, empty, binary, too large" {
	printf 'contents: [\n' >pare.yaml
	refused 4 "pare.yaml:"
	printf 'a: "b\n' >pare.yaml
	refused 4 "pare.yaml:"
	: >pare.yaml
	refused 4 "pare.yaml"
	head -c 1000 /dev/urandom >pare.yaml
	refused 4 "pare.yaml"
	head -c 30000000 /dev/zero | tr '\0' '#' >pare.yaml
	refused 5 "pare.yaml"
	nobody_asked
}

@test "recipe: aliases that multiply" {
	{
		echo 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
		for i in {1..9}; do
			p="*a$((i - 1))"
			echo "a$i: &a$i [$p, $p, $p, $p, $p, $p, $p, $p, $p]"
		done
	} >pare.yaml
	SECONDS=0
	run --separate-stderr bash -c 'ulimit -v 1000000; timeout 20 "$PARE" build'
	[[ $status =~ ^[45]$ ]]
	[[ $stderr == *"pare.yaml:1:1: unknown key 'a0'"* || $stderr == *alias* ]]
}

@test "recipe: no such recipe, no such profile" {
	run --separate-stderr "$PARE" build nothing.yaml
	[ "$status" -eq 9 ]
	[[ $stderr == *"'nothing.yaml': No such file or directory"* ]]
	run --separate-stderr "$PARE" build -p distroless/xx
	[ "$status" -eq 9 ]
	[[ $stderr == *"distroless/xx"*"distroless/cc"* ]]
	run --separate-stderr "$PARE" build
	[ "$status" -eq 9 ]
	[[ $stderr == *"pare.yaml"* ]]
	mkdir pare.yaml
	run --separate-stderr "$PARE" build
	[ "$status" -eq 9 ] # a folder stands for the recipe in it
	[[ $stderr == *"'pare.yaml/pare.yaml': No such file or directory"* ]]
	snapshot | diff before -
}

@test "recipe: a file that it names is missing" {
	# what packages it has is known nevertheless, and locked
	printf 'paths:\n  - path: /app\n    type: file\n    source: build/app\n' >pare.yaml
	LOCK_STAYS=1 refused 9 "pare.yaml:2:5: open '$PWD/build/app': No such file or directory"
	printf 'extends: base.yaml\n' >pare.yaml
	refused 9 "base.yaml"
	recipe <<<'  packages: [hello]'
	sed -i "s|$KEYRING|missing.gpg|" pare.yaml
	refused 9 "missing.gpg"
	nobody_asked
}

@test "recipe: that extends itself" {
	printf 'extends: other.yaml\n' >pare.yaml
	printf 'extends: pare.yaml\n' >other.yaml
	refused 4 "pare.yaml" "other.yaml"
	nobody_asked
}

@test "recipe: a package that doesn't exist: the near ones are named" {
	recipe <<<'  packages: [libhelo]'
	refused 9 "pare.yaml: no package 'libhelo'; did you mean 'libhello'?"
	recipe <<<'  packages: [zzzzzzzzzzzz]'
	refused 9 "pare.yaml: no package 'zzzzzzzzzzzz'"
	[[ $stderr != *"did you mean"* ]]
}

@test "recipe: a version that doesn't exist: those that do are named" {
	recipe <<<'  packages: ["hello=3.0"]'
	refused 9 "pare.yaml: no package 'hello=3.0': there is 1.0 (in stable)"
}

@test "recipe: a package whose needs can't be met: who needs what, what there is instead" {
	recipe <<<'  packages: [newer]'
	refused 10 "the recipe asks for newer" \
		"newer 1.0 needs libhello (>= 2.0), but the newest is 1.0 (in stable)"
	recipe <<<'  packages: [deep]'
	refused 10 "deep 1.0 needs lonely" "lonely 1.0 needs nowhere, but there is no package 'nowhere'"
}

@test "recipe: packages that conflict: which ones, and who asked" {
	recipe <<<'  packages: [hello, enemy]'
	refused 10 "the recipe asks for enemy" "the recipe asks for hello" \
		"enemy 1.0 can't be together with hello 1.0"
}

@test "recipe: a virtual package: who provides it" {
	recipe <<<'  packages: [mail-agent]'
	run --separate-stderr "$PARE" build
	echo "$stderr"
	if [ "$status" -ne 0 ]; then
		[[ $stderr == *mail-a* && $stderr == *mail-b* ]]
	else
		[ "$(jq -r '[.archs[0].packages[].name] | join(" ")' pare.lock)" = mail-a ]
	fi
}

@test "recipe: an architecture, a component, a repository that there isn't" {
	recipe <<<'  packages: [hello]'
	run --separate-stderr "$PARE" build -a arm64
	echo "$stderr"
	[ "$status" -eq 9 ]
	[[ $stderr == *"has no architecture 'arm64'; it has amd64"* ]]
	run --separate-stderr "$PARE" build -a z80
	[ "$status" -eq 2 ]
	[[ $stderr == *"architecture 'z80' is not known"* ]]
	sed -i 's/stable main/stable contrib/' pare.yaml
	refused 9 "has no component 'contrib'; it has main"
	printf 'contents:\n  repositories: ["hello there"]\n  packages: [hello]\n' >pare.yaml
	refused 4 "hello there"
}

@test "recipe: a path that can't be written as it is wished" {
	recipe <<-'E'
	  packages: [hello]
	paths:
	  - {path: /usr/bin/hello/below, type: empty-file}
	E
	run --separate-stderr "$PARE" build -t bad
	echo "$stderr"
	[ "$status" -ne 0 ]
	[[ $stderr == *"pare.yaml:8:5: a parent of '/usr/bin/hello/below' is not a folder"* ]]
	printf 'paths:\n  - {path: /a/../../b, type: empty-file}\n' >pare.yaml
	rm -f pare.lock
	run --separate-stderr "$PARE" build -t bad
	[ "$status" -eq 4 ]
	[[ $stderr == *"pare.yaml:2:"* ]]
	[ "$("$PARE" images --names)" = good:latest ]
}
