#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images of static programs and of scripts: what is in them, how they run, and why.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

setup_file() {
	archive_setup
	cd "$BATS_FILE_TMPDIR"
	cat >hello.c <<-'C'
		#include <stdio.h>
		int main(int n, char **a) { printf("hello %s\n", n > 1 ? a[1] : "world"); return 0; }
	C
	cat >fetch.c <<-'C'
		#include <stdio.h>
		#include <time.h>
		int main(void)
		{
			time_t t = time(NULL);
			FILE *f = fopen("/etc/ssl/certs/ca-certificates.crt", "r");
			return !f || !localtime(&t);
		}
	C
	gcc -O1 -static -o hello hello.c
	gcc -O1 -static-pie -fPIE -o hello-pie hello.c
	gcc -O1 -static -o fetch fetch.c
	printf '#!/usr/bin/env python3\nimport urllib.request\n' >client.py
	printf '#!/bin/sh -e\necho hello\n' >greet.sh
	printf '%b' "$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
		-subj /CN=one -keyout /dev/null 2>/dev/null)" >ca.pem
	deb ca-certificates 2025 -a all "usr/sbin/update-ca-certificates=x" \
		"usr/share/ca-certificates/mozilla/a.crt=$(<ca.pem)\n"
	deb tzdata 2026a -a all "usr/share/zoneinfo/Etc/UTC=TZif" "usr/share/zoneinfo/Europe/Paris=TZif2" \
		"usr/share/doc/tzdata/changelog=x"
	deb netbase 6.4 -a all "etc/services=domain 53/tcp\n" "etc/protocols=tcp 6 TCP\n"
	deb python3 3.13 -f "Depends: python3-minimal" "usr/share/man/man1/python3.1=x"
	deb python3-minimal 3.13 "usr/bin/python3=$(elf amd64)" "usr/lib/python3/os.py=x"
	deb python3-yaml 6 -a all "usr/lib/python3/dist-packages/yaml/__init__.py=x"
	deb python3-tk 3 -a all "usr/lib/python3.13/tkinter/__init__.py=x"
	deb python3-odd-name 1 -a all "usr/lib/python3/dist-packages/strange/__init__.py=x" \
		"usr/lib/python3/dist-packages/space/ship/__init__.py=x"
	deb dash 0.5 "usr/bin/dash=$(elf amd64)" "usr/bin/sh@dash"
	for suite in bookworm trixie; do
		for part in "" -updates -security; do CONTENTS=1 publish "$suite$part"; done
	done
	serve
}

setup() {
	fresh_home
	export PARE_DEBIAN_MIRROR=$URL PARE_DEBIAN_SECURITY_MIRROR=$URL
	cp "$BATS_FILE_TMPDIR"/{hello,hello-pie,fetch,client.py,greet.sh} .
}

# What a test left running.
teardown() {
	[ -z "${other-}" ] || kill "$other" 2>/dev/null || true
}

config() {
	"$PARE" inspect --raw config "$1"
}

@test "a static program alone: its file, its user, /tmp, and nothing else" {
	local program
	for program in hello hello-pie; do
		run -0 --separate-stderr "$PARE" build "./$program" -o oci:out:v1
		[[ $output =~ ^sha256:[0-9a-f]{64}$ ]]
		[[ $stderr == *"scratch: the program is static"* ]]
		LAYOUT=out image ls | grep -v ' /[.]*$' >listing
		diff - listing <<-EOF
			d 0755 0:0 /etc
			f 0644 0:0 /etc/group
			f 0644 0:0 /etc/passwd
			d 0755 0:0 /home
			d 0700 65532:65532 /home/nonroot
			d 0700 0:0 /root
			d 1777 0:0 /tmp
			d 0755 0:0 /usr
			d 0755 0:0 /usr/bin
			f 0755 0:0 /usr/bin/$program
		EOF
		rm -r out
	done
}

