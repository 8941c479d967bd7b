#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Programs made here, and their images from the real archive: built, and run from a read-only look
# at their files as an ordinary user.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	load lib
	live_setup
	need_tools gcc g++ umoci
	export SRC=$BATS_FILE_TMPDIR/src
	mkdir -p "$SRC" && cd "$SRC"
	cat >hello.c <<-'C'
		#include <stdio.h>
		int main(void) { return puts("hello") < 0; }
	C
	cat >cpp.cc <<-'C'
		#include <iostream>
		#include <locale>
		#include <stdexcept>
		int main() {
			try { std::locale l(""); std::cout << l.name(); throw std::runtime_error(" thrown"); }
			catch (const std::exception &e) { std::cout << e.what() << "\n"; }
		}
	C
	cat >tls.c <<-'C'
		#include <openssl/ssl.h>
		#include <stdio.h>
		int main(void) {
			SSL_CTX *c = SSL_CTX_new(TLS_client_method());
			if (!c || !SSL_CTX_set_default_verify_paths(c)) return 1;
			X509_STORE *s = SSL_CTX_get_cert_store(c);
			X509_STORE_load_file(s, getenv("SSL_CERT_FILE"));
			printf("%s\n", sk_X509_OBJECT_num(X509_STORE_get0_objects(s)) > 100 ? "trusts many" : "trusts few");
			return 0;
		}
	C
	cat >conv.c <<-'C'
		#include <iconv.h>
		#include <stdio.h>
		int main(void) {
			char in[] = "\xe9", out[8] = "", *i = in, *o = out;
			size_t n = 1, m = 7;
			iconv_t c = iconv_open("UTF-8", "ISO-8859-1");
			if (c == (iconv_t)-1 || iconv(c, &i, &n, &o, &m) == (size_t)-1) return 1;
			return puts(out) < 0;
		}
	C
	cat >names.c <<-'C'
		#include <netdb.h>
		#include <pwd.h>
		#include <stdio.h>
		#include <unistd.h>
		int main(void) {
			struct addrinfo *r, hints = { .ai_flags = AI_NUMERICHOST };
			struct passwd *p = getpwuid(getuid());
			return getaddrinfo("127.0.0.1", "http", &hints, &r) == EAI_SYSTEM || !p || puts(p->pw_name) < 0;
		}
	C
	cat >opener.c <<-'C'
		#include <dlfcn.h>
		#include <stdio.h>
		#ifdef NOTE
		#define TEXT "[{\"feature\":\"zip\",\"priority\":\"required\",\"soname\":[\"libz.so.1\"]}]"
		__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {
			int name, size, type; char owner[4]; char text[(sizeof(TEXT) + 3) / 4 * 4];
		} note = { 4, sizeof(note.text), 0x407c0c0a, "FDO", TEXT };
		#endif
		int main(void) {
			void *h = dlopen("libz.so.1", RTLD_NOW);
			return puts(h ? "opened" : dlerror()) < 0 || !h;
		}
	C
	printf '#!/usr/bin/env python3\nimport ssl, zoneinfo\nprint(zoneinfo.ZoneInfo("Europe/Paris"))\n' >tz.py
	gcc -O2 hello.c -o hello
	gcc -O2 -static hello.c -o hello-static
	g++ -O2 cpp.cc -o cpp
	gcc -O2 tls.c -o tls -lssl -lcrypto
	gcc -O2 conv.c -o conv
	gcc -O2 names.c -o names
	gcc -O2 opener.c -o opener
	gcc -O2 -DNOTE opener.c -o noter
	chmod +x tz.py
	if command -v musl-gcc >/dev/null; then
		musl-gcc -O2 hello.c -o musl
		musl-gcc -O2 -static hello.c -o musl-static
	fi
	cp "$SRC"/* "$BATS_FILE_TMPDIR"
}

setup() {
	cd "$BATS_FILE_TMPDIR"
	((EUID == 0)) || unshare -r true 2>/dev/null || skip "needs root or user namespaces"
}

# As what the image says, in its files, as the user that it names.
start() {
	local root=$BATS_TEST_TMPDIR/bundle/rootfs config=$BATS_TEST_TMPDIR/bundle/config.json
	local -a command env
	mapfile -t command < <(jq -r '.process.args[]' "$config")
	mapfile -t env < <(jq -r '.process.env[]' "$config")
	if ((EUID == 0)); then
		env -i "${env[@]}" chroot --userspec="$(jq -r '.process.user | "\(.uid):\(.gid)"' "$config")" \
			"$root" "${command[@]}" "$@"
	else
		env -i "${env[@]}" unshare -r chroot "$root" "${command[@]}" "$@"
	fi
}

# image_of PROGRAM [OPTIONS]: built and unpacked; $said is what pare said.
image_of() {
	rm -rf "$BATS_TEST_TMPDIR/img" "$BATS_TEST_TMPDIR/bundle"
	timeout 120 "$PARE" build "./$1" -o "oci:$BATS_TEST_TMPDIR/img:it" "${@:2}" \
		>/dev/null 2>"$BATS_TEST_TMPDIR/said"
	said=$(<"$BATS_TEST_TMPDIR/said")
	umoci unpack --rootless --image "$BATS_TEST_TMPDIR/img:it" "$BATS_TEST_TMPDIR/bundle" >/dev/null 2>&1
	bytes=$(cd "$BATS_TEST_TMPDIR/bundle/rootfs" && find . -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')
}

holds() {
	(cd "$BATS_TEST_TMPDIR/bundle/rootfs" && find . -path "./$1" | grep -q .)
}

@test "static C: the program and nothing that weighs" {
	local program
	for program in hello-static musl-static; do
		[ -e "$program" ] || continue
		image_of "$program"
		[[ $said == *"scratch: "* ]]
		[ "$(start)" = hello ]
		[ "$bytes" -le $(($(stat -c %s "$program") + 300000)) ]
	done
}

@test "dynamic C: under 2.6 MB, of the oldest release that is new enough, and of each" {
	image_of hello
	[[ $said == *"packages: dynamic, with glibc: libraries of Debian"* ]]
	[ "$(start)" = hello ]
	((bytes < 2600000))
	image_of hello --release trixie
	[ "$(start)" = hello ]
	((bytes < 2600000))
	grep -qx VERSION_CODENAME=trixie "$BATS_TEST_TMPDIR/bundle/rootfs/usr/lib/os-release"
}

@test "C++: exceptions and a locale" {
	image_of cpp
	[[ $said == *"with locale: a locale is asked for: cpp imports _ZNSt6localeC"* ]]
	[ "$(start)" = "C.UTF-8 thrown" ]
	((bytes < 8000000))
	run ! holds 'usr/lib/*/gconv*'
}

