#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Places that are not what their names say: what the message says of the one that was meant.

bats_require_minimum_version 1.5.0

setup_file() {
	: "${PARE:?tests/run sets it}"
	export HOME=$BATS_FILE_TMPDIR PARE_STORE=$BATS_FILE_TMPDIR/store PARE_CACHE=$BATS_FILE_TMPDIR/cache
	cd "$BATS_FILE_TMPDIR"
	printf 'entrypoint:\n  command: /hello\n' >pare.yaml
	"$PARE" build -q --no-verify -t hello -o docker-archive:hello.tar
	mkdir folder
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

# refused STATUS LINE... -- ARG...: ends so, and says this.
refused() {
	local want=$1 said=()
	shift
	while [ "$1" != -- ]; do
		said+=("$1")
		shift
	done
	run --separate-stderr "$PARE" "${@:2}"
	[ "$status" -eq "$want" ] || { echo "status $status: $stderr"; return 1; }
	[ "$stderr" = "$(printf '%s\n' "${said[@]}")" ] || { echo "$stderr"; return 1; }
	[ -z "$output" ]
}

@test "a name that the store hasn't: the nearest one, for every verb" {
	for command in "inspect helo" "ls helo" "rm helo" "copy helo oci:out" "history helo:latest"; do
		refused 9 "pare: no image 'helo' in the store '$PARE_STORE'" "  did you mean 'hello'?" -- $command
	done
	[ ! -e out ]
	refused 9 "pare: no image 'other:1' in the store '$PARE_STORE'" \
		"  'pare images' lists what is there; in a registry it is docker://other:1" -- inspect other:1
}

@test "a slip in a place's prefix" {
	refused 9 "pare: no image 'docker-deamon:x' in the store '$PARE_STORE'" \
		"  did you mean 'docker-daemon:x'?" -- ls docker-deamon:x
	refused 9 "pare: no image 'oci-archiv:x.tar' in the store '$PARE_STORE'" \
		"  did you mean 'oci-archive:x.tar'?" -- ls oci-archiv:x.tar
	for slip in docker-deamon:x:1=docker-daemon:x:1 docker-archve:/x/y.tar=docker-archive:/x/y.tar \
		docker:h.example/x=docker://h.example/x docker:/h.example/x:1=docker://h.example/x:1; do
		run --separate-stderr "$PARE" inspect "${slip%%=*}"
		[ "$status" -eq 2 ]
		[ "${stderr_lines[1]}" = "  did you mean '${slip#*=}'?" ]
	done
	refused 9 "pare: no image 'docker:x' in the store '$PARE_STORE'" \
		"  did you mean 'docker://x'?" -- ls docker:x
}

@test "copy: a file or a registry's image without its prefix goes to the store, and that is said" {
	run --separate-stderr "$PARE" copy hello new.tar r.example/hello:1 other/hello
	[ "$status" -eq 0 ]
	[ "${stderr_lines[0]}" = "pare: 'new.tar' is a name in the store; a file is oci-archive:new.tar" ]
	[ "${stderr_lines[1]}" = "pare: 'r.example/hello:1' is a name in the store; in the registry it is docker://r.example/hello:1" ]
	[[ ${stderr_lines[2]} != *"other/hello"* ]]
	"$PARE" rm new.tar r.example/hello:1 other/hello
}

@test "an archive to standard output is all that is there, and - is no file" {
	for kind in docker-archive oci-archive; do
		"$PARE" copy -q hello "$kind:file.tar"
		"$PARE" copy -q hello "$kind:/dev/stdout" 2>digest | cat >out.tar
		cmp file.tar out.tar
		"$PARE" inspect --json hello >shown
		[ "$(jq -r '.[0].Digest' shown)" = "$(<digest)" ]
		"$PARE" build -q --no-verify -o "$kind:/dev/stdout" 2>digest | cat >out.tar
		"$PARE" inspect "$kind:out.tar" >shown
		grep '^sha256:' digest
		refused 2 "pare: '$kind:-': a pipe is $kind:/dev/stdin or $kind:/dev/stdout, and a file that is called so $kind:./-" \
			-- copy hello "$kind:-"
	done
}

@test "copy: of several places one fails, and how many have the image" {
	echo >no-folder
	run --separate-stderr "$PARE" copy hello oci:first docker-archive:no-folder/x.tar
	[ "$status" -eq 3 ]
	[ "${stderr_lines[-1]}" = "  1 of the 2 places have the image; the same command again goes on from here" ]
	"$PARE" inspect oci:first >shown
}

@test "a registry where an image is wanted, a URL where a registry is" {
	for verb in pull tags resolve referrers; do
		for place in localhost:5000 docker://r.example:443; do
			refused 2 "pare: '$place' is a registry and names nothing in it: expected HOST[:PORT]/NAME" \
				-- "$verb" "$place"
		done
	done
	refused 2 "pare: 'https://r.example:443/v2/' is a URL: expected HOST[:PORT]" \
		"  that is 'r.example:443'" -- login https://r.example:443/v2/
}

@test "files and folders without a prefix, or with another's" {
	refused 9 "pare: no image 'hello.tar' in the store '$PARE_STORE'" \
		"  the file 'hello.tar' is docker-archive:hello.tar or oci-archive:hello.tar" -- audit hello.tar
	refused 9 "pare: no image 'folder' in the store '$PARE_STORE'" \
		"  the folder 'folder' is oci:folder, or as a plain tree rootfs:folder" -- ls folder
	run --separate-stderr "$PARE" inspect ./hello.tar
	[ "$status" -eq 2 ]
	[ "${stderr_lines[1]}" = "  a file is docker-archive:FILE or oci-archive:FILE, a folder oci:DIR, a plain tree rootfs:PATH" ]
	refused 3 "pare: open the folder 'hello.tar': Not a directory" \
		"  a file is oci-archive:hello.tar or docker-archive:hello.tar" -- ls oci:hello.tar
	refused 9 "pare: image layout 'folder': open the folder 'blobs/sha256': No such file or directory" \
		"  if it is a plain tree: rootfs:folder" -- ls oci:folder
	refused 3 "pare: read 'folder': Is a directory" \
		"  a folder is oci:folder, or as a plain tree rootfs:folder" -- ls docker-archive:folder
}

@test "verbs that ask registries take no other place for a name of Docker Hub" {
	for command in "pull oci:folder" "tags oci:folder" "resolve docker-daemon:x" \
		"referrers docker-archive:hello.tar" "attach --type a/b rootfs:folder hello.tar"; do
		run --separate-stderr "$PARE" $command
		[ "$status" -eq 2 ]
		[[ $stderr == *"is in no registry, and this verb takes only names of registries"* ]]
	done
}

@test "push: a host whose name begins as a place does is a registry" {
	PARE_TIMEOUT=2 run --separate-stderr "$PARE" push hello ocihost.invalid/hello
	[ "$status" -eq 6 ]
	[[ $stderr == *"https://ocihost.invalid/v2/"* ]]
	[ "$("$PARE" images --names)" = hello:latest ]
}

@test "programs, recipes and rules that are not there" {
	refused 9 "pare: program or recipe 'nothing': No such file or directory" -- build nothing
	refused 9 "pare: recipe 'folder/pare.yaml': No such file or directory" -- build folder
	refused 4 "pare: 'folder' is a folder, not a program" -- explain folder
	refused 9 "pare: no rule 'user-rot'" "  did you mean 'user-root'?" -- audit --explain user-rot
	refused 9 "pare: no rule 'x'" "  --explain list shows them all" -- audit --explain x
	refused 2 "pare: --content writes a text, which has no JSON" -- diff --json --content /x hello hello
}

@test "archives come from a pipe, too" {
	"$PARE" ls docker-archive:hello.tar >file
	[ -s file ]
	"$PARE" ls docker-archive:/dev/stdin <hello.tar | cmp - file
	cat hello.tar | "$PARE" ls docker-archive:/dev/stdin | cmp - file
}