@test "passwd and group hold the user that it runs as" {
	"$PARE" build ./hello -o oci:out:v1
	LAYOUT=out image cat /etc/passwd | diff - <(printf '%s\n' 'root:x:0:0:root:/root:/sbin/nologin' \
		'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin')
	LAYOUT=out image cat /etc/group | diff - <(printf '%s\n' 'root:x:0:' 'nonroot:x:65532:')
	LAYOUT=out image cat /usr/bin/hello | cmp - hello
}

@test "config: entrypoint, user, platform; the reasons are in the history; no invented date" {
	"$PARE" build ./hello -t hello -- --listen ":80 80"
	config hello >config.json
	jq -e '.config.Entrypoint == ["/usr/bin/hello"] and .config.Cmd == ["--listen", ":80 80"]
		and .config.User == "65532:65532" and .os == "linux" and (has("created") | not)
		and (.history[0] | .empty_layer and (.created_by | test("the program is static")))' \
		config.json
	[ "$(jq '[.history[] | select(.empty_layer | not)] | length' config.json)" = \
		"$(jq '.rootfs.diff_ids | length' config.json)" ]
	SOURCE_DATE_EPOCH=1700000000 "$PARE" build ./hello -t dated
	config dated | jq -e '.created == "2023-11-14T22:13:20Z"'
}

@test "every option reaches the config" {
	echo data >data.txt && chmod 600 data.txt
	"$PARE" build ./hello -t hello --user 1000:2000 --port 8080 --port 53/udp -e A=1 --env "B=x y" \
		--label k=v --workdir /data --entrypoint '/usr/bin/hello "a b"' --cmd 'c d' --volume /data \
		--stop-signal INT --file data.txt:/etc/data:640:0:2000 --file data.txt:/etc/other
	config hello | jq -e '.config | .User == "1000:2000" and .ExposedPorts == {"8080/tcp": {}, "53/udp": {}}
		and (.Env | index("A=1") and index("B=x y")) and .Labels.k == "v" and .WorkingDir == "/data"
		and .Entrypoint == ["/usr/bin/hello", "a b"] and .Cmd == ["c", "d"]
		and .Volumes == {"/data": {}} and .StopSignal == "SIGINT"'
	"$PARE" build ./hello -o oci:out:v1 --user 1000:2000 --file data.txt:/etc/data:640:0:2000 \
		--file data.txt:/etc/other
	LAYOUT=out image ls >listing
	grep -qx 'f 0640 0:2000 /etc/data' listing
	grep -qx 'f 0644 0:0 /etc/other' listing
	LAYOUT=out image cat /etc/passwd | grep -q '^nonroot:x:1000:2000:'
	LAYOUT=out image cat /etc/group | grep -q '^nonroot:x:2000:'
	"$PARE" build ./hello -o oci:root:v1 --user 0
	LAYOUT=root image cat /etc/passwd | diff - <(echo 'root:x:0:0:root:/root:/sbin/nologin')
}

@test "the same program gives the same digest: another folder, umask, mtime, and again" {
	first=$("$PARE" build -q ./hello -t a)
	[ "$("$PARE" build -q ./hello -t a)" = "$first" ]
	mkdir -m 700 other && cp hello other/hello && touch -d 2001-01-01 other/hello
	umask 077
	PARE_CACHE=$BATS_TEST_TMPDIR/cold PARE_STORE=$BATS_TEST_TMPDIR/cold-store \
		TZ=Asia/Tokyo "$PARE" build -q other/hello -t b >second
	[ "$(<second)" = "$first" ]
}