@test "a TLS client trusts the CA bundle" {
	image_of tls
	[[ $said == *"with ca-certificates: TLS is linked: tls needs libssl.so.3"* ]]
	[ "$(start)" = "trusts many" ]
}

@test "iconv: all converters, or the one that is asked for" {
	image_of conv
	[ "$(start)" = é ]
	all=$bytes
	image_of conv --charset ISO-8859-1
	[ "$(start)" = é ]
	((bytes < 2800000 && all > 2 * bytes))
}

@test "names of users and hosts" {
	image_of names
	[[ $said == *"with nss: "* ]]
	[ "$(start)" = "$( ((EUID)) && echo root || echo nonroot)" ]
	holds etc/nsswitch.conf
}

@test "dlopen: with and without a note" {
	image_of noter
	[[ $said == *"with dlopen: noter says that it opens libz.so.1 (zip)"* ]]
	[ "$(start)" = opened ]
	image_of opener
	[[ $said == *"with dlopen: opener imports dlopen and names libz.so.1"* ]]
	[ "$(start)" = opened ]
	image_of opener --without dlopen
	run start
	[ "$status" -ne 0 ]
}

@test "a Python script, with what it is seen to need" {
	image_of tz.py
	[[ $said == *"with tzdata: the script asks for time zones: zoneinfo"* ]]
	[ "$(start)" = Europe/Paris ]
	run ! holds 'usr/share/man*'
	run ! holds usr/bin/sh
}

@test "this machine's libraries: glibc's and musl's" {
	image_of hello --libs host
	[ "$(start)" = hello ]
	if [ -e musl ]; then
		run -11 "$PARE" build ./musl
		[[ $output == *"linked with musl"*"--libs=host"* ]]
		image_of musl --libs host
		[ "$(start)" = hello ]
	fi
}

@test "Go without cgo: its data, and no library" {
	if ! command -v go >/dev/null; then
		echo "# go is not installed" >&3
		return 0
	fi
	mkdir -p go && cd go
	printf 'package main\nimport ("fmt"; "net/http"; "os"; "time")\nfunc main() {\nif len(os.Args) > 1 { http.Get(os.Args[1]) }\nl, e := time.LoadLocation("Asia/Tokyo")\nfmt.Println(l, e)\n}\n' >main.go
	HOME=$BATS_TEST_TMPDIR GO111MODULE=off CGO_ENABLED=0 go build -o ../gozone main.go
	cd ..
	image_of gozone
	[[ $said == *"with ca-certificates: "*"with tzdata: "* ]]
	[ "$(start)" = "Asia/Tokyo <nil>" ]
	"$PARE" explain ./gozone --format json | jq -e '.program.go.version | startswith("go1.")'
}

@test "init gives the same image from the real archive" {
	local program
	for program in tls conv; do
		"$PARE" build -q "./$program" >want
		"$PARE" init -q -f "$program" -o "$program.yaml"
		"$PARE" build -q "$program.yaml" >got
		diff want got
	done
}

@test "another architecture's program gets its libraries" {
	# libc itself is a program, which says its version
	apt_setup trixie
	apt_download trixie libc6
	dpkg-deb -x "$(deb_of trixie arm64 libc6)" arm64
	local program
	program=$(find arm64 -type f -name 'libc.so.6')
	cp "$program" libc-arm64
	"$PARE" explain --format json ./libc-arm64 | jq -e '.program.architecture == "arm64"
		and (.image.parts[] | select(.package == "libc6"))'
}
