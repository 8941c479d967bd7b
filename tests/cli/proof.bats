#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The proof at the end of every build: what would not start is not built, and the message says why.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

# A loader, a C library and programs of this machine, as packages that nobody has cut.
setup_file() {
	local file libs=()
	archive_setup
	cd "$BATS_FILE_TMPDIR"
	mkdir root
	for file in $(ldd /bin/sh | grep -o '/[^ ]*'); do
		mkdir -p "root$(dirname "$file")"
		cp -L "$file" "root$file"
	done
	echo 'int part(void) { return 0; }' | gcc -shared -fPIC -x c - -o libpart.so.7 -Wl,-soname,libpart.so.7
	echo 'int part(void); int whole(void) { return part(); }' |
		gcc -shared -fPIC -x c - -x none -o libwhole.so.1 -Wl,-soname,libwhole.so.1 libpart.so.7
	echo 'int whole(void); int main(void) { return whole(); }' |
		gcc -x c - -x none -o app libwhole.so.1 -Wl,-rpath-link,.
	echo 'int main(void) { return 0; }' | gcc -x c - -o plain
	echo 'int main(void) { return 0; }' | musl-gcc -x c - -o musl
	deb tool 1.0 "usr/bin/tool=$(elf amd64)"
	deb tool 1.0 -a arm64 "usr/bin/tool=$(elf arm64)"
	deb wrong 1.0 -a arm64 "usr/bin/tool=$(elf amd64)"
	deb libwhole1 1.0 "usr/share/libwhole/x=1"
	ARCHS="amd64 arm64" publish stable
	serve
}

setup() {
	fresh_home
	ln -s "$BATS_FILE_TMPDIR"/{root,app,plain,musl,libpart.so.7,libwhole.so.1} .
}

# recipe_of PACKAGES ENTRYPOINT [FILE…]: with this machine's libc, and files in /app.
recipe_of() {
	local file
	{
		echo "contents: {packages: [$1], repositories: ['deb [signed-by=$KEYRING] $URL stable main']}"
		[ -z "$2" ] || echo "entrypoint: {command: '$2'}"
		echo "accounts: {run-as: '65532'}"
		echo 'paths:'
		echo '  - {type: tree, path: /, source: root}'
		for file in "${@:3}"; do
			echo "  - {type: file, path: /app/${file%%:*}, source: ${file%%:*}, permissions: 0o${file#*:}}"
		done
	} >pare.yaml
}

refused() {
	run --separate-stderr "$PARE" build --arch "${ARCH:-amd64}" -t it
	[ "$status" -eq 1 ] || { echo "$status: $stderr"; return 1; }
	[ "$output" = "" ]
	diff - <(printf '%s\n' "$stderr")
	run "$PARE" inspect it
	[ "$status" -eq 9 ]
}

only_amd64() {
	[ "$(dpkg --print-architecture)" = amd64 ] || skip "the libraries are this machine's, the archive amd64's"
}

@test "what starts is built, and what runs nothing" {
	only_amd64
	recipe_of "" /app/app app:755 libwhole.so.1:644 libpart.so.7:644
	echo "environment: {LD_LIBRARY_PATH: /app}" >>pare.yaml
	run -0 --separate-stderr "$PARE" build --arch amd64 -t it
	[[ $output =~ ^sha256: ]]
	recipe_of libwhole1 ""
	run -0 "$PARE" build --arch amd64 -q
}

@test "a library that is missing: the chain that leads to it, and the package that would help" {
	only_amd64
	recipe_of "" /app/run app:755 libwhole.so.1:644 run:755
	printf '#!/app/app\n' >run
	echo "environment: {LD_LIBRARY_PATH: /app}" >>pare.yaml
	refused <<-'END'
		pare: the image would not start: '/app/libwhole.so.1' needs libpart.so.7, which isn't there (searched: /app, /lib/x86_64-linux-gnu, /usr/lib/x86_64-linux-gnu, /lib, /usr/lib)
		  by way of /app/run -> /app/app -> /app/libwhole.so.1
		  Debian has it in the package 'libpart7'
		  --no-verify builds it all the same
	END
}

@test "a library that is elsewhere, and one that its package doesn't bring" {
	only_amd64
	recipe_of "" /app/app app:755 libwhole.so.1:644 libpart.so.7:644
	run --separate-stderr -1 "$PARE" build --arch amd64
	[[ $stderr == *"'/app/libwhole.so.1' is there, but not where it is looked for"* ]]
	recipe_of libwhole1 /app/app app:755
	run --separate-stderr -1 "$PARE" build --arch amd64
	[[ $stderr == *"package 'libwhole1' is in the image, but not this file of it"* ]]
}

@test "a command that is missing, or that the user can't execute" {
	only_amd64
	recipe_of "" "gone --flag"
	refused <<-'END'
		pare: the image would not start: 'gone' isn't there (searched: /usr/local/sbin, /usr/local/bin, /usr/sbin, /usr/bin, /sbin, /bin)
		  --no-verify builds it all the same
	END
	recipe_of "" "/app/plain" plain:700
	refused <<-'END'
		pare: the image would not start: '/app/plain' can't be executed: mode 0700 of 0:0 doesn't let user 65532
		  --no-verify builds it all the same
	END
	recipe_of "" "/app/plain" plain:755
	run -0 "$PARE" build --arch amd64
}

@test "interpreters: a loader of another C library, and a script's" {
	only_amd64
	recipe_of "" /app/musl musl:755
	refused <<-'END'
		pare: the image would not start: '/app/musl' needs the interpreter '/lib/ld-musl-x86_64.so.1', which isn't there: it is linked with musl
		  Debian has it in the package 'musl'
		  --no-verify builds it all the same
	END
	printf '#!/usr/bin/python3 -I\n' >script
	recipe_of "" /app/script script:755
	refused <<-'END'
		pare: the image would not start: '/app/script' needs the interpreter '/usr/bin/python3', which isn't there
		  Debian has it in the package 'python3'
		  --no-verify builds it all the same
	END
}

@test "the machine is the image's, not this one" {
	recipe_of tool tool
	sed -i '/type: tree/d; s/^paths:$//' pare.yaml
	run -0 "$PARE" build --arch amd64 --arch arm64 -q
	recipe_of wrong /usr/bin/tool
	sed -i '/type: tree/d; s/^paths:$//' pare.yaml
	ARCH=arm64 refused <<-'END'
		pare: the image would not start: '/usr/bin/tool' is for another machine: it is for amd64, the image for arm64
		  --no-verify builds it all the same
	END
}

@test "--no-verify builds it, says so, and is not believed by the next build" {
	recipe_of "" gone
	run -0 --separate-stderr "$PARE" build --arch amd64 --no-verify
	[ "${stderr_lines[0]}" = "pare: warning: --no-verify: nothing shows that the image would start" ]
	run -1 "$PARE" build --arch amd64
	run -0 "$PARE" build --arch amd64 --no-verify
}

@test "what the command doesn't reach is a note, with --verbose" {
	only_amd64
	recipe_of "" /app/plain plain:755 app:755
	run -0 --separate-stderr "$PARE" build --arch amd64
	[[ $stderr != *libwhole* ]]
	# also of the image that is there already
	run -0 --separate-stderr "$PARE" build --arch amd64 -v
	[[ $stderr == *"'/app/app' needs libwhole.so.1, which isn't there"* ]]
}