@test "evidence adds certificates and time zones, of packages only what is needed" {
	run -0 --separate-stderr "$PARE" build ./fetch -o oci:out:v1 --keyring "$KEYRING"
	[[ $stderr == *"with ca-certificates: the search path of certificates is compiled in: /etc/ssl/certs"* ]]
	[[ $stderr == *"with tzdata: the folder of time zones is compiled in: /usr/share/zoneinfo"* ]]
	LAYOUT=out image ls | grep -v '^d' | sed 's/.* //' >listing
	grep -qx /etc/ssl/certs/ca-certificates.crt listing
	grep -qx /usr/share/zoneinfo/Europe/Paris listing
	grep -qx /usr/share/doc/tzdata/copyright listing
	LAYOUT=out image cat /usr/lib/os-release | grep -qx 'VERSION_ID="13"'
	LAYOUT=out image check
}

@test "--with and --without overrule the evidence" {
	run -0 --separate-stderr "$PARE" build ./fetch -o oci:out:v1 --keyring "$KEYRING" \
		--without ca-certificates,tmp --without tzdata
	[[ $stderr != *"with "* ]]
	LAYOUT=out image ls >listing
	run ! grep -E 'ca-certificates|zoneinfo|/tmp|os-release' listing
	run -0 --separate-stderr "$PARE" build ./hello -o oci:more:v1 --keyring "$KEYRING" \
		--with tzdata,nss --release bookworm
	[[ $stderr == *"with tzdata: asked for"* ]]
	LAYOUT=more image cat /etc/nsswitch.conf | grep -qx 'hosts:    files dns'
	LAYOUT=more image cat /usr/lib/os-release | grep -qx 'VERSION_CODENAME=bookworm'
	run -2 --separate-stderr "$PARE" build ./hello --with tzdat
	[[ $stderr == *"--with: no extra 'tzdat'; there are ca-certificates, tzdata, "* ]]
	run -2 --separate-stderr "$PARE" build ./hello --with nss --without nss
	[[ $stderr == *"both --with and --without nss"* ]]
}

@test "a program that opens the list of services itself gets it, and not that of protocols" {
	gcc -O1 -static -o ports -x c - <<<'#include <stdio.h>
		int main(void) { FILE *f = fopen("/etc/services", "r"); return !f || fgetc(f) != 0x64; }'
	run -0 --separate-stderr "$PARE" build ./ports -o oci:out:v1 -t ports --keyring "$KEYRING"
	[[ $stderr == *"with nss: its path is compiled in: /etc/services"* ]]
	LAYOUT=out image ls >listing
	grep -q ' /etc/services$' listing
	run ! grep /etc/protocols listing
	"$PARE" build -q ./ports --without nss -o oci:less:v1 --keyring "$KEYRING"
	LAYOUT=less image ls >listing
	run ! grep /etc/services listing
}

@test "a script gets its interpreter's packages, without documentation, and runs through it" {
	run -0 --separate-stderr "$PARE" build ./client.py -t client --keyring "$KEYRING"
	[[ $stderr == *"packages: a script for /usr/bin/python3"* ]]
	[[ $stderr == *"with ca-certificates: the script speaks HTTP: urllib.request"* ]]
	config client | jq -e '.config | .Entrypoint == ["/usr/bin/python3", "/usr/bin/client.py"]
		and (.Env | index("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"))'
	"$PARE" build -q ./client.py -o oci:out:v1 --keyring "$KEYRING"
	LAYOUT=out image ls >listing
	grep -q ' /usr/lib/python3/os.py$' listing
	grep -q ' /var/lib/dpkg/status.d/python3-minimal$' listing
	run ! grep -q /usr/share/man listing
}

# With modules of all kinds, and what only looks like one.
write_app() {
	mkdir -p app/parts/__pycache__
	cat >app/app.py <<-'PY'
		#!/usr/bin/python3
		"""import not_this"""
		import os, json; import yaml.constructor as c
		from space import (ship,
		                   nothing)
		import strange; text = "import nor_this"  # import nor_that
		from helper import it
		import parts.one
		from . import relative
		try:
		    import simplejson, helper
		except ImportError:
		    import winreg
	PY
	echo 'import tkinter, cgi' >app/helper.py
	echo 'import app, nowhere' >app/parts/__init__.py
	echo 'from .two import x' >app/parts/one.py
	touch app/parts/two.py app/parts/__pycache__/one.pyc app/unused.py
	chmod +x app/app.py
}

