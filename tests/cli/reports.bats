#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The forms of a report: of made-up images (tests/tools/make_report.c), which try everything that a
# hostile image could, and of pare audit itself.

bats_require_minimum_version 1.5.0

setup_file() {
	: "${PARE:?tests/run sets it}" "${PARE_BUILD:?}"
	cd "$BATS_FILE_TMPDIR" || return
	local kind form
	for kind in plain pair hostile huge clean; do
		for form in json sarif junit github markdown html; do
			"$PARE_BUILD/tests/tools/make_report" "$kind" "$form" >"$kind.$form"
		done
	done
}

setup() {
	tools=$BATS_TEST_DIRNAME/../tools
	cd "$BATS_FILE_TMPDIR"
}

check() {
	local kind
	for kind in plain pair hostile huge clean; do
		run python3 -B "$tools/check_report.py" "$1" "$kind.$1"
		echo "$kind: $output"
		[ "$status" -eq 0 ]
	done
}

@test "SARIF keeps to 2.1.0 and to GitHub's limits, and says the same as JSON" {
	check sarif
	for kind in plain hostile huge; do
		[ "$(jq '.runs[0].results | length' $kind.sarif)" -eq "$(jq '.findings | length' $kind.json)" ]
	done
	jq -e '[.runs[0].results[] | select(.suppressions)] | length == 1' plain.sarif
	jq -e '.runs[0].results[] | select(.ruleId == "secret-token") |
		.locations[0].physicalLocation.artifactLocation.uri == "root/.config/tool/settings.json"
		and .locations[0].physicalLocation.region.startLine == 7' plain.sarif
	jq -e '.runs | length == 2' pair.sarif
}

@test "JSON keeps to its schema" {
	python3 -c 'import jsonschema' 2>/dev/null || skip "no jsonschema for python3"
	for kind in plain pair hostile huge clean; do
		python3 - "$kind.json" "$BATS_TEST_DIRNAME/../../docs/audit.schema.json" <<-'EOT'
			import json, sys, jsonschema
			document, schema = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:])
			jsonschema.validate(document, schema)
		EOT
	done
	jq -e '.counts == {error: 3, warning: 2, note: 10, ignored: 1}' plain.json
	jq -e 'type == "array" and length == 2' pair.json
}

@test "JUnit is sound XML whose numbers are right" {
	command -v xmllint >/dev/null || skip "no xmllint"
	for kind in plain pair hostile huge clean; do
		xmllint --noout "$kind.junit"
		for what in testcase:tests failure:failures skipped:skipped; do
			[ "$(xmllint --xpath "count(//${what%:*})" "$kind.junit")" = \
				"$(xmllint --xpath "string(/testsuites/@${what#*:})" "$kind.junit")" ]
		done
	done
	[ "$(xmllint --xpath 'count(//failure[@type="error"])' plain.junit)" -eq 3 ]
	[ "$(xmllint --xpath 'string(//skipped/@message)' plain.junit)" = "wanted by the lawyers | see ticket 7" ]
	[ "$(xmllint --xpath 'count(//failure)' clean.junit)" -eq 0 ]
}

@test "annotations are one command a line, whatever is in them" {
	check github
	[ "$(wc -l <plain.github)" -eq 7 ]
	grep -q '^::error file=root/.config/tool/settings.json,line=7,title=registry.test/team/app%3A1.2%3A secret-token::GitHub access token: ghp_' plain.github
	[ "$(wc -l <hostile.github)" -eq 2 ]
}

@test "Markdown's tables keep their cells, and hold no markup of others" {
	check markdown
	grep -q '^| error | `secret-token` | GitHub access token&#58; ghp\\_… \\(40 characters\\) | /root/.config/tool/settings.json&#58;7 |' plain.markdown
	grep -q '^| note | `setuid-foreign` | … and 2480 more | | |$\|^| warning | `setuid-foreign` | … and 2480 more | | |$' huge.markdown
	[ "$(wc -c <huge.markdown)" -lt 1048576 ]
}

@test "the page is sound, loads nothing, and stays small for 200,000 files" {
	check html
}

@test "a terminal gets no escape from an image" {
	"$PARE_BUILD/tests/tools/make_report" hostile table 80 >hostile.table
	# what is left after our own colors
	sed 's/\x1b\[[0-9]*m//g' hostile.table >bare
	run ! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xe2\x80\xae' bare
	grep -q 'owned' bare
}

@test "in a browser the page shows, filters, sorts and opens what it should" {
	command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null ||
		skip "no chromium"
	mkdir -p shown
	run timeout 120 python3 -B "$tools/report_page.py" "$PARE_BUILD/tests/tools/make_report" shown
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "pare audit writes each format, also of several images, also to a file" {
	local form
	mkdir -p one/tmp two/etc
	export PARE_CACHE=$BATS_FILE_TMPDIR/cache
	echo 'root::0:0::/:/bin/sh' >two/etc/passwd
	chmod 777 one/tmp
	for form in table json sarif junit github markdown html; do
		run "$PARE" audit --format "$form" -o "out.$form" rootfs:one rootfs:two
		[ "$status" -eq 1 ]
		[ -z "$output" ]
		[[ $form == html ]] || grep -q password-empty "out.$form"
	done
	jq -e '[.[].image] == ["rootfs:one", "rootfs:two"]' out.json
	for form in sarif github markdown html; do
		python3 -B "$tools/check_report.py" "$form" "out.$form"
	done
	run "$PARE" audit --format wrong rootfs:one
	[ "$status" -eq 2 ]
	run "$PARE" audit -o /nowhere/file rootfs:one
	[ "$status" -eq 9 ]
	[[ $output == *"/nowhere"* ]]
}