@test "a Python script brings what it imports: modules beside it, and packages" {
	write_app
	run -0 --separate-stderr "$PARE" build app/app.py -t app --keyring "$KEYRING"
	[[ $stderr == *"with modules: the script imports yaml, space, strange, tkinter, nowhere"* ]]
	[[ $stderr == *"helper.py, line 1 imports cgi, which Python of Debian trixie has no more: --release bookworm has it"* ]]
	[[ $stderr == *"parts/__init__.py, line 1 imports nowhere, which is neither in Python's standard library nor in a package of Debian trixie: "* ]]
	[[ $stderr == *"left out, since imported only under try or if: simplejson; "* ]]
	[[ $stderr != *not_this* && $stderr != *nor_th* && $stderr != *relative* && $stderr != *winreg* ]]
	"$PARE" build -q app/app.py -o oci:out:v1 --keyring "$KEYRING"
	LAYOUT=out image ls | sed -n 's/.* //p' >listing
	grep -x /usr/bin/app.py listing
	grep -x /usr/bin/helper.py listing
	grep -x /usr/bin/parts/two.py listing
	grep -x /usr/lib/python3/dist-packages/yaml/__init__.py listing
	grep -x /usr/lib/python3/dist-packages/space/ship/__init__.py listing
	grep -x /usr/lib/python3.13/tkinter/__init__.py listing
	run ! grep -e pyc -e unused listing
	"$PARE" history app >history
	grep -q 'modules: the script imports yaml, space, strange, tkinter, nowhere$' history
	"$PARE" explain app/app.py --keyring "$KEYRING" >explained
	grep -Eq '^helper +app/helper.py +imported by app.py, line 7$' explained
	grep -Eq '^yaml +python3-yaml +imported by app.py, line 3$' explained
	grep -Eq '^space.ship +python3-odd-name +imported by app.py, line 4$' explained
	grep -Eq '^tkinter +python3-tk +imported by helper.py, line 1$' explained
	# the recipe lies beside the script, and gives the same image
	cd app
	"$PARE" build -q app.py --keyring "$KEYRING" >want
	"$PARE" init app.py --keyring "$KEYRING"
	grep -q 'source: "parts/two.py"$' pare.yaml
	"$PARE" build -q >got
	diff want got
}

@test "modules can be left out, and given" {
	write_app
	run -0 --separate-stderr "$PARE" build app/app.py -o oci:out:v1 --without modules --keyring "$KEYRING"
	LAYOUT=out image ls | sed -n 's/.* //p' >listing
	run ! grep dist-packages listing
	grep -x /usr/bin/helper.py listing
	run -0 --separate-stderr "$PARE" build app/app.py -t app --keyring "$KEYRING" \
		--file app/unused.py:/usr/bin/nowhere.py
	[[ $stderr != *nowhere* ]]
	# an archive that has changed under its InRelease isn't believed, and says so
	printf x >>"$ARCHIVE/dists/trixie/main/Contents-amd64.gz"
	run -8 --separate-stderr "$PARE" build app/app.py -t app --keyring "$KEYRING" --cache cold
	truncate -s -1 "$ARCHIVE/dists/trixie/main/Contents-amd64.gz"
	[[ $stderr == *"look for modules in trixie: "*"Contents-amd64.gz"*"may be in the middle of an update"*"--without modules"* ]]
}

@test "an index of modules that can't be had stops the build, unless only optional ones ask for it" {
	local args=(-t app --keyring "$KEYRING")
	printf '#!/usr/bin/python3\ntry:\n    import strange\nexcept ImportError:\n    strange = None\n' >maybe.py
	printf '#!/usr/bin/python3\nimport yaml\ndef f():\n    import strange\n' >app.py
	faults '[{"match": "*Contents*", "faults": ["status:404"]}]'
	run -6 --separate-stderr "$PARE" build app.py "${args[@]}"
	[[ $stderr == *"look for modules in trixie: get '$URL/dists/trixie/main/Contents-amd64.gz': not there (status 404)"*"try again later, or another one with --mirror"*"or leave out what packages would bring: --without modules"* ]]
	run -0 --separate-stderr "$PARE" build app.py "${args[@]}" --without modules
	# what only an archive's middle of an update would explain isn't said of a missing network
	run -6 --separate-stderr "$PARE" build app.py "${args[@]}" --offline
	[[ $stderr == *"main amd64 is not in the cache, and this is offline"*"--without modules"* ]]
	[[ $stderr != *--mirror* ]]
	rm -rf "$PARE_CACHE"
	: >"$SERVE_LOG"
	run -0 --separate-stderr "$PARE" build maybe.py "${args[@]}"
	[[ $stderr == *"left out, since imported only under try or if: strange; "* ]]
	grep -q /pool/ "$SERVE_LOG"
	run ! grep Contents "$SERVE_LOG"
	faults
	"$PARE" build app.py "${args[@]}"
	"$PARE" cat app /usr/lib/python3/dist-packages/strange/__init__.py >module
}

@test "a shell script is refused unless a shell is asked for" {
	run -11 --separate-stderr "$PARE" build ./greet.sh
	[[ $stderr == *"'./greet.sh' is a script for /bin/sh, and an image with a shell"* ]]
	[[ $stderr == *"--with shell"* ]]
	"$PARE" build -q ./greet.sh -t greet --with shell --keyring "$KEYRING"
	config greet | jq -e '.config.Entrypoint == ["/bin/sh", "-e", "/usr/bin/greet.sh"]'
}

@test "init writes a recipe that gives the same image" {
	local args=(--user 7:8 -e X=y --port 80 --label 'quote="' --with nss)
	"$PARE" build -q ./hello "${args[@]}" -- a 'b "c"' >want
	run -0 "$PARE" init ./hello "${args[@]}" -- a 'b "c"'
	[ "$output" = pare.yaml ]
	grep -q '^# The image of ./hello: static program' pare.yaml
	"$PARE" build -q >got
	diff want got
	PARE_CACHE=$BATS_TEST_TMPDIR/cold "$PARE" build -q >got
	diff want got
	run -10 --separate-stderr "$PARE" init ./hello
	[[ $stderr == *"'pare.yaml' is there already; replace it with --force"* ]]
	"$PARE" init -f ./fetch --keyring "$KEYRING"
	"$PARE" build -q ./fetch --keyring "$KEYRING" >want
	"$PARE" build -q >got
	diff want got
	"$PARE" init -o - ./client.py --keyring "$KEYRING" >script.yaml
	"$PARE" build -q ./client.py --keyring "$KEYRING" >want
	"$PARE" build -q script.yaml >got
	diff want got
}

@test "explain says what it is, what it needs, what it weighs; dry-run says the same" {
	run -0 --separate-stderr "$PARE" explain ./fetch --keyring "$KEYRING"
	[[ ${lines[0]} == "./fetch: static program for linux/$("$PARE" explain ./hello --format json |
		jq -r .program.architecture), "* ]]
	[[ $output == *"scratch: the program is static"* ]]
	[[ $output =~ ca-certificates\ +the\ search\ path ]]
	[[ $output =~ not\ stripped:\ --strip\ would\ leave\ out\ [0-9]+ ]]
	"$PARE" build --dry-run ./fetch --keyring "$KEYRING" >dry
	diff dry <(echo "$output")
	strip -o stripped hello
	"$PARE" explain --format json ./stripped >json
	jq -e '.program.kind == "static" and .program.symbolBytes == 0 and .strategy.name == "scratch"
		and .extras.tmp.in and (.extras.tzdata.in | not) and .advice == []' json
	# what it weighs is what the image weighs
	"$PARE" build -q ./stripped -o oci:out:v1
	equal "$(jq .image.files json)" "$(LAYOUT=out image ls | grep -vc '^d')"
	[ "$(jq .image.bytes json)" = "$(($(stat -c %s stripped) + $(LAYOUT=out image cat /etc/passwd | wc -c) +
		$(LAYOUT=out image cat /etc/group | wc -c)))" ]
	[ ! -e pare.lock ]
}

@test "explain knows what a program says about itself" {
	cat >note.s <<-'S'
		.section .note.package,"a",@note
		.balign 4
		.long 4, 2f-1f, 0xcafe1a7e
		.asciz "FDO"
		1: .asciz "{\"type\":\"deb\",\"name\":\"tool\",\"version\":\"1.2-3\",\"more\":[1]}"
		2: .balign 4
		.section .note.GNU-stack,"",@progbits
	S
	gcc -static -o plain "$BATS_FILE_TMPDIR/hello.c" note.s -Wl,--build-id
	python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(sys.argv[1].encode()))' \
		'{"packages": [{"name": "memchr", "version": "2.7.1"},
			{"name": "tool", "version": "2.0", "root": true}]}' >crates
	objcopy --add-section .dep-v0=crates plain rusty
	run -0 --separate-stderr "$PARE" explain ./rusty
	[ "${lines[1]}" = "Rust crate tool 2.0, 2 crates by its audit data" ]
	[ "${lines[2]}" = "says that it is of the package: deb tool 1.2-3" ]
	"$PARE" explain --format json ./rusty >json
	jq -e '.program | .rust == {"crate": "tool", "version": "2.0", "crates": 2} and .package.more == [1]
		and (.stripped | not)' json
	equal "$(jq -r .program.buildId json)" "$(readelf -n rusty | sed -n 's/.*Build ID: //p')"
}

@test "--strip: no symbols and debug data, everything else as it was; the input never changes" {
	local program
	gcc -g -O1 -static -o debug "$BATS_FILE_TMPDIR/hello.c"
	gcc -g -O1 -o debug-dynamic "$BATS_FILE_TMPDIR/hello.c"
	sha256sum debug debug-dynamic >before
	for program in debug debug-dynamic; do
		printf 'paths:\n  - {path: /p, type: file, source: %s, strip: true}\n' "$program" >strip.yaml
		"$PARE" build -q strip.yaml -o oci:out:v1
		LAYOUT=out image cat /p >stripped && chmod +x stripped
		[ "$(readelf -SW stripped | grep -cE ' \.(debug|symtab|strtab)')" -eq 0 ]
		[ "$(./stripped you)" = "hello you" ]
		# to the loader and the kernel they are the same
		readelf -lWd "$program" >headers
		readelf -lWd stripped | diff headers -
		# about what binutils makes of it
		strip -o want "$program"
		[ "$(($(stat -c %s stripped) - $(stat -c %s want)))" -le 64 ]
		rm -r out
	done
	sha256sum -c --quiet before
	"$PARE" build -q ./debug --strip >want
	"$PARE" init -f ./debug --strip >/dev/null
	grep -q 'strip: true' pare.yaml
	[ "$("$PARE" build -q)" = "$(<want)" ]
	# what can't be stripped stays as it is
	head -c 100000 /dev/urandom >random
	printf 'paths:\n  - {path: /p, type: file, source: random, strip: true}\n' >strip.yaml
	"$PARE" build -q strip.yaml -o oci:out:v1
	LAYOUT=out image cat /p | cmp - random
}

@test "what is no Linux program is named" {
	gcc -c -o hello.o "$BATS_FILE_TMPDIR/hello.c"
	gcc -shared -fPIC -o libhello.so "$BATS_FILE_TMPDIR/hello.c"
	head -c 5000 hello >cut
	printf 'MZ\220\0' >tool.exe
	printf '\317\372\355\376\7\0\0\1' >macho
	: >empty
	run -11 "$PARE" build hello.o
	[[ $output == *"'hello.o' is an object file, not a program"* ]]
	run -11 "$PARE" build libhello.so
	[[ $output == *"'libhello.so' is a shared library, not a program"* ]]
	run -4 "$PARE" build cut
	[[ $output =~ \'cut\'\ was\ cut\ off:\ [0-9]+\ bytes\ are\ missing ]]
	run -11 "$PARE" build tool.exe
	[[ $output == *"'tool.exe' is a Windows program (PE); an image needs a Linux program"* ]]
	run -11 "$PARE" build macho
	[[ $output == *"'macho' is a macOS program (Mach-O)"* ]]
	run -4 "$PARE" build empty
	[[ $output == *"'empty' is an empty file"* ]]
	run -9 "$PARE" build missing
	run -4 "$PARE" explain /etc/passwd
	[[ $output == *"'/etc/passwd' is no program"* ]]
	cp hello app && printf 'AI\002' | dd of=app bs=1 seek=8 conv=notrunc status=none
	run -11 "$PARE" build ./app
	[[ $output == *"'./app' is an AppImage, which mounts its files by FUSE"*"./app --appimage-extract"* ]]
	# the same bytes for another system, another machine
	cp hello bsd && printf '\011' | dd of=bsd bs=1 seek=7 conv=notrunc status=none
	run -11 "$PARE" build bsd
	[[ $output == *"'bsd' is a program for FreeBSD"* ]]
	cp hello other && printf '\120\0' | dd of=other bs=1 seek=18 conv=notrunc status=none
	run -11 "$PARE" build other
	[[ $output == *"'other' is a program for "*"which Debian has no packages for"* ]]
	[ ! -e "$PARE_STORE/index.json" ] || [ "$(jq '.manifests | length' "$PARE_STORE/index.json")" = 0 ]
}

@test "a program that changes, vanishes or can't be read is an error, and nothing is stored" {
	local i
	printf 'static const char pad[20000000] = { 1 };\nint main(int n, char **a) { return pad[n]; }\n' >big.c
	gcc -static -o big big.c
	want=$("$PARE" build -q ./big)
	rm -rf "$PARE_STORE" "$PARE_CACHE"
	(while :; do touch big; done) 3>&- &
	other=$!
	run -3 "$PARE" build ./big -t big
	kill "$other"
	[[ $output == *"big' changed while it was being read; "* ]]
	(while :; do mv big away && mv away big; done) 3>&- &
	other=$!
	for ((i = 0; i < 6; i++)); do
		run "$PARE" build -q ./big -t big
		# the whole image, or a reason and nothing
		[ "$output" = "$want" ] || [[ $status -eq 9 && $output == *"No such file"* ]] ||
			[[ $status -eq 3 && $output == *"changed while it was being read"* ]]
		((status == 0)) || [ -z "$("$PARE" images --names)" ]
		rm -rf "$PARE_STORE"
	done
	kill "$other"
	wait
	if [ "$(id -u)" -ne 0 ]; then
		chmod 0 hello
		run -3 "$PARE" build ./hello -t big
		[[ $output == *"'./hello': Permission denied"* ]]
	fi
}

@test "what Python takes for a module beside a script comes with it: namespaces, and what links lead to" {
	local i
	mkdir -p tools/deep real/inner strange
	printf '#!/usr/bin/python3\nimport real\nfrom tools import one\nimport tools.deep.two\nimport strange.absent\n' >app.py
	touch tools/one.py tools/deep/two.py real/inner/__init__.py
	echo 'import yaml' >elsewhere.py
	ln -s ../elsewhere.py real/__init__.py
	ln -s /nowhere real/broken.py
	run -0 --separate-stderr "$PARE" build app.py -o oci:out:v1 --keyring "$KEYRING"
	[[ $stderr == *"with modules: the script imports strange, yaml"* ]]
	LAYOUT=out image ls | sed -n 's/.* //p' >listing
	grep -x -e /usr/bin/tools/one.py -e /usr/bin/tools/deep/two.py -e /usr/bin/real/inner/__init__.py \
		-e /usr/bin/real/__init__.py -e /usr/lib/python3/dist-packages/yaml/__init__.py \
		-e /usr/lib/python3/dist-packages/strange/__init__.py listing >found
	[ "$(wc -l <found)" = 6 ]
	run ! grep broken listing
	[ "$("$PARE" cat oci:out:v1 /usr/bin/real/__init__.py)" = 'import yaml' ]
	# so many files are an application, however they are imported
	mkdir many && cd many
	echo '#!/usr/bin/python3' >app.py
	for ((i = 0; i <= 2000; i++)); do
		: >"m$i.py"
		echo "import m$i" >>app.py
	done
	run -5 "$PARE" build app.py --keyring "$KEYRING"
	[[ $output == *"'app.py' imports over 2000 files beside it"*"write a recipe that brings their folder"* ]]
}

# replace_meanwhile FILE TEXT: once the build fetches its packages, which is after all that it reads
# of a program to see what that needs.
replace_meanwhile() {
	: >"$SERVE_LOG"
	(
		until grep -q '/pool/python3-minimal' "$SERVE_LOG"; do sleep 0.05; done
		printf '%s\n' "$2" >new
		mv new "$1"
	) 3>&- &
	other=$!
}

@test "a program or module that is replaced once its needs are known is an error, and has no name" {
	printf '#!/usr/bin/python3\nimport os, beside\n' >app.py
	echo 'import os' >beside.py
	faults '[{"match": "/pool/python3-minimal*", "faults": ["delay:1000"]}]'
	for file in app.py beside.py; do
		rm -rf "$PARE_CACHE"
		cp "$file" as-it-was
		replace_meanwhile "$file" $'#!/usr/bin/python3\nimport os, yaml'
		run -3 --separate-stderr "$PARE" build app.py -t app --keyring "$KEYRING"
		wait "$other"
		[[ $stderr == *"'$file' changed while it was being read; build again when it is still"* ]]
		[ -z "$("$PARE" images --names)" ]
		cp as-it-was "$file"
	done
	faults
	"$PARE" build -q app.py -t app --keyring "$KEYRING"
	# what isn't there any more is said, too
	rm -rf "$PARE_CACHE"
	faults '[{"match": "/pool/python3-minimal*", "faults": ["delay:1000"]}]'
	replace_meanwhile app.py '#!/usr/bin/python3'
	run -3 "$PARE" build app.py -t other --keyring "$KEYRING"
	wait "$other"
	faults
}

@test "options that don't go together are usage errors" {
	echo '{}' >pare.yaml
	run -2 "$PARE" build --user 5
	[[ $output == *"--user: only for the image of a program"* ]]
	run -2 "$PARE" build ./hello --user bob
	[[ $output == *"--user is UID or UID:GID, numbers, not 'bob'"* ]]
	run -2 "$PARE" build ./hello --env novalue
	run -2 "$PARE" build ./hello --file nowhere
	[[ $output == *"--file is SOURCE:/PATH[:MODE[:UID:GID]], not 'nowhere'"* ]]
	run -2 "$PARE" build ./hello --file a:/b:9
	run -2 "$PARE" build ./hello --arch s390x
	[[ $output == *"'./hello' is a program for "*", not for s390x"* ]]
	run -2 "$PARE" build ./hello --release potato --with tzdata
	[[ $output == *"no release 'potato'; there are bookworm, trixie"* ]]
	run -2 "$PARE" packages ./hello
	[[ $output == *"make one: pare init ./hello"* ]]
	run -9 "$PARE" build ./hello --file missing:/etc/x
	[[ $output == *"missing"* ]]
}

@test "a folder is its recipe" {
	mkdir app && cp hello app/ && (cd app && "$PARE" init ./hello >/dev/null)
	equal "$("$PARE" build -q app)" "$("$PARE" build -q ./hello)"
}
